// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "treering/series.h"

namespace treering {
namespace {

using Steps = std::vector<std::uint64_t>;

void check(const Steps& steps, std::optional<std::uint64_t> most,
           std::optional<std::uint64_t> period, const Steps& wanted) {
  const Steps retired = steps_to_retire(steps, most, period);
  BOOST_CHECK_EQUAL_COLLECTIONS(retired.begin(), retired.end(), wanted.begin(), wanted.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retention_test)

BOOST_AUTO_TEST_CASE(keeps_the_newest_steps) {
  check({1, 2, 3, 4, 5}, 2, {}, {1, 2, 3});
  check({1, 2, 3}, 3, {}, {});
  check({1, 2, 3}, 9, {}, {});
  check({}, 2, {}, {});
}

BOOST_AUTO_TEST_CASE(keeps_everything_without_a_bound) {
  check({1, 2, 3}, {}, {}, {});
  check({1, 2, 3}, {}, 2, {});
}

BOOST_AUTO_TEST_CASE(keeps_multiples_of_the_period) {
  check({10, 15, 20, 25, 30, 35}, 1, 10, {15, 25});
  check({0, 1, 2}, 1, 5, {1});
  check({1, 2, 3}, 1, 0, {1, 2});
}

BOOST_AUTO_TEST_CASE(never_retires_the_newest) {
  check({1, 2, 3}, 0, {}, {1, 2});
  check({3}, 0, {}, {});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
