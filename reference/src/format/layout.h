// SPDX-License-Identifier: Apache-2.0
// Names of files and directories, and what they mean. Spec: 12-layout.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "treering/id.h"

namespace treering {

inline constexpr std::string_view kSlotName = "MANIFEST";

std::string data_name(const Id& attempt, std::uint32_t writer, std::uint32_t number);
std::string index_name(const Id& attempt, std::uint32_t writer);
std::string plan_name(const Id& attempt);
std::string candidate_name(const Id& attempt);
std::string candidate_index_name(const Id& attempt, std::uint32_t writer);
std::string candidate_plan_name(const Id& attempt);
std::string step_name(std::uint64_t step, std::uint32_t incarnation);
std::string trash_name(const Id& id);

enum class NameRole : std::uint8_t {
  kSlot,
  kData,
  kIndex,
  kPlan,
  kCandidate,
  kCandidateIndex,
  kCandidatePlan,
  kLease,
  kPin,  // in a checkpoint
  kStep,
  kTrash,
  kNew,  // in a series
};
struct ParsedName {
  NameRole role = NameRole::kSlot;
  Id id{};  // attempt, run or trash id
  std::uint32_t writer = 0;
  std::uint32_t number = 0;
  std::uint64_t step = 0;
  std::uint32_t incarnation = 0;
};
// Empty for every name that the grammar does not give: it is reported, never read, never deleted.
std::optional<ParsedName> parse_checkpoint_name(std::string_view name);
std::optional<ParsedName> parse_series_name(std::string_view name);

}  // namespace treering
