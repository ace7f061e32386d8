// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <cstdint>
#include <string>

#include "testing/results.h"

namespace treering {
namespace {

// As RFC 3629 words it: decode, then look at what came out.
bool decodes(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xc0 ? 0
                               : first < 0xe0 ? 2
                               : first < 0xf0 ? 3
                                              : 4;
    if (length == 0 || first >= 0xf8 || text.size() - i < length) return false;
    std::uint32_t code = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += length;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(accepts_text) {
  for (const char* text :
       {"", "a", "é", "→", "😀", "a long line of ASCII that fills several words, é"}) {
    BOOST_TEST(is_utf8(text), text);
  }
  BOOST_TEST(is_utf8(std::string_view("\0", 1)));
}

BOOST_AUTO_TEST_CASE(agrees_with_decoding_on_all_two_byte_texts) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      BOOST_REQUIRE_EQUAL(is_utf8(text), decodes(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(agrees_with_decoding_on_edges_of_long_sequences) {
  const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
  for (int first = 0xe0; first < 256; ++first) {
    for (const auto b : edges) {
      for (const auto c : edges) {
        for (const auto d : edges) {
          std::string text = {static_cast<char>(first), static_cast<char>(b), static_cast<char>(c)};
          BOOST_REQUIRE_EQUAL(is_utf8(text), decodes(text));
          text += static_cast<char>(d);
          BOOST_REQUIRE_EQUAL(is_utf8(text), decodes(text));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(finds_a_bad_byte_at_every_place_of_a_long_text) {
  for (std::size_t at = 0; at < 100; ++at) {
    std::string text(100, 'x');
    text[at] = '\x80';
    BOOST_REQUIRE(!is_utf8(text));
    text[at] = '\xc3';
    BOOST_REQUIRE(!is_utf8(text));
    if (at + 1 == text.size()) continue;
    text[at + 1] = '\xa9';
    BOOST_REQUIRE(is_utf8(text));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
