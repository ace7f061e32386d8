// SPDX-License-Identifier: Apache-2.0
// Is it UTF-8? Spec: 01-bytes.md.
#include "base/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace treering {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080u;

// First position at or after `at` whose byte is not ASCII, to the precision of a word.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
  while (text.size() - at >= 32) {
    std::uint64_t words[4];
    std::memcpy(words, text.data() + at, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & kHighBits) != 0) break;
    at += sizeof words;
  }
  while (text.size() - at >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) != 0) break;
    at += sizeof word;
  }
  return at;
}

struct Sequence {
  std::size_t length;        // 0: no sequence begins with this byte
  unsigned char second_low;  // range of the second byte; later bytes are 80..bf
  unsigned char second_high;
};

Sequence sequence_of(unsigned char first) noexcept {
  if (first < 0xc2) return {0, 0, 0};
  if (first < 0xe0) return {2, 0x80, 0xbf};
  if (first == 0xe0) return {3, 0xa0, 0xbf};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first < 0xf0) return {3, 0x80, 0xbf};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first < 0xf4) return {4, 0x80, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

// Bytes of the well-formed sequence at `at`, whose first byte is not ASCII; 0 where there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const Sequence sequence = sequence_of(byte(0));
  if (sequence.length == 0 || text.size() - at < sequence.length) return 0;
  if (byte(1) < sequence.second_low || byte(1) > sequence.second_high) return 0;
  for (std::size_t i = 2; i < sequence.length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return sequence.length;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  std::size_t at = skip_ascii(text, 0);
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return false;
    at = skip_ascii(text, at + length);
  }
  return true;
}

}  // namespace treering
