// SPDX-License-Identifier: Apache-2.0
#include "format/index.h"

#include <boost/test/unit_test.hpp>
#include <functional>

#include "litany.h"
#include "samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(index_test)

using namespace treering;
using namespace treering::testing;
using enum ErrorClass;

namespace {

// Two files, three live shards, one dead; lz4 in the second block.
Index sample_index() {
  Index index;
  index.attempt = sample_id(0);
  index.run_id = sample_id(16);
  index.files = {
      {.size = 65536, .number = 0, .attempt = sample_id(0), .writer = 0, .block_bytes = 4096},
      {.size = 8192, .number = 5, .attempt = sample_id(99), .writer = 3, .block_bytes = 1048576}};
  index.shard_files = {0, 0, 1, 1};
  index.shard_offsets = {128, 8320, 128, 256};
  index.shard_blocks = {2, 1, 1, 1};
  index.codecs = {0, 1, 0, 0, 0};
  index.stored_sizes = {4096, 3000, 4096, 100, 7000};
  index.digests = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}};
  index.contents = {{9, 9}};
  index.dead_shards = 1;
  return index;
}
Status status(std::span<const std::byte> file) {
  const auto index = open_index(file);
  return index.ok() ? Status() : Status(index.error());
}
Result<Index> after(const std::function<void(Index&)>& change,
                    std::uint64_t required = kKnownFeatures) {
  Index index = sample_index();
  change(index);
  return open_index(index_file(index, required));
}

}  // namespace

BOOST_AUTO_TEST_CASE(round_trips_random_indexes) {
  Random random(21);
  for (int i = 0; i < 400; ++i) {
    const Index index = random_index(random);
    const Bytes file = index_file(index);
    const auto opened = open_index(file);
    TREERING_REQUIRE_OK(opened);
    BOOST_REQUIRE(*opened == index);
    BOOST_REQUIRE(index_file(*opened) == file);
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_every_record_refuses) {
  const Bytes file = index_file(sample_index());
  check_litany(file, file.size() - 64, status);
  check_lengths(file, status);
}

BOOST_AUTO_TEST_CASE(accepted_bytes_encode_again_to_the_same_bytes) {
  Random random(22);
  std::size_t accepted = 0;
  for (int i = 0; i < 4000; ++i) {
    Bytes bad = index_file(i % 2 == 0 ? sample_index() : random_index(random));
    bad[64 + below(random, bad.size() - 64)] ^= static_cast<std::byte>(1u << below(random, 8));
    seal(bad);
    const auto opened = open_index(bad);
    if (!opened.ok()) continue;
    ++accepted;
    BOOST_REQUIRE(index_file(*opened) == bad);
  }
  BOOST_TEST(accepted > 200u);
}

BOOST_AUTO_TEST_CASE(refuses_wrong_identity) {
  TREERING_CHECK_ERROR(after([](Index& i) { i.writers = 0; }), kInvalid, "IX-01");
  TREERING_CHECK_ERROR(after([](Index& i) { i.writer = 1; }), kInvalid, "IX-02");
  TREERING_CHECK_ERROR(after([](Index& i) { i.writers = 65537; }), kLimit, "LM-02");
}

BOOST_AUTO_TEST_CASE(refuses_a_bad_table_of_files) {
  TREERING_CHECK_ERROR(after([](Index& i) { i.files[0].size = 127; }), kInvalid, "IX-05");
  TREERING_CHECK_ERROR(after([](Index& i) { i.files[0].size = std::uint64_t{1} << 63; }), kInvalid,
                       "BY-03");
  for (const std::uint32_t size : {0u, 2048u, 4095u, 4097u, 12288u, 8388608u}) {
    TREERING_CHECK_ERROR(after([&](Index& i) { i.files[0].block_bytes = size; }), kInvalid,
                         "IX-06");
  }
  TREERING_CHECK_ERROR(after([](Index& i) { i.files[1] = i.files[0]; }), kInvalid, "IX-09");
  Limits small;
  small.files = 1;
  TREERING_CHECK_ERROR(open_index(index_file(sample_index()), small), kLimit, "LM-02");
  small = {};
  small.block_bytes = 65536;
  TREERING_CHECK_ERROR(open_index(index_file(sample_index()), small), kLimit, "LM-02");
}

BOOST_AUTO_TEST_CASE(refuses_bad_shards) {
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_files[2] = 2; }), kInvalid, "IX-10");
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_files.pop_back(); }), kInvalid, "IX-10");
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_offsets[0] = 64; }), kInvalid, "IX-11");
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_offsets[1] = 8321; }), kInvalid, "IX-11");
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_blocks.pop_back(); }), kInvalid, "IX-12");
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_blocks = {2, 1, 2, 0}; }), kInvalid, "IX-12");
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_blocks[0] = 3; }), kInvalid, "IX-13");
  TREERING_CHECK_ERROR(after([](Index& i) { i.dead_shards = 5; }), kInvalid, "IX-14");
  TREERING_CHECK_ERROR(after([](Index& i) { i.dead_shards = ~0u; }), kInvalid, "IX-14");
  TREERING_CHECK_ERROR(after([](Index& i) {
                         i.dead_shards = 2;
                         i.shard_offsets = {128, 8320, 7168, 128};
                         i.stored_sizes = {4096, 3000, 4096, 100, 7000};
                       }),
                       kInvalid, "IX-14");
}

