// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"

#include <array>

#include "testing/results.h"

namespace treering {

BOOST_AUTO_TEST_SUITE(hex)

BOOST_AUTO_TEST_CASE(round_trips_64_bits_high_digit_first) {
  std::string text;
  append_hex64(text, 0x0123456789abcdefu);
  BOOST_TEST(text == "0123456789abcdef");
  BOOST_TEST(parse_hex64(text).value() == 0x0123456789abcdefu);
}

BOOST_AUTO_TEST_CASE(refuses_other_lengths_and_digits) {
  for (const char* text : {"", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF",
                           "0123456789abcdeg", " 123456789abcdef", "0x23456789abcdef"}) {
    BOOST_TEST(!parse_hex64(text), text);
  }
}

BOOST_AUTO_TEST_CASE(round_trips_bytes_in_order) {
  const std::array<std::byte, 3> bytes{std::byte{0x00}, std::byte{0xff}, std::byte{0x1a}};
  std::string text;
  append_hex(text, bytes);
  BOOST_TEST(text == "00ff1a");
  std::array<std::byte, 3> back{};
  BOOST_TEST(parse_hex(text, back));
  BOOST_TEST((back == bytes));
  BOOST_TEST(!parse_hex("00ff1", back));
  BOOST_TEST(!parse_hex("00ff1A", back));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
