// SPDX-License-Identifier: Apache-2.0
// Records to try things on, and random ones from a seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/try.h"
#include "format/checksum.h"
#include "format/index.h"
#include "format/manifest.h"
#include "format/record.h"

namespace treering::testing {

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t end) { return random() % end; }
inline std::uint32_t below32(Random& random, std::uint32_t end) {
  return static_cast<std::uint32_t>(random() % end);
}

inline Id sample_id(std::uint8_t first) {
  Id id;
  std::iota(id.bytes.begin(), id.bytes.end(), first);
  return id;
}

inline std::uint32_t add_row(Table& table, std::string_view row) {
  table.bytes += row;
  table.ends.push_back(static_cast<std::uint32_t>(table.bytes.size()));
  return static_cast<std::uint32_t>(table.ends.size());
}

inline void add_node(Nodes& nodes, NodeKind kind, KeyKind key_kind, std::uint32_t key,
                     std::uint32_t children, std::uint32_t detail) {
  nodes.kinds.push_back(static_cast<std::uint8_t>(kind));
  nodes.key_kinds.push_back(static_cast<std::uint8_t>(key_kind));
  nodes.keys.push_back(key);
  nodes.children.push_back(children);
  nodes.details.push_back(detail);
}

// A dict of `leaves` arrays, scalars and variables that check_tree accepts for `writers` writers.
inline Tree random_tree(Random& random, std::uint32_t leaves, std::uint32_t writers) {
  Tree tree;
  add_node(tree.nodes, NodeKind::kDict, KeyKind::kNone, 0, leaves, 0);
  const std::uint32_t name = add_row(tree.strings, "flax.nnx.Param");
  const std::uint32_t base = add_row(tree.strings, "flax.nnx.Variable");
  const std::uint32_t value = add_row(tree.strings, "value");
  const std::uint32_t blob = add_row(tree.blobs, "7");
  const std::uint32_t object = add_row(tree.blobs, R"({"tag":"w"})");
  tree.types.push_back({name, below(random, 2) == 0 ? 0 : object, {}, {base}});
  tree.types.push_back({base, 0, {}, {}});
  tree.meshes.push_back({{name, value}, {2, 4}, {1, 2}});
  tree.shardings.push_back({1, value, {2, 0}, {1, 0}});
  tree.shardings.push_back({1, 0, {}, {}});
  tree.specs.push_back({static_cast<std::uint8_t>(LeafKind::kScalar), 0, 0, 0, blob, 0, {}});
  tree.specs.push_back({1, Spec::kWeakType, 17, 0, 0, 0, {}});
  tree.specs.push_back({1, 0, 19, 0, 0, 1, {8, below(random, 9) + 1}});
  tree.specs.push_back({2, 0, 14, name, 0, 2, {4, 2}});
  tree.grids.push_back({{}, {}, {}, {}, {below32(random, writers)}, {1}});
  if (writers > 1) {
    tree.grids.push_back({{2, 1}, {}, {}, {}, {0, 1}, {1, 1}});
    tree.grids.push_back({{}, {1, 3}, {2, 2}, {}, {1, 0}, {2, 1}});
  }
  for (std::uint32_t leaf = 0; leaf < leaves; ++leaf) {
    const std::uint32_t key = add_row(tree.strings, "leaf" + std::to_string(leaf));
    if (below(random, 2) == 0) {
      add_node(tree.nodes, NodeKind::kLeaf, KeyKind::kString, key, 0, leaf + 1);
    } else {
      add_node(tree.nodes, NodeKind::kVariable, KeyKind::kString, key, 1, 1);
      add_node(tree.nodes, NodeKind::kLeaf, KeyKind::kAttribute, value, 0, leaf + 1);
    }
    const std::uint32_t spec = below32(random, 4) + 1;
    const bool cut = spec >= 3 && writers > 1 && below(random, 2) == 0;
    tree.leaf_specs.push_back(spec);
    tree.leaf_grids.push_back(spec == 1 ? 0 : cut ? below32(random, 2) + 2 : 1);
  }
  return tree;
}

inline DataFile random_file(Random& random, const Id& attempt, std::uint32_t writer,
                            std::uint32_t number) {
  DataFile file{
      .size = std::uint64_t{1} << 40, .number = number, .attempt = attempt, .writer = writer};
  file.block_bytes = std::uint32_t{4096} << below(random, 11);
  if (below(random, 4) == 0) file.attempt = sample_id(200);
  if (below(random, 8) == 0) file.writer = below32(random, 3);
  return file;
}

