// SPDX-License-Identifier: Apache-2.0
#include "restore/restore_plan.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "restore/handmade.h"
#include "restore/random_grid.h"

namespace treering {
namespace {

using testing::Handmade;

// The plan for wants of a hand-made checkpoint.
struct Planned {
  Handmade& made;
  Indexes indexes{};

  explicit Planned(Handmade& from) : made(from) {
    std::vector<Index> rows;
    made.change_index = [&](Index& index) { rows.push_back(index); };
    made.build();
    const WriterMap map(made.manifest().tree);
    for (Index& index : rows) {
      auto loaded = std::make_shared<LoadedIndex>();
      loaded->shards = map.of(made.manifest().tree, index.writer);
      loaded->first_block.push_back(0);
      for (const std::uint32_t blocks : index.shard_blocks) {
        loaded->first_block.push_back(loaded->first_block.back() + blocks);
      }
      loaded->index = index;
      indexes[index.writer] = loaded;
    }
  }

  RestorePlan plan(const std::vector<Want>& wants) const {
    return plan_restore(made.manifest(), indexes, wants,
                        wanted_shards(made.manifest().tree, wants));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(restore_plan_test)

BOOST_AUTO_TEST_CASE(reads_along_axis_0_at_most_two_blocks_more_than_needed) {  // [RS-17]
  Handmade made;
  made.add({.name = "a", .dtype = Dtype::kFloat32, .shape = {1000, 333}});
  const Planned planned(made);
  testing::Dice dice(2);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t start = dice.from(0, 999);
    const std::uint64_t stop = dice.from(start + 1, 1000);
    const RestorePlan plan = planned.plan({{0, Box{{start, 0}, {stop, 333}}}});
    // What goes straight into the target, and the blocks before and after it, of which a part is
    // wanted.
    BOOST_REQUIRE_LE(plan.requests.size(), 3u);
    BOOST_REQUIRE_LE(plan.bytes, (stop - start) * 333 * 4 + 2 * 4096);
  }
}

BOOST_AUTO_TEST_CASE(leaves_out_blocks_without_a_wanted_element) {  // [RS-17]
  Handmade made;
  // A row takes 16 blocks, the wanted columns lie in one of them.
  made.add({.name = "a", .dtype = Dtype::kUint8, .shape = {10, 65536}});
  const Planned planned(made);
  const RestorePlan plan = planned.plan({{0, Box{{0, 100}, {10, 200}}}});
  BOOST_CHECK_EQUAL(plan.requests.size(), 10u);
  BOOST_CHECK_EQUAL(plan.bytes, 10u * 4096u);
}

BOOST_AUTO_TEST_CASE(merges_adjacent_blocks_into_large_requests) {
  Handmade made;
  made.block_bytes = 1 << 20;
  made.add({.name = "a", .dtype = Dtype::kUint8, .shape = {20 << 20}});
  const Planned planned(made);
  const RestorePlan plan = planned.plan({{0, Box{{0}, {20 << 20}}}});
  BOOST_REQUIRE_EQUAL(plan.requests.size(), 3u);
  for (const ReadRequest& request : plan.requests) {
    BOOST_CHECK_LE(request.bytes, kRequestBytes);
    BOOST_CHECK(request.target_element.has_value());
    BOOST_CHECK_EQUAL(request.last_piece - request.first_piece, 1u);
  }
  BOOST_CHECK_EQUAL(plan.bytes, 20u << 20);
}

BOOST_AUTO_TEST_CASE(reads_many_small_leaves_in_one_request_in_file_order) {
  Handmade made;
  std::vector<Want> wants;
  for (std::size_t i = 0; i < 300; ++i) {
    made.add({.name = "leaf" + std::to_string(i), .dtype = Dtype::kUint8, .shape = {100}});
    wants.insert(wants.begin(), Want{i, Box{{0}, {100}}});
  }
  made.writers = 1;
  const Planned planned(made);
  const RestorePlan plan = planned.plan(wants);
  BOOST_REQUIRE_EQUAL(plan.requests.size(), 1u);
  BOOST_CHECK_EQUAL(plan.pieces.size(), 300u);
  std::uint32_t last = 0;
  for (const Piece& piece : plan.pieces) {
    BOOST_CHECK_GE(piece.at, last);
    last = piece.at;
  }
}

BOOST_AUTO_TEST_CASE(wants_nothing_for_empty_boxes) {
  Handmade made;
  made.add({.name = "a", .shape = {10, 10}});
  const Planned planned(made);
  BOOST_CHECK(planned.plan({{0, Box{{3, 3}, {3, 9}}}}).requests.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
