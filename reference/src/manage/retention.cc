// SPDX-License-Identifier: Apache-2.0
// Which steps a retention policy lets go. Spec: 13-commit.md (retention).
#include <algorithm>

#include "treering/series.h"

namespace treering {

std::vector<std::uint64_t> steps_to_retire(const std::vector<std::uint64_t>& steps,
                                           std::optional<std::uint64_t> max_to_keep,
                                           std::optional<std::uint64_t> keep_period) {
  if (!max_to_keep) return {};
  const std::uint64_t newest = std::max<std::uint64_t>(*max_to_keep, 1);  // [CM-55]
  std::vector<std::uint64_t> retired;
  for (std::size_t i = 0; i < steps.size() && steps.size() - i > newest; ++i) {
    const bool periodic = keep_period && *keep_period != 0 && steps[i] % *keep_period == 0;
    if (!periodic) retired.push_back(steps[i]);
  }
  return retired;
}

}  // namespace treering
