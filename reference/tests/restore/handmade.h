// SPDX-License-Identifier: Apache-2.0
// Checkpoints put together by hand: any grid, several writers, files, foreign attempts, dead
// shards.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "format/checksum.h"
#include "format/codec.h"
#include "format/index.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "testing/memory_vfs.h"
#include "testing/results.h"
#include "treering/box.h"

namespace treering::testing {

using Bytes = std::vector<std::byte>;

inline Id id_of(std::uint8_t number) {
  Id id;
  id.bytes.fill(number);
  return id;
}

// One array leaf: where its cells lie, and its elements in host memory.
struct HandmadeLeaf {
  std::string name{};
  Dtype dtype = Dtype::kUint8;
  std::vector<std::uint64_t> shape{};
  Grid grid{};
  Bytes host{};
  LeafKind kind = LeafKind::kArray;
};

// Elements of the dtype that count up, so that a misplaced one is seen.
inline Bytes counting(Dtype dtype, std::uint64_t count, std::uint32_t seed = 1) {
  const DtypeInfo& info = info_of(dtype);
  Bytes host(static_cast<std::size_t>(count * info.host_bytes));
  std::uint32_t state = seed * 2654435761u + 12345u;
  for (std::byte& byte : host) {
    state = state * 1664525u + 1013904223u;
    const unsigned mask = dtype == Dtype::kBool ? 1u : (1u << std::min(info.bits, 8u)) - 1u;
    byte = static_cast<std::byte>((state >> 16) & mask);
  }
  return host;
}

class Handmade {
 public:
  std::uint32_t writers = 1;
  std::uint32_t block_bytes = 4096;
  std::uint32_t files = 1;  // of each writer: shards go to them in turn
  Codec codec = Codec::kRaw;
  bool foreign_attempt = false;  // the last file of a writer with several is of another save
  bool backwards = false;        // shards stand in descending order in their file
  std::uint64_t gap = 0;         // further bytes between shards
  std::uint32_t dead = 0;        // dead shards of each writer with files
  std::uint64_t dead_bytes = 5000;
  std::uint64_t pad = 4096;  // files end at a multiple of it
  std::vector<HandmadeLeaf> leaves{};

  // Called on the records before they are encoded, in this order.
  std::function<void(std::uint32_t writer, Bytes& data, std::uint32_t file)> change_data{};
  std::function<void(Index&)> change_index{};
  std::function<void(Manifest&)> change_manifest{};
  std::uint64_t index_required_more = 0;

  Handmade& add(HandmadeLeaf leaf) {
    if (leaf.grid.run_writers.empty() && volume(whole(leaf.shape)) != 0) {
      leaf.grid.run_writers = {0};
      leaf.grid.run_counts = {1};
    }
    if (leaf.host.empty()) {
      leaf.host = counting(leaf.dtype, volume(whole(leaf.shape)),
                           static_cast<std::uint32_t>(leaves.size() + 1));
    }
    leaves.push_back(std::move(leaf));
    return *this;
  }

  // File name to bytes.
  std::map<std::string, Bytes> build() {
    out_.clear();
    manifest_ = Manifest{};
    manifest_.attempt = id_of(0xa1);
    manifest_.run_id = id_of(0xb2);
    if (writers > 1) manifest_.plan_digest = {1, 2};
    build_tree();
    for (std::uint32_t writer = 0; writer < writers; ++writer) build_writer(writer);
    if (change_manifest) change_manifest(manifest_);
    auto body = encode_manifest_body(manifest_);
    TREERING_REQUIRE_OK(body);
    out_["MANIFEST"] = encode_record(RecordKind::kCommit, codec_feature(codec), *body);
    return out_;
  }

  void put(MemoryVfs& vfs, const std::string& directory = "ckpt") {
    vfs.make_directory(Vfs::kCwd, directory);
    for (auto& [name, bytes] : build()) vfs.put(directory + "/" + name, bytes);
  }

  const Manifest& manifest() const { return manifest_; }

 private:
  struct Piece {
    std::uint32_t file = 0;
    Bytes raw{};
    std::uint32_t bits = 8;
    bool dead = false;
  };

