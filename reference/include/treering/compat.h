// SPDX-License-Identifier: Apache-2.0
// Compatibility records: what a state expects of its surroundings. Spec: 06-graph.md. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

struct CompatDifference {
  std::string path{};      // the keys, joined with '/'; empty where there is no record at all
  std::string expected{};  // canonical JSON
  std::string recorded{};  // canonical JSON; empty where it is missing
};

// All differences, in the order of the expected keys. `recorded` is empty for no record.
// invalid, limit: one of them is no value, or no dict.
Result<std::vector<CompatDifference>> compare_compat(std::string_view expected,
                                                     std::string_view recorded,
                                                     const Limits& limits = {});

}  // namespace treering
