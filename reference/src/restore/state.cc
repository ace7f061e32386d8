// SPDX-License-Identifier: Apache-2.0
// The files of an open checkpoint, fetched when they are wanted. Spec: 11-manifest.md,
// 14-restore.md.
#include "restore/state.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/try.h"
#include "format/checksum.h"
#include "format/layout.h"
#include "restore/errors.h"
#include "restore/validate.h"
#include "treering/codec.h"

namespace treering {
namespace {

// Enough for restores that go from file to file in order; far from any limit on descriptors.
constexpr std::size_t kKeptOpen = 16;

bool all_raw(const Index& index, std::uint64_t first, std::uint64_t blocks) {
  const auto begin = index.codecs.begin() + static_cast<std::ptrdiff_t>(first);
  return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(blocks), [](std::uint8_t codec) {
    return codec == static_cast<std::uint8_t>(Codec::kRaw);
  });
}

// Block and content rows of each shard. `index` was validated.
LoadedIndex with_places(Index index, WriterShards shards) {
  LoadedIndex loaded{.index = std::move(index), .shards = std::move(shards)};
  const Index& rows = loaded.index;
  loaded.first_block.reserve(rows.shards() + 1);
  loaded.first_block.push_back(0);
  for (const std::uint32_t blocks : rows.shard_blocks)
    loaded.first_block.push_back(loaded.first_block.back() + blocks);
  const std::uint64_t live = loaded.shards.live();
  loaded.content_rows.assign(static_cast<std::size_t>(live), LoadedIndex::kDerived);
  std::uint32_t next = 0;
  for (std::uint64_t shard = 0; shard < live; ++shard) {
    const std::uint64_t first = loaded.first_block[shard];
    const std::uint64_t blocks = loaded.blocks_of(shard);
    const bool pieces = loaded.block_bytes_of(shard) == kContentPiece ||
                        (blocks == 1 && rows.stored_sizes[first] <= kContentPiece);
    if (!pieces || !all_raw(rows, first, blocks)) loaded.content_rows[shard] = next++;
  }
  return loaded;
}

}  // namespace

std::uint64_t LoadedIndex::stored_bytes_of(std::uint64_t shard) const {
  const auto begin = index.stored_sizes.begin() + static_cast<std::ptrdiff_t>(first_block[shard]);
  const auto end = index.stored_sizes.begin() + static_cast<std::ptrdiff_t>(first_block[shard + 1]);
  return std::accumulate(begin, end, std::uint64_t{0});
}

Digest LoadedIndex::content_of(std::uint64_t shard) const {
  if (content_rows[shard] != kDerived) return index.contents[content_rows[shard]];
  ContentDigest content;
  for (std::uint64_t block = first_block[shard]; block < first_block[shard + 1]; ++block) {
    content.add_piece(index.digests[block]);
  }
  return content.finish();
}

std::string Checkpoint::State::index_name_of(std::uint32_t writer) const {
  return index_name(manifest.attempt, writer);  // [LY-06]
}

std::string Checkpoint::State::data_name_of(std::size_t file) const {
  const DataFile& row = manifest.files[file];
  return data_name(row.attempt, row.writer, row.number);  // [LY-06]
}

const LeafNames& Checkpoint::State::names() const {
  std::call_once(names_once_, [this] { names_ = LeafNames(tree()); });
  return names_;
}

std::string Checkpoint::State::typed_path_of(std::size_t leaf) const {
  return names().place_of(leaf).typed;
}

const WriterMap& Checkpoint::State::writer_map() const {
  std::call_once(map_once_, [this] { map_ = std::make_unique<const WriterMap>(tree()); });
  return *map_;
}

Error Checkpoint::State::retired() const {
  return restore_error(ErrorClass::kNotFound, "retired", "RS-06", {.file = path},  // [RS-06]
                       "was retired while it was being read; list the series again");
}

bool Checkpoint::State::slot_is_ours() const {
  const auto slot = directory.open_file(std::string(kSlotName));
  if (!slot.ok()) return slot.error().cls != ErrorClass::kNotFound;
  std::array<std::byte, kHeaderBytes> head{};
  const Status status =
      read_exact(directory.vfs(), slot->descriptor.fd(), std::string(kSlotName), 0, head);
  return !status.ok() || head == encode_header(header);
}

Error Checkpoint::State::not_readable(const std::string& name, const Error& error,
                                      std::string_view rule) const {
  if (error.cls == ErrorClass::kNotFound && !slot_is_ours()) return retired();
  if (error.cls == ErrorClass::kNotFound) {  // [RC-03]
    return restore_error(ErrorClass::kCorrupt, "missing-file", "RC-03", {.file = name},
                         "is missing; restore it from a copy of the checkpoint");
  }
  if (error.cls != ErrorClass::kInvalid) return error;
  return restore_error(ErrorClass::kCorrupt, "not-a-file", rule, {.file = name},  // [MF-14] [MF-22]
                       "is not a regular file; put the file that was saved in its place");
}

