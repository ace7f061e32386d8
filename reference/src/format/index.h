// SPDX-License-Identifier: Apache-2.0
// What one writer stored: files, shards, blocks. Spec: 10-index.md. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "format/files.h"
#include "format/record.h"
#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

struct Index {
  std::uint32_t writer = 0;
  std::uint32_t writers = 1;
  std::uint32_t dead_shards = 0;
  Id attempt{};
  Id run_id{};
  Digest plan_digest{};  // all zero where writers == 1
  std::vector<DataFile> files{};
  // One row a shard: live ones in (leaf row, cell) order, then dead ones.
  std::vector<std::uint32_t> shard_files{};  // row of files
  std::vector<std::uint64_t> shard_offsets{};
  std::vector<std::uint32_t> shard_blocks{};
  // One row a block, shard after shard.
  std::vector<std::uint8_t> codecs{};
  std::vector<std::uint32_t> stored_sizes{};
  std::vector<Digest> digests{};
  std::vector<Digest> contents{};  // of live shards whose content digest cannot be derived
  std::size_t shards() const noexcept { return shard_offsets.size(); }
  bool operator==(const Index&) const = default;
};

// Message body (framing included): the one canonical form. Column lengths must be consistent. Class
// limit where a default reader would refuse its size, or where a list is longer than a message can
// hold.
Result<std::vector<std::byte>> encode_index_body(const Index& index);
// Framing, canonical form, column lengths, and every rule of chapter 10 that needs no manifest.
// `header` gives minor and required bits.
Result<Index> decode_index_body(std::span<const std::byte> body, const Header& header,
                                const Limits& limits, const std::string& file);

}  // namespace treering
