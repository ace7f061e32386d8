// SPDX-License-Identifier: Apache-2.0
#include "format/codec.h"

#include <lz4.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hex.h"
#include "format/checksum.h"
#include "format/lz4_block.h"
#include "format/record.h"
#include "litany.h"
#include "samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(codec_test)

using namespace treering;
using treering::testing::Bytes;
using enum ErrorClass;

namespace {
constexpr std::string_view kExample =
    "4f6162636404000980747265"
    "6572696e67";
constexpr std::string_view kExampleRaw = "abcdabcdabcdabcdabcdabcdabcdabcdtreering";

Bytes of_hex(std::string_view hex) {
  Bytes out(hex.size() / 2);
  BOOST_REQUIRE(parse_hex(hex, out));
  return out;
}
Result<Bytes> decoded(Codec codec, std::uint32_t bits, const Bytes& stored, std::size_t raw_size) {
  Bytes raw(raw_size), scratch(raw_size);
  const Bytes exact(stored.begin(), stored.end());
  Status status = decode_block(codec, bits, exact, raw, scratch);
  if (!status.ok()) return std::move(status).error();
  return raw;
}
std::string_view lz4_rule(std::string_view hex, std::size_t raw_size) {
  const auto fault = check_lz4_block(of_hex(hex), raw_size);
  return fault ? fault->rule : "";
}
}  // namespace

BOOST_AUTO_TEST_CASE(names_and_parses_every_codec) {
  for (const Codec codec : {Codec::kRaw, Codec::kLz4, Codec::kBitshuffleLz4}) {
    const auto parsed = parse_codec(codec_name(codec));
    TREERING_REQUIRE_OK(parsed);
    BOOST_CHECK(*parsed == codec);
  }
  TREERING_CHECK_ERROR(parse_codec("zstd"), kUsage, "");
  TREERING_CHECK_ERROR(parse_codec(""), kUsage, "");
  BOOST_TEST(codec_feature(Codec::kRaw) == 0u);
  BOOST_TEST(codec_feature(Codec::kLz4) == kFeatureLz4);
  BOOST_TEST(codec_feature(Codec::kBitshuffleLz4) == kFeatureBitshuffleLz4);
}

BOOST_AUTO_TEST_CASE(decodes_the_example_of_the_specification) {
  const auto raw = decoded(Codec::kLz4, 8, of_hex(kExample), kExampleRaw.size());
  TREERING_REQUIRE_OK(raw);
  BOOST_TEST(text_of(*raw) == kExampleRaw);
  BOOST_TEST(xxh3_128(of_hex(kExample)).to_string() == "34972c1eb183d4e5f3ae7cd8333c1e8c");
}

BOOST_AUTO_TEST_CASE(round_trips_with_every_codec_and_width) {  // [BL-15] [BL-16]
  treering::testing::Random random(7);
  for (const Codec codec : {Codec::kLz4, Codec::kBitshuffleLz4}) {
    for (const std::uint32_t bits : {1u, 4u, 8u, 16u, 32u, 64u, 128u}) {
      Bytes raw(std::size_t{1} << 14);
      for (std::size_t i = 0; i < raw.size(); ++i)
        raw[i] = static_cast<std::byte>(i / 97 + random() % 2);
      Bytes out(encode_bound(raw.size())), scratch(raw.size());
      const std::size_t stored = encode_block(codec, bits, raw, out, scratch);
      BOOST_REQUIRE(stored != 0);
      BOOST_TEST(stored <= raw.size() - raw.size() / 16);
      Bytes again(encode_bound(raw.size()));
      BOOST_TEST(encode_block(codec, bits, raw, again) == stored);
      out.resize(stored);
      const auto back = decoded(codec, bits, out, raw.size());
      TREERING_REQUIRE_OK(back);
      BOOST_CHECK(*back == raw);
    }
  }
}

BOOST_AUTO_TEST_CASE(stores_raw_what_does_not_shrink_by_a_sixteenth) {  // [BL-05] [BL-06] [DF-18]
  treering::testing::Random random(1);
  Bytes raw(4096);
  for (std::byte& byte : raw) byte = static_cast<std::byte>(random());
  Bytes out(encode_bound(raw.size()));
  BOOST_TEST(encode_block(Codec::kLz4, 8, raw, out) == 0u);
  BOOST_TEST(encode_block(Codec::kRaw, 8, raw, out) == 0u);
  BOOST_TEST(encode_block(Codec::kLz4, 8, std::span(raw).first(7), out) == 0u);
  const auto back = decoded(Codec::kRaw, 8, raw, raw.size());
  TREERING_REQUIRE_OK(back);
  BOOST_CHECK(*back == raw);
  TREERING_CHECK_ERROR(decoded(Codec::kRaw, 8, raw, raw.size() - 1), kCorrupt, "MF-20");
}

