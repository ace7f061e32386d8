// SPDX-License-Identifier: Apache-2.0
// Reads messages by the places of spec 10 and 11 and trusts none of their values.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>

#include "base/bytes.h"
#include "format/checksum.h"
#include "format/layout.h"
#include "format/record.h"
#include "support/repair.h"

namespace treering::fuzz {
namespace {

using Kind = MessageNode::Kind;

// Pointers of the schema.
constexpr std::size_t kManifestWriters = 12;
constexpr std::size_t kManifestFiles = 13;
constexpr std::size_t kIndexFiles = 3;
constexpr std::size_t kShardFiles = 4, kShardOffsets = 5, kShardBlocks = 6, kStoredSizes = 8,
                      kDigests = 9;

// One in so many steps of a repair is left out.
constexpr unsigned kSlip = 48;

std::optional<MessageNode> message_of(const Bytes& record) {
  if (record.size() < kHeaderBytes) return std::nullopt;
  return parse_message(std::span<const std::byte>(record).subspan(kHeaderBytes));
}

void replace_message(Bytes& record, const MessageNode& root) {
  const Bytes body = write_message(root);
  record.resize(kHeaderBytes);
  record.insert(record.end(), body.begin(), body.end());
}

// The id and numbers of the names stand in the names themselves.
std::string file_name_of(const ParsedName& index, MessageNode* files, std::size_t row) {
  Id attempt = index.id;
  std::uint32_t writer = index.writer;
  if (const MessageNode* attempts = child_of(files, 2, Kind::kList)) {
    if (attempts->elements.size() >= 16 * (row + 1)) {
      std::memcpy(attempt.bytes.data(), attempts->elements.data() + 16 * row, 16);
    }
    writer = static_cast<std::uint32_t>(number_at(child_of(files, 3, Kind::kList), row));
  }
  return data_name(attempt, writer,
                   static_cast<std::uint32_t>(number_at(child_of(files, 1, Kind::kList), row)));
}

void repair_sizes(const Files& files, const ParsedName& name, MessageNode* table) {
  MessageNode* sizes = child_of(table, 0, Kind::kList);
  for (std::size_t row = 0; sizes != nullptr && row < sizes->count(); ++row) {
    const auto file = files.find(file_name_of(name, table, row));
    if (file != files.end()) set_number(*sizes, row, file->second.size());
  }
}

void repair_blocks(const Files& files, const ParsedName& name, MessageNode& root) {
  MessageNode* table = child_of(&root, kIndexFiles, Kind::kStruct);
  const MessageNode* offsets = child_of(&root, kShardOffsets, Kind::kList);
  const MessageNode* blocks = child_of(&root, kShardBlocks, Kind::kList);
  const MessageNode* stored = child_of(&root, kStoredSizes, Kind::kList);
  MessageNode* digests = child_of(&root, kDigests, Kind::kList);
  if (offsets == nullptr || blocks == nullptr || stored == nullptr || digests == nullptr) return;
  std::size_t row = 0;
  for (std::size_t shard = 0; shard < offsets->count(); ++shard) {
    const auto of = number_at(child_of(&root, kShardFiles, Kind::kList), shard);
    const auto file = files.find(file_name_of(name, table, static_cast<std::size_t>(of)));
    std::uint64_t at = number_at(offsets, shard);
    for (std::uint64_t i = 0; i < number_at(blocks, shard) && row < stored->count(); ++i, ++row) {
      const std::uint64_t size = number_at(stored, row);
      if (file == files.end() || at > file->second.size() || size > file->second.size() - at)
        return;
      if (digests->elements.size() < 16 * (row + 1)) return;
      const auto bytes = std::span<const std::byte>(file->second).subspan(at, size);
      store_digest(xxh3_128(bytes), digests->elements.data() + 16 * row);
      at += size;
    }
  }
}

void repair_data_head(Bytes& file) {
  if (file.size() < 128) return;
  const auto body = std::span<const std::byte>(file).subspan(kHeaderBytes, 64);
  store_digest(xxh3_128(body), file.data() + 40);
  fit_header_digest(file);
}

void repair_index(const Files& files, const ParsedName& name, Bytes& record, Random& random) {
  if (auto root = message_of(record)) {
    if (!chance(random, kSlip)) repair_blocks(files, name, *root);
    if (!chance(random, kSlip))
      repair_sizes(files, name, child_of(&*root, kIndexFiles, Kind::kStruct));
    replace_message(record, *root);
  }
  if (!chance(random, kSlip)) fit_record(record);
}

void repair_manifest(const Files& files, Bytes& record, Random& random) {
  auto root = message_of(record);
  MessageNode* writers = root ? child_of(&*root, kManifestWriters, Kind::kStruct) : nullptr;
  MessageNode* sizes = child_of(writers, 0, Kind::kList);
  MessageNode* digests = child_of(writers, 1, Kind::kList);
  ParsedName name;
  if (const MessageNode* attempt = root ? child_of(&*root, 0, Kind::kList) : nullptr) {
    if (attempt->elements.size() == 16)
      std::memcpy(name.id.bytes.data(), attempt->elements.data(), 16);
  }
  for (std::size_t writer = 0; sizes != nullptr && writer < sizes->count(); ++writer) {
    const auto file = files.find(index_name(name.id, static_cast<std::uint32_t>(writer)));
    if (file == files.end() || chance(random, kSlip)) continue;
    set_number(*sizes, writer, file->second.size());
    if (digests == nullptr || digests->elements.size() < 16 * (writer + 1)) continue;
    store_digest(xxh3_128(file->second), digests->elements.data() + 16 * writer);
  }
  if (root) {
    // With several writers a file without attempt of its own is of the writer whose rows it stands
    // in.
    const MessageNode* ends = child_of(writers, 2, Kind::kList);
    MessageNode* table = child_of(&*root, kManifestFiles, Kind::kStruct);
    MessageNode* file_sizes = child_of(table, 0, Kind::kList);
    for (std::size_t row = 0;
         file_sizes != nullptr && row < file_sizes->count() && !chance(random, kSlip); ++row) {
      name.writer = 0;
      while (ends != nullptr && name.writer < ends->count() && number_at(ends, name.writer) <= row)
        ++name.writer;
      const auto file = files.find(file_name_of(name, table, row));
      if (file != files.end()) set_number(*file_sizes, row, file->second.size());
    }
    replace_message(record, *root);
  }
  if (!chance(random, kSlip)) fit_record(record);
}

// Prefers the bytes before the zeros at the end.
void mutate_data(Bytes& file, std::size_t max_size, Random& random) {
  if (file.empty() || chance(random, 8))
    return mutate_bytes(file, std::min(max_size, file.size() + 4096));
  if (chance(random, 3) && file.size() >= 128) {
    file[8 + random() % 120] ^= static_cast<std::byte>(1u << random() % 8);
    return;
  }
  std::size_t end = file.size();
  while (end > 128 && file[end - 1] == std::byte{0}) --end;
  Bytes part(file.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(128, end)),
             file.begin() + static_cast<std::ptrdiff_t>(end));
  const std::size_t size = part.size();
  mutate_bytes(part, size + 64);
  part.resize(size);
  std::copy(part.begin(), part.end(), file.begin() + static_cast<std::ptrdiff_t>(end - size));
}

}  // namespace

void mutate_files(Files& files, std::size_t max_size, Random& random) {
  if (files.empty()) return;
  const auto file = std::next(files.begin(), static_cast<std::ptrdiff_t>(random() % files.size()));
  const auto name = parse_checkpoint_name(file->first);
  if (chance(random, 64)) {
    files.erase(file);
  } else if (name && name->role == NameRole::kData) {
    mutate_data(file->second, max_size, random);
    if (!chance(random, 32)) repair_data_head(file->second);
  } else {
    mutate_record(file->second, max_size, random);
  }
  if (!chance(random, 32)) repair(files, random);
}

void repair(Files& files, Random& random) {
  for (auto& [text, bytes] : files) {
    const auto name = parse_checkpoint_name(text);
    if (name && name->role == NameRole::kIndex) repair_index(files, *name, bytes, random);
  }
  const auto manifest = files.find(std::string(kSlotName));
  if (manifest != files.end()) repair_manifest(files, manifest->second, random);
}

}  // namespace treering::fuzz
