// SPDX-License-Identifier: Apache-2.0
// The closed table of block codecs. Spec: 08-block.md, registry/codecs.csv.
#pragma once

#include <cstdint>
#include <string_view>

#include "treering/result.h"

namespace treering {

// NOTE: the numbers are part of the format and never change.
enum class Codec : std::uint8_t { kRaw = 0, kLz4 = 1, kBitshuffleLz4 = 2 };
// usage, naming the codecs there are.
Result<Codec> parse_codec(std::string_view name);
std::string_view codec_name(Codec codec) noexcept;

}  // namespace treering
