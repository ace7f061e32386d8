// SPDX-License-Identifier: Apache-2.0
// Plan, and End (ABORT and TOMBSTONE). Spec: 13-commit.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "format/record.h"
#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

struct PlanRecord {
  std::optional<std::uint64_t> step{};
  std::uint64_t counter = 0;
  std::uint32_t writers = 0;
  Id attempt{};
  Id run_id{};
  Digest plan_digest{};
  bool operator==(const PlanRecord&) const = default;
};
std::vector<std::byte> encode_plan_body(const PlanRecord& plan);
Result<PlanRecord> decode_plan_body(std::span<const std::byte> body, const Header& header,
                                    const std::string& file);

struct EndRecord {
  std::optional<std::uint64_t> step{};
  std::uint64_t at = 0;
  Id attempt{};
  Id run_id{};
  std::string reason{};  // UTF-8, at most 64 KiB
  bool operator==(const EndRecord&) const = default;
};
std::vector<std::byte> encode_end_body(const EndRecord& end);
Result<EndRecord> decode_end_body(std::span<const std::byte> body, const Header& header,
                                  const std::string& file);

}  // namespace treering
