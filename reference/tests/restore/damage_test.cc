// SPDX-License-Identifier: Apache-2.0
// A changed byte is found wherever it is, and wrong bytes are never handed out.
#include <boost/test/unit_test.hpp>

#include "restore/handmade.h"
#include "treering/checkpoint.h"

namespace treering {
namespace {

using testing::Bytes;
using testing::Handmade;
using testing::HandmadeLeaf;
using testing::MemoryVfs;

// Raw and coded blocks, packed elements, two writers, gaps, a dead shard.
Handmade sample(Codec codec) {
  Handmade made;
  made.writers = 2;
  made.codec = codec;
  made.dead = 1;
  made.dead_bytes = 300;
  made.pad = 100;
  made.gap = 70;
  Grid grid;
  grid.parts = {2};
  grid.run_writers = {0, 1};
  grid.run_counts = {1, 1};
  made.add({.name = "halves", .dtype = Dtype::kFloat32, .shape = {40}, .grid = grid});
  made.add({.name = "packed", .dtype = Dtype::kInt4, .shape = {33}});
  made.add(
      {.name = "even", .dtype = Dtype::kUint8, .shape = {4200}, .host = Bytes(4200, std::byte{5})});
  return made;
}

// Reads every leaf; what succeeds has to be right. True where all succeed.
bool read_all(const Checkpoint& checkpoint, const Handmade& made) {
  bool all = true;
  for (const HandmadeLeaf& leaf : made.leaves) {
    const auto bytes = checkpoint.leaf(leaf.name)->read_bytes();
    // [IN-01] [IN-02] [BL-19] [BL-20]
    if (bytes.ok()) BOOST_REQUIRE_MESSAGE(*bytes == leaf.host, "wrong bytes were handed out");
    if (!bytes.ok()) {
      const ErrorClass cls = bytes.error().cls;
      BOOST_REQUIRE_MESSAGE(cls == ErrorClass::kCorrupt || cls == ErrorClass::kMalformed,
                            bytes.error().to_string());
    }
    all = all && bytes.ok();
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(damage_test)

BOOST_AUTO_TEST_CASE(finds_a_changed_byte_at_every_offset) {
  for (const Codec codec : {Codec::kRaw, Codec::kLz4}) {
    Handmade made = sample(codec);
    MemoryVfs vfs;
    made.put(vfs);
    for (const auto& [name, content] : vfs.files("ckpt")) {
      if (name == "MANIFEST") continue;  // open_test
      for (std::size_t i = 0; i < content.size(); ++i) {
        Bytes changed = content;
        changed[i] ^= static_cast<std::byte>(1u << (i % 8));
        vfs.put("ckpt/" + name, changed);
        const auto checkpoint = open("ckpt", {.vfs = &vfs});
        TREERING_REQUIRE_OK(checkpoint);
        const auto damage = checkpoint->verify();
        TREERING_REQUIRE_OK(damage);
        BOOST_REQUIRE_MESSAGE(damage->size() == 1,
                              name << " byte " << i << ": " << damage->size() << " damages");
        const Damage& found = damage->front();
        BOOST_REQUIRE_EQUAL(found.error.where.file, name);
        BOOST_REQUIRE_LE(found.offset, i);
        BOOST_REQUIRE_GT(found.offset + found.bytes, i);
        BOOST_REQUIRE(found.error.cls == ErrorClass::kCorrupt ||
                      (i < 136 && name.starts_with("data")));
        read_all(*checkpoint, made);
      }
      vfs.put("ckpt/" + name, content);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_every_truncation) {
  Handmade made = sample(Codec::kRaw);
  MemoryVfs vfs;
  made.put(vfs);
  for (const auto& [name, content] : vfs.files("ckpt")) {
    for (std::size_t length = 0; length < content.size();
         length += name.starts_with("data") ? 61u : 1u) {
      vfs.put("ckpt/" + name,
              Bytes(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(length)));
      const auto checkpoint = open("ckpt", {.vfs = &vfs});
      BOOST_REQUIRE(!checkpoint.ok());
      const ErrorClass wanted = name == "MANIFEST" ? ErrorClass::kMalformed : ErrorClass::kCorrupt;
      BOOST_REQUIRE_MESSAGE(checkpoint.error().cls == wanted, checkpoint.error().to_string());
      BOOST_REQUIRE_EQUAL(checkpoint.error().where.file, name);
    }
    vfs.put("ckpt/" + name, content);
  }
}

BOOST_AUTO_TEST_CASE(finds_files_cut_or_gone_after_the_open) {
  Handmade made = sample(Codec::kRaw);
  for (const auto& [name, content] : made.build()) {
    if (name == "MANIFEST") continue;
    for (const bool gone : {false, true}) {
      MemoryVfs vfs;
      made.put(vfs);
      const auto checkpoint = open("ckpt", {.vfs = &vfs});
      TREERING_REQUIRE_OK(checkpoint);
      vfs.put("ckpt/" + name, Bytes(content.begin(), content.begin() + 100));
      const int directory = vfs.open_directory(Vfs::kCwd, "ckpt");
      if (gone) vfs.unlink(directory, name);
      vfs.close(directory);
      BOOST_CHECK(!read_all(*checkpoint, made));
      const auto damage = checkpoint->verify();
      TREERING_REQUIRE_OK(damage);
      BOOST_REQUIRE_EQUAL(damage->size(), 1u);
      BOOST_CHECK_EQUAL(damage->front().error.code, gone ? "missing-file" : "file-size");
      BOOST_CHECK_EQUAL(damage->front().error.where.file, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(reads_leaves_that_the_damage_does_not_touch) {
  Handmade made = sample(Codec::kRaw);
  MemoryVfs vfs;
  made.put(vfs);
  const std::string index = index_name(testing::id_of(0xa1), 1);
  Bytes changed = vfs.files("ckpt").at(index);
  changed[100] ^= std::byte{1};
  vfs.put("ckpt/" + index, changed);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  TREERING_REQUIRE_OK(checkpoint->leaf("packed")->read_bytes());
  TREERING_CHECK_ERROR(checkpoint->leaf("halves")->read_bytes(), ErrorClass::kCorrupt, "RC-05");
  Bytes first_half(80);
  TREERING_REQUIRE_OK(checkpoint->leaf("halves")->read_into(Box{{0}, {20}}, first_half));
}

BOOST_AUTO_TEST_CASE(reserves_no_memory_for_bytes_that_the_files_cannot_hold) {  // [BY-04]
  Handmade made;
  made.codec = Codec::kLz4;
  made.add({.name = "zeros", .shape = {20 << 20}, .host = Bytes(20 << 20)});
  MemoryVfs honest;
  made.put(honest);
  BOOST_CHECK(open("ckpt", {.vfs = &honest})->leaf("zeros")->read_bytes().value() ==
              made.leaves[0].host);
  made.change_index = [](Index& index) {
    std::fill(index.stored_sizes.begin(), index.stored_sizes.end(), 1u);
  };
  MemoryVfs hostile;
  made.put(hostile);
  const auto leaf = open("ckpt", {.vfs = &hostile})->leaf("zeros");
  TREERING_CHECK_ERROR(leaf->read_bytes(), ErrorClass::kCorrupt, "BL-10");
  TREERING_CHECK_ERROR(leaf->read<std::uint8_t>(), ErrorClass::kCorrupt, "BL-10");
}

BOOST_AUTO_TEST_CASE(names_the_leaf_file_and_offset_of_a_damaged_block) {
  Handmade made = sample(Codec::kRaw);
  MemoryVfs vfs;
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  const auto shards = checkpoint->shards(2);
  TREERING_REQUIRE_OK(shards);
  const ShardInfo& shard = shards->front();
  Bytes changed = vfs.files("ckpt").at(shard.file);
  changed[shard.offset + 4150] ^= std::byte{1};
  vfs.put("ckpt/" + shard.file, changed);
  const auto bytes = checkpoint->leaf("even")->read_bytes();
  BOOST_REQUIRE(!bytes.ok());
  BOOST_CHECK_EQUAL(bytes.error().code, "block-digest");
  BOOST_CHECK_EQUAL(bytes.error().where.file, shard.file);
  BOOST_CHECK_EQUAL(bytes.error().where.offset, shard.offset + 4096);
  BOOST_CHECK_EQUAL(bytes.error().where.key_path, "even");
  Bytes before(4096);
  TREERING_REQUIRE_OK(checkpoint->leaf("even")->read_into(Box{{0}, {4096}}, before));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
