// SPDX-License-Identifier: Apache-2.0
#include "format/index_rules.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/bytes.h"
#include "base/try.h"
#include "format/checksum.h"
#include "format/codec.h"
#include "format/fail.h"

namespace treering {
namespace {

constexpr std::uint64_t kOffsetEnd = std::uint64_t{1} << 63;

Error bad_shard(std::string_view code, std::string_view rule, const std::string& file,
                std::size_t shard, const char* what) {
  return invalid_in(file, code, rule,
                    "has in shard " + std::to_string(shard) + " " + what + "; save it again");
}

Status check_rows(const Index& index, const std::string& file) {
  std::uint64_t blocks = 0;
  for (std::size_t i = 0; i < index.shards(); ++i) {
    if (index.shard_files[i] >= index.files.size()) {  // [IX-10]
      return bad_shard("bad-number", "IX-10", file, i,
                       "a file that its table of files does not have");
    }
    if (index.shard_offsets[i] < kDataHeadBytes ||
        index.shard_offsets[i] % kShardAlignment != 0) {  // [IX-11]
      return bad_shard("bad-shard", "IX-11", file, i,
                       "an offset that is below 128 or no multiple of 64");
    }
    if (index.shard_blocks[i] == 0)
      return bad_shard("bad-shard", "IX-12", file, i, "no block");  // [IX-12]
    blocks += index.shard_blocks[i];  // at most 2^29 entries of 32 bits: cannot wrap
  }
  if (blocks == index.stored_sizes.size()) return {};
  return invalid_in(file, "bad-shard", "IX-13",  // [IX-13]
                    "has shards whose blocks are not as many as its blocks; save it again");
}

Status check_dead_rows(const Index& index, const std::string& file) {  // [IX-14]
  bool good = index.dead_shards <= index.shards();
  const std::size_t first = good ? index.shards() - index.dead_shards : index.shards();
  for (std::size_t i = first + 1; i < index.shards(); ++i) {
    good = good && std::pair(index.shard_files[i - 1], index.shard_offsets[i - 1]) <
                       std::pair(index.shard_files[i], index.shard_offsets[i]);
  }
  if (good) return {};
  return invalid_in(file, "bad-shard", "IX-14",
                    "has dead shards that are too many or not in ascending order; save it again");
}

struct Block {
  Codec codec = Codec::kRaw;
  std::uint32_t stored = 0;
};

Status check_block(const Block& block, std::uint32_t block_bytes, std::uint64_t required,
                   const std::string& file, std::size_t shard) {
  if (block.codec > Codec::kBitshuffleLz4) {  // [IX-16] [RC-25]
    return bad_shard("bad-codec", "IX-16", file, shard, "a codec that its version does not define");
  }
  if ((codec_feature(block.codec) & ~required) != 0) {  // [IX-17]
    return bad_shard("bad-codec", "IX-17", file, shard,
                     "a codec that its header does not announce");
  }
  if (block.stored == 0 || block.stored > block_bytes) {  // [IX-18]
    return bad_shard("block-size", "IX-18", file, shard,
                     "a block that is empty or above the block size");
  }
  return {};
}

// Whether the content digest follows from the block digests. Spec 08, section 8.7.
bool is_derived(bool all_raw, std::uint32_t blocks, std::uint64_t stored,
                std::uint32_t block_bytes) {
  return all_raw && (block_bytes == kContentPiece || (blocks == 1 && stored <= kContentPiece));
}

// The extents of the shards so far. Writers store shards in ascending order, so that comparing each
// with the end of the one before it in its file is nearly always enough; only another order needs
// memory and a sort. [DF-13]
class Extents {
 public:
  explicit Extents(std::size_t files) : ends_(files) {}

  void add(std::uint32_t file, std::uint64_t start, std::uint64_t stop) {
    ascending_ = ascending_ && start >= ends_[file];
    ends_[file] = stop;
  }
  bool ascending() const { return ascending_; }

 private:
  std::vector<std::uint64_t> ends_;
  bool ascending_ = true;
};

std::uint64_t stored_bytes(const Index& index, std::size_t shard, std::size_t first_block) {
  const auto first = index.stored_sizes.begin() + static_cast<std::ptrdiff_t>(first_block);
  return std::accumulate(first, first + index.shard_blocks[shard], std::uint64_t{0});
}

// In any order. Precondition: the extents lie within their files.
Status check_overlap(const Index& index, const std::string& file) {
  struct Extent {
    std::uint32_t file = 0;
    std::uint64_t start = 0;
    std::uint64_t stop = 0;
    auto operator<=>(const Extent&) const = default;
  };
  std::vector<Extent> extents;
  extents.reserve(index.shards());
  std::size_t block = 0;
  for (std::size_t i = 0; i < index.shards(); ++i) {
    const std::uint64_t start = index.shard_offsets[i];
    extents.push_back({index.shard_files[i], start, start + stored_bytes(index, i, block)});
    block += index.shard_blocks[i];
  }
  std::sort(extents.begin(), extents.end());
  const auto at = std::adjacent_find(
      extents.begin(), extents.end(),
      [](const Extent& a, const Extent& b) { return a.file == b.file && b.start < a.stop; });
  if (at == extents.end()) return {};
  return invalid_in(file, "overlap", "IX-21",  // [IX-21]
                    "has two shards that overlap at byte " + std::to_string((at + 1)->start) +
                        " of a file; save it again");
}

Status check_blocks(const Index& index, std::uint64_t required, const std::string& file) {
  Extents extents(index.files.size());
  std::uint64_t stored_contents = 0;
  std::size_t block = 0;
  for (std::size_t i = 0; i < index.shards(); ++i) {
    const DataFile& data = index.files[index.shard_files[i]];
    bool all_raw = true;
    std::uint64_t stored = 0;  // a sum of at most 2^32 entries of 32 bits
    for (const std::size_t end = block + index.shard_blocks[i]; block < end; ++block) {
      const Block row{static_cast<Codec>(index.codecs[block]), index.stored_sizes[block]};
      TREERING_CHECK(check_block(row, data.block_bytes, required, file, i));
      all_raw = all_raw && row.codec == Codec::kRaw;
      stored += row.stored;
    }
    const bool live = i < index.shards() - index.dead_shards;
    if (live && !is_derived(all_raw, index.shard_blocks[i], stored, data.block_bytes))
      ++stored_contents;
    const std::uint64_t start = index.shard_offsets[i];
    const std::optional<std::uint64_t> stop = checked_add(start, stored);  // [BY-02]
    if (!stop || *stop >= kOffsetEnd || *stop > data.size) {               // [IX-20]
      return bad_shard("out-of-file", "IX-20", file, i, "an extent that ends beyond its file");
    }
    extents.add(index.shard_files[i], start, *stop);
  }
  if (stored_contents != index.contents.size()) {  // [IX-19]
    return invalid_in(file, "bad-column", "IX-19",
                      "has another number of content digests than its shards need; save it again");
  }
  return extents.ascending() ? Status() : check_overlap(index, file);
}

}  // namespace

Status check_shards(const Index& index, std::uint64_t required, const std::string& file) {
  TREERING_CHECK(check_rows(index, file));
  TREERING_CHECK(check_dead_rows(index, file));
  return check_blocks(index, required, file);
}

}  // namespace treering
