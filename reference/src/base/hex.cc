// SPDX-License-Identifier: Apache-2.0
// Lowercase hex, the only hex of the format. Spec: 01-bytes.md.
#include "base/hex.h"

namespace treering {

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    out += kHexDigits[std::to_integer<unsigned>(byte) >> 4];
    out += kHexDigits[std::to_integer<unsigned>(byte) & 15];
  }
}

void append_hex64(std::string& out, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) out += kHexDigits[(value >> shift) & 15];
}

std::optional<std::uint64_t> parse_hex64(std::string_view text) noexcept {
  if (text.size() != 16) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = hex_value(c);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(digit);
  }
  return value;
}

bool parse_hex(std::string_view text, std::span<std::byte> out) noexcept {
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

}  // namespace treering
