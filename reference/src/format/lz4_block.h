// SPDX-License-Identifier: Apache-2.0
// The LZ4 block format, decoded by exactly the rules of the spec. Spec: 08-block.md, section 8.4.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace treering {

struct Lz4Fault {
  std::string_view rule{};
  std::string_view message{};
};
// Checks every sequence without decoding. LZ4's own decoder is lenient in places (distance 0), and
// readers must not differ about one file; what this accepts, LZ4_decompress_safe decodes to exactly
// `raw_size` bytes.
std::optional<Lz4Fault> check_lz4_block(std::span<const std::byte> stored,
                                        std::size_t raw_size) noexcept;

}  // namespace treering
