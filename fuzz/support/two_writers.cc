// SPDX-License-Identifier: Apache-2.0
// A checkpoint of two writers, put together by hand. Spec: 05-sharding.md, 09-data-file.md to
// 11-manifest.md.
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "format/checksum.h"
#include "format/index.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "support/harness.h"
#include "support/sample_checkpoint.h"
#include "treering/box.h"

namespace treering::fuzz {
namespace {

constexpr std::uint32_t kWriters = 2;
constexpr std::uint32_t kDeadBytes = 100;

std::uint32_t intern(Table& table, std::string_view row) {
  table.bytes += row;
  table.ends.push_back(static_cast<std::uint32_t>(table.bytes.size()));
  return static_cast<std::uint32_t>(table.rows());
}

void add_node(Tree& tree, NodeKind kind, std::string_view key, std::uint32_t children,
              std::uint32_t detail) {
  tree.nodes.kinds.push_back(static_cast<std::uint8_t>(kind));
  tree.nodes.key_kinds.push_back(key.empty() ? 0 : static_cast<std::uint8_t>(KeyKind::kString));
  tree.nodes.keys.push_back(key.empty() ? 0 : intern(tree.strings, key));
  tree.nodes.children.push_back(children);
  tree.nodes.details.push_back(detail);
}

void add_leaf(Tree& tree, std::string_view key, LeafKind kind, Dtype dtype,
              std::vector<std::uint64_t> shape, Grid grid, std::uint32_t sharding = 0) {
  Spec spec{.kind = static_cast<std::uint8_t>(kind),
            .dtype = static_cast<std::uint16_t>(dtype),
            .sharding = sharding};
  spec.shape = std::move(shape);
  tree.specs.push_back(std::move(spec));
  tree.grids.push_back(std::move(grid));
  tree.leaf_specs.push_back(static_cast<std::uint32_t>(tree.specs.size()));
  tree.leaf_grids.push_back(static_cast<std::uint32_t>(tree.grids.size()));
  add_node(tree, NodeKind::kLeaf, key, 0, static_cast<std::uint32_t>(tree.leaves()));
}

Grid runs(std::vector<std::uint32_t> writers, std::vector<std::uint32_t> counts) {
  Grid grid;
  grid.run_writers = std::move(writers);
  grid.run_counts = std::move(counts);
  return grid;
}

Tree sharded_tree() {
  Tree tree;
  add_node(tree, NodeKind::kDict, "", 5, 0);
  Grid parts = runs({0, 1}, {2, 4});
  parts.parts = {2, 3};
  add_leaf(tree, "parts", LeafKind::kArray, Dtype::kInt16, {4, 6}, std::move(parts), 1);
  Grid cuts = runs({0, 1, 0}, {1, 3, 2});
  cuts.cuts = {1, 2, 5};
  cuts.cut_ends = {1, 3};
  add_leaf(tree, "cuts", LeafKind::kArray, Dtype::kUint4, {4, 6}, std::move(cuts));
  Grid boxes = runs({0, 1}, {1, 2});
  boxes.boxes = {0, 2, 0, 6, 2, 4, 0, 2, 2, 4, 2, 6};
  add_leaf(tree, "boxes", LeafKind::kArray, Dtype::kBool, {4, 6}, std::move(boxes));
  Grid blob = runs({0, 1}, {1, 1});
  blob.cuts = {3};
  blob.cut_ends = {1};
  add_leaf(tree, "blob", LeafKind::kProcessBlob, Dtype::kUint8, {3}, std::move(blob));
  add_leaf(tree, "whole", LeafKind::kArray, Dtype::kFloat64, {1100}, runs({1}, {1}));
  tree.meshes = {{{intern(tree.strings, "x"), intern(tree.strings, "y")}, {2, 3}, {1, 2}}};
  tree.shardings = {{1, intern(tree.strings, "device"), {1, 1}, {0, 1}}};
  return tree;
}

// Writes one writer's data file and fills the index with what it holds.
struct DataWriter {
  Index& index;
  Bytes file{};

  void shard(std::uint64_t raw_bytes) {
    file.resize(divide_up(file.size(), kShardAlignment) * kShardAlignment);
    index.shard_files.push_back(0);
    index.shard_offsets.push_back(file.size());
    index.shard_blocks.push_back(static_cast<std::uint32_t>(divide_up(raw_bytes, kMinBlockBytes)));
    for (std::uint64_t at = 0; at < raw_bytes; at += kMinBlockBytes) {
      const Bytes block(std::min<std::uint64_t>(kMinBlockBytes, raw_bytes - at), std::byte{1});
      index.codecs.push_back(0);
      index.stored_sizes.push_back(static_cast<std::uint32_t>(block.size()));
      index.digests.push_back(xxh3_128(block));
      file.insert(file.end(), block.begin(), block.end());
    }
    // Stored where blocks are not pieces of 1 MiB.
    if (raw_bytes > kMinBlockBytes) index.contents.push_back(content(raw_bytes));
  }
  static Digest content(std::uint64_t raw_bytes) {
    ContentDigest digest;
    digest.add(Bytes(raw_bytes, std::byte{1}));
    return digest.finish();
  }
};

Index write_writer(const Manifest& manifest, std::uint32_t writer, Files& files) {
  Index index;
  index.writer = writer;
  index.writers = kWriters;
  index.attempt = manifest.attempt;
  index.run_id = manifest.run_id;
  index.plan_digest = manifest.plan_digest;
  const auto head = encode_data_head({manifest.attempt, writer, 0, 0});
  DataWriter data{index, Bytes(head.begin(), head.end())};
  const Tree& tree = manifest.tree;
  for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    const Spec& spec = tree.spec_of(leaf);
    for (const CellRange& range : cells_of_writer(*tree.grid_of(leaf), writer)) {
      for (std::uint64_t cell = range.first; cell < range.last; ++cell) {
        const std::uint64_t count = volume(cell_box(*tree.grid_of(leaf), spec.shape, cell));
        if (count > 0) data.shard(stored_bytes(static_cast<Dtype>(spec.dtype), count).value());
      }
    }
  }
  if (writer == 0) {
    index.dead_shards = 1;
    data.shard(kDeadBytes);
  }
  data.file.resize(divide_up(data.file.size(), 4096) * 4096);
  index.files = {{data.file.size(), 0, manifest.attempt, writer, kMinBlockBytes}};
  files[data_name(manifest.attempt, writer, 0)] = std::move(data.file);
  return index;
}

}  // namespace

Files two_writers() {
  Files files;
  Manifest manifest;
  manifest.attempt = id_of_text("attempt");
  manifest.run_id = id_of_text("run");
  manifest.plan_digest = {3, 4};
  manifest.tree = sharded_tree();
  manifest.producer = intern(manifest.tree.strings, "seeds");
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    const Index index = write_writer(manifest, writer, files);
    const auto body = encode_index_body(index);
    FUZZ_REQUIRE_OK(body);
    Bytes record = encode_record(RecordKind::kIndex, 0, *body);
    manifest.files.insert(manifest.files.end(), index.files.begin(), index.files.end());
    manifest.writers.push_back({record.size(), xxh3_128(record), writer, writer + 1});
    files[index_name(manifest.attempt, writer)] = std::move(record);
  }
  const auto body = encode_manifest_body(manifest);
  FUZZ_REQUIRE_OK(body);
  files["MANIFEST"] = encode_record(RecordKind::kCommit, 0, *body);
  return files;
}

}  // namespace treering::fuzz