BOOST_AUTO_TEST_CASE(refuses_each_fault_of_a_sequence) {
  BOOST_TEST(lz4_rule(kExample, 40) == "");
  BOOST_TEST(lz4_rule("", 40) == "BL-08");
  for (std::size_t size = 0; size < kExample.size(); size += 2) {
    const auto rule = lz4_rule(kExample.substr(0, size), 40);
    // Where only the last literals are missing the cut is seen at once; after the first ones the
    // size is wrong.
    BOOST_TEST((rule == "BL-08" || rule == "BL-10"), "cut at " << size / 2);
  }
  BOOST_TEST(lz4_rule("4f6162636400000980747265"
                      "6572696e67",
                      40) == "BL-09");  // distance 0
  BOOST_TEST(lz4_rule("4f6162636405000980747265"
                      "6572696e67",
                      40) == "BL-09");  // before the start
  BOOST_TEST(lz4_rule(kExample, 39) == "BL-10");
  BOOST_TEST(lz4_rule(kExample, 41) == "BL-10");
  BOOST_TEST(lz4_rule("4061626364040050"
                      "6162636465",
                      13) == "BL-11");  // match at 4 of 13, 9 before the end
  BOOST_TEST(lz4_rule("4461626364040040"
                      "61626364",
                      16) == "BL-12");  // match ends at 12 of 16
  BOOST_TEST(lz4_rule("4461626364040050"
                      "6162636465",
                      17) == "");
  // Counts that run on and on give no memory and no time. [BL-13]
  BOOST_TEST(lz4_rule("f0ffffffffffffffffffffffff", 40) == "BL-08");
  BOOST_TEST(lz4_rule("4f6162636404"
                      "00ffffffffffff00",
                      40) == "BL-10");
}

// What LZ4 itself would accept, in spite of the rules, is refused; what is accepted, LZ4 decodes.
BOOST_AUTO_TEST_CASE(accepts_only_what_lz4_decodes) {
  treering::testing::Random random(11);
  const Bytes good = of_hex(kExample);
  std::size_t accepted = 0;
  for (int i = 0; i < 60000; ++i) {
    Bytes bad = good;
    for (std::uint64_t changes = 1 + random() % 3; changes-- > 0;)
      bad[random() % bad.size()] = static_cast<std::byte>(random());
    if (random() % 4 == 0) bad.resize(random() % bad.size());
    const std::size_t raw_size = 36 + random() % 8;
    Bytes raw(raw_size);
    const int size = LZ4_decompress_safe(reinterpret_cast<const char*>(bad.data()),
                                         reinterpret_cast<char*>(raw.data()),
                                         static_cast<int>(bad.size()), static_cast<int>(raw_size));
    const bool ours = !check_lz4_block(bad, raw_size).has_value();
    BOOST_REQUIRE(!ours || size == static_cast<int>(raw_size));
    if (ours) ++accepted;
  }
  BOOST_TEST(accepted > 0u);
}

BOOST_AUTO_TEST_CASE(accepts_what_lz4_encodes) {  // [BL-14]
  treering::testing::Random random(13);
  for (std::size_t size = 1; size < 3000; size += 1 + size / 9) {
    for (const unsigned noise : {1u, 2u, 9u, 256u}) {
      Bytes raw(size), out(encode_bound(size));
      for (std::byte& byte : raw) byte = static_cast<std::byte>(random() % noise);
      const int stored = LZ4_compress_default(reinterpret_cast<const char*>(raw.data()),
                                              reinterpret_cast<char*>(out.data()),
                                              static_cast<int>(size), static_cast<int>(out.size()));
      out.resize(static_cast<std::size_t>(stored));
      BOOST_CHECK(!check_lz4_block(out, size).has_value());
      const auto back = decoded(Codec::kLz4, 8, out, size);
      TREERING_REQUIRE_OK(back);
      BOOST_CHECK(*back == raw);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
