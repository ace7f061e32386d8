// SPDX-License-Identifier: Apache-2.0
#include "xxh3.h"

namespace {

// The first 64 bytes of the default secret, as little-endian words.
constexpr std::uint64_t kSecret[8] = {0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072,
                                      0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0};

// The low and the high half of the product, one xor the other.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t mask = 0xffffffff;
  const std::uint64_t low = (a & mask) * (b & mask);
  const std::uint64_t left = (a >> 32) * (b & mask) + (low >> 32);
  const std::uint64_t right = (a & mask) * (b >> 32) + (left & mask);
  return (right << 32 | (low & mask)) ^ ((a >> 32) * (b >> 32) + (left >> 32) + (right >> 32));
}

std::uint64_t mix(std::string_view data, std::size_t at, std::size_t secret) {
  return fold(little_endian(data, at, 8) ^ kSecret[secret], little_endian(data, at + 8, 8) ^ kSecret[secret + 1]);
}

}  // namespace

std::uint64_t little_endian(std::string_view data, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(data[at + i]);
  return value;
}

std::uint64_t header_digest(std::string_view data) {
  // 16 bytes from the beginning, from the end, and next to each; with them two words of the secret.
  std::uint64_t total = 56 * 0x9e3779b185ebca87;
  total += mix(data, 16, 4) + mix(data, 24, 6) + mix(data, 0, 0) + mix(data, 40, 2);
  total = (total ^ total >> 37) * 0x165667919e3779f9;
  return total ^ total >> 32;
}
