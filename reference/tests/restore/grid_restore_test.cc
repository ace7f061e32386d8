// SPDX-License-Identifier: Apache-2.0
// Any grid, several writers and files, any codec: what is read is what the slow way gives.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "restore/handmade.h"
#include "restore/random_grid.h"
#include "treering/checkpoint.h"

namespace treering {
namespace {

using testing::Bytes;
using testing::Dice;
using testing::Handmade;
using testing::HandmadeLeaf;
using testing::MemoryVfs;

Checkpoint opened(MemoryVfs& vfs) {
  auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  return *std::move(checkpoint);
}

void check_leaf(const Checkpoint& checkpoint, const HandmadeLeaf& wanted, Dice& dice) {
  const auto leaf = checkpoint.leaf(wanted.name);
  TREERING_REQUIRE_OK(leaf);
  const auto all = leaf->read_bytes();
  TREERING_REQUIRE_OK(all);
  BOOST_REQUIRE(*all == wanted.host);
  for (int i = 0; i < 8; ++i) {
    const Box box = testing::random_box(dice, wanted.shape);
    const Bytes expected = testing::elements_of_box(wanted, box);
    Bytes buffer(expected.size(), std::byte{0xee});
    TREERING_REQUIRE_OK(leaf->read_into(box, buffer));
    BOOST_REQUIRE(buffer == expected);
  }
}

void check_all(Handmade& made, Dice& dice) {
  MemoryVfs vfs;
  made.put(vfs);
  const Checkpoint checkpoint = opened(vfs);
  for (const HandmadeLeaf& leaf : made.leaves) check_leaf(checkpoint, leaf, dice);
  std::vector<std::size_t> rows;
  std::vector<Bytes> memory;
  for (std::size_t i = made.leaves.size(); i-- > 0;) {
    rows.push_back(i);
    memory.emplace_back(made.leaves[i].host.size());
  }
  const std::vector<std::span<std::byte>> buffers(memory.begin(), memory.end());
  TREERING_REQUIRE_OK(checkpoint.read_into(rows, buffers));
  for (std::size_t i = 0; i < rows.size(); ++i)
    BOOST_REQUIRE(memory[i] == made.leaves[rows[i]].host);
  const auto damage = checkpoint.verify();
  TREERING_REQUIRE_OK(damage);
  for (const Damage& found : *damage) BOOST_ERROR(found.error.to_string());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(grid_restore_test)

BOOST_AUTO_TEST_CASE(restores_random_boxes_of_random_grids) {  // [SH-17] [DF-13] [LY-06]
  Dice dice(3);
  constexpr Dtype kDtypes[] = {Dtype::kBool,         Dtype::kInt1,       Dtype::kUint2,
                               Dtype::kInt4,         Dtype::kUint8,      Dtype::kFloat32,
                               Dtype::kFloat6E2m3fn, Dtype::kComplex128, Dtype::kBfloat16,
                               Dtype::kFloat4E2m1fn, Dtype::kInt64};
  for (int round = 0; round < 120; ++round) {
    Handmade made;
    made.writers = static_cast<std::uint32_t>(dice.from(1, 4));
    made.files = static_cast<std::uint32_t>(dice.from(1, 3));
    made.codec = static_cast<Codec>(dice.from(0, 2));
    made.foreign_attempt = dice.from(0, 1) == 1;
    made.backwards = dice.from(0, 1) == 1;
    made.gap = dice.from(0, 2) * 3000;
    made.dead = static_cast<std::uint32_t>(dice.from(0, 2));
    for (int i = 0; i < 4; ++i) {
      const auto shape = testing::random_shape(dice, static_cast<std::size_t>(dice.from(0, 4)), 12);
      made.add({.name = "leaf" + std::to_string(i),
                .dtype = kDtypes[dice.from(0, std::size(kDtypes) - 1)],
                .shape = shape,
                .grid = testing::random_grid(dice, shape, made.writers)});
    }
    check_all(made, dice);
  }
}

BOOST_AUTO_TEST_CASE(restores_shards_of_many_blocks) {
  Dice dice(5);
  for (const Codec codec : {Codec::kRaw, Codec::kLz4, Codec::kBitshuffleLz4}) {
    Handmade made;
    made.writers = 2;
    made.codec = codec;
    const std::vector<std::uint64_t> shape{60, 50, 40};
    for (const Dtype dtype : {Dtype::kUint16, Dtype::kInt4, Dtype::kFloat6E3m2fn}) {
      Grid grid = testing::random_grid(dice, shape, 2);
      Bytes host = testing::counting(dtype, 60 * 50 * 40);
      // Half of it can be shortened, so that raw and coded blocks meet in one shard.
      std::fill(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(host.size() / 2),
                std::byte{1});
      made.add({.name = std::string(info_of(dtype).name),
                .dtype = dtype,
                .shape = shape,
                .grid = grid,
                .host = host});
      made.add({.name = "one " + std::string(info_of(dtype).name),
                .dtype = dtype,
                .shape = shape,
                .host = host});
    }
    check_all(made, dice);
  }
}

BOOST_AUTO_TEST_CASE(reads_large_leaves_with_two_threads) {
  Handmade made;
  made.block_bytes = 1 << 20;
  made.add({.name = "a", .dtype = Dtype::kFloat32, .shape = {6, 1 << 20}});
  made.add({.name = "b", .dtype = Dtype::kInt4, .shape = {40'000'001}});
  Dice dice(1);
  MemoryVfs vfs;
  made.put(vfs);
  const Checkpoint checkpoint = opened(vfs);
  std::vector<Bytes> memory{Bytes(made.leaves[0].host.size()), Bytes(made.leaves[1].host.size())};
  const std::vector<std::span<std::byte>> buffers(memory.begin(), memory.end());
  const std::vector<std::size_t> rows{0, 1};
  std::uint64_t last = 0;
  std::uint64_t whole_bytes = 0;
  TREERING_REQUIRE_OK(
      checkpoint.read_into(rows, buffers, [&](std::uint64_t done, std::uint64_t total) {
        BOOST_CHECK_GE(done, last);
        last = done;
        whole_bytes = total;
      }));
  BOOST_CHECK_EQUAL(last, whole_bytes);
  BOOST_CHECK(memory[0] == made.leaves[0].host);
  BOOST_CHECK(memory[1] == made.leaves[1].host);
  const auto damage = checkpoint.verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_CHECK(damage->empty());
}

BOOST_AUTO_TEST_CASE(serves_several_threads_at_once) {
  Handmade made;
  made.writers = 3;
  made.files = 2;
  Dice dice(9);
  for (int i = 0; i < 6; ++i) {
    const std::vector<std::uint64_t> shape{30, 40};
    made.add(
        {.name = std::to_string(i), .shape = shape, .grid = testing::random_grid(dice, shape, 3)});
  }
  MemoryVfs vfs;
  made.put(vfs);
  const Checkpoint checkpoint = opened(vfs);
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (const HandmadeLeaf& leaf : made.leaves) {
          const auto bytes = checkpoint.leaf(leaf.name)->read_bytes();
          if (bytes.ok() && *bytes == leaf.host) ++right;
        }
      });
    }
  }
  BOOST_CHECK_EQUAL(right, 24);
}

