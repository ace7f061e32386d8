// SPDX-License-Identifier: Apache-2.0
// 128-bit names and digests. Spec: 01-bytes.md.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "treering/result.h"

namespace treering {

// 16 bytes that name an attempt or a run. Text form: 32 lowercase hex digits, byte 0 first.
struct Id {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Id&) const = default;
  std::string to_string() const;
};
Result<Id> parse_id(std::string_view text);
// The id of a run that a launcher names by text: the stored form of XXH3-128 of its UTF-8.
Id id_of_text(std::string_view text) noexcept;

// XXH3-128, seed 0. Stored low half first; text form: 32 hex digits, high half first (as xxhsum).
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Digest&) const = default;
  std::string to_string() const;
};

}  // namespace treering
