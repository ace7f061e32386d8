// SPDX-License-Identifier: Apache-2.0
// Which bytes of which file a restore reads. Spec: 14-restore.md.
#include "restore/restore_plan.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "restore/cell_copy.h"
#include "treering/codec.h"

namespace treering {
namespace {

// Collects blocks that are given by ascending place and merges neighbours into requests.
class RequestBuilder {
 public:
  explicit RequestBuilder(RestorePlan& plan) : plan_(plan) {}

  struct Block {
    std::uint32_t shard = 0;
    std::uint32_t number = 0;
    std::uint32_t file = 0;
    std::uint32_t stored = 0;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> target_element{};  // where it may be read straight into the target
    std::uint64_t elements = 0;
  };

  void add(const Block& block) {
    if (!extends_request(block)) begin_request(block);
    ReadRequest& request = plan_.requests.back();
    const std::uint64_t at = block.offset - request.offset;
    Piece* last = request.last_piece == request.first_piece ? nullptr : &plan_.pieces.back();
    if (last != nullptr && last->shard == block.shard &&
        last->first_block + last->blocks == block.number && at == request.bytes) {
      ++last->blocks;
    } else {
      plan_.pieces.push_back({block.shard, block.number, 1, static_cast<std::uint32_t>(at)});
      request.last_piece = plan_.pieces.size();
    }
    request.bytes = static_cast<std::uint32_t>(at + block.stored);
    next_element_ =
        block.target_element ? std::optional(*block.target_element + block.elements) : std::nullopt;
  }

 private:
  bool extends_request(const Block& block) const {
    if (plan_.requests.empty()) return false;
    const ReadRequest& request = plan_.requests.back();
    const std::uint64_t end = request.offset + request.bytes;
    if (request.file != block.file || block.offset < end) return false;
    if (block.offset + block.stored - request.offset > kRequestBytes) return false;
    if (request.target_element || block.target_element) {
      return block.offset == end && plan_.pieces.back().shard == block.shard && next_element_ &&
             block.target_element == next_element_;
    }
    return block.offset - end <= kBridgedGap;
  }

  void begin_request(const Block& block) {
    const std::size_t piece = plan_.pieces.size();
    plan_.requests.push_back({.file = block.file,
                              .bytes = 0,
                              .offset = block.offset,
                              .first_piece = piece,
                              .last_piece = piece,
                              .target_element = block.target_element});
  }

  RestorePlan& plan_;
  std::optional<std::uint64_t> next_element_{};
};

// Adds the blocks of one shard that hold a wanted element.
void add_shard(const Manifest& manifest, const LoadedIndex& loaded, const Want& want,
               const WantedShard& shard, std::uint32_t number, RequestBuilder& builder) {
  const Tree& tree = manifest.tree;
  const Spec& spec = tree.spec_of(want.leaf);
  const auto dtype = static_cast<Dtype>(spec.dtype);
  const Box cell = cell_box(*tree.grid_of(want.leaf), spec.shape, shard.cell);
  const std::optional<Box> part = intersect(cell, want.box);
  if (!part) return;
  const CellCopy copy(cell, *part, want.box);
  const std::uint64_t per_block = elements_per_block(dtype, loaded.block_bytes_of(shard.shard));
  const std::uint64_t elements = volume(cell);
  const bool direct = is_plain(dtype) && raw_bytes_of(tree, want.leaf, shard.cell) >= kDirectBytes;
  const std::uint64_t first = copy.first() / per_block;
  const std::uint64_t last = (copy.last() - 1) / per_block;
  const std::uint64_t row = loaded.first_block[shard.shard];
  std::uint64_t offset = loaded.index.shard_offsets[shard.shard];
  for (std::uint64_t i = 0; i < first; ++i) offset += loaded.index.stored_sizes[row + i];
  for (std::uint64_t i = first; i <= last; ++i) {
    const std::uint64_t begin = i * per_block;
    const std::uint64_t end = std::min(begin + per_block, elements);
    const std::uint32_t stored = loaded.index.stored_sizes[row + i];
    if (copy.touches(begin, end)) {  // [RS-17]
      RequestBuilder::Block block{
          .shard = number,
          .number = static_cast<std::uint32_t>(i),
          .file = manifest.writers[shard.writer].first_file + loaded.file_of(shard.shard),
          .stored = stored,
          .offset = offset,
          .elements = end - begin};
      if (direct && loaded.index.codecs[row + i] == static_cast<std::uint8_t>(Codec::kRaw)) {
        block.target_element = copy.contiguous(begin, end);
      }
      builder.add(block);
    }
    offset += stored;
  }
}

}  // namespace

std::uint64_t elements_per_block(Dtype dtype, std::uint32_t block_bytes) noexcept {
  return std::uint64_t{block_bytes} * 8 / info_of(dtype).stored_bits;
}

bool is_plain(Dtype dtype) noexcept {
  const DtypeInfo& info = info_of(dtype);
  return info.bits == info.stored_bits && info.stored_bits == 8 * info.host_bytes;
}

std::vector<WantedShard> wanted_shards(const Tree& tree, std::span<const Want> wants) {
  std::vector<WantedShard> shards;
  shards.reserve(wants.size());
  for (std::size_t i = 0; i < wants.size(); ++i) {
    const Want& want = wants[i];
    const Grid* grid = tree.grid_of(want.leaf);
    if (grid == nullptr || volume(want.box) == 0) continue;
    CellOwners owners(tree, want.leaf);
    for (const std::uint64_t cell : cells_of(*grid, tree.spec_of(want.leaf).shape, want.box)) {
      const std::optional<CellOwner> owner = owners.of(cell);
      if (owner)
        shards.push_back({cell, static_cast<std::uint32_t>(i), owner->writer, owner->ordinal});
    }
  }
  return shards;
}

RestorePlan plan_restore(const Manifest& manifest, const Indexes& indexes,
                         std::span<const Want> wants, std::vector<WantedShard> shards) {
  for (WantedShard& shard : shards) {
    shard.shard += indexes.at(shard.writer)->shards.first_of(wants[shard.want].leaf);
  }
  const auto place = [&](const WantedShard& shard) {
    const LoadedIndex& loaded = *indexes.at(shard.writer);
    return std::tuple(shard.writer, loaded.file_of(shard.shard),
                      loaded.index.shard_offsets[shard.shard], shard.want);
  };
  std::sort(shards.begin(), shards.end(),
            [&](const WantedShard& a, const WantedShard& b) { return place(a) < place(b); });
  RestorePlan plan;
  RequestBuilder builder(plan);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    add_shard(manifest, *indexes.at(shards[i].writer), wants[shards[i].want], shards[i],
              static_cast<std::uint32_t>(i), builder);
  }
  plan.shards = std::move(shards);
  for (const ReadRequest& request : plan.requests) plan.bytes += request.bytes;
  return plan;
}

}  // namespace treering
