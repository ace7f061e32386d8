// SPDX-License-Identifier: Apache-2.0
#include "format/codec.h"

#include <lz4.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "format/bitshuffle.h"
#include "format/fail.h"
#include "format/lz4_block.h"
#include "format/record.h"

namespace treering {
namespace {

constexpr std::array kCodecs{Codec::kRaw, Codec::kLz4, Codec::kBitshuffleLz4};

Error bad_block(std::string_view rule, std::string_view what) {
  return fail(ErrorClass::kCorrupt, "bad-block", rule, {},
              "a block cannot be decoded: " + std::string(what) + "; restore the file from a copy");
}

std::size_t compress(std::span<const std::byte> raw, std::span<std::byte> out) noexcept {
  const int size = LZ4_compress_default(reinterpret_cast<const char*>(raw.data()),  // [BL-14]
                                        reinterpret_cast<char*>(out.data()),
                                        static_cast<int>(raw.size()), static_cast<int>(out.size()));
  return static_cast<std::size_t>(size);
}

Status decompress(std::span<const std::byte> stored, std::span<std::byte> raw) {
  if (const auto fault = check_lz4_block(stored, raw.size()))  // [BL-13]
    return bad_block(fault->rule, fault->message);
  const int size = LZ4_decompress_safe(
      reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(raw.data()),
      static_cast<int>(stored.size()), static_cast<int>(raw.size()));
  if (size < 0 || static_cast<std::size_t>(size) != raw.size()) {  // [BL-10]
    return bad_block("BL-10", "it does not give the raw size");
  }
  return {};
}

}  // namespace

std::string_view codec_name(Codec codec) noexcept {
  switch (codec) {
    case Codec::kRaw:
      return "raw";
    case Codec::kLz4:
      return "lz4";
    case Codec::kBitshuffleLz4:
      return "bitshuffle-lz4";
  }
  return {};
}

Result<Codec> parse_codec(std::string_view name) {
  for (const Codec codec : kCodecs) {
    if (codec_name(codec) == name) return codec;
  }
  return fail(ErrorClass::kUsage, "bad-argument", "", {},
              "there is no codec \"" + std::string(name) + "\"; give raw, lz4 or bitshuffle-lz4");
}

std::uint64_t codec_feature(Codec codec) noexcept {
  switch (codec) {
    case Codec::kRaw:
      return 0;
    case Codec::kLz4:
      return kFeatureLz4;
    case Codec::kBitshuffleLz4:
      return kFeatureBitshuffleLz4;
  }
  return 0;
}

std::size_t encode_bound(std::size_t raw) noexcept {
  return raw > LZ4_MAX_INPUT_SIZE
             ? 0
             : static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(raw)));
}

std::size_t encode_block(Codec codec, std::uint32_t element_bits, std::span<const std::byte> raw,
                         std::span<std::byte> out, std::span<std::byte> scratch) {
  std::size_t stored = 0;
  if (codec == Codec::kLz4) stored = compress(raw, out);
  if (codec == Codec::kBitshuffleLz4) {
    std::vector<std::byte> own(scratch.empty() ? raw.size() : 0);
    const std::span<std::byte> shuffled = own.empty() ? scratch.first(raw.size()) : std::span(own);
    shuffle_bits(shuffle_width(element_bits), raw, shuffled);  // [BL-15]
    stored = compress(shuffled, out);
  }
  // [BL-05] [DF-18]
  const bool saves = stored < raw.size() && stored <= raw.size() - raw.size() / 16;  // [BL-06]
  return saves ? stored : 0;
}

Status decode_block(Codec codec, std::uint32_t element_bits, std::span<const std::byte> stored,
                    std::span<std::byte> raw, std::span<std::byte> scratch) {
  switch (codec) {
    case Codec::kRaw:
      if (stored.size() != raw.size())
        return bad_block("MF-20", "it is raw and has not the raw size");
      std::copy(stored.begin(), stored.end(), raw.begin());
      return {};
    case Codec::kLz4:
      return decompress(stored, raw);
    case Codec::kBitshuffleLz4: {
      const std::span<std::byte> shuffled = scratch.first(raw.size());
      Status status = decompress(stored, shuffled);
      if (status.ok()) unshuffle_bits(shuffle_width(element_bits), shuffled, raw);  // [BL-16]
      return status;
    }
  }
  return fail(ErrorClass::kInternal, "bug", "", {}, "a codec number was not checked; report this");
}

}  // namespace treering
