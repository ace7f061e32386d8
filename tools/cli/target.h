// SPDX-License-Identifier: Apache-2.0
// What a path on the command line is: a checkpoint or a series.
#pragma once

#include <string>
#include <vector>

#include "treering/checkpoint.h"
#include "treering/result.h"
#include "treering/series.h"

namespace treering::cli {

// The step directories under `path`; empty where it has none or is no directory that can be listed.
std::vector<StepEntry> steps_under(const std::string& path);

// Opens the checkpoint `path`. A series is a usage error that names its newest step.
Result<Checkpoint> open_checkpoint(const std::string& path);

// Where the step's directory is.
std::string step_path(const std::string& series, const StepEntry& entry);

}  // namespace treering::cli
