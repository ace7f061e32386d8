// SPDX-License-Identifier: Apache-2.0
#include "model/interner.h"

#include <map>
#include <random>
#include <string>

#include "testing/results.h"

namespace treering {

BOOST_AUTO_TEST_SUITE(interner)

BOOST_AUTO_TEST_CASE(numbers_follow_first_use) {
  Table table;
  Interner interner(table);
  BOOST_TEST(interner.intern("b") == 1u);
  BOOST_TEST(interner.intern("a") == 2u);
  BOOST_TEST(interner.intern("b") == 1u);
  BOOST_TEST(interner.intern("") == 3u);
  BOOST_TEST(interner.intern("") == 3u);
  BOOST_TEST(table.bytes == "ba");
  BOOST_TEST(table.at(3) == "");
  BOOST_TEST(table.rows() == 3u);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_map_while_it_grows) {
  Table table;
  Interner interner(table);
  std::map<std::string, std::uint32_t> numbers;
  std::mt19937 random(2);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = std::to_string(random() % 5000);
    const std::uint32_t wanted =
        numbers.try_emplace(text, static_cast<std::uint32_t>(numbers.size() + 1)).first->second;
    BOOST_REQUIRE_EQUAL(interner.intern(text), wanted);
    BOOST_REQUIRE_EQUAL(table.at(wanted), text);
  }
  BOOST_TEST(table.rows() == numbers.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
