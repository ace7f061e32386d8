// SPDX-License-Identifier: Apache-2.0
#include "restore/shard_map.h"

#include <boost/test/unit_test.hpp>

#include "restore/handmade.h"
#include "restore/random_grid.h"

namespace treering {
namespace {

using testing::Dice;
using testing::Handmade;

}  // namespace

BOOST_AUTO_TEST_SUITE(shard_map_test)

BOOST_AUTO_TEST_CASE(numbers_shards_as_a_walk_over_all_cells_does) {
  Dice dice(11);
  for (int round = 0; round < 200; ++round) {
    Handmade made;
    made.writers = static_cast<std::uint32_t>(dice.from(1, 5));
    const std::uint64_t count = dice.from(1, 6);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto shape = testing::random_shape(dice, static_cast<std::size_t>(dice.from(0, 3)), 6);
      made.add({.name = std::to_string(i),
                .shape = shape,
                .grid = testing::random_grid(dice, shape, made.writers)});
    }
    made.build();
    const Tree& tree = made.manifest().tree;
    const WriterMap map(tree);
    std::vector<std::uint64_t> next(made.writers, 0);
    std::vector<WriterShards> shards;
    for (std::uint32_t writer = 0; writer < made.writers; ++writer)
      shards.push_back(map.of(tree, writer));
    for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
      CellOwners owners(tree, leaf);
      for (std::uint64_t cell = 0; cell < cell_count(*tree.grid_of(leaf)); ++cell) {
        const auto owner = owners.of(cell);
        BOOST_REQUIRE(owner.has_value());
        BOOST_REQUIRE_EQUAL(owner->writer, cell_writer(*tree.grid_of(leaf), cell));
        BOOST_REQUIRE_EQUAL(shards[owner->writer].first_of(leaf) + owner->ordinal,
                            next[owner->writer]++);
      }
    }
    for (std::uint32_t writer = 0; writer < made.writers; ++writer) {
      BOOST_REQUIRE_EQUAL(shards[writer].live(), next[writer]);
    }
  }
}

BOOST_AUTO_TEST_CASE(gives_an_empty_cell_of_a_process_blob_no_shard) {
  Handmade made;
  made.writers = 3;
  Grid grid;
  grid.cuts = {4, 4};
  grid.cut_ends = {2};
  grid.run_writers = {0, 1, 2};
  grid.run_counts = {1, 1, 1};
  made.add({.name = "blob", .shape = {10}, .grid = grid, .kind = LeafKind::kProcessBlob});
  made.build();
  const Tree& tree = made.manifest().tree;
  CellOwners owners(tree, 0);
  BOOST_CHECK(owners.of(0).has_value());
  BOOST_CHECK(!owners.of(1).has_value());
  BOOST_CHECK(owners.of(2).has_value());
  BOOST_CHECK_EQUAL(WriterMap(tree).of(tree, 1).live(), 0u);
  BOOST_CHECK_EQUAL(WriterMap(tree).of(tree, 2).live(), 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
