// SPDX-License-Identifier: Apache-2.0
// The header of a record: chapter 07.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

inline constexpr std::uint64_t kHeaderSize = 64;
enum Kind : std::uint16_t { kCommit = 1, kIndex, kPlan, kData, kAbort, kTombstone };

// Why a checkpoint is refused: a class of appendix B, a rule or nothing, and a text for people.
struct Refused : std::runtime_error {
  Refused(std::string cls_, std::string rule_, std::string message_)
      : std::runtime_error(message_), cls(std::move(cls_)), rule(std::move(rule_)), message(std::move(message_)) {}
  std::string cls, rule, message;
};

struct Header {
  std::uint16_t kind, major, minor, reserved;
  std::uint64_t required, optional, body_size;
  std::array<char, 16> body_digest;
};

// RC-06 to RC-14 in their order. `head`: the first 64 bytes; `kinds`: those that can stand in the file.
Header check_header(std::string_view head, std::uint64_t file_size, std::initializer_list<Kind> kinds);
