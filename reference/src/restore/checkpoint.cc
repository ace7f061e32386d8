// SPDX-License-Identifier: Apache-2.0
// What an open checkpoint says about itself. Spec: 11-manifest.md, 14-restore.md.
#include "treering/checkpoint.h"

#include <utility>

#include "base/try.h"
#include "restore/errors.h"
#include "restore/state.h"

namespace treering {

const std::string& Checkpoint::path() const noexcept { return state_->path; }
std::optional<std::uint64_t> Checkpoint::step() const noexcept { return state_->manifest.step; }
std::uint64_t Checkpoint::saved_at() const noexcept { return state_->manifest.saved_at; }
std::string_view Checkpoint::producer() const noexcept {
  return tree().strings.at(state_->manifest.producer);
}
Id Checkpoint::attempt() const noexcept { return state_->manifest.attempt; }
Id Checkpoint::run_id() const noexcept { return state_->manifest.run_id; }
std::uint32_t Checkpoint::writers() const noexcept { return state_->writer_count(); }
std::string_view Checkpoint::metrics() const noexcept {
  return tree().blobs.at(state_->manifest.metrics);
}
std::string_view Checkpoint::metadata() const noexcept {
  return tree().blobs.at(state_->manifest.metadata);
}
std::string_view Checkpoint::graph() const noexcept {
  return tree().blobs.at(state_->manifest.graph);
}
std::string_view Checkpoint::compat() const noexcept {
  return tree().blobs.at(state_->manifest.compat);
}
const Tree& Checkpoint::tree() const noexcept { return state_->manifest.tree; }
const std::vector<LeafPlace>& Checkpoint::places() const { return state_->names().places(); }
std::uint64_t Checkpoint::bytes() const noexcept { return state_->total_bytes; }

std::vector<DataFileInfo> Checkpoint::files() const {
  std::vector<DataFileInfo> files;
  const Manifest& manifest = state_->manifest;
  files.reserve(manifest.files.size());
  for (std::uint32_t writer = 0; writer < state_->writer_count(); ++writer) {
    for (std::size_t i = manifest.writers[writer].first_file;
         i < manifest.writers[writer].last_file; ++i) {
      files.push_back(
          {state_->data_name_of(i), writer, manifest.files[i].size, manifest.files[i].block_bytes});
    }
  }
  return files;
}

Result<Leaf> Checkpoint::leaf(std::string_view path) const {
  TREERING_TRY(const std::size_t row, state_->names().find(path));
  return Leaf(state_, row);
}

Result<Leaf> Checkpoint::leaf_at(std::size_t row) const {
  if (row < tree().leaves()) return Leaf(state_, row);
  return restore_error(ErrorClass::kUsage, "bad-argument", "", {},
                       "there is no leaf row " + std::to_string(row) + "; the checkpoint has " +
                           std::to_string(tree().leaves()));
}

Result<std::vector<ShardInfo>> Checkpoint::shards(std::size_t row) const {
  TREERING_TRY([[maybe_unused]] const Leaf leaf, leaf_at(row));
  std::vector<ShardInfo> shards;
  const Grid* grid = tree().grid_of(row);
  if (grid == nullptr) return shards;
  CellOwners owners(tree(), row);
  const std::uint64_t cells = cell_count(*grid);
  for (std::uint64_t cell = 0; cell < cells; ++cell) {
    const std::optional<CellOwner> owner = owners.of(cell);
    if (!owner) continue;
    TREERING_TRY(const auto loaded, state_->index(owner->writer));
    const std::uint64_t shard = loaded->shards.first_of(row) + owner->ordinal;
    ShardInfo info;
    info.leaf = row;
    info.cell = cell;
    info.box = cell_box(*grid, tree().spec_of(row).shape, cell);
    info.writer = owner->writer;
    info.file = state_->data_name_of(state_->manifest.writers[owner->writer].first_file +
                                     loaded->file_of(shard));
    info.offset = loaded->index.shard_offsets[shard];
    info.raw_bytes = raw_bytes_of(tree(), row, cell);
    info.stored_bytes = loaded->stored_bytes_of(shard);
    info.blocks = static_cast<std::uint32_t>(loaded->blocks_of(shard));
    info.content = loaded->content_of(shard);
    shards.push_back(std::move(info));
  }
  return shards;
}

}  // namespace treering
