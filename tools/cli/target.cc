// SPDX-License-Identifier: Apache-2.0
#include "target.h"

#include <fmt/format.h>

#include <algorithm>

#include "command.h"

namespace treering::cli {
namespace {

Error series_given(const std::string& path, const std::vector<StepEntry>& steps) {
  const auto newest = std::find_if(steps.rbegin(), steps.rend(), [](const StepEntry& entry) {
    return entry.state == StepState::kCommitted;
  });
  std::string message =
      newest == steps.rend()
          ? fmt::format("{} is a series without a committed step; list it with `treering ls {}`",
                        path, path)
          : fmt::format("{} is a series, not a checkpoint; its newest step is {}", path,
                        step_path(path, *newest));
  return make_error(ErrorClass::kUsage, "bad-path", std::move(message));
}

}  // namespace

std::vector<StepEntry> steps_under(const std::string& path) {
  SeriesOptions options;
  options.create = false;
  const Result<Series> series = Series::open(path, options);
  if (!series) return {};
  Result<std::vector<StepEntry>> entries = series->entries();
  return entries ? *std::move(entries) : std::vector<StepEntry>{};
}

Result<Checkpoint> open_checkpoint(const std::string& path) {
  Result<Checkpoint> opened = open(path);
  if (opened || opened.error().cls != ErrorClass::kNotFound) return opened;
  const std::vector<StepEntry> steps = steps_under(path);
  if (steps.empty()) return opened;
  return series_given(path, steps);
}

std::string step_path(const std::string& series, const StepEntry& entry) {
  const bool ends_in_slash = !series.empty() && series.back() == '/';
  return series + (ends_in_slash ? "" : "/") + entry.name;
}

}  // namespace treering::cli
