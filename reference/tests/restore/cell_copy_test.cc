// SPDX-License-Identifier: Apache-2.0
#include "restore/cell_copy.h"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <vector>

#include "restore/random_grid.h"

namespace treering {
namespace {

using testing::Dice;

// For each element of the cell its place in the target, or -1: element by element.
std::vector<std::int64_t> slow_places(const Box& cell, const Box& part, const Box& target) {
  std::vector<std::int64_t> places;
  for (std::uint64_t number = 0; number < volume(cell); ++number) {
    std::uint64_t rest = number;
    std::vector<std::uint64_t> at(cell.rank());
    for (std::size_t i = cell.rank(); i-- > 0;) {
      const std::uint64_t length = cell.stop[i] - cell.start[i];
      at[i] = cell.start[i] + rest % length;
      rest /= length;
    }
    std::int64_t place = 0;
    for (std::size_t i = 0; i < at.size() && place >= 0; ++i) {
      const std::uint64_t length = target.stop[i] - target.start[i];
      const bool wanted = at[i] >= part.start[i] && at[i] < part.stop[i];
      place = wanted ? place * static_cast<std::int64_t>(length) +
                           static_cast<std::int64_t>(at[i] - target.start[i])
                     : -1;
    }
    places.push_back(place);
  }
  return places;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cell_copy_test)

BOOST_AUTO_TEST_CASE(places_every_element_as_the_slow_way_does) {  // [RS-11]
  Dice dice(7);
  for (int round = 0; round < 2000; ++round) {
    const auto shape = testing::random_shape(dice, static_cast<std::size_t>(dice.from(0, 4)), 6);
    const Box cell = testing::random_box(dice, shape);
    const Box target = testing::random_box(dice, shape);
    const std::optional<Box> part = intersect(cell, target);
    if (!part) continue;
    const CellCopy copy(cell, *part, target);
    const std::vector<std::int64_t> wanted = slow_places(cell, *part, target);
    const std::uint64_t begin = dice.from(0, wanted.size());
    const std::uint64_t end = dice.from(begin, wanted.size());
    std::vector<std::int64_t> places(wanted.size(), -1);
    bool touched = false;
    copy.for_each(begin, end, [&](const ElementRun& run) {
      for (std::uint64_t i = 0; i < run.count; ++i) {
        BOOST_REQUIRE_EQUAL(places.at(run.from + i), -1);
        places[run.from + i] = static_cast<std::int64_t>(run.to + i);
        touched = true;
      }
    });
    for (std::uint64_t i = 0; i < wanted.size(); ++i) {
      BOOST_REQUIRE_EQUAL(places[i], i >= begin && i < end ? wanted[i] : -1);
    }
    BOOST_REQUIRE_EQUAL(copy.touches(begin, end), touched);
    BOOST_REQUIRE_GE(wanted[copy.first()], 0);
    BOOST_REQUIRE_GE(wanted[copy.last() - 1], 0);
    if (begin == end) continue;
    bool neighbours = wanted[begin] >= 0;
    for (std::uint64_t i = begin + 1; i < end; ++i)
      neighbours = neighbours && wanted[i] == wanted[i - 1] + 1;
    // Runs that happen to be neighbours on both sides need not be found, but what is found must be
    // right.
    if (const auto place = copy.contiguous(begin, end)) {
      BOOST_REQUIRE(neighbours);
      BOOST_REQUIRE_EQUAL(static_cast<std::int64_t>(*place), wanted[begin]);
    }
  }
}

BOOST_AUTO_TEST_CASE(merges_whole_axes_into_one_run) {
  const Box cell{{4, 0, 0}, {8, 5, 6}};
  const Box target{{0, 0, 0}, {9, 5, 6}};
  const CellCopy copy(cell, cell, target);
  int runs = 0;
  copy.for_each(0, volume(cell), [&](const ElementRun& run) {
    ++runs;
    BOOST_CHECK_EQUAL(run.count, volume(cell));
    BOOST_CHECK_EQUAL(run.to, 4u * 30u);
  });
  BOOST_CHECK_EQUAL(runs, 1);
  BOOST_CHECK_EQUAL(copy.contiguous(30, 60).value(), 5u * 30u);
}

BOOST_AUTO_TEST_CASE(copies_the_one_element_of_a_scalar_array) {
  const CellCopy copy({}, {}, {});
  BOOST_CHECK_EQUAL(copy.contiguous(0, 1).value(), 0u);
  BOOST_CHECK_EQUAL(copy.last(), 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
