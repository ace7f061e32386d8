// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "model/handmade.h"
#include "testing/results.h"
#include "treering/tree.h"

namespace treering {
namespace {

using Shape = std::vector<std::uint64_t>;

Status check(const Tree& tree, std::uint64_t writers = 1) {
  return check_tree(tree, writers, Limits{});
}

#define CHECK_INVALID(tree, rule) TREERING_CHECK_ERROR(check(tree), ErrorClass::kInvalid, rule)

Grid parts(std::vector<std::uint32_t> counts, std::uint32_t cells) {
  Grid grid = whole_grid();
  grid.parts = std::move(counts);
  grid.run_counts = {cells};
  return grid;
}
Grid cuts(Shape points, std::vector<std::uint32_t> ends, std::uint32_t cells) {
  Grid grid = whole_grid();
  grid.cuts = std::move(points);
  grid.cut_ends = std::move(ends);
  grid.run_counts = {cells};
  return grid;
}
Grid boxes(Shape entries, std::uint32_t cells) {
  Grid grid = whole_grid();
  grid.boxes = std::move(entries);
  grid.run_counts = {cells};
  return grid;
}

template <class Change>
Grid changed(Grid grid, Change change) {
  change(grid);
  return grid;
}

// A grid row that no leaf names is checked as a row all the same.
Tree unnamed(const Grid& grid) {
  Tree tree = array_tree({4}, whole_grid());
  tree.grids.push_back(grid);
  return tree;
}

Tree blob_tree(std::uint64_t size, Grid grid) {
  Tree tree = array_tree({size}, std::move(grid), Dtype::kUint8);
  tree.specs[0].kind = static_cast<std::uint8_t>(LeafKind::kProcessBlob);
  return tree;
}

Tree key_tree(Shape shape, Grid grid) {
  Tree tree = array_tree(std::move(shape), std::move(grid), Dtype::kUint32);
  tree.specs[0].kind = static_cast<std::uint8_t>(LeafKind::kPrngKey);
  tree.specs[0].impl = add_row(tree.strings, "fry");
  return tree;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_grids)

BOOST_AUTO_TEST_CASE(accepts_every_form) {
  TREERING_REQUIRE_OK(check(array_tree({4, 6}, whole_grid())));
  TREERING_REQUIRE_OK(check(array_tree({4, 6}, parts({2, 1}, 2))));
  TREERING_REQUIRE_OK(check(array_tree({4, 6}, cuts({1, 2, 5}, {1, 3}, 6))));
  TREERING_REQUIRE_OK(check(array_tree({4, 6}, cuts({2, 5}, {0, 2}, 3))));
  TREERING_REQUIRE_OK(check(array_tree({2, 3}, boxes({0, 1, 0, 3, 1, 2, 0, 1, 1, 2, 1, 3}, 3))));
  TREERING_REQUIRE_OK(check(array_tree({}, whole_grid())));
}

BOOST_AUTO_TEST_CASE(rejects_the_grids_that_the_spec_refuses) {
  CHECK_INVALID(array_tree({4, 6}, parts({3, 1}, 3)), "GR-09");
  CHECK_INVALID(array_tree({4, 6}, parts({1, 1}, 1)), "GR-02");
  CHECK_INVALID(array_tree({4, 6}, parts({2}, 2)), "GR-08");
  CHECK_INVALID(array_tree({4, 6}, cuts({2, 2}, {0, 2}, 3)), "GR-10");
}

BOOST_AUTO_TEST_CASE(rejects_rows_of_two_forms) {  // [GR-01]
  CHECK_INVALID(unnamed(changed(parts({2}, 2), [](Grid& g) { g.cuts = {1}, g.cut_ends = {1}; })),
                "GR-01");
  CHECK_INVALID(unnamed(changed(parts({2}, 2), [](Grid& g) { g.boxes = {0, 1, 1, 2}; })), "GR-01");
  CHECK_INVALID(unnamed(changed(parts({2}, 2), [](Grid& g) { g.cut_ends = {0}; })), "GR-01");
  CHECK_INVALID(unnamed(changed(cuts({1}, {1}, 2),
                                [](Grid& g) {
                                  g.boxes = {0, 1, 1, 2};
                                })),
                "GR-01");
  CHECK_INVALID(unnamed(cuts({1}, {}, 2)), "GR-01");
  CHECK_INVALID(unnamed(cuts({}, {0}, 1)), "GR-01");
}

BOOST_AUTO_TEST_CASE(rejects_bad_parts_and_ends) {  // [GR-02] [GR-03]
  CHECK_INVALID(unnamed(parts({0}, 1)), "GR-02");
  CHECK_INVALID(unnamed(parts({2, 0}, 1)), "GR-02");
  CHECK_INVALID(unnamed(parts({1}, 1)), "GR-02");
  CHECK_INVALID(unnamed(cuts({1, 2}, {2, 1}, 3)), "GR-03");
  CHECK_INVALID(unnamed(cuts({1, 2}, {1}, 3)), "GR-03");
  CHECK_INVALID(unnamed(cuts({1, 2}, {3}, 4)), "GR-03");
  CHECK_INVALID(unnamed(cuts({1, 2}, {3, 2}, 4)), "GR-03");
}

BOOST_AUTO_TEST_CASE(rejects_bad_runs) {  // [GR-04] [GR-05] [GR-06] [GR-07]
  CHECK_INVALID(
      unnamed(changed(whole_grid(), [](Grid& g) { g.run_writers = {}, g.run_counts = {}; })),
      "GR-04");
  CHECK_INVALID(unnamed(changed(whole_grid(), [](Grid& g) { g.run_counts = {1, 1}; })), "GR-04");
  CHECK_INVALID(unnamed(parts({2}, 0)), "GR-05");
  const Grid split = changed(parts({2}, 1), [](Grid& g) {
    g.run_writers = {0, 0}, g.run_counts = {1, 1};
  });
  CHECK_INVALID(unnamed(split), "GR-05");
  const Grid shared = changed(parts({2}, 1), [](Grid& g) {
    g.run_writers = {0, 1}, g.run_counts = {1, 1};
  });
  CHECK_INVALID(unnamed(shared), "GR-06");
  TREERING_REQUIRE_OK(check(unnamed(shared), 2));
  CHECK_INVALID(unnamed(parts({2}, 3)), "GR-07");
  CHECK_INVALID(unnamed(changed(whole_grid(), [](Grid& g) { g.run_counts = {2}; })), "GR-07");
  CHECK_INVALID(unnamed(cuts({1}, {1}, 1)), "GR-07");
  CHECK_INVALID(unnamed(boxes({0, 1, 1, 2}, 3)), "GR-07");
  CHECK_INVALID(unnamed(parts({1u << 31, 1u << 31, 1u << 31}, 8)), "GR-07");
  TREERING_REQUIRE_OK(check(unnamed(boxes({5, 1, 1, 0}, 2))));  // held against no shape
}

BOOST_AUTO_TEST_CASE(rejects_cuts_outside_the_axis) {  // [GR-08] [GR-10]
  CHECK_INVALID(array_tree({4, 6}, cuts({0}, {1, 1}, 2)), "GR-10");
  CHECK_INVALID(array_tree({4, 6}, cuts({4}, {1, 1}, 2)), "GR-10");
  CHECK_INVALID(array_tree({4, 6}, cuts({3, 1}, {2, 2}, 3)), "GR-10");
  CHECK_INVALID(array_tree({4, 6}, cuts({3, 7}, {1, 2}, 4)), "GR-10");
  TREERING_REQUIRE_OK(check(array_tree({4, 6}, cuts({3, 1}, {1, 2}, 4))));
  CHECK_INVALID(array_tree({4, 6}, cuts({1}, {1}, 2)), "GR-08");
  CHECK_INVALID(array_tree({}, cuts({1}, {1}, 2)), "GR-08");
  CHECK_INVALID(array_tree({}, parts({2}, 2)), "GR-08");
}

BOOST_AUTO_TEST_CASE(rejects_boxes_that_do_not_tile) {  // [GR-11] [GR-12] [GR-13] [GR-14]
  CHECK_INVALID(array_tree({2}, boxes({0, 2}, 1)), "GR-11");
  CHECK_INVALID(array_tree({}, boxes({0, 1, 1, 2}, 2)), "GR-11");
  CHECK_INVALID(array_tree({2, 2}, boxes({0, 1, 1, 2}, 2)), "GR-11");
  CHECK_INVALID(array_tree({4}, boxes({0, 2, 2, 2}, 2)), "GR-12");
  CHECK_INVALID(array_tree({4}, boxes({0, 2, 2, 5}, 2)), "GR-12");
  CHECK_INVALID(array_tree({4}, boxes({2, 4, 0, 2}, 2)), "GR-13");
  CHECK_INVALID(array_tree({4}, boxes({0, 4, 0, 4}, 2)), "GR-13");
  CHECK_INVALID(array_tree({2, 2}, boxes({0, 2, 1, 2, 0, 2, 0, 1}, 2)), "GR-13");
  CHECK_INVALID(array_tree({4}, boxes({0, 2, 1, 4}, 2)), "GR-14");
  CHECK_INVALID(array_tree({4}, boxes({0, 1, 2, 4}, 2)), "GR-14");
  CHECK_INVALID(array_tree({5}, boxes({0, 2, 2, 4}, 2)), "GR-14");
  CHECK_INVALID(array_tree({2, 4}, boxes({0, 1, 0, 3, 1, 2, 1, 4}, 2)), "GR-14");
}

BOOST_AUTO_TEST_CASE(a_grid_fits_or_not_leaf_by_leaf) {  // [GR-20]
  Tree tree = array_tree({4, 6}, parts({2, 3}, 6));
  tree.nodes = {};
  add_root(tree, NodeKind::kList, 3);
  for (std::uint32_t leaf = 1; leaf <= 3; ++leaf)
    add_node(tree, NodeKind::kLeaf, KeyKind::kSequence, 0, 0, leaf);
  tree.specs.push_back(array_spec({2, 9}));
  tree.leaf_specs = {1, 1, 2};
  tree.leaf_grids = {1, 1, 1};
  TREERING_REQUIRE_OK(check(tree));
  tree.specs[1].shape = {2, 8};
  CHECK_INVALID(tree, "GR-09");
}

BOOST_AUTO_TEST_CASE(keys_are_never_cut_within) {  // [TR-47]
  TREERING_REQUIRE_OK(check(key_tree({4, 2}, parts({2, 1}, 2))));
  TREERING_REQUIRE_OK(check(key_tree({4, 2}, cuts({1}, {1, 1}, 2))));
  TREERING_REQUIRE_OK(check(key_tree({4, 2}, boxes({0, 1, 0, 2, 1, 4, 0, 2}, 2))));
  CHECK_INVALID(key_tree({4, 2}, parts({1, 2}, 2)), "TR-47");
  CHECK_INVALID(key_tree({4, 2}, cuts({1}, {0, 1}, 2)), "TR-47");
  CHECK_INVALID(key_tree({2}, cuts({1}, {1}, 2)), "TR-47");
  CHECK_INVALID(key_tree({4, 2}, boxes({0, 4, 0, 1, 0, 4, 1, 2}, 2)), "TR-47");
}

BOOST_AUTO_TEST_CASE(
    process_blobs_have_a_cell_for_each_writer) {  // [GR-15] [GR-16] [GR-17] [GR-18]
  const auto pieces = [](Shape points) {
    Grid grid = cuts(std::move(points), {}, 1);
    grid.cut_ends = {static_cast<std::uint32_t>(grid.cuts.size())};
    grid.run_writers = {};
    for (std::uint32_t writer = 0; writer <= grid.cuts.size(); ++writer)
      grid.run_writers.push_back(writer);
    grid.run_counts = std::vector<std::uint32_t>(grid.cuts.size() + 1, 1);
    return grid;
  };
  TREERING_REQUIRE_OK(check(blob_tree(9, whole_grid())));
  TREERING_REQUIRE_OK(check(blob_tree(9, pieces({0, 3, 3, 9})), 5));
  const auto check_for_three = [](const Tree& tree, std::string_view rule) {
    TREERING_CHECK_ERROR(check(tree, 3), ErrorClass::kInvalid, rule);
  };
  check_for_three(blob_tree(9, whole_grid()), "GR-16");
  check_for_three(blob_tree(9, pieces({3})), "GR-16");
  check_for_three(blob_tree(9, changed(pieces({3, 6}),
                                       [](Grid& g) {
                                         g.run_writers = {0, 2, 1};
                                       })),
                  "GR-16");
  check_for_three(blob_tree(9, pieces({6, 3})), "GR-18");
  check_for_three(blob_tree(9, pieces({3, 10})), "GR-18");
  check_for_three(blob_tree(9, changed(pieces({3, 6}),
                                       [](Grid& g) {
                                         g.cut_ends = {2, 2};
                                       })),
                  "GR-08");
  const auto as_parts = [](Grid& g) { g.parts = {3}, g.cuts = {}, g.cut_ends = {}; };
  check_for_three(blob_tree(9, changed(pieces({3, 6}), as_parts)), "GR-15");
  const auto as_boxes = [](Grid& g) { g.boxes = {0, 3, 3, 6, 6, 9}, g.cuts = {}, g.cut_ends = {}; };
  check_for_three(blob_tree(9, changed(pieces({3, 6}), as_boxes)), "GR-15");
}

BOOST_AUTO_TEST_CASE(empty_cells_are_for_process_blobs_alone) {  // [GR-10]
  CHECK_INVALID(array_tree({9}, cuts({3, 3}, {2}, 3)), "GR-10");
  CHECK_INVALID(array_tree({9}, cuts({0, 3}, {2}, 3)), "GR-10");
}

BOOST_AUTO_TEST_CASE(cells_are_limited) {  // [GR-19] [GR-21] [LM-01]
  Tree tree = array_tree({8}, parts({8}, 8));
  Limits limits;
  limits.cells = 8;
  TREERING_REQUIRE_OK(check_tree(tree, 1, limits));
  limits.cells = 7;
  TREERING_CHECK_ERROR(check_tree(tree, 1, limits), ErrorClass::kLimit, "GR-19");
  const std::uint64_t length = std::uint64_t{1} << 31;
  TREERING_CHECK_ERROR(check(array_tree({length}, parts({1u << 31}, 1u << 31))), ErrorClass::kLimit,
                       "GR-19");
  Shape many;
  for (std::uint64_t i = 0; i < 65537; ++i) many.insert(many.end(), {i, i + 1});
  TREERING_CHECK_ERROR(check(array_tree({65537}, boxes(many, 65537))), ErrorClass::kLimit, "GR-21");
  TREERING_CHECK_ERROR(check(unnamed(boxes(many, 65537))), ErrorClass::kLimit, "GR-21");
  many.resize(2 * 65536);
  TREERING_REQUIRE_OK(check(array_tree({65536}, boxes(many, 65536))));
}

BOOST_AUTO_TEST_CASE(unnamed_rows_count_no_cells) {
  TREERING_REQUIRE_OK(check(unnamed(parts({1u << 31}, 1u << 31))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
