// SPDX-License-Identifier: Apache-2.0
#include "format/checksum.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/bytes.h"

BOOST_AUTO_TEST_SUITE(checksum_test)

using namespace treering;

namespace {
std::vector<std::byte> counting(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i % 251);
  return bytes;
}
// The definition, with every piece in hand.
Digest content_of(std::span<const std::byte> raw) {
  std::vector<std::byte> digests;
  for (std::size_t at = 0; at < raw.size(); at += kContentPiece) {
    std::array<std::byte, 16> stored{};
    store_digest(xxh3_128(raw.subspan(at, std::min(kContentPiece, raw.size() - at))),
                 stored.data());
    digests.insert(digests.end(), stored.begin(), stored.end());
  }
  return xxh3_128(digests);
}
}  // namespace

// The tables of chapter 01.
BOOST_AUTO_TEST_CASE(digests_are_those_of_the_specification) {  // [BY-18]
  BOOST_TEST(xxh3_128({}).to_string() == "99aa06d3014798d86001c324468d497f");
  BOOST_TEST(xxh3_64({}) == 0x2d06800538d394c2u);
  const auto bytes = counting(1025);
  BOOST_TEST(xxh3_128(bytes).to_string() == "2882ebca04ec915ce95c42288f28186e");
  BOOST_TEST(xxh3_64(std::span(bytes).first(240)) == 0x375a384d957fe865u);
  BOOST_TEST(xxh3_128(bytes_of("treering")).to_string() == "30d4ee55eb56b51aac14507f362833d7");
}

BOOST_AUTO_TEST_CASE(digest_is_stored_low_half_first) {  // [BY-20]
  std::array<std::byte, 16> stored{};
  store_digest({.low = 0x1122, .high = 0x3344}, stored.data());
  BOOST_TEST(static_cast<int>(stored[0]) == 0x22);
  BOOST_TEST(static_cast<int>(stored[8]) == 0x44);
  BOOST_CHECK((load_digest(stored.data()) == Digest{0x1122, 0x3344}));
}

BOOST_AUTO_TEST_CASE(content_digest_is_that_of_the_specification) {
  const std::array<float, 3> raw{1, 2, 3};
  ContentDigest content;
  content.add(std::as_bytes(std::span(raw)));
  BOOST_TEST(content.finish().to_string() == "b40fba9dda2cda65725c468a4cee7e52");
}

BOOST_AUTO_TEST_CASE(content_digest_does_not_depend_on_the_pieces_it_is_fed_with) {
  const auto raw = counting(2 * kContentPiece + 12345);
  const Digest wanted = content_of(raw);
  for (const std::size_t step :
       {raw.size(), kContentPiece, kContentPiece / 4, std::size_t{99991}}) {
    ContentDigest content;
    for (std::size_t at = 0; at < raw.size(); at += step) {
      content.add(std::span(raw).subspan(at, std::min(step, raw.size() - at)));
    }
    BOOST_CHECK(content.finish() == wanted);
  }
  ContentDigest mixed;
  mixed.add_piece(xxh3_128(std::span(raw).first(kContentPiece)));
  mixed.add(std::span(raw).subspan(kContentPiece));
  BOOST_CHECK(mixed.finish() == wanted);
}

BOOST_AUTO_TEST_SUITE_END()
