// SPDX-License-Identifier: Apache-2.0
// Indexes that are right by themselves and disagree with their manifest.
#include "restore/validate.h"

#include <boost/test/unit_test.hpp>

#include "restore/handmade.h"
#include "treering/checkpoint.h"

namespace treering {
namespace {

using testing::Handmade;
using testing::MemoryVfs;

// Two leaves in four cells of two writers; writer 1's index is changed.
Handmade sample() {
  Handmade made;
  made.writers = 2;
  Grid grid;
  grid.parts = {2};
  grid.run_writers = {0, 1};
  grid.run_counts = {1, 1};
  made.add({.name = "a", .dtype = Dtype::kUint8, .shape = {12000}, .grid = grid});
  made.add({.name = "b", .dtype = Dtype::kUint8, .shape = {20}, .grid = grid});
  return made;
}

void check_refused(Handmade made, std::string_view rule) {
  MemoryVfs vfs;
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  TREERING_CHECK_ERROR(checkpoint->leaf("a")->read_bytes(), ErrorClass::kInvalid, rule);
  const auto damage = checkpoint->verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_REQUIRE_EQUAL(damage->size(), 1u);
  BOOST_CHECK_EQUAL(damage->front().error.where.file, index_name(testing::id_of(0xa1), 1));
  BOOST_CHECK_EQUAL(damage->front().error.rule, rule);
}

void check_changed(std::function<void(Index&)> change, std::string_view rule) {
  Handmade made = sample();
  made.change_index = [&](Index& index) {
    if (index.writer == 1) change(index);
  };
  check_refused(std::move(made), rule);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(validate_test)

BOOST_AUTO_TEST_CASE(accepts_what_agrees) {
  Handmade made = sample();
  MemoryVfs vfs;
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  TREERING_REQUIRE_OK(checkpoint->leaf("a")->read_bytes());
}

BOOST_AUTO_TEST_CASE(refuses_the_index_of_another_save) {
  check_changed([](Index& index) { index.run_id.bytes[0] ^= 1; }, "MF-15");
  check_changed([](Index& index) { index.writers = 3; }, "MF-15");
  check_changed([](Index& index) { index.plan_digest.low ^= 1; }, "MF-15");
}

BOOST_AUTO_TEST_CASE(refuses_another_table_of_files) {
  check_changed([](Index& index) { index.files[0].size += 4096; }, "MF-17");
  check_changed([](Index& index) { index.files[0].number += 1; }, "MF-17");
}

BOOST_AUTO_TEST_CASE(refuses_another_number_of_shards_than_cells) {
  check_changed([](Index& index) { index.dead_shards = 1; }, "MF-18");
}

BOOST_AUTO_TEST_CASE(refuses_another_number_of_blocks) {
  check_changed(
      [](Index& index) {
        std::swap(index.shard_blocks[0], index.shard_blocks[1]);
        std::swap(index.shard_offsets[0], index.shard_offsets[1]);
        index.shard_offsets[0] = 128;
        index.shard_offsets[1] = 4096 + 128;
      },
      "MF-19");
}

BOOST_AUTO_TEST_CASE(refuses_a_raw_block_of_another_size) {
  check_changed([](Index& index) { index.stored_sizes.back() += 1; }, "MF-20");
  check_changed([](Index& index) { index.stored_sizes[1] -= 1; }, "MF-20");
}

BOOST_AUTO_TEST_CASE(refuses_a_coded_block_that_is_not_smaller) {
  Handmade made = sample();
  made.codec = Codec::kLz4;
  made.change_index = [](Index& index) {
    if (index.writer != 1) return;
    index.codecs[0] = 1;  // its 4096 stored bytes are all the block has
  };
  check_refused(std::move(made), "MF-21");
}

BOOST_AUTO_TEST_CASE(refuses_a_coded_block_of_a_process_blob) {
  Handmade made;
  made.codec = Codec::kLz4;
  made.add(
      {.name = "a", .shape = {5000}, .host = testing::Bytes(5000), .kind = LeafKind::kProcessBlob});
  MemoryVfs vfs;
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  TREERING_CHECK_ERROR(checkpoint->leaf("a")->read_bytes(), ErrorClass::kInvalid, "TR-48");
}

BOOST_AUTO_TEST_CASE(refuses_a_feature_that_the_manifest_does_not_name) {
  Handmade made = sample();
  made.index_required_more = kFeatureLz4;
  MemoryVfs vfs;
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  TREERING_CHECK_ERROR(checkpoint->leaf("a")->read_bytes(), ErrorClass::kInvalid, "RC-24");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
