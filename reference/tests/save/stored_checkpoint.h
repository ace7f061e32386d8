// SPDX-License-Identifier: Apache-2.0
// Takes the files of a saved checkpoint apart, byte by byte, without the reader of this library.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "format/checksum.h"
#include "format/codec.h"
#include "format/index.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "save/save_plan.h"
#include "testing/results.h"

namespace treering::testing {

using Bytes = std::vector<std::byte>;
using Files = std::map<std::string, Bytes>;

struct Stored {
  Header manifest_header{};
  Header index_header{};
  Manifest manifest{};
  Index index{};
  std::vector<Bytes> shards{};  // raw bytes, in shard order
};

inline Bytes raw_content_digest(const Bytes& raw) {
  ContentDigest digest;
  digest.add(raw);
  Bytes stored(16);
  store_digest(digest.finish(), stored.data());
  return stored;
}

// Reads one shard; marks in `covered` the bytes that it takes.
inline Bytes read_shard(const Index& index, std::size_t shard, std::size_t first_block,
                        const Spec& spec, const Bytes& file, std::vector<bool>& covered) {
  const std::uint64_t size = shard_bytes(spec);
  const std::uint32_t block_bytes = index.files[index.shard_files[shard]].block_bytes;
  const auto bits = info_of(static_cast<Dtype>(spec.dtype)).stored_bits;
  Bytes raw(size);
  std::uint64_t offset = index.shard_offsets[shard];
  BOOST_CHECK_EQUAL(offset % (size >= kLargeShard ? kLargeAlignment : kShardAlignment), 0u);
  for (std::uint32_t b = 0; b < index.shard_blocks[shard]; ++b) {
    const std::size_t block = first_block + b;
    const std::uint32_t stored_size = index.stored_sizes[block];
    BOOST_REQUIRE_LE(offset + stored_size, file.size());
    const auto stored = std::span(file).subspan(offset, stored_size);
    BOOST_CHECK(xxh3_128(stored) == index.digests[block]);  // [BL-17]
    const std::uint64_t from = std::uint64_t{b} * block_bytes;
    const auto out =
        std::span(raw).subspan(from, std::min<std::uint64_t>(block_bytes, size - from));
    const auto codec = static_cast<Codec>(index.codecs[block]);
    if (codec == Codec::kRaw) {
      BOOST_REQUIRE_EQUAL(stored.size(), out.size());
      std::ranges::copy(stored, out.begin());
    } else {
      Bytes scratch(out.size());
      TREERING_REQUIRE_OK(decode_block(codec, bits, stored, out, scratch));
    }
    for (std::uint64_t i = offset; i < offset + stored_size; ++i) {
      BOOST_REQUIRE(!covered[i]);  // [DF-06]
      covered[i] = true;
    }
    offset += stored_size;  // [DF-05]
  }
  return raw;
}

// Fails the test where any byte is not as chapters 08 to 11 ask for.
inline Stored take_apart(const Files& files) {
  Stored stored;
  const Bytes& manifest_file = files.at("MANIFEST");
  const RecordKind commit[] = {RecordKind::kCommit};
  const auto manifest_record =
      decode_record(manifest_file, commit, Limits{}.manifest_bytes, "MANIFEST");
  TREERING_REQUIRE_OK(manifest_record);
  stored.manifest_header = manifest_record->header;
  auto manifest =
      decode_manifest_body(manifest_record->body, manifest_record->header, Limits{}, "MANIFEST");
  TREERING_REQUIRE_OK(manifest);
  stored.manifest = *std::move(manifest);
  const Id& attempt = stored.manifest.attempt;

  const std::string name = index_name(attempt, 0);
  const Bytes& index_file = files.at(name);
  BOOST_REQUIRE_EQUAL(stored.manifest.writers.size(), 1u);
  BOOST_CHECK_EQUAL(stored.manifest.writers[0].index_size, index_file.size());
  BOOST_CHECK(stored.manifest.writers[0].index_digest == xxh3_128(index_file));
  const RecordKind kind[] = {RecordKind::kIndex};
  const auto index_record = decode_record(index_file, kind, Limits{}.index_bytes, name);
  TREERING_REQUIRE_OK(index_record);
  stored.index_header = index_record->header;
  auto index = decode_index_body(index_record->body, index_record->header, Limits{}, name);
  TREERING_REQUIRE_OK(index);
  stored.index = *std::move(index);
  BOOST_CHECK(stored.index.files == stored.manifest.files);
  if (stored.index.codecs.empty()) stored.index.codecs.resize(stored.index.digests.size());
  if (stored.index.shard_files.empty()) stored.index.shard_files.resize(stored.index.shards());

  std::vector<std::vector<bool>> covered;
  for (const DataFile& file : stored.index.files) {
    const Bytes& bytes = files.at(data_name(attempt, 0, file.number));
    BOOST_CHECK_EQUAL(bytes.size(), file.size);
    BOOST_CHECK_EQUAL(file.size % 4096, 0u);  // [DF-08]
    TREERING_REQUIRE_OK(check_data_head(std::span(bytes).first(kDataHeadBytes), bytes.size(), file,
                                        stored.manifest_header, "data"));
    covered.emplace_back(bytes.size());
    std::fill_n(covered.back().begin(), kDataHeadBytes, true);
  }
  BOOST_CHECK_EQUAL(files.size(), 2 + stored.index.files.size());  // [IX-25]

  const Tree& tree = stored.manifest.tree;
  std::size_t shard = 0;
  std::size_t block = 0;
  std::size_t content = 0;
  for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    if (tree.leaf_grids[leaf] == 0) continue;
    BOOST_REQUIRE_LT(shard, stored.index.shards());  // [IX-23]
    const std::uint32_t row = stored.index.shard_files[shard];
    const DataFile& file = stored.index.files[row];
    const Bytes& bytes = files.at(data_name(attempt, 0, file.number));
    stored.shards.push_back(
        read_shard(stored.index, shard, block, tree.spec_of(leaf), bytes, covered[row]));
    const auto codecs =
        std::span(stored.index.codecs).subspan(block, stored.index.shard_blocks[shard]);
    const bool raw = std::ranges::all_of(codecs, [](std::uint8_t c) { return c == 0; });
    const bool derived =
        raw && (file.block_bytes == kContentPiece ||
                (codecs.size() == 1 && stored.shards.back().size() <= kContentPiece));
    if (!derived) {  // [BL-21]
      BOOST_REQUIRE_LT(content, stored.index.contents.size());
      Bytes digest(16);
      store_digest(stored.index.contents[content++], digest.data());
      BOOST_CHECK(digest == raw_content_digest(stored.shards.back()));
    }
    block += stored.index.shard_blocks[shard++];
  }
  BOOST_CHECK_EQUAL(shard, stored.index.shards());
  BOOST_CHECK_EQUAL(block, stored.index.digests.size());
  BOOST_CHECK_EQUAL(content, stored.index.contents.size());
  for (std::size_t row = 0; row < covered.size(); ++row) {
    const Bytes& bytes = files.at(data_name(attempt, 0, stored.index.files[row].number));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (!covered[row][i]) BOOST_REQUIRE(bytes[i] == std::byte{0});  // [DF-07] [IX-24]
    }
  }
  return stored;
}

}  // namespace treering::testing
