// SPDX-License-Identifier: Apache-2.0
#include "format/bitshuffle.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.h"

namespace treering {
namespace {

constexpr std::size_t kGroup =
    8;  // elements that share a byte of a plane, and planes of one byte of an element
constexpr std::size_t kTile =
    8;  // groups that are moved together, so that each plane gets a whole word

// Eight bytes as an 8 x 8 matrix of bits: bit k of byte i changes places with bit i of byte k.
std::uint64_t transpose_bits(std::uint64_t x) noexcept {
  std::uint64_t t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aau;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000cccc0000ccccu;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0u;
  return x ^ t ^ (t << 28);
}

using Tile = std::array<std::uint64_t, kTile>;

// One step of the transposition of an 8 x 8 matrix of bytes: off-diagonal squares of `step` rows
// change places.
template <std::size_t step>
void exchange(Tile& rows, std::uint64_t mask) noexcept {
  for (std::size_t i = 0; i < kTile; ++i) {
    if ((i & step) != 0) continue;
    const std::uint64_t t = ((rows[i] >> (8 * step)) ^ rows[i + step]) & mask;
    rows[i + step] ^= t;
    rows[i] ^= t << (8 * step);
  }
}
void transpose_bytes(Tile& rows) noexcept {
  exchange<4>(rows, 0x00000000ffffffffu);
  exchange<2>(rows, 0x0000ffff0000ffffu);
  exchange<1>(rows, 0x00ff00ff00ff00ffu);
}

// Byte j of eight neighbouring elements, as one word, and back. `at` is byte j of the first of
// them.
template <std::size_t width>
std::uint64_t gather(const std::byte* at) noexcept {
  if constexpr (width == 1) return load_le<std::uint64_t>(at);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < kGroup; ++i)
    word |= static_cast<std::uint64_t>(at[i * width]) << (8 * i);
  return word;
}
template <std::size_t width>
void scatter(std::uint64_t word, std::byte* at) noexcept {
  if constexpr (width == 1) return store_le<std::uint64_t>(at, word);
  for (std::size_t i = 0; i < kGroup; ++i)
    at[i * width] = static_cast<std::byte>(word >> (8 * i) & 0xff);
}

// Byte j of all elements, to planes 8j to 8j + 7. `plane` is the bytes of one plane.
template <std::size_t width>
void shuffle_byte(const std::byte* in, std::byte* planes, std::size_t plane) noexcept {
  std::size_t group = 0;
  for (; group + kTile <= plane; group += kTile) {
    Tile rows;
    for (std::size_t i = 0; i < kTile; ++i)
      rows[i] = transpose_bits(gather<width>(in + (group + i) * kGroup * width));
    transpose_bytes(rows);
    for (std::size_t i = 0; i < kTile; ++i)
      store_le<std::uint64_t>(planes + i * plane + group, rows[i]);
  }
  for (; group < plane; ++group) {
    const std::uint64_t bits = transpose_bits(gather<width>(in + group * kGroup * width));
    for (std::size_t i = 0; i < kGroup; ++i)
      planes[i * plane + group] = static_cast<std::byte>(bits >> (8 * i) & 0xff);
  }
}
template <std::size_t width>
void unshuffle_byte(const std::byte* planes, std::byte* out, std::size_t plane) noexcept {
  std::size_t group = 0;
  for (; group + kTile <= plane; group += kTile) {
    Tile rows;
    for (std::size_t i = 0; i < kTile; ++i)
      rows[i] = load_le<std::uint64_t>(planes + i * plane + group);
    transpose_bytes(rows);
    for (std::size_t i = 0; i < kTile; ++i)
      scatter<width>(transpose_bits(rows[i]), out + (group + i) * kGroup * width);
  }
  for (; group < plane; ++group) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kGroup; ++i)
      bits |= static_cast<std::uint64_t>(planes[i * plane + group]) << (8 * i);
    scatter<width>(transpose_bits(bits), out + group * kGroup * width);
  }
}

template <std::size_t width>
void shuffle_all(const std::byte* in, std::byte* out, std::size_t plane) noexcept {
  for (std::size_t j = 0; j < width; ++j)
    shuffle_byte<width>(in + j, out + j * kGroup * plane, plane);
}
template <std::size_t width>
void unshuffle_all(const std::byte* in, std::byte* out, std::size_t plane) noexcept {
  for (std::size_t j = 0; j < width; ++j)
    unshuffle_byte<width>(in + j * kGroup * plane, out + j, plane);
}

using Transform = void (*)(const std::byte*, std::byte*, std::size_t) noexcept;
Transform shuffle_of(std::size_t width) noexcept {
  switch (width) {
    case 1:
      return shuffle_all<1>;
    case 2:
      return shuffle_all<2>;
    case 4:
      return shuffle_all<4>;
    case 8:
      return shuffle_all<8>;
    default:
      return shuffle_all<16>;
  }
}
Transform unshuffle_of(std::size_t width) noexcept {
  switch (width) {
    case 1:
      return unshuffle_all<1>;
    case 2:
      return unshuffle_all<2>;
    case 4:
      return unshuffle_all<4>;
    case 8:
      return unshuffle_all<8>;
    default:
      return unshuffle_all<16>;
  }
}

// The elements that fill whole bytes of a plane; those behind them keep their place.
void transform(Transform move, std::size_t width, std::span<const std::byte> in,
               std::span<std::byte> out) noexcept {
  const std::size_t plane = in.size() / width / kGroup;
  const std::size_t moved = plane * kGroup * width;
  if (moved != 0) move(in.data(), out.data(), plane);
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(moved), in.end(),
            out.begin() + static_cast<std::ptrdiff_t>(moved));
}

}  // namespace

std::size_t shuffle_width(std::uint32_t element_bits) noexcept {
  return std::max(1u, element_bits / 8);
}

void shuffle_bits(std::size_t width, std::span<const std::byte> in,
                  std::span<std::byte> out) noexcept {
  transform(shuffle_of(width), width, in, out);
}

void unshuffle_bits(std::size_t width, std::span<const std::byte> in,
                    std::span<std::byte> out) noexcept {
  transform(unshuffle_of(width), width, in, out);
}

}  // namespace treering
