// SPDX-License-Identifier: Apache-2.0
#include "treering/box.h"

#include <random>

#include "testing/results.h"

namespace treering {
namespace {

using Shape = std::vector<std::uint64_t>;

Grid grid_of(std::uint32_t cells) {
  Grid grid;
  grid.run_writers = {0};
  grid.run_counts = {cells};
  return grid;
}

std::vector<Box> boxes_of(const Grid& grid, const Shape& shape) {
  std::vector<Box> boxes;
  for (std::uint64_t cell = 0; cell < cell_count(grid); ++cell)
    boxes.push_back(cell_box(grid, shape, cell));
  return boxes;
}

// The grids that the spec shows for [4,6], and one of each other form.
Grid uniform() {
  Grid grid = grid_of(2);
  grid.parts = {2, 1};
  return grid;
}
Grid explicit_cuts() {
  Grid grid = grid_of(6);
  grid.cuts = {1, 2, 5};
  grid.cut_ends = {1, 3};
  return grid;
}
Grid irregular() {
  Grid grid = grid_of(3);
  grid.boxes = {0, 1, 0, 6, 1, 4, 0, 2, 1, 4, 2, 6};
  return grid;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(box)

BOOST_AUTO_TEST_CASE(whole_box_has_the_shape) {
  BOOST_TEST((whole(Shape{4, 6}) == Box{{0, 0}, {4, 6}}));
  BOOST_TEST(volume(whole(Shape{4, 6})) == 24u);
  BOOST_TEST(volume(whole({})) == 1u);
  BOOST_TEST(volume(Box{{1, 2}, {1, 6}}) == 0u);
}

BOOST_AUTO_TEST_CASE(boxes_that_only_touch_do_not_intersect) {
  const Box a{{0, 0}, {2, 4}};
  BOOST_TEST((intersect(a, Box{{1, 3}, {5, 9}}).value() == Box{{1, 3}, {2, 4}}));
  BOOST_TEST(!intersect(a, Box{{2, 0}, {3, 4}}));
  BOOST_TEST(!intersect(a, Box{{0, 4}, {2, 5}}));
  BOOST_TEST((intersect(Box{}, Box{}).value() == Box{}));
}

BOOST_AUTO_TEST_CASE(cells_are_those_of_the_spec) {
  BOOST_TEST((boxes_of(uniform(), {4, 6}) == std::vector<Box>{{{0, 0}, {2, 6}}, {{2, 0}, {4, 6}}}));
  BOOST_TEST((boxes_of(explicit_cuts(), {4, 6}) == std::vector<Box>{{{0, 0}, {1, 2}},
                                                                    {{0, 2}, {1, 5}},
                                                                    {{0, 5}, {1, 6}},
                                                                    {{1, 0}, {4, 2}},
                                                                    {{1, 2}, {4, 5}},
                                                                    {{1, 5}, {4, 6}}}));
  BOOST_TEST((boxes_of(irregular(), {4, 6}) ==
              std::vector<Box>{{{0, 0}, {1, 6}}, {{1, 0}, {4, 2}}, {{1, 2}, {4, 6}}}));
  BOOST_TEST((boxes_of(grid_of(1), {}) == std::vector<Box>{Box{}}));
  BOOST_TEST((boxes_of(grid_of(1), {4, 6}) == std::vector<Box>{whole(Shape{4, 6})}));
}

BOOST_AUTO_TEST_CASE(cells_of_finds_what_comparing_all_cells_finds) {
  std::mt19937 random(3);
  Grid parts = grid_of(8);
  parts.parts = {4, 2};
  for (const Grid& grid : {uniform(), explicit_cuts(), irregular(), parts, grid_of(1)}) {
    const Shape shape = {4, 6};
    for (int round = 0; round < 300; ++round) {
      Box box;
      for (const std::uint64_t length : shape) {
        const std::uint64_t start = random() % length;
        box.start.push_back(start);
        box.stop.push_back(start + random() % (length - start + 1));
      }
      std::vector<std::uint64_t> wanted;
      for (std::uint64_t cell = 0; cell < cell_count(grid); ++cell) {
        if (intersect(cell_box(grid, shape, cell), box)) wanted.push_back(cell);
      }
      const std::vector<std::uint64_t> found = cells_of(grid, shape, box);
      BOOST_REQUIRE_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
    }
  }
}

BOOST_AUTO_TEST_CASE(rank_0_has_one_cell) {
  BOOST_TEST((cells_of(grid_of(1), {}, Box{}) == std::vector<std::uint64_t>{0}));
}

BOOST_AUTO_TEST_CASE(empty_cells_of_a_process_blob_are_never_wanted) {  // [GR-17]
  Grid grid = grid_of(5);
  grid.cuts = {0, 3, 3, 8};
  grid.cut_ends = {4};
  const Shape shape = {8};
  BOOST_TEST((cell_box(grid, shape, 0) == Box{{0}, {0}}));
  BOOST_TEST((cell_box(grid, shape, 2) == Box{{3}, {3}}));
  BOOST_TEST((cell_box(grid, shape, 4) == Box{{8}, {8}}));
  BOOST_TEST((cells_of(grid, shape, whole(shape)) == std::vector<std::uint64_t>{1, 3}));
  BOOST_TEST((cells_of(grid, shape, Box{{3}, {4}}) == std::vector<std::uint64_t>{3}));
}

BOOST_AUTO_TEST_CASE(runs_give_each_cell_its_writer) {
  Grid grid;
  grid.parts = {6};
  grid.run_writers = {2, 0, 2};
  grid.run_counts = {1, 3, 2};
  const std::uint32_t wanted[] = {2, 0, 0, 0, 2, 2};
  for (std::uint64_t cell = 0; cell < 6; ++cell)
    BOOST_TEST(cell_writer(grid, cell) == wanted[cell]);
  BOOST_TEST((cells_of_writer(grid, 2) == std::vector<CellRange>{{0, 1}, {4, 6}}));
  BOOST_TEST((cells_of_writer(grid, 0) == std::vector<CellRange>{{1, 4}}));
  BOOST_TEST(cells_of_writer(grid, 1).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