  std::uint32_t text(const std::string& value) {
    manifest_.tree.strings.bytes += value;
    manifest_.tree.strings.ends.push_back(
        static_cast<std::uint32_t>(manifest_.tree.strings.bytes.size()));
    return static_cast<std::uint32_t>(manifest_.tree.strings.rows());
  }

  void build_tree() {
    Tree& tree = manifest_.tree;
    manifest_.producer = text("handmade 1");
    const auto node = [&](NodeKind kind, KeyKind key_kind, std::uint32_t key, std::size_t children,
                          std::size_t detail) {
      tree.nodes.kinds.push_back(static_cast<std::uint8_t>(kind));
      tree.nodes.key_kinds.push_back(static_cast<std::uint8_t>(key_kind));
      tree.nodes.keys.push_back(key);
      tree.nodes.children.push_back(static_cast<std::uint32_t>(children));
      tree.nodes.details.push_back(static_cast<std::uint32_t>(detail));
    };
    node(NodeKind::kDict, KeyKind::kNone, 0, leaves.size(), 0);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const HandmadeLeaf& leaf = leaves[i];
      node(NodeKind::kLeaf, KeyKind::kString, text(leaf.name), 0, i + 1);
      Spec spec;
      spec.kind = static_cast<std::uint8_t>(leaf.kind);
      spec.dtype = static_cast<std::uint16_t>(leaf.dtype);
      spec.shape = leaf.shape;
      tree.specs.push_back(spec);
      tree.leaf_specs.push_back(static_cast<std::uint32_t>(i + 1));
      const bool stored = !leaf.grid.run_writers.empty();
      if (stored) tree.grids.push_back(leaf.grid);
      tree.leaf_grids.push_back(stored ? static_cast<std::uint32_t>(tree.grids.size()) : 0);
    }
  }

  Bytes raw_of(const HandmadeLeaf& leaf, const Box& cell) const {
    const DtypeInfo& info = info_of(leaf.dtype);
    Bytes host(static_cast<std::size_t>(volume(cell) * info.host_bytes));
    copy_box(cell, whole(leaf.shape), leaf.host.data(), cell, host.data(), info.host_bytes);
    Bytes raw(static_cast<std::size_t>(*stored_bytes(leaf.dtype, volume(cell))));
    pack(leaf.dtype, host, raw);
    return raw;
  }

  std::vector<Piece> pieces_of(std::uint32_t writer) const {
    std::vector<Piece> pieces;
    for (const HandmadeLeaf& leaf : leaves) {
      if (leaf.grid.run_writers.empty()) continue;
      for (std::uint64_t cell = 0; cell < cell_count(leaf.grid); ++cell) {
        if (cell_writer(leaf.grid, cell) != writer) continue;
        const Box box = cell_box(leaf.grid, leaf.shape, cell);
        if (volume(box) == 0) continue;
        pieces.push_back({static_cast<std::uint32_t>(pieces.size()) % files, raw_of(leaf, box),
                          info_of(leaf.dtype).stored_bits});
      }
    }
    for (std::uint32_t i = 0; i < dead && !pieces.empty(); ++i) {
      pieces.push_back({0, counting(Dtype::kUint8, dead_bytes + i, i), 8, true});
    }
    return pieces;
  }

