// SPDX-License-Identifier: Apache-2.0
// What an open checkpoint holds, and the files that it fetches when they are wanted.
// Spec: 14-restore.md. Internal. Safe for any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "format/index.h"
#include "format/manifest.h"
#include "restore/leaf_names.h"
#include "restore/shard_map.h"
#include "store/directory.h"
#include "treering/checkpoint.h"

namespace treering {

// The index of one writer, validated against the manifest.
struct LoadedIndex {
  Index index{};
  WriterShards shards{};
  std::vector<std::uint64_t> first_block{};  // of each shard; one entry more than shards
  static constexpr std::uint32_t kDerived = ~std::uint32_t{0};
  std::vector<std::uint32_t> content_rows{};  // of each live shard: row of contents, or kDerived

  std::uint32_t file_of(std::uint64_t shard) const { return index.shard_files[shard]; }
  std::uint32_t block_bytes_of(std::uint64_t shard) const {
    return index.files[file_of(shard)].block_bytes;
  }
  std::uint64_t blocks_of(std::uint64_t shard) const {
    return first_block[shard + 1] - first_block[shard];
  }
  std::uint64_t stored_bytes_of(std::uint64_t shard) const;
  // Stored where the index holds it, else derived from the blocks. Precondition: a live shard.
  Digest content_of(std::uint64_t shard) const;
};

// A data file whose head was checked.
struct OpenData {
  std::string name{};
  Descriptor descriptor{};
};

struct Checkpoint::State {
  State(Directory opened, std::string where)
      : directory(std::move(opened)), path(std::move(where)) {}

  Directory directory;
  std::string path;
  Limits limits{};
  Header header{};  // of the manifest
  Manifest manifest{};
  std::uint64_t total_bytes = 0;

  const Tree& tree() const noexcept { return manifest.tree; }
  std::uint32_t writer_count() const noexcept {
    return static_cast<std::uint32_t>(manifest.writers.size());
  }
  std::string index_name_of(std::uint32_t writer) const;
  // `file` is a row of the manifest's table.
  std::string data_name_of(std::size_t file) const;

  // Built at the first call.
  const LeafNames& names() const;
  std::string typed_path_of(std::size_t leaf) const;

  // The index of a writer, fetched and validated at the first call.
  Result<std::shared_ptr<const LoadedIndex>> index(std::uint32_t writer) const;
  // The same, read anew.
  Result<std::shared_ptr<const LoadedIndex>> read_index(std::uint32_t writer) const;
  // Opens a data file and checks its head; a few stay open for the next call.
  Result<std::shared_ptr<const OpenData>> data(std::size_t file) const;
  // A file that the manifest describes. corrupt where it is missing, no regular file, or of another
  // size. `rule` says that it has to be a regular file.
  Result<Directory::OpenFile> open_described(const std::string& name, std::uint64_t size,
                                             std::string_view rule) const;
  Status check_head(std::size_t file, const Descriptor& descriptor) const;

  // What it means that a file which the manifest names is not there (`error` is not-found) or no
  // regular file (invalid): corrupt, or not-found where the checkpoint was retired meanwhile. Other
  // errors stay what they are.
  Error not_readable(const std::string& name, const Error& error, std::string_view rule) const;
  Error wrong_size(const std::string& name, std::uint64_t size, std::uint64_t described) const;
  Error retired() const;

 private:
  Result<std::shared_ptr<const OpenData>> open_data(std::size_t file) const;
  const WriterMap& writer_map() const;
  bool slot_is_ours() const;

  mutable std::once_flag names_once_{};
  mutable LeafNames names_{};
  mutable std::once_flag map_once_{};
  mutable std::unique_ptr<const WriterMap> map_{};
  mutable std::mutex index_mutex_{};  // held while an index is fetched: others want the same one
  mutable std::vector<std::shared_ptr<const LoadedIndex>> indexes_{};
  struct Kept {
    std::size_t file = 0;
    std::shared_ptr<const OpenData> data{};
  };
  mutable std::mutex data_mutex_{};
  mutable std::vector<Kept> kept_{};  // least recently used first
};

}  // namespace treering
