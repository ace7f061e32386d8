// SPDX-License-Identifier: Apache-2.0
// The fields step and flags, which manifest, plan and end share. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "format/fail.h"
#include "treering/result.h"

namespace treering {

inline constexpr std::uint32_t kStepSet = 1;                       // the only flag
inline constexpr std::uint64_t kStepEnd = std::uint64_t{1} << 63;  // steps are below

inline std::uint32_t step_flags(const std::optional<std::uint64_t>& step) noexcept {
  return step ? kStepSet : 0;
}

inline Result<std::optional<std::uint64_t>> read_step(std::uint64_t step, std::uint32_t flags,
                                                      std::string_view flags_rule,
                                                      std::string_view step_rule,
                                                      const std::string& file) {
  if ((flags & ~kStepSet) != 0) {
    return invalid_in(file, "bad-flags", flags_rule,
                      "has a flag that its version does not define; save it again");
  }
  const bool set = (flags & kStepSet) != 0;
  if ((!set && step != 0) || step >= kStepEnd) {
    return invalid_in(
        file, "bad-flags", step_rule,
        "has a step that is not below 2^63, or that its flags do not announce; save it again");
  }
  return set ? std::optional(step) : std::nullopt;
}

}  // namespace treering
