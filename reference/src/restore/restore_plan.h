// SPDX-License-Identifier: Apache-2.0
// Which bytes of which file a restore reads, in which order. Spec: 14-restore.md. Internal. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "format/manifest.h"
#include "restore/state.h"
#include "treering/box.h"

namespace treering {

// A box of a leaf that somebody wants. Precondition: it lies in the array.
struct Want {
  std::size_t leaf = 0;
  Box box{};
};

// One shard that holds a part of a want.
struct WantedShard {
  std::uint64_t cell = 0;
  std::uint32_t want = 0;
  std::uint32_t writer = 0;
  std::uint64_t shard =
      0;  // row of the writer's index; before resolve(): number among its shards of the leaf
};

// Adjacent blocks of one wanted shard within a request.
struct Piece {
  std::uint32_t shard = 0;        // number of RestorePlan::shards
  std::uint32_t first_block = 0;  // of the shard
  std::uint32_t blocks = 0;
  std::uint32_t at = 0;  // first stored byte, from the start of the request
};

// One read. Its pieces are pieces [first_piece, last_piece) of the plan.
struct ReadRequest {
  std::uint32_t file = 0;  // row of the manifest's table
  std::uint32_t bytes = 0;
  std::uint64_t offset = 0;
  std::size_t first_piece = 0;
  std::size_t last_piece = 0;
  // Set where the bytes are one piece of raw blocks that stand in the target as they do in the
  // file: they are read to this element of the target.
  std::optional<std::uint64_t> target_element{};
};

struct RestorePlan {
  std::vector<WantedShard> shards{};
  std::vector<Piece> pieces{};
  std::vector<ReadRequest> requests{};  // by file, then offset
  std::uint64_t bytes = 0;              // of all requests
};

using Indexes = std::map<std::uint32_t, std::shared_ptr<const LoadedIndex>>;

// Reads are merged up to this size.
inline constexpr std::uint64_t kRequestBytes = std::uint64_t{8} << 20;
// Reading over a gap of this size is cheaper than a further call.
inline constexpr std::uint64_t kBridgedGap = 4096;
// Smaller shards are read together and copied, larger ones straight into the target.
inline constexpr std::uint64_t kDirectBytes = 65536;

// The shards that hold a part of the wants.
std::vector<WantedShard> wanted_shards(const Tree& tree, std::span<const Want> wants);
// Precondition: `indexes` has every writer of `shards`.
RestorePlan plan_restore(const Manifest& manifest, const Indexes& indexes,
                         std::span<const Want> wants, std::vector<WantedShard> shards);

// Elements of one full block. Precondition: the leaf has a grid.
std::uint64_t elements_per_block(Dtype dtype, std::uint32_t block_bytes) noexcept;
// True where stored and host form of the elements are the same bytes.
bool is_plain(Dtype dtype) noexcept;

}  // namespace treering