BOOST_AUTO_TEST_CASE(restores_a_process_blob_with_empty_cells) {
  Handmade made;
  made.writers = 3;
  Grid grid;
  grid.cuts = {4, 4};
  grid.cut_ends = {2};
  grid.run_writers = {0, 1, 2};
  grid.run_counts = {1, 1, 1};
  made.add({.name = "state", .shape = {10}, .grid = grid, .kind = LeafKind::kProcessBlob});
  Dice dice(1);
  check_all(made, dice);
}

BOOST_AUTO_TEST_CASE(refuses_boxes_and_buffers_that_do_not_fit) {
  Handmade made;
  made.add({.name = "a", .dtype = Dtype::kInt16, .shape = {4, 5}});
  MemoryVfs vfs;
  made.put(vfs);
  const auto leaf = opened(vfs).leaf("a");
  TREERING_REQUIRE_OK(leaf);
  Bytes buffer(12);
  TREERING_CHECK_ERROR(leaf->read_into(Box{{0}, {4}}, buffer), ErrorClass::kUsage, "RS-15");
  TREERING_CHECK_ERROR(leaf->read_into(Box{{0, 3}, {1, 6}}, buffer), ErrorClass::kUsage, "RS-15");
  TREERING_CHECK_ERROR(leaf->read_into(Box{{2, 0}, {1, 3}}, buffer), ErrorClass::kUsage, "RS-15");
  TREERING_CHECK_ERROR(leaf->read_into(Box{{0, 0}, {2, 2}}, buffer), ErrorClass::kUsage, "");
  TREERING_REQUIRE_OK(leaf->read_into(Box{{0, 0}, {2, 3}}, buffer));
  TREERING_REQUIRE_OK(leaf->read_into(Box{{1, 1}, {1, 3}}, std::span<std::byte>()));
  TREERING_CHECK_ERROR(leaf->read_into(buffer), ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(leaf->read<float>(), ErrorClass::kUsage, "");
  TREERING_REQUIRE_OK(leaf->read<std::int16_t>());
}

BOOST_AUTO_TEST_CASE(tells_where_shards_are_and_their_content_digests) {
  Bytes host(300'000, std::byte{3});
  std::vector<Digest> digests;
  // One content digest whatever block size and codec are.
  for (const std::uint32_t block : {4096u, 1u << 20}) {
    for (const Codec codec : {Codec::kRaw, Codec::kLz4}) {
      Handmade made;
      made.block_bytes = block;
      made.codec = codec;
      made.add({.name = "a", .shape = {300'000}, .host = host});
      MemoryVfs vfs;
      made.put(vfs);
      const Checkpoint checkpoint = opened(vfs);
      const auto shards = checkpoint.shards(0);
      TREERING_REQUIRE_OK(shards);
      BOOST_REQUIRE_EQUAL(shards->size(), 1u);
      const ShardInfo& shard = shards->front();
      BOOST_CHECK_EQUAL(shard.raw_bytes, 300'000u);
      BOOST_CHECK_EQUAL(shard.blocks, (300'000 + block - 1) / block);
      BOOST_CHECK_EQUAL(shard.file, checkpoint.files().front().name);
      BOOST_CHECK(codec == Codec::kRaw ? shard.stored_bytes == 300'000
                                       : shard.stored_bytes < 20'000);
      digests.push_back(shard.content.value());
    }
  }
  for (const Digest& digest : digests) BOOST_CHECK(digest == digests.front());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
