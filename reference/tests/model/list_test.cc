// SPDX-License-Identifier: Apache-2.0
#include "treering/list.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <span>
#include <utility>

#include "treering/tree.h"

namespace treering {
namespace {

using Numbers = List<std::uint64_t>;
using Vector = std::vector<std::uint64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(list_test)

// Why it exists: a null row of a hostile manifest takes one word there. [RS-37]
BOOST_AUTO_TEST_CASE(takes_one_word) {
  static_assert(sizeof(Numbers) == 8 && sizeof(List<std::uint8_t>) == 8);
  static_assert(sizeof(Type) <= 3 * 8 && sizeof(Spec) <= 3 * 8 && sizeof(Sharding) <= 3 * 8);
  const Numbers none;
  BOOST_CHECK(none.empty() && none.size() == 0 && none.data() == nullptr);
  BOOST_CHECK(none.begin() == none.end());
}

BOOST_AUTO_TEST_CASE(holds_what_it_was_given) {
  const Numbers three{7, 8, 9};
  BOOST_CHECK_EQUAL(three.size(), 3u);
  BOOST_CHECK_EQUAL(three.front(), 7u);
  BOOST_CHECK_EQUAL(three[1], 8u);
  BOOST_CHECK_EQUAL(three.back(), 9u);
  BOOST_CHECK((three == Vector{7, 8, 9}) && !(three == Vector{7, 8}) && three != Numbers{});
  const Vector vector = three;
  BOOST_CHECK((vector == Vector{7, 8, 9}));
  const std::span<const std::uint64_t> span = three;
  BOOST_CHECK(span.data() == three.data() && span.size() == 3);
  // From memory that is not aligned.
  std::array<std::byte, 17> bytes{};
  bytes[1] = std::byte{5};
  BOOST_CHECK((Numbers::copy_of(bytes.data() + 1, 2) == Vector{5, 0}));
  BOOST_CHECK(Numbers::copy_of(nullptr, 0).data() == nullptr);
}

BOOST_AUTO_TEST_CASE(grows_one_by_one) {
  List<std::uint8_t> bytes;
  Numbers numbers;
  for (unsigned i = 0; i < 1000; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i));
    numbers.push_back(i);
  }
  BOOST_REQUIRE_EQUAL(numbers.size(), 1000u);
  for (unsigned i = 0; i < 1000; ++i) {
    BOOST_REQUIRE_EQUAL(numbers[i], i);
    BOOST_REQUIRE_EQUAL(bytes[i], i % 256);
  }
  numbers.assign(bytes.begin(), bytes.begin() + 2);
  BOOST_CHECK((numbers == Vector{0, 1}));
  numbers.back() = 9;
  numbers.push_back(2);
  BOOST_CHECK((numbers == Vector{0, 9, 2}));
}

BOOST_AUTO_TEST_CASE(copies_and_moves) {
  Numbers a{1, 2};
  Numbers b = a;
  b[0] = 5;
  BOOST_CHECK((a == Vector{1, 2}) && (b == Vector{5, 2}));
  const std::uint64_t* const place = a.data();
  Numbers c = std::move(a);
  BOOST_CHECK(c.data() == place);
  BOOST_CHECK(a.empty());  // NOLINT: moved from
  a = c;
  BOOST_CHECK(a == c && a.data() != c.data());
  const Numbers& same = a;
  a = same;
  BOOST_CHECK((a == Vector{1, 2}));
  a = {};
  BOOST_CHECK(a.empty());
  std::swap(a, c);
  BOOST_CHECK((a == Vector{1, 2}) && c.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
