// SPDX-License-Identifier: Apache-2.0
// Lowercase hex, the only hex of the format. Spec: 01-bytes.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace treering {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

// -1 for anything but 0-9 and a-f.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}
// Two digits a byte, byte 0 first.
void append_hex(std::string& out, std::span<const std::byte> bytes);
// 16 digits, high digit first.
void append_hex64(std::string& out, std::uint64_t value);
// Of exactly 16 lowercase digits; empty for any other text.
std::optional<std::uint64_t> parse_hex64(std::string_view text) noexcept;
// Fills `out` from exactly two lowercase digits a byte; false for any other text.
bool parse_hex(std::string_view text, std::span<std::byte> out) noexcept;

}  // namespace treering