Error Checkpoint::State::wrong_size(const std::string& name, std::uint64_t size,
                                    std::uint64_t described) const {
  return restore_error(ErrorClass::kCorrupt, "file-size", "RC-04", {.file = name},  // [RC-04]
                       "has " + std::to_string(size) + " bytes, and the manifest says " +
                           std::to_string(described) + "; restore the file from a copy");
}

Result<Directory::OpenFile> Checkpoint::State::open_described(const std::string& name,
                                                              std::uint64_t size,
                                                              std::string_view rule) const {
  auto opened = directory.open_file(name);  // [LY-07]
  if (!opened.ok()) return not_readable(name, opened.error(), rule);
  if (opened->size != size) return wrong_size(name, opened->size, size);
  return opened;
}

Result<std::shared_ptr<const LoadedIndex>> Checkpoint::State::read_index(
    std::uint32_t writer) const {
  const WriterRow& row = manifest.writers[writer];
  const std::string name = index_name_of(writer);
  TREERING_TRY(const Directory::OpenFile file, open_described(name, row.index_size, "MF-14"));
  std::vector<std::byte> bytes(static_cast<std::size_t>(row.index_size));  // [MF-13] bounds it
  TREERING_CHECK(read_exact(directory.vfs(), file.descriptor.fd(), name, 0, bytes));
  if (xxh3_128(bytes) != row.index_digest) {  // [RC-05]
    return restore_error(
        ErrorClass::kCorrupt, "index-digest", "RC-05", {.file = name, .offset = 0},
        "does not match the digest that the manifest has of it; restore it from a copy");
  }
  static constexpr std::array kKinds{RecordKind::kIndex};
  TREERING_TRY(const RecordView record, decode_record(bytes, kKinds, limits.index_bytes, name));
  TREERING_TRY(Index index, decode_index_body(record.body, record.header, limits, name));
  WriterShards shards = writer_map().of(tree(), writer);
  TREERING_CHECK(validate_index(index, record.header, manifest, header, writer, shards, name));
  return std::shared_ptr<const LoadedIndex>(
      std::make_shared<LoadedIndex>(with_places(std::move(index), std::move(shards))));
}

Result<std::shared_ptr<const LoadedIndex>> Checkpoint::State::index(std::uint32_t writer) const {
  const std::lock_guard lock(index_mutex_);
  if (indexes_.empty()) indexes_.resize(manifest.writers.size());
  if (indexes_[writer] == nullptr) {
    auto read = read_index(writer);
    if (!read.ok()) return with_path(std::move(read).error(), "reading", path);
    indexes_[writer] = *std::move(read);
  }
  return indexes_[writer];
}

Status Checkpoint::State::check_head(std::size_t file, const Descriptor& descriptor) const {
  const DataFile& row = manifest.files[file];
  const std::string name = data_name_of(file);
  std::array<std::byte, kDataHeadBytes> head{};
  const std::span<std::byte> bytes = std::span(head).first(
      static_cast<std::size_t>(std::min<std::uint64_t>(row.size, head.size())));
  TREERING_CHECK(read_exact(directory.vfs(), descriptor.fd(), name, 0, bytes));
  return check_data_head(bytes, row.size, row, header, name);
}

Result<std::shared_ptr<const OpenData>> Checkpoint::State::open_data(std::size_t file) const {
  const DataFile& row = manifest.files[file];
  auto data = std::make_shared<OpenData>();
  data->name = data_name_of(file);
  TREERING_TRY(Directory::OpenFile opened, open_described(data->name, row.size, "MF-22"));
  TREERING_CHECK(check_head(file, opened.descriptor));
  data->descriptor = std::move(opened.descriptor);
  return std::shared_ptr<const OpenData>(std::move(data));
}

Result<std::shared_ptr<const OpenData>> Checkpoint::State::data(std::size_t file) const {
  const std::lock_guard lock(data_mutex_);
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.file == file; });
  if (found != kept_.end()) {
    std::rotate(found, found + 1, kept_.end());
    return kept_.back().data;
  }
  auto opened = open_data(file);
  if (!opened.ok()) return with_path(std::move(opened).error(), "reading", path);
  if (kept_.size() == kKeptOpen) kept_.erase(kept_.begin());
  kept_.push_back({file, *opened});
  return opened;
}

}  // namespace treering
