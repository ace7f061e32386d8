// SPDX-License-Identifier: Apache-2.0
// A directory of checkpoints, one per step. Spec: 12-layout.md, 13-commit.md.
#include "treering/series.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/try.h"
#include "format/layout.h"
#include "manage/step_directory.h"
#include "manage/trash.h"
#include "restore/errors.h"
#include "store/directory.h"

namespace treering {
namespace {

Error no_step(const std::string& path, std::uint64_t step) {
  return restore_error(
      ErrorClass::kNotFound, "no-step", "LY-19", {.file = path},
      "has no committed step " + std::to_string(step) + "; list the series to see its steps");
}

std::string child(const std::string& path, const std::string& name) {
  return path.ends_with('/') ? path + name : path + '/' + name;
}

// Makes every directory of the path that is missing, and each one's entry durable.
Status make_directories(Vfs& vfs, const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string prefix = path.substr(0, end);
    const int made = retried([&] { return vfs.make_directory(Vfs::kCwd, prefix); });
    if (made < 0 && made != -EEXIST) {
      return system_error(made, "make", prefix);
    }
    if (made >= 0) {
      const std::size_t slash = prefix.find_last_of('/', prefix.find_last_not_of('/'));
      const std::string parent = slash == std::string::npos ? "." : prefix.substr(0, slash + 1);
      TREERING_TRY(const Directory directory, Directory::open(vfs, parent));
      TREERING_CHECK(directory.sync());
    }
    if (end == std::string::npos) return {};
  }
}

// A hint for a caller who cannot go on with the newest step.
Error damaged_latest(StepEntry entry) {  // [LY-28]
  Error error = std::move(entry.error);
  error.message = "step " + std::to_string(entry.step) +
                  ", the latest, is damaged: " + error.message +
                  "; or ask for the newest undamaged step (fallback)";
  return error;
}

// Files outside the grammar stay where they are; somebody has to be told.
Status report_left(std::vector<std::string> found, std::vector<std::string>* left) {
  if (left != nullptr) {
    left->insert(left->end(), found.begin(), found.end());
    return {};
  }
  if (found.empty()) return {};
  std::string message =
      "was put there by somebody else and is never deleted by this library; move it away and "
      "remove "
      "its directory";
  if (found.size() > 1) message += " (and " + std::to_string(found.size() - 1) + " more)";
  return restore_error(ErrorClass::kConflict, "foreign-file", "CM-53", {.file = found.front()},
                       std::move(message));
}

}  // namespace

std::string_view step_state_name(StepState state) noexcept {
  switch (state) {
    case StepState::kCommitted:
      return "committed";
    case StepState::kUnfinished:
      return "unfinished";
    case StepState::kAborted:
      return "aborted";
    case StepState::kDamaged:
      return "damaged";
  }
  return "damaged";
}

Result<Series> Series::open(const std::string& path, const SeriesOptions& options) {
  if (path.empty())
    return restore_error(ErrorClass::kUsage, "bad-path", "", {.file = path},
                         "give the directory of the series");
  Vfs& vfs = vfs_or_posix(options.vfs);
  auto directory = Directory::open(vfs, path);
  if (!directory.ok() && directory.error().cls == ErrorClass::kNotFound && options.create) {
    TREERING_CHECK(make_directories(vfs, path));
    directory = Directory::open(vfs, path);
  }
  if (directory.ok()) return Series(path, options);
  if (directory.error().cls != ErrorClass::kNotFound) return std::move(directory).error();
  return restore_error(
      ErrorClass::kNotFound, "no-directory", "RS-04", {.file = path},
      "there is no such directory; give the directory of a series, or let it be created");
}

Result<std::vector<StepEntry>> Series::entries() const {
  TREERING_TRY(const Directory directory, Directory::open(vfs_or_posix(options_.vfs), path_));
  TREERING_TRY(std::vector<StepEntry> steps, list_steps(directory, options_.limits));
  for (StepEntry& entry : steps) examine(directory, options_.limits, entry);
  return steps;
}

