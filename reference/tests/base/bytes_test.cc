// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <array>

#include "testing/results.h"

namespace treering {

BOOST_AUTO_TEST_SUITE(bytes)

constexpr std::uint64_t kMost = ~std::uint64_t{0};

BOOST_AUTO_TEST_CASE(stores_low_byte_first_at_any_alignment) {  // [BY-01]
  std::array<std::byte, 9> buffer{};
  store_le<std::uint64_t>(buffer.data() + 1, 0x0102030405060708u);
  BOOST_TEST(std::to_integer<int>(buffer[1]) == 8);
  BOOST_TEST(std::to_integer<int>(buffer[8]) == 1);
  BOOST_TEST(load_le<std::uint64_t>(buffer.data() + 1) == 0x0102030405060708u);
  BOOST_TEST(load_le<std::uint16_t>(buffer.data() + 1) == 0x0708);
}

BOOST_AUTO_TEST_CASE(bounded_loads_end_with_the_buffer) {
  const std::array<std::byte, 6> buffer{std::byte{1}, {}, {}, {}, std::byte{2}, {}};
  BOOST_TEST(load_le<std::uint32_t>(buffer, 0).value() == 1u);
  BOOST_TEST(load_le<std::uint32_t>(buffer, 2).value() == 0x00020000u);
  BOOST_TEST(!load_le<std::uint32_t>(buffer, 3));
  BOOST_TEST(!load_le<std::uint32_t>(buffer, 7));
  BOOST_TEST(!load_le<std::uint32_t>(buffer, static_cast<std::size_t>(-2)));
}

BOOST_AUTO_TEST_CASE(bounded_stores_end_with_the_buffer) {
  std::array<std::byte, 6> buffer{};
  BOOST_TEST(store_le<std::uint32_t>(buffer, 2, 0xff000000u));
  BOOST_TEST(std::to_integer<int>(buffer[5]) == 0xff);
  BOOST_TEST(!store_le<std::uint32_t>(buffer, 3, 0u));
  BOOST_TEST(std::to_integer<int>(buffer[5]) == 0xff);
}

BOOST_AUTO_TEST_CASE(sums_and_products_tell_when_they_wrap) {  // [BY-02]
  BOOST_TEST(checked_add(kMost - 1, 1).value() == kMost);
  BOOST_TEST(!checked_add(kMost, 1));
  BOOST_TEST(checked_mul(kMost / 3, 3).value() == kMost);
  BOOST_TEST(!checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32));
}

BOOST_AUTO_TEST_CASE(division_rounds_up_without_wrapping) {
  BOOST_TEST(divide_up(0, 8) == 0u);
  BOOST_TEST(divide_up(9, 8) == 2u);
  BOOST_TEST(divide_up(kMost, 2) == (std::uint64_t{1} << 63));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
