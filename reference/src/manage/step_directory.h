// SPDX-License-Identifier: Apache-2.0
// The step directories of a series, and what each of them is. Spec: 12-layout.md. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/directory.h"
#include "treering/limits.h"
#include "treering/result.h"
#include "treering/series.h"

namespace treering {

// The step directories, ascending by step, then incarnation; their state is not yet looked at.
// [LY-15]
Result<std::vector<StepEntry>> list_steps(const Directory& series, const Limits& limits);

// Looks at the slot and fills in the state and what follows from it. Memory: the manifest.
void examine(const Directory& series, const Limits& limits, StepEntry& entry);

// [LY-18] An incarnation that is committed or damaged.
// Whether the system did not let us see what stands there: neither damage nor its absence is known.
inline bool is_unknown(const StepEntry& entry) noexcept {
  return entry.state == StepState::kDamaged && entry.error.cls == ErrorClass::kEnvironment;
}
inline bool is_taken(const StepEntry& entry) noexcept {
  return entry.state == StepState::kCommitted || entry.state == StepState::kDamaged;
}

// The highest taken incarnation of the step, examined. `steps` is what list_steps gave.
std::optional<StepEntry> taken_incarnation(const Directory& series, const Limits& limits,
                                           const std::vector<StepEntry>& steps, std::uint64_t step);

// The steps of the list, each once, ascending.
std::vector<std::uint64_t> distinct_steps(const std::vector<StepEntry>& steps);

}  // namespace treering
