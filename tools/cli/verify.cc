// SPDX-License-Identifier: Apache-2.0
// treering verify: reads every byte of a checkpoint, or of each step of a series, and names the
// damage.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "command.h"
#include "json.h"
#include "output.h"
#include "progress.h"
#include "target.h"
#include "treering/series.h"

namespace treering::cli {
namespace {

struct VerifyOptions {
  std::string path{};
  bool json = false;
};

// What was found about one checkpoint.
struct Verdict {
  std::vector<Damage> damage{};
  std::optional<Error> error{};  // why it could not be judged
  std::optional<std::uint64_t> step{};
  std::uint64_t bytes = 0;
  std::uint64_t leaves = 0;
  bool ok() const { return damage.empty() && !error; }
};

// Whether the records themselves are damaged, as opposed to: of no concern to this reader.
bool is_damage(ErrorClass cls) {
  return cls == ErrorClass::kMalformed || cls == ErrorClass::kCorrupt ||
         cls == ErrorClass::kInvalid;
}

Verdict failed(Error error) {
  Verdict verdict;
  if (is_damage(error.cls)) {
    Damage damage;
    damage.offset = error.where.offset;
    damage.error = std::move(error);
    verdict.damage.push_back(std::move(damage));
  } else {
    verdict.error = std::move(error);
  }
  return verdict;
}

// Of what is missing, all is to be listed.
Result<Checkpoint> open_to_verify(const std::string& path) {
  return open(path, {.check_files = false});
}

Verdict verify_opened(Result<Checkpoint> opened, Progress& progress) {
  if (!opened) return failed(std::move(opened).error());
  Result<std::vector<Damage>> damage = opened->verify(progress.callback());
  Verdict verdict =
      damage ? Verdict{*std::move(damage), {}, {}, 0, 0} : failed(std::move(damage).error());
  // What this reader cannot judge ends a verification where it is the first fault (spec 14.6).
  if (!verdict.damage.empty()) {
    const ErrorClass first = verdict.damage.front().error.cls;
    if (first == ErrorClass::kUnsupported || first == ErrorClass::kLimit) {
      verdict.error = std::move(verdict.damage.front().error);
      verdict.damage.clear();
    }
  }
  verdict.step = opened->step();
  verdict.bytes = opened->bytes();
  verdict.leaves = opened->tree().leaves();
  return verdict;
}

Json damage_json(const Damage& damage) {
  Json out = error_json(damage.error);
  if (damage.bytes != 0) out["offset"] = damage.offset;
  out["bytes"] = damage.bytes == 0 ? Json() : Json(damage.bytes);
  out["path"] = text_or_null(damage.leaf);
  return out;
}

Json damage_list(const Verdict& verdict) {
  Json list = Json::array();
  for (const Damage& damage : verdict.damage) list.push_back(damage_json(damage));
  return list;
}

void print_damage(const Verdict& verdict, std::string_view indent) {
  for (const Damage& damage : verdict.damage) {
    Error error = damage.error;
    if (!damage.leaf.empty()) error.where.key_path = damage.leaf;  // as people type it
    std::string line = error_line(error);
    if (damage.bytes != 0) {
      line += fmt::format(" (bytes {} to {})", damage.offset, damage.offset + damage.bytes - 1);
    }
    print_line(fmt::format("{}{}", indent, paint(Colour::kRed, line)));
  }
  if (verdict.error) {
    print_line(fmt::format("{}{}", indent, paint(Colour::kRed, error_line(*verdict.error))));
  }
}

std::string sound_text(const Verdict& verdict) {  // [RS-01]
  return fmt::format("{}: {}, {} read", paint(Colour::kGreen, "as written"),
                     human_count(verdict.leaves, "leaf"), human_bytes(verdict.bytes));
}

ExitCode verify_checkpoint(const VerifyOptions& options, Result<Checkpoint> opened) {
  Verdict verdict;
  {
    Progress progress("verify");
    verdict = verify_opened(std::move(opened), progress);
  }
  if (verdict.error) return report(*verdict.error, options.json);
  if (options.json) {
    JsonObject out;
    out.begin_list("damage");
    for (const Damage& damage : verdict.damage) out.item(damage_json(damage));
    out.end_list();
    out.field("ok", verdict.ok());
    out.field("path", options.path);
    out.field("step", verdict.step ? Json(*verdict.step) : Json());
    out.field("target", "checkpoint");
    out.end();
  } else if (verdict.ok()) {
    print_line(sound_text(verdict));
  } else {
    print_damage(verdict, "");
    print_line(fmt::format("{} in {}", human_count(verdict.damage.size(), "damaged place"),
                           printable(options.path)));
  }
  return verdict.ok() ? kYes : kNo;
}

struct StepVerdict {
  StepEntry entry{};
  Verdict verdict{};
};

std::vector<StepVerdict> verify_steps(const std::string& path,
                                      const std::vector<StepEntry>& entries) {
  std::vector<StepVerdict> verdicts;
  Progress progress("");
  for (const StepEntry& entry : entries) {
    progress.label(entry.name);
    if (entry.state == StepState::kCommitted) {
      verdicts.push_back({entry, verify_opened(open_to_verify(step_path(path, entry)), progress)});
    } else if (entry.state == StepState::kDamaged) {
      verdicts.push_back({entry, verify_opened(open_to_verify(step_path(path, entry)), progress)});
    }
  }
  return verdicts;
}

ExitCode code_of(const std::vector<StepVerdict>& verdicts) {
  ExitCode code = kYes;
  for (const StepVerdict& step : verdicts) {
    if (!step.verdict.damage.empty()) return kNo;
    if (step.verdict.error && code == kYes) code = exit_code_of(step.verdict.error->cls);
  }
  return code;
}

void print_series_json(const std::string& path, const std::vector<StepVerdict>& verdicts) {
  JsonObject out;
  out.field("ok", code_of(verdicts) == kYes);
  out.field("path", path);
  out.begin_list("steps");
  for (const auto& [entry, verdict] : verdicts) {
    Json item;
    item["damage"] = damage_list(verdict);
    item["error"] = verdict.error ? error_json(*verdict.error) : Json();
    item["incarnation"] = entry.incarnation;
    item["name"] = entry.name;
    item["ok"] = verdict.ok();
    item["state"] = step_state_name(entry.state);
    item["step"] = entry.step;
    out.item(item);
  }
  out.end_list();
  out.field("target", "series");
  out.end();
}

void print_series(const std::vector<StepVerdict>& verdicts) {
  std::uint64_t bad = 0;
  for (const auto& [entry, verdict] : verdicts) {
    bad += verdict.ok() ? 0u : 1u;
    const std::string what = verdict.ok()             ? sound_text(verdict)
                             : verdict.damage.empty() ? paint(Colour::kYellow, "cannot be judged")
                                                      : paint(Colour::kRed, "damaged");
    print_line(fmt::format("{}  {}", printable(entry.name), what));
    print_damage(verdict, "    ");
  }
  print_line(
      bad == 0 ? human_count(verdicts.size(), "step") + ", all as written"
               : fmt::format("{} of {} not as written", bad, human_count(verdicts.size(), "step")));
}

ExitCode run(const VerifyOptions& options) {
  Result<Checkpoint> opened = open_to_verify(options.path);
  if (!opened && opened.error().cls == ErrorClass::kNotFound) {
    const std::vector<StepEntry> entries = steps_under(options.path);
    if (entries.empty()) return report(opened.error(), options.json);
    const std::vector<StepVerdict> verdicts = verify_steps(options.path, entries);
    if (options.json) {
      print_series_json(options.path, verdicts);
    } else {
      print_series(verdicts);
    }
    return code_of(verdicts);
  }
  return verify_checkpoint(options, std::move(opened));
}

}  // namespace

void add_verify(CLI::App& app, ExitCode& code) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = app.add_subcommand("verify", "Read every byte and name the damage");
  command->add_option("PATH", options->path, "Directory of a checkpoint or of a series")
      ->required();
  command->add_flag("--json", options->json, "Print JSON (tools/cli/README.md)");
  command->footer(fmt::format(
      "Every byte of the files that the manifest names is compared with its digest or with zero.\n"
      "Of a series, every committed step is read.\n\n"
      "Example:\n"
      "  $ treering verify runs/mnist/step-00000300\n"
      "  as written: 17 leaves, 13.0 KiB read\n\n{}",
      kExitCodes));
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace treering::cli