  void build_writer(std::uint32_t writer) {
    const std::vector<Piece> pieces = pieces_of(writer);
    const std::uint32_t count =
        static_cast<std::uint32_t>(std::min<std::size_t>(files, pieces.size()));
    Index index;
    index.writer = writer;
    index.writers = writers;
    index.attempt = manifest_.attempt;
    index.run_id = manifest_.run_id;
    index.plan_digest = manifest_.plan_digest;
    std::vector<Bytes> data;
    for (std::uint32_t k = 0; k < count; ++k) {
      const bool foreign = foreign_attempt && count > 1 && k + 1 == count;
      index.files.push_back({0, k, foreign ? id_of(0xc3) : manifest_.attempt,
                             foreign ? writer + 7 : writer, block_bytes});
      const auto head = encode_data_head(
          {index.files[k].attempt, index.files[k].writer, k, codec_feature(codec)});
      data.emplace_back(head.begin(), head.end());
    }
    // Places first, so that rows and places may be in other orders.
    std::vector<std::size_t> order(pieces.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = backwards ? order.size() - 1 - i : i;
    std::vector<std::uint64_t> offsets(pieces.size());
    std::vector<std::vector<Bytes>> blocks(pieces.size());
    std::vector<std::vector<std::uint8_t>> codecs(pieces.size());
    for (const std::size_t i : order) {
      Bytes& file = data[pieces[i].file];
      file.resize((file.size() + gap + 63) / 64 * 64);
      offsets[i] = file.size();
      for (std::size_t at = 0; at < pieces[i].raw.size(); at += block_bytes) {
        const auto raw =
            std::span(pieces[i].raw)
                .subspan(at, std::min<std::size_t>(block_bytes, pieces[i].raw.size() - at));
        Bytes coded(encode_bound(raw.size()));
        const std::size_t size =
            codec == Codec::kRaw ? 0 : encode_block(codec, pieces[i].bits, raw, coded);
        coded.resize(size);
        codecs[i].push_back(size == 0 ? 0 : static_cast<std::uint8_t>(codec));
        blocks[i].push_back(size == 0 ? Bytes(raw.begin(), raw.end()) : coded);
        file.insert(file.end(), blocks[i].back().begin(), blocks[i].back().end());
      }
    }
    std::vector<std::size_t> rows(pieces.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      if (pieces[a].dead != pieces[b].dead) return pieces[b].dead;
      return pieces[a].dead && offsets[a] < offsets[b];
    });
    for (const std::size_t i : rows) {
      index.dead_shards += pieces[i].dead ? 1u : 0u;
      index.shard_files.push_back(pieces[i].file);
      index.shard_offsets.push_back(offsets[i]);
      index.shard_blocks.push_back(static_cast<std::uint32_t>(blocks[i].size()));
      bool all_raw = true;
      for (std::size_t b = 0; b < blocks[i].size(); ++b) {
        all_raw = all_raw && codecs[i][b] == 0;
        index.codecs.push_back(codecs[i][b]);
        index.stored_sizes.push_back(static_cast<std::uint32_t>(blocks[i][b].size()));
        index.digests.push_back(xxh3_128(blocks[i][b]));
      }
      const bool derived = all_raw && (block_bytes == kContentPiece || blocks[i].size() == 1);
      if (!pieces[i].dead && !derived) {
        ContentDigest content;
        content.add(pieces[i].raw);
        index.contents.push_back(content.finish());
      }
    }
    for (std::uint32_t k = 0; k < count; ++k) {
      data[k].resize((data[k].size() + pad - 1) / pad * pad);
      index.files[k].size = data[k].size();
    }
    WriterRow row;
    row.first_file = static_cast<std::uint32_t>(manifest_.files.size());
    manifest_.files.insert(manifest_.files.end(), index.files.begin(), index.files.end());
    row.last_file = static_cast<std::uint32_t>(manifest_.files.size());
    for (std::uint32_t k = 0; k < count; ++k) {
      if (change_data) change_data(writer, data[k], k);
      out_[data_name(index.files[k].attempt, index.files[k].writer, k)] = data[k];
    }
    if (change_index) change_index(index);
    auto body = encode_index_body(index);
    TREERING_REQUIRE_OK(body);
    const Bytes file =
        encode_record(RecordKind::kIndex, codec_feature(codec) | index_required_more, *body);
    out_[index_name(manifest_.attempt, writer)] = file;
    row.index_size = file.size();
    row.index_digest = xxh3_128(file);
    manifest_.writers.push_back(row);
  }

  Manifest manifest_{};
  std::map<std::string, Bytes> out_{};
};

// The elements of a box, one by one: slow and simple.
inline Bytes elements_of_box(const HandmadeLeaf& leaf, const Box& box) {
  const std::size_t size = info_of(leaf.dtype).host_bytes;
  Bytes out;
  if (volume(box) == 0) return out;
  std::vector<std::uint64_t> at = box.start;
  while (true) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < at.size(); ++i) number = number * leaf.shape[i] + at[i];
    const auto first = leaf.host.begin() + static_cast<std::ptrdiff_t>(number * size);
    out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(size));
    std::size_t axis = at.size();
    while (axis > 0 && ++at[axis - 1] == box.stop[axis - 1]) {
      at[axis - 1] = box.start[axis - 1];
      --axis;
    }
    if (axis == 0) return out;
  }
}

}  // namespace treering::testing