Result<std::vector<std::uint64_t>> Series::steps() const {
  TREERING_TRY(const std::vector<StepEntry> all, entries());
  std::vector<std::uint64_t> steps;
  for (std::size_t i = all.size(); i-- > 0;) {
    if (!is_taken(all[i])) continue;
    if (is_unknown(all[i])) return all[i].error;
    if (all[i].state == StepState::kCommitted) steps.push_back(all[i].step);
    while (i > 0 && all[i - 1].step == all[i].step) --i;
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

Result<std::optional<std::uint64_t>> Series::latest(bool fallback,
                                                    std::vector<StepEntry>* skipped) const {
  TREERING_TRY(const Directory directory,
               Directory::open(vfs_or_posix(options_.vfs), path_));  // [LY-25]
  TREERING_TRY(const std::vector<StepEntry> all, list_steps(directory, options_.limits));
  std::vector<std::uint64_t> steps = distinct_steps(all);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    std::optional<StepEntry> entry = taken_incarnation(directory, options_.limits, all, *step);
    if (!entry) continue;
    if (entry->state == StepState::kCommitted) return std::optional(*step);
    if (is_unknown(*entry)) return entry->error;
    if (!fallback) return damaged_latest(*std::move(entry));
    if (skipped != nullptr) skipped->push_back(*std::move(entry));  // [LY-29]
  }
  return std::optional<std::uint64_t>();
}

Result<std::string> Series::path_of(std::uint64_t step) const {
  TREERING_TRY(const Directory directory, Directory::open(vfs_or_posix(options_.vfs), path_));
  TREERING_TRY(const std::vector<StepEntry> all, list_steps(directory, options_.limits));
  const std::optional<StepEntry> entry = taken_incarnation(directory, options_.limits, all, step);
  if (!entry) return no_step(path_, step);
  return child(path_, entry->name);
}

Result<Checkpoint> Series::open_step(std::uint64_t step) const {
  TREERING_TRY(const Directory directory, Directory::open(vfs_or_posix(options_.vfs), path_));
  TREERING_TRY(const std::vector<StepEntry> all, list_steps(directory, options_.limits));
  const std::optional<StepEntry> entry = taken_incarnation(directory, options_.limits, all, step);
  if (!entry) return no_step(path_, step);                       // [LY-19]
  if (entry->state == StepState::kDamaged) return entry->error;  // [LY-20] [LY-21]
  return treering::open(child(path_, entry->name),
                        {.limits = options_.limits, .vfs = options_.vfs});
}

Result<SaveReport> Series::save(std::uint64_t step, const SaveTree& tree, SaveOptions options) {
  if (step > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return restore_error(ErrorClass::kUsage, "bad-step", "", {.file = path_},
                         "a step must be below 2^63");
  }
  TREERING_TRY(const Directory directory, Directory::open(vfs_or_posix(options_.vfs), path_));
  TREERING_TRY(const std::vector<StepEntry> all, list_steps(directory, options_.limits));
  if (const auto entry = taken_incarnation(directory, options_.limits, all, step)) {  // [LY-23]
    if (is_unknown(*entry)) return entry->error;
    return restore_error(ErrorClass::kConflict, "slot-taken", "LY-23", {.file = entry->name},
                         "step " + std::to_string(step) + " is " +
                             std::string(step_state_name(entry->state)) +
                             " already; save as another step, or retire it first");
  }
  std::uint32_t incarnation = 0;  // [LY-22] [LY-24]
  for (const StepEntry& entry : all) {
    if (entry.step != step) continue;
    StepEntry examined = entry;
    examine(directory, options_.limits, examined);
    if (is_unknown(examined)) return examined.error;
    if (examined.state != StepState::kUnfinished &&
        entry.incarnation == std::numeric_limits<std::uint32_t>::max()) {
      return restore_error(ErrorClass::kConflict, "slot-taken", "LY-22", {.file = entry.name},
                           "no incarnation is left; save as another step");
    }
    incarnation =
        examined.state == StepState::kUnfinished ? entry.incarnation : entry.incarnation + 1;
  }
  options.step = step;
  if (options.vfs == nullptr) options.vfs = options_.vfs;
  return treering::save(child(path_, step_name(step, incarnation)), tree, options);
}

Status Series::retire(std::uint64_t step, std::vector<std::string>* left) {
  TREERING_TRY(const Directory directory, Directory::open(vfs_or_posix(options_.vfs), path_));
  TREERING_TRY(std::vector<StepEntry> all, list_steps(directory, options_.limits));
  const std::optional<StepEntry> wanted = taken_incarnation(directory, options_.limits, all, step);
  if (!wanted) return no_step(path_, step);
  // A newer version may read what this one cannot, and a refused call says nothing about the
  // checkpoint.
  const ErrorClass cls = wanted->error.cls;
  if (wanted->state == StepState::kDamaged &&
      (cls == ErrorClass::kUnsupported || cls == ErrorClass::kEnvironment)) {
    return wanted->error;
  }
  std::optional<StepEntry> newest;
  std::vector<std::uint64_t> steps = distinct_steps(all);
  for (auto other = steps.rbegin(); other != steps.rend() && !newest; ++other) {
    newest = taken_incarnation(directory, options_.limits, all, *other);
    if (newest && is_unknown(*newest)) return newest->error;
    if (newest && newest->state != StepState::kCommitted) newest.reset();
  }
  if (newest && newest->step == step) {  // [CM-55]
    return restore_error(
        ErrorClass::kUsage, "newest-step", "CM-55", {.file = newest->name},
        "is the newest committed step and cannot be retired; save a newer one first");
  }
  if (newest) {  // What stays is made durable before anything goes. [CM-20]
    TREERING_TRY(const Directory kept, directory.open_child(newest->name));
    TREERING_CHECK(kept.sync());
    TREERING_CHECK(directory.sync());
  }
  std::vector<std::string> found;
  for (StepEntry& entry : all) {  // [CM-56]
    if (entry.step != step) continue;
    examine(directory, options_.limits, entry);
    if (is_unknown(entry)) return entry.error;  // perhaps a save is at work in it
    if (entry.state == StepState::kUnfinished) continue;
    TREERING_TRY(const std::string trash, move_to_trash(directory, entry.name));
    TREERING_CHECK(delete_trash(directory, trash, options_.limits, found));
  }
  return report_left(std::move(found), left);
}

Status Series::clean_trash(std::vector<std::string>* left) {
  TREERING_TRY(const Directory directory, Directory::open(vfs_or_posix(options_.vfs), path_));
  TREERING_TRY(const std::vector<std::string> trash, list_trash(directory, options_.limits));
  std::vector<std::string> found;
  for (const std::string& name : trash)
    TREERING_CHECK(delete_trash(directory, name, options_.limits, found));  // [CM-59]
  return report_left(std::move(found), left);
}

}  // namespace treering
