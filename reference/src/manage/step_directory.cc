// SPDX-License-Identifier: Apache-2.0
// The step directories of a series. Spec: 12-layout.md.
#include "manage/step_directory.h"

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "base/try.h"
#include "format/layout.h"
#include "restore/errors.h"
#include "restore/open.h"

namespace treering {
namespace {

Error wrong_step(const StepEntry& entry, std::uint64_t recorded) {
  return restore_error(
      ErrorClass::kInvalid, "wrong-step", "LY-21", {.file = entry.name},
      "holds the checkpoint of step " + std::to_string(recorded) +
          "; give the directory the name of that step, or move it out of the series");
}

// The state of the directory; an error where it is damaged.
Result<StepState> look(const Directory& series, const Limits& limits, StepEntry& entry) {
  TREERING_TRY(Directory directory, series.open_child(entry.name));  // [LY-16]
  TREERING_TRY(const SlotRecord slot, read_slot(directory, limits));
  if (slot.kind == SlotRecord::Kind::kNone) return StepState::kUnfinished;
  if (slot.kind != SlotRecord::Kind::kCommit) return StepState::kAborted;
  // [LY-27]
  TREERING_TRY(auto state,
               open_commit(std::move(directory), series.path() + '/' + entry.name, slot, limits));
  const Checkpoint checkpoint(std::move(state));
  entry.bytes = checkpoint.bytes();
  entry.leaves = checkpoint.tree().leaves();
  entry.writers = checkpoint.writers();
  entry.saved_at = checkpoint.saved_at();
  if (checkpoint.step().value_or(entry.step) != entry.step)
    return wrong_step(entry, *checkpoint.step());  // [LY-21]
  return StepState::kCommitted;
}

}  // namespace

Result<std::vector<StepEntry>> list_steps(const Directory& series, const Limits& limits) {
  TREERING_TRY(const std::vector<std::string> names, series.list(limits.entries));
  std::vector<StepEntry> steps;
  for (const std::string& name : names) {
    const std::optional<ParsedName> parsed = parse_series_name(name);
    if (!parsed || parsed->role != NameRole::kStep) continue;
    FileStat stat;
    const int failed = retried([&] { return series.vfs().stat_at(series.fd(), name, stat); });
    if (failed == -ENOENT || (failed == 0 && !stat.is_directory)) continue;  // [LY-15] [LY-16]
    // After any other failure it may be a step, the newest even: examine() will say.
    StepEntry entry;
    entry.step = parsed->step;
    entry.incarnation = parsed->incarnation;
    entry.name = name;
    steps.push_back(std::move(entry));
  }
  std::sort(steps.begin(), steps.end(), [](const StepEntry& a, const StepEntry& b) {
    return std::pair(a.step, a.incarnation) < std::pair(b.step, b.incarnation);  // [LY-26]
  });
  return steps;
}

void examine(const Directory& series, const Limits& limits, StepEntry& entry) {
  auto state = look(series, limits, entry);
  if (state.ok()) {
    entry.state = *state;
    return;
  }
  if (state.error().cls == ErrorClass::kNotFound) {  // Retired since the directory was listed.
    entry.state = StepState::kAborted;
    return;
  }
  entry.state = StepState::kDamaged;
  const std::string path = series.path() + '/' + entry.name;
  entry.error = with_path(std::move(state).error(), "reading", path);
  std::string& file = entry.error.where.file;
  const bool is_directory = file.empty() || file == entry.name || file == path;
  file = is_directory ? entry.name : entry.name + '/' + file;
}

std::optional<StepEntry> taken_incarnation(const Directory& series, const Limits& limits,
                                           const std::vector<StepEntry>& steps,
                                           std::uint64_t step) {
  for (auto entry = steps.rbegin(); entry != steps.rend(); ++entry) {
    if (entry->step != step) continue;
    StepEntry examined = *entry;
    examine(series, limits, examined);
    if (is_taken(examined)) return examined;
  }
  return std::nullopt;
}

std::vector<std::uint64_t> distinct_steps(const std::vector<StepEntry>& steps) {
  std::vector<std::uint64_t> distinct;
  for (const StepEntry& entry : steps) {
    if (distinct.empty() || distinct.back() != entry.step) distinct.push_back(entry.step);
  }
  return distinct;
}

}  // namespace treering
