// SPDX-License-Identifier: Apache-2.0
#include "format/bitshuffle.h"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "samples.h"

BOOST_AUTO_TEST_SUITE(bitshuffle_test)

using namespace treering;
using Bytes = std::vector<std::uint8_t>;

namespace {
// The pseudocode of section 8.5, bit by bit.
Bytes shuffled_by_definition(const Bytes& r, std::size_t w) {
  const std::size_t n = r.size() / w, m = n - n % 8, p = m / 8;
  Bytes t(r);
  std::fill(t.begin(), t.begin() + static_cast<std::ptrdiff_t>(m * w), std::uint8_t{0});
  for (std::size_t e = 0; e < m; ++e) {
    for (std::size_t b = 0; b < 8 * w; ++b) {
      const unsigned x = (unsigned{r[e * w + b / 8]} >> (b % 8)) & 1u;
      t[b * p + e / 8] = static_cast<std::uint8_t>(t[b * p + e / 8] | x << (e % 8));
    }
  }
  return t;
}
Bytes shuffled(const Bytes& raw, std::size_t w) {
  Bytes out(raw.size());
  shuffle_bits(w, std::as_bytes(std::span(raw)), std::as_writable_bytes(std::span(out)));
  return out;
}
Bytes unshuffled(const Bytes& in, std::size_t w) {
  Bytes out(in.size());
  unshuffle_bits(w, std::as_bytes(std::span(in)), std::as_writable_bytes(std::span(out)));
  return out;
}
}  // namespace

BOOST_AUTO_TEST_CASE(gives_the_example_of_the_specification) {
  const Bytes raw{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0, 10, 0};
  const Bytes wanted{0x55, 0x66, 0x78, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 10, 0};
  BOOST_TEST(shuffled(raw, 2) == wanted);
}

BOOST_AUTO_TEST_CASE(agrees_with_the_definition_for_every_width_and_count) {  // [BL-15] [BL-16]
  treering::testing::Random random(5);
  for (const std::size_t w : {1u, 2u, 4u, 8u, 16u}) {
    for (std::size_t n = 0; n < 210; n += n < 20 ? 1 : 13) {
      Bytes raw(n * w);
      for (auto& byte : raw) byte = static_cast<std::uint8_t>(random());
      const Bytes wanted = shuffled_by_definition(raw, w);
      BOOST_TEST(shuffled(raw, w) == wanted);
      BOOST_TEST(unshuffled(wanted, w) == raw);
    }
  }
}

BOOST_AUTO_TEST_CASE(packed_elements_are_shuffled_as_bytes) {
  BOOST_TEST(shuffle_width(1) == 1u);
  BOOST_TEST(shuffle_width(4) == 1u);
  BOOST_TEST(shuffle_width(8) == 1u);
  BOOST_TEST(shuffle_width(16) == 2u);
  BOOST_TEST(shuffle_width(128) == 16u);
}

BOOST_AUTO_TEST_SUITE_END()
