// SPDX-License-Identifier: Apache-2.0
// Decoding hostile blocks stays within the exact raw size and agrees with a decoder of twenty
// lines; decode(encode(x)) = x. The input: codec, element width, raw size u16, then the stored
// bytes, which are also tried as raw ones.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "format/bitshuffle.h"
#include "format/codec.h"
#include "format/lz4_block.h"
#include "support/allocation_bound.h"
#include "support/harness.h"

namespace treering::fuzz {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::array<std::uint32_t, 8> kWidths{1, 2, 4, 8, 16, 32, 64, 128};

// The LZ4 block format, read as simply as it can be; the rules on the last sequence are left out.
std::optional<Bytes> plain_lz4(const Bytes& stored, std::size_t most) {
  Bytes out;
  std::size_t at = 0;
  const auto count = [&](std::size_t first) -> std::size_t {
    for (unsigned more = 255; first >= 15 && more == 255;) {
      if (at == stored.size()) return ~std::size_t{0} / 4;
      more = std::to_integer<unsigned>(stored[at++]);
      first += more;
    }
    return first;
  };
  while (at < stored.size()) {
    const auto token = std::to_integer<unsigned>(stored[at++]);
    const std::size_t literals = count(token >> 4);
    if (literals > stored.size() - at || literals > most - out.size()) return std::nullopt;
    out.insert(out.end(), stored.begin() + static_cast<std::ptrdiff_t>(at),
               stored.begin() + static_cast<std::ptrdiff_t>(at + literals));
    at += literals;
    if (at == stored.size()) return out;
    if (stored.size() - at < 2) return std::nullopt;
    const std::size_t distance = std::to_integer<std::size_t>(stored[at]) +
                                 256 * std::to_integer<std::size_t>(stored[at + 1]);
    at += 2;
    const std::size_t length = count(token & 15) + 4;
    if (distance == 0 || distance > out.size() || length > most - out.size()) return std::nullopt;
    for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - distance]);
  }
  return std::nullopt;
}

void check_decode(Codec codec, std::uint32_t width, const Bytes& stored, std::size_t raw_size) {
  Bytes raw(raw_size);
  Bytes scratch(raw_size);
  const bool good = accepted(decode_block(codec, width, stored, raw, scratch));
  if (codec == Codec::kRaw) {
    FUZZ_CHECK(good == (stored.size() == raw_size) && (!good || raw == stored));
    return;
  }
  const bool expected = !check_lz4_block(stored, raw_size).has_value();
  FUZZ_CHECK(good == expected);
  if (!good) return;
  const auto plain = plain_lz4(stored, raw_size);
  FUZZ_CHECK(plain && plain->size() == raw_size);
  if (codec == Codec::kLz4) {
    FUZZ_CHECK(*plain == raw);
  } else {
    Bytes shuffled(raw_size);
    shuffle_bits(shuffle_width(width), raw, shuffled);
    FUZZ_CHECK(shuffled == *plain);
  }
}

void check_encode(Codec codec, std::uint32_t width, const Bytes& raw) {
  Bytes out(encode_bound(raw.size()));
  Bytes scratch(raw.size());
  const std::size_t stored = encode_block(codec, width, raw, out, scratch);
  FUZZ_CHECK(stored <= raw.size() - raw.size() / 16);
  Bytes again(encode_bound(raw.size()));
  FUZZ_CHECK(encode_block(codec, width, raw, again) == stored);
  FUZZ_CHECK(
      std::equal(again.begin(), again.begin() + static_cast<std::ptrdiff_t>(stored), out.begin()));
  if (stored == 0) return;
  out.resize(stored);
  Bytes back(raw.size());
  FUZZ_REQUIRE_OK(decode_block(codec, width, out, back, scratch));
  FUZZ_CHECK(back == raw);
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  using namespace treering::fuzz;
  const AllocationBound bound(size, 64, 2 << 20);
  Input input(data, size);
  const auto codec = static_cast<Codec>(input.below(3));
  const std::uint32_t width = kWidths[input.below(kWidths.size())];
  const std::size_t element = shuffle_width(width);
  const auto raw_size = static_cast<std::size_t>(input.number(2)) / element * element;
  Bytes bytes = input.take_rest();
  if (raw_size > 0) check_decode(codec, width, bytes, raw_size);
  bytes.resize(bytes.size() / element * element);
  bytes.shrink_to_fit();
  if (!bytes.empty()) check_encode(codec, width, bytes);
  return 0;
}
