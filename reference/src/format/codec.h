// SPDX-License-Identifier: Apache-2.0
// Codecs of blocks: the closed table of registry/codecs.csv. Spec: 08-block.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "treering/codec.h"
#include "treering/result.h"

namespace treering {

// Largest output of encode_block for `raw` bytes.
std::size_t encode_bound(std::size_t raw) noexcept;
// Encodes a block. `element_bits` is the stored width (for bitshuffle). Returns the stored size;
// where it would not save at least 1/16 of raw.size(), 0: store the block raw. Preconditions: out
// holds encode_bound(raw.size()); the element width divides raw.size(). `scratch` is used by
// bitshuffle, raw.size() bytes; where it is empty, memory is allocated for each call.
std::size_t encode_block(Codec codec, std::uint32_t element_bits, std::span<const std::byte> raw,
                         std::span<std::byte> out, std::span<std::byte> scratch = {});
// Decodes into exactly raw.size() bytes; class corrupt (codec) where the stored bytes do not give
// them. Precondition: the stored bytes' digest was compared. `scratch` is used by bitshuffle,
// raw.size() bytes.
Status decode_block(Codec codec, std::uint32_t element_bits, std::span<const std::byte> stored,
                    std::span<std::byte> raw, std::span<std::byte> scratch);
// The required feature bit of a codec; 0 for raw.
std::uint64_t codec_feature(Codec codec) noexcept;

}  // namespace treering