BOOST_AUTO_TEST_CASE(refuses_bad_blocks) {
  TREERING_CHECK_ERROR(after([](Index& i) { i.digests.pop_back(); }), kInvalid, "IX-15");
  TREERING_CHECK_ERROR(after([](Index& i) { i.codecs.pop_back(); }), kInvalid, "IX-15");
  TREERING_CHECK_ERROR(after([](Index& i) { i.codecs[0] = 3; }), kInvalid, "IX-16");  // [RC-25]
  TREERING_CHECK_ERROR(after([](Index&) {}, kFeatureBitshuffleLz4), kInvalid, "IX-17");
  TREERING_REQUIRE_OK(after([](Index&) {}, kFeatureLz4));
  TREERING_CHECK_ERROR(after([](Index& i) { i.stored_sizes[0] = 4097; }), kInvalid, "IX-18");
  TREERING_CHECK_ERROR(after([](Index& i) { i.stored_sizes[0] = 0; }), kInvalid, "IX-18");
}

BOOST_AUTO_TEST_CASE(refuses_content_digests_that_are_too_many_or_too_few) {
  TREERING_CHECK_ERROR(after([](Index& i) { i.contents.clear(); }), kInvalid, "IX-19");
  TREERING_CHECK_ERROR(after([](Index& i) { i.contents.push_back({1, 1}); }), kInvalid, "IX-19");
  // Two raw blocks of 4096 bytes need one, a single one does not.
  TREERING_REQUIRE_OK(after([](Index& i) { i.codecs[1] = 0; }));
}

BOOST_AUTO_TEST_CASE(refuses_extents_that_overlap_or_leave_the_file) {  // [BY-02] [DF-13]
  TREERING_CHECK_ERROR(after([](Index& i) { i.files[0].size = 8320 + 4095; }), kInvalid, "IX-20");
  TREERING_REQUIRE_OK(after([](Index& i) { i.files[0].size = 8320 + 4096; }));
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_offsets[1] = ~std::uint64_t{63}; }), kInvalid,
                       "IX-20");
  TREERING_CHECK_ERROR(after([](Index& i) { i.shard_offsets[1] = 7168; }), kInvalid, "IX-21");
  TREERING_REQUIRE_OK(after([](Index& i) { i.shard_offsets[1] = 7232; }));
  // In any order.
  TREERING_REQUIRE_OK(after([](Index& i) { i.shard_offsets = {8320, 128, 7168, 128}; }));
  TREERING_CHECK_ERROR(after([](Index& i) {
                         i.shard_offsets = {8320, 4288, 7168, 128};
                       }),
                       kInvalid, "IX-21");
}

BOOST_AUTO_TEST_CASE(an_index_may_be_empty) {
  Index index;
  index.attempt = sample_id(0);
  index.run_id = sample_id(16);
  const auto opened = open_index(index_file(index));
  TREERING_REQUIRE_OK(opened);
  BOOST_CHECK(*opened == index);
}

BOOST_AUTO_TEST_SUITE_END()
