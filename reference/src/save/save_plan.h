// SPDX-License-Identifier: Apache-2.0
// What a save will write, decided before the first byte is written. Spec: 09-data-file.md,
// 11-manifest.md. Pure.
#pragma once

#include <cstdint>

#include "format/manifest.h"
#include "treering/save.h"

namespace treering {

// What a save does not take from tree and options.
struct SaveIdentity {
  Id attempt{};
  Id run_id{};
  std::uint64_t saved_at = 0;
};

struct SavePlan {
  Manifest manifest{};         // all of it but `writers` and `files`
  std::uint64_t required = 0;  // feature bits of every record of the save
  Codec codec = Codec::kRaw;
  std::uint32_t block_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t shards = 0;
  std::uint64_t blocks = 0;
  std::uint64_t raw_bytes = 0;   // of all shards, before coding
  std::uint64_t most_bytes = 0;  // of all files of the checkpoint: an upper bound
};

// Checks everything that a default reader would refuse: tree, values, limits, and that each leaf
// row has its bytes.
Result<SavePlan> plan_save(const SaveTree& tree, const SaveOptions& options,
                           const SaveIdentity& identity);

// Raw bytes of the one shard of a leaf. Precondition: check_tree accepted the leaf, and it has a
// cell.
std::uint64_t shard_bytes(const Spec& spec) noexcept;

// Gives each shard its file and offset, in shard order. Preconditions: plan_save has bounded the
// sums.
class Placer {
 public:
  struct Place {
    std::uint32_t file = 0;
    std::uint64_t offset = 0;
  };
  explicit Placer(std::uint64_t file_bytes) noexcept : file_bytes_(file_bytes) {}
  // Where a shard of so many raw bytes starts: in a new file where the last one would grow too
  // large. The choice depends on raw sizes, so that it is made before a shard is coded.
  Place place(std::uint64_t raw) noexcept;
  // The bytes that the shard placed last has taken.
  void taken(std::uint64_t stored) noexcept { end_ += stored; }
  std::uint32_t files() const noexcept { return files_; }
  std::uint64_t end() const noexcept { return end_; }  // of the last file, without its padding

 private:
  std::uint64_t file_bytes_;
  std::uint64_t end_ = 0;
  std::uint32_t files_ = 0;
};

// The size of a data file whose last shard ends there. [DF-08]
std::uint64_t padded_size(std::uint64_t end) noexcept;

}  // namespace treering
