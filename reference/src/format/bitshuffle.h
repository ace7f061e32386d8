// SPDX-License-Identifier: Apache-2.0
// The bit transposition of codec bitshuffle-lz4: a whole block at once. Spec: 08-block.md,
// section 8.5. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace treering {

// Bytes of the element that is transposed: 1 for packed types.
std::size_t shuffle_width(std::uint32_t element_bits) noexcept;
// Preconditions: width is 1, 2, 4, 8 or 16 and divides in.size(); out has in.size() bytes and lies
// elsewhere.
void shuffle_bits(std::size_t width, std::span<const std::byte> in,
                  std::span<std::byte> out) noexcept;
void unshuffle_bits(std::size_t width, std::span<const std::byte> in,
                    std::span<std::byte> out) noexcept;

}  // namespace treering
