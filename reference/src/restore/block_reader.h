// SPDX-License-Identifier: Apache-2.0
// Executes a restore plan: read, compare with the digest, decode, put in place. Spec: 08-block.md,
// 14-restore.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "restore/parallel.h"
#include "restore/restore_plan.h"
#include "restore/state.h"
#include "treering/codec.h"
#include "treering/result.h"

namespace treering {

using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

// Reads the wants into host memory: targets[i] is exactly the box of wants[i]. No byte reaches a
// target before its block was compared, except where it is read straight into it, and then the call
// fails. Large reads use one further thread; `progress` is called from the calling thread alone.
// Memory beyond plan and indexes: about 20 MiB a thread.
Status read_wants(const Checkpoint::State& state, std::span<const Want> wants,
                  std::span<const std::span<std::byte>> targets, const Progress& progress = {});

// One block of a shard, as its index describes it.
struct BlockPlace {
  const LoadedIndex& loaded;
  std::uint64_t shard = 0;
  std::uint64_t number = 0;    // of the shard
  std::uint64_t elements = 0;  // of the block
  std::uint64_t row() const { return loaded.first_block[shard] + number; }
  Codec codec() const { return static_cast<Codec>(loaded.index.codecs[row()]); }
};

// [BL-18] corrupt where the stored bytes are not those that were written.
Status check_block(const LoadedIndex& loaded, std::uint64_t row, std::span<const std::byte> stored,
                   const Where& where);
// The raw bytes of a block that check_block accepted: `stored` itself, or decoded into the buffers.
Result<std::span<const std::byte>> raw_block(const BlockPlace& block, Dtype dtype,
                                             std::span<const std::byte> stored, const Where& where,
                                             BlockBuffers& buffers);
// invalid where stored bytes are no elements of the dtype: bools other than 0 and 1, 6-bit floats
// of more bits.
Status check_elements(Dtype dtype, std::span<const std::byte> stored, const Where& where);
// invalid where a packed shard's last byte has bits after its last element. `count` elements from a
// block's start.
Status check_tail(Dtype dtype, std::uint64_t count, std::span<const std::byte> stored,
                  const Where& where);

}  // namespace treering
