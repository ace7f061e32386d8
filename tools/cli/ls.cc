// SPDX-License-Identifier: Apache-2.0
// treering ls: one row a step of a series.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "command.h"
#include "json.h"
#include "output.h"
#include "target.h"
#include "treering/series.h"

namespace treering::cli {
namespace {

struct LsOptions {
  std::string path{};
  bool json = false;
};

Colour colour_of(StepState state) {
  switch (state) {
    case StepState::kCommitted:
      return Colour::kPlain;
    case StepState::kUnfinished:
      return Colour::kYellow;
    case StepState::kAborted:
      return Colour::kDim;
    case StepState::kDamaged:
      return Colour::kRed;
  }
  return Colour::kPlain;
}

Json entry_json(const StepEntry& entry) {
  const bool committed = entry.state == StepState::kCommitted;
  Json out;
  out["bytes"] = committed ? Json(entry.bytes) : Json();
  out["error"] = entry.state == StepState::kDamaged ? error_json(entry.error) : Json();
  out["incarnation"] = entry.incarnation;
  out["leaves"] = committed ? Json(entry.leaves) : Json();
  out["name"] = entry.name;
  out["saved_at"] = committed ? Json(entry.saved_at) : Json();
  out["state"] = step_state_name(entry.state);
  out["step"] = entry.step;
  out["writers"] = committed ? Json(entry.writers) : Json();
  return out;
}

void print_json(const LsOptions& options, const Series& series,
                const std::vector<StepEntry>& entries) {
  // A damaged newest step is an error for who wants to restore; here its row says so.
  const Result<std::optional<std::uint64_t>> latest = series.latest();
  JsonObject out;
  out.field("latest", latest && latest->has_value() ? Json(**latest) : Json());
  out.field("path", options.path);
  out.begin_list("steps");
  for (const StepEntry& entry : entries) out.item(entry_json(entry));
  out.end_list();
  out.end();
}

void print_table(const std::vector<StepEntry>& entries) {
  if (entries.empty()) return print_line("no steps");
  Table table({{"step", true},
               {"state"},
               {"size", true},
               {"leaves", true},
               {"writers", true},
               {"saved at"},
               {"directory"},
               {"why"}});
  for (const StepEntry& entry : entries) {
    const bool committed = entry.state == StepState::kCommitted;
    const auto if_committed = [&](std::string text) { return committed ? text : std::string(); };
    table.row(
        {fmt::format("{}", entry.step), std::string(step_state_name(entry.state)),
         if_committed(human_bytes(entry.bytes)), if_committed(fmt::format("{}", entry.leaves)),
         if_committed(fmt::format("{}", entry.writers)), if_committed(human_time(entry.saved_at)),
         printable(entry.name), entry.state == StepState::kDamaged ? error_line(entry.error) : ""},
        colour_of(entry.state));
  }
  table.print();
}

// An empty list may mean that the path is one checkpoint.
Status refuse_checkpoint(const std::string& path) {
  const Result<Checkpoint> opened = open(path);
  if (!opened && opened.error().cls == ErrorClass::kNotFound) return {};
  return make_error(
      ErrorClass::kUsage, "bad-path",
      fmt::format("{} is a checkpoint, not a series; look into it with `treering show {}`", path,
                  path));
}

ExitCode run(const LsOptions& options) {
  SeriesOptions series_options;
  series_options.create = false;
  const Result<Series> series = Series::open(options.path, series_options);
  if (!series) return report(series.error(), options.json);
  const Result<std::vector<StepEntry>> entries = series->entries();
  if (!entries) return report(entries.error(), options.json);
  if (entries->empty()) {
    if (const Status status = refuse_checkpoint(options.path); !status) {
      return report(status.error(), options.json);
    }
  }
  if (options.json) {
    print_json(options, *series, *entries);
  } else {
    print_table(*entries);
  }
  return kYes;
}

}  // namespace

void add_ls(CLI::App& app, ExitCode& code) {
  const auto options = std::make_shared<LsOptions>();
  CLI::App* command = app.add_subcommand("ls", "List the steps of a series");
  command->add_option("SERIES", options->path, "Directory of a series")->required();
  command->add_flag("--json", options->json, "Print JSON (tools/cli/README.md)");
  command->footer(fmt::format(
      "Example:\n"
      "  $ treering ls runs/mnist\n"
      "  step  state          size  leaves  writers  saved at                 directory\n"
      "   100  committed  13.0 KiB      17        1  2025-06-15 15:06:40 UTC  step-00000100\n"
      "   200  unfinished                                                     step-00000200\n"
      "\nStates: committed, unfinished (a save is running, or died), aborted, damaged.\n\n{}",
      kExitCodes));
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace treering::cli
