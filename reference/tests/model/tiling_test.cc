// SPDX-License-Identifier: Apache-2.0
#include "model/tiling.h"

#include <random>
#include <vector>

#include "testing/results.h"

namespace treering {
namespace {

using Numbers = std::vector<std::uint64_t>;

// Cuts a box in two at random until there are `count` pieces: every piece of the list is a tile.
Numbers random_tiling(std::mt19937& random, const Numbers& shape, std::size_t count) {
  const std::size_t rank = shape.size();
  std::vector<Numbers> pieces(1);
  for (const std::uint64_t length : shape) pieces[0].insert(pieces[0].end(), {0, length});
  for (int tries = 0; pieces.size() < count && tries < 1000; ++tries) {
    Numbers& piece = pieces[random() % pieces.size()];
    const std::size_t axis = random() % rank;
    const std::uint64_t start = piece[2 * axis];
    const std::uint64_t stop = piece[2 * axis + 1];
    if (stop - start < 2) continue;
    Numbers other = piece;
    piece[2 * axis + 1] = other[2 * axis] = start + 1 + random() % (stop - start - 1);
    pieces.push_back(std::move(other));
  }
  Numbers boxes;
  for (const Numbers& piece : pieces) boxes.insert(boxes.end(), piece.begin(), piece.end());
  return boxes;
}

bool covers_each_element_once(const Numbers& boxes, std::uint64_t rows, std::uint64_t columns) {
  std::vector<int> count(rows * columns);
  for (std::size_t at = 0; at < boxes.size(); at += 4) {
    for (std::uint64_t y = boxes[at]; y < boxes[at + 1]; ++y) {
      for (std::uint64_t x = boxes[at + 2]; x < boxes[at + 3]; ++x) ++count[y * columns + x];
    }
  }
  for (const int times : count) {
    if (times != 1) return false;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tiling)

BOOST_AUTO_TEST_CASE(every_tiling_tiles) {
  std::mt19937 random(21);
  for (std::size_t rank = 1; rank <= 8; ++rank) {
    for (int round = 0; round < 50; ++round) {
      const Numbers shape(rank, 6 + random() % 50);
      const Numbers boxes = random_tiling(random, shape, 2 + random() % 60);
      BOOST_REQUIRE(tiles_exactly(boxes, shape));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_changed_edge_does_not_tile) {
  std::mt19937 random(22);
  for (std::size_t rank = 1; rank <= 8; ++rank) {
    for (int round = 0; round < 50; ++round) {
      const Numbers shape(rank, 50);
      Numbers boxes = random_tiling(random, shape, 2 + random() % 60);
      const std::size_t at = random() % (boxes.size() / 2) * 2;
      if (random() % 2 == 0 && boxes[at] > 0) {
        --boxes[at];  // overlaps
      } else if (boxes[at + 1] - boxes[at] > 1) {
        --boxes[at + 1];  // leaves a hole
      } else {
        continue;
      }
      BOOST_REQUIRE(!tiles_exactly(boxes, shape));
    }
  }
}

BOOST_AUTO_TEST_CASE(agrees_with_counting_on_all_small_lists) {
  // All lists of two and of three boxes of a 2 by 3 array.
  std::vector<Numbers> all;
  for (std::uint64_t a = 0; a < 2; ++a)
    for (std::uint64_t b = a + 1; b <= 2; ++b)
      for (std::uint64_t c = 0; c < 3; ++c)
        for (std::uint64_t d = c + 1; d <= 3; ++d) all.push_back({a, b, c, d});
  std::size_t tilings = 0;
  for (const Numbers& one : all) {
    for (const Numbers& two : all) {
      Numbers boxes = one;
      boxes.insert(boxes.end(), two.begin(), two.end());
      BOOST_REQUIRE_EQUAL(tiles_exactly(boxes, Numbers{2, 3}),
                          covers_each_element_once(boxes, 2, 3));
      for (const Numbers& three : all) {
        Numbers more = boxes;
        more.insert(more.end(), three.begin(), three.end());
        const bool tiles = covers_each_element_once(more, 2, 3);
        tilings += tiles ? 1 : 0;
        BOOST_REQUIRE_EQUAL(tiles_exactly(more, Numbers{2, 3}), tiles);
      }
    }
  }
  BOOST_TEST(tilings > 0u);
}

BOOST_AUTO_TEST_CASE(equal_volume_with_overlap_and_hole_does_not_tile) {
  BOOST_TEST(!tiles_exactly(Numbers{0, 2, 0, 2, 0, 2, 0, 2}, Numbers{2, 4}));
  BOOST_TEST(!tiles_exactly(Numbers{0, 1, 0, 3, 1, 2, 1, 4}, Numbers{2, 4}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