inline Manifest random_manifest(Random& random) {
  Manifest manifest;
  if (below(random, 2) == 0) manifest.step = below(random, 1000);
  manifest.saved_at = below(random, 3) == 0 ? 0 : random();
  manifest.attempt = sample_id(0);
  manifest.run_id = sample_id(100);
  const std::uint32_t writers = below32(random, 3) + 1;
  if (writers > 1) manifest.plan_digest = {random(), random()};
  for (std::uint32_t w = 0; w < writers; ++w) {
    WriterRow row{.index_size = 64 + below(random, 1000), .index_digest = {random(), random()}};
    row.first_file = static_cast<std::uint32_t>(manifest.files.size());
    for (std::uint64_t k = below(random, 3); k-- > 0;) {
      // Numbers go on over all writers, so that no two rows name one file.
      manifest.files.push_back(random_file(random, manifest.attempt, w,
                                           static_cast<std::uint32_t>(manifest.files.size())));
    }
    row.last_file = static_cast<std::uint32_t>(manifest.files.size());
    manifest.writers.push_back(row);
  }
  manifest.tree = random_tree(random, below32(random, 6), writers);
  if (below(random, 2) == 0) manifest.producer = add_row(manifest.tree.strings, "treering 0.1.0");
  if (below(random, 2) == 0)
    manifest.metrics = add_row(manifest.tree.blobs, R"({"loss":{"$float":"3ff0000000000000"}})");
  if (below(random, 3) == 0) manifest.graph = add_row(manifest.tree.blobs, "{}");
  if (below(random, 3) == 0) manifest.compat = add_row(manifest.tree.blobs, R"({"model":"x"})");
  return manifest;
}

// Whether the content digest of a shard is stored: written here once more, from section 8.7.
inline bool is_content_stored(const Index& index, std::size_t shard, std::size_t first_block) {
  const std::uint32_t blocks = index.shard_blocks[shard];
  for (std::size_t b = first_block; b < first_block + blocks; ++b) {
    if (index.codecs[b] != 0) return true;
  }
  if (index.files[index.shard_files[shard]].block_bytes == 1048576) return false;
  return blocks != 1 || index.stored_sizes[first_block] > 1048576;
}

inline Index random_index(Random& random) {
  Index index;
  index.writers = below32(random, 3) + 1;
  index.writer = below32(random, index.writers);
  index.attempt = sample_id(0);
  index.run_id = sample_id(100);
  if (index.writers > 1) index.plan_digest = {random(), random()};
  const std::uint32_t files = below32(random, 4);
  for (std::uint32_t k = 0; k < files; ++k) {
    index.files.push_back(random_file(random, index.attempt, index.writer, k));
  }
  const std::uint32_t shards = files == 0 ? 0 : below32(random, 6);
  const bool coded = below(random, 2) == 0;
  index.dead_shards = shards == 0 ? 0 : below32(random, 2);
  std::vector<std::uint64_t> ends(files, 128);
  for (std::uint32_t s = 0; s < shards; ++s) {
    const std::uint32_t file = below32(random, files);
    index.shard_files.push_back(file);
    index.shard_offsets.push_back((ends[file] + 63) / 64 * 64);
    index.shard_blocks.push_back(below32(random, 3) + 1);
    const std::size_t first = index.stored_sizes.size();
    std::uint64_t stored = 0;
    for (std::uint32_t b = 0; b < index.shard_blocks.back(); ++b) {
      index.codecs.push_back(coded ? static_cast<std::uint8_t>(below(random, 3)) : std::uint8_t{0});
      index.stored_sizes.push_back(1 + below32(random, index.files[file].block_bytes));
      index.digests.push_back({random(), random()});
      stored += index.stored_sizes.back();
    }
    ends[file] = index.shard_offsets.back() + stored;
    const bool live = s + index.dead_shards < shards;
    if (live && is_content_stored(index, s, first)) index.contents.push_back({random(), random()});
  }
  return index;
}

// Whole files, and back.
inline std::vector<std::byte> manifest_file(const Manifest& manifest,
                                            std::uint64_t required = kKnownFeatures) {
  return encode_record(RecordKind::kCommit, required, encode_manifest_body(manifest).value());
}
inline Result<Manifest> open_manifest(std::span<const std::byte> file, const Limits& limits = {}) {
  constexpr std::array kKinds{RecordKind::kCommit, RecordKind::kAbort, RecordKind::kTombstone};
  TREERING_TRY(const RecordView view,
               decode_record(file, kKinds, limits.manifest_bytes, "MANIFEST"));
  return decode_manifest_body(view.body, view.header, limits, "MANIFEST");
}
inline std::vector<std::byte> index_file(const Index& index,
                                         std::uint64_t required = kKnownFeatures) {
  return encode_record(RecordKind::kIndex, required, encode_index_body(index).value());
}
inline Result<Index> open_index(std::span<const std::byte> file, const Limits& limits = {}) {
  constexpr std::array kKinds{RecordKind::kIndex};
  TREERING_TRY(const RecordView view, decode_record(file, kKinds, limits.index_bytes, "index"));
  return decode_index_body(view.body, view.header, limits, "index");
}

}  // namespace treering::testing
