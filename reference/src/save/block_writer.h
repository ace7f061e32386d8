// SPDX-License-Identifier: Apache-2.0
// Streams shards into data files: packs, codes, hashes, and gathers what is small into large
// writes. Spec: 08-block.md, 09-data-file.md. Memory: a few blocks, whatever is saved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "commit/commit.h"
#include "format/checksum.h"
#include "format/index.h"
#include "save/save_plan.h"
#include "treering/builder.h"

namespace treering {

using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

// One open data file, written from start to end. What is small waits in a buffer of a few MiB; what
// is large goes straight from its source.
class FileStream {
 public:
  // `room` is the most that reserve() will be asked for.
  explicit FileStream(std::size_t room);

  void open(Descriptor file, std::string name);
  bool is_open() const noexcept { return file_.is_open(); }
  Descriptor& file() noexcept { return file_; }
  // Goes forward to `offset`; what is skipped reads as zeros. Precondition: not behind the end.
  Status seek(std::uint64_t offset);
  // A place for `size` bytes at the end, and then how many of them are taken.
  Result<std::span<std::byte>> reserve(std::size_t size);
  void commit(std::size_t used) noexcept { waiting_ += used; }
  Status append(std::span<const std::byte> bytes);
  // The same without a copy: for large pieces.
  Status append_direct(std::span<const std::byte> bytes);
  // Writes zeros up to `size`, and all that waits. The caller seals the file.
  Status finish(std::uint64_t size);

 private:
  std::uint64_t end() const noexcept { return written_ + waiting_; }
  Status flush();

  Descriptor file_{};
  std::string name_{};
  std::vector<std::byte> buffer_;
  std::size_t waiting_ = 0;    // bytes in the buffer
  std::uint64_t written_ = 0;  // where they go
};

// Writes the shards of writer 0 of a checkpoint that one process saves.
class BlockWriter {
 public:
  BlockWriter(Attempt& attempt, const SavePlan& plan, const Progress& progress);
  // Once for every leaf row with a cell, in row order.
  Status write_shard(const Spec& spec, HostBytes source);
  // Pads and seals the last file. Not to be called after an error.
  Result<Index> finish();

 private:
  struct Shard;
  Status open_file(std::uint32_t number);
  Status close_file(std::uint64_t end);
  Status write_direct(Shard& shard);
  Status write_blocks(Shard& shard);
  Status write_block(Shard& shard, std::span<const std::byte> raw);
  void add_block(Codec codec, std::span<const std::byte> stored);
  std::span<const std::byte> raw_block(const Shard& shard, std::uint64_t from, std::size_t size);
  void add_content(Shard& shard);
  void advance(std::uint64_t raw);

  Attempt& attempt_;
  const SavePlan& plan_;
  const Progress& progress_;
  Placer placer_;
  FileStream stream_;
  std::vector<std::byte> scratch_{};  // of the codec; as large as the largest coded block
  std::vector<std::byte>
      packed_{};  // one block, of a dtype that is not stored as it lies in memory
  Index index_{};
  std::uint64_t done_ = 0;  // raw bytes
  std::uint64_t reported_ = 0;
};

}  // namespace treering
