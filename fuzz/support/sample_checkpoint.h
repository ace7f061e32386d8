// SPDX-License-Identifier: Apache-2.0
// Small checkpoints that use every part of the format, as files in memory.
#pragma once

#include <map>
#include <string>

#include "support/archive.h"

namespace treering::fuzz {

// By name. The same bytes every time.
std::map<std::string, Files> sample_checkpoints();

// Two writers, each kind of grid, meshes and shardings, a process blob, a dead shard: what save()
// does not write yet.
Files two_writers();

}  // namespace treering::fuzz
