// SPDX-License-Identifier: Apache-2.0
// Reads every byte of a data file behind its head. Spec: 08-block.md, 09-data-file.md,
// 14-restore.md.
#include "restore/verify_file.h"

#include <algorithm>
#include <atomic>
#include <tuple>
#include <utility>

#include "base/try.h"
#include "format/checksum.h"
#include "restore/errors.h"

namespace treering {
namespace {

constexpr std::uint64_t kUnitBytes = std::uint64_t{32} << 20;

// A part of a file that one thread verifies: gaps and shards from `begin` to `end`.
struct Unit {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::size_t first = 0;  // of the file's shards by place
  std::size_t last = 0;
};

// Serves a file's bytes in ascending order out of large reads.
class Window {
 public:
  Window(Vfs& vfs, int fd, const std::string& name, std::uint64_t end,
         std::vector<std::byte>& buffer)
      : vfs_(vfs), fd_(fd), name_(name), end_(end), buffer_(buffer) {}

  // Precondition: `size` bytes lie before the end, and fit a request.
  Result<std::span<const std::byte>> at(std::uint64_t offset, std::size_t size) {
    if (offset < begin_ || offset + size > begin_ + filled_) TREERING_CHECK(fill(offset, size));
    return std::span<const std::byte>(buffer_).subspan(static_cast<std::size_t>(offset - begin_),
                                                       size);
  }

 private:
  Status fill(std::uint64_t offset, std::size_t size) {
    const auto most =
        static_cast<std::size_t>(std::min<std::uint64_t>(kRequestBytes, end_ - offset));
    if (buffer_.size() < most) buffer_.resize(most);
    filled_ = 0;
    if (most > size && read_exact(vfs_, fd_, name_, offset, std::span(buffer_).first(most)).ok()) {
      begin_ = offset;
      filled_ = most;
      return {};
    }
    // One bad sector must not hide the bytes around it.
    TREERING_CHECK(read_exact(vfs_, fd_, name_, offset, std::span(buffer_).first(size)));
    begin_ = offset;
    filled_ = size;
    return {};
  }

  Vfs& vfs_;
  const int fd_;
  const std::string& name_;
  const std::uint64_t end_;
  std::vector<std::byte>& buffer_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
};

class UnitVerifier {
 public:
  UnitVerifier(const Checkpoint::State& state, const WriterContents& contents,
               const std::string& name, Window& window, BlockBuffers& buffers, FileDamage& damage)
      : state_(state),
        contents_(contents),
        name_(name),
        window_(window),
        buffers_(buffers),
        damage_(damage) {}

  void verify(const Unit& unit, std::span<const std::uint64_t> shards) {
    std::uint64_t at = unit.begin;
    for (std::size_t i = unit.first; i < unit.last; ++i) {
      const LoadedIndex& loaded = *contents_.loaded;
      const std::uint64_t start = loaded.index.shard_offsets[shards[i]];
      gap(at, start);
      at = shards[i] < loaded.shards.live() ? live_shard(shards[i], start)
                                            : dead_shard(shards[i], start);
    }
    gap(at, unit.end);
  }

 private:
  // [DF-14] [RC-19]
  void gap(std::uint64_t begin, std::uint64_t end) {  // [RS-22]
    std::uint64_t first = end;
    std::uint64_t last = begin;
    for (std::uint64_t at = begin; at < end;) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kRequestBytes, end - at));
      const auto bytes = window_.at(at, size);
      if (!bytes.ok()) {
        add(damage_.gaps, bytes.error(), nullptr, at, size);
      } else {
        for (std::size_t i = 0; i < size; ++i) {
          if ((*bytes)[i] == std::byte{0}) continue;
          first = std::min(first, at + i);
          last = at + i + 1;
        }
      }
      at += size;
    }
    if (first == end) return;
    add(damage_.gaps,
        restore_error(ErrorClass::kCorrupt, "gap", "DF-14", {.file = name_, .offset = first},
                      "a byte outside all shards is not zero; no leaf is hurt, but the file is not "
                      "as it was written"),
        nullptr, first, last - first);
  }

  std::uint64_t dead_shard(std::uint64_t shard, std::uint64_t at) {
    const LoadedIndex& loaded = *contents_.loaded;
    for (std::uint64_t row = loaded.first_block[shard]; row < loaded.first_block[shard + 1];
         ++row) {
      const std::size_t size = loaded.index.stored_sizes[row];
      const Status status = stored_bytes_at(row, at, size);  // [RS-20] [RS-21]
      if (!status.ok()) add(damage_.blocks, status.error(), nullptr, at, size);
      at += size;
    }
    return at;
  }

  Status stored_bytes_at(std::uint64_t row, std::uint64_t at, std::size_t size) {
    TREERING_TRY(stored_, window_.at(at, size));
    return check_block(*contents_.loaded, row, stored_, {.file = name_, .offset = at});
  }

  std::uint64_t live_shard(std::uint64_t shard, std::uint64_t start) {
    const LoadedIndex& loaded = *contents_.loaded;
    const std::size_t leaf = leaf_of(shard);
    const auto dtype = static_cast<Dtype>(state_.tree().spec_of(leaf).dtype);
    const std::uint64_t per_block = elements_per_block(dtype, loaded.block_bytes_of(shard));
    const bool has_content = loaded.content_rows[shard] != LoadedIndex::kDerived;
    ContentDigest content;
    bool good = true;
    std::uint64_t at = start;
    for (std::uint64_t i = 0; i < loaded.blocks_of(shard); ++i) {
      const std::uint64_t elements = std::min(per_block, contents_.elements[shard] - i * per_block);
      const BlockPlace block{loaded, shard, i, elements};
      const std::size_t size = loaded.index.stored_sizes[block.row()];
      const auto bytes = live_block(block, dtype, at, size);
      if (bytes.ok() && has_content) content.add(*bytes);
      if (!bytes.ok()) add(damage_.blocks, bytes.error(), place_of(leaf), at, size);  // [RS-23]
      good = good && bytes.ok();
      at += size;
    }
    if (has_content && good && content.finish() != loaded.content_of(shard)) {  // [BL-22] [RS-22]
      add(damage_.blocks,
          restore_error(ErrorClass::kCorrupt, "content-digest", "BL-22",
                        {.file = name_, .offset = start},
                        "the bytes of this shard do not match its content digest; restore the file "
                        "from a copy"),
          place_of(leaf), start, at - start);
    }
    return at;
  }

  Result<std::span<const std::byte>> live_block(const BlockPlace& block, Dtype dtype,
                                                std::uint64_t at, std::size_t size) {
    const Where where{.file = name_, .offset = at};
    TREERING_CHECK(stored_bytes_at(block.row(), at, size));                           // [RS-20]
    TREERING_TRY(const auto raw, raw_block(block, dtype, stored_, where, buffers_));  // [RS-21]
    TREERING_CHECK(check_elements(dtype, raw, where));
    TREERING_CHECK(check_tail(dtype, block.elements, raw, where));
    return raw;
  }

  std::size_t leaf_of(std::uint64_t shard) const {
    const WriterShards& shards = contents_.loaded->shards;
    const auto behind = std::upper_bound(shards.first.begin(), shards.first.end(), shard);
    return shards.leaves[static_cast<std::size_t>(behind - shards.first.begin()) - 1];
  }

  const LeafPlace* place_of(std::size_t leaf) const { return &state_.names().place_of(leaf); }

  // Neighbouring damage of one sort and leaf is one. `place` is null where the bytes are no leaf's.
  static void add(std::vector<Damage>& list, Error error, const LeafPlace* place,
                  std::uint64_t offset, std::uint64_t bytes) {
    if (place != nullptr) error.where.key_path = place->typed;
    if (!list.empty()) {
      Damage& last = list.back();
      if (last.error.where.key_path == error.where.key_path && last.error.code == error.code &&
          last.offset + last.bytes == offset) {
        last.bytes += bytes;
        return;
      }
    }
    list.push_back({std::move(error), place == nullptr ? "" : place->friendly, offset, bytes});
  }

  const Checkpoint::State& state_;
  const WriterContents& contents_;
  const std::string& name_;
  Window& window_;
  BlockBuffers& buffers_;
  FileDamage& damage_;
  std::span<const std::byte> stored_{};
};

// Cuts a file between shards into units. `shards` are those of the file, by offset.
std::vector<Unit> units_of(const LoadedIndex& loaded, std::span<const std::uint64_t> shards,
                           std::uint64_t size) {
  std::vector<Unit> units{Unit{.begin = kDataHeadBytes}};
  for (std::size_t i = 0; i < shards.size(); ++i) {
    Unit& unit = units.back();
    unit.last = i + 1;
    unit.end = loaded.index.shard_offsets[shards[i]] + loaded.stored_bytes_of(shards[i]);
    if (unit.end - unit.begin >= kUnitBytes) units.push_back({unit.end, unit.end, i + 1, i + 1});
  }
  units.back().end = size;
  return units;
}

void append(std::vector<Damage>& to, std::vector<Damage>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

WriterContents contents_of(const Checkpoint::State& state, std::uint32_t writer,
                           std::shared_ptr<const LoadedIndex> loaded) {
  WriterContents contents;
  const WriterShards& shards = loaded->shards;
  contents.elements.reserve(static_cast<std::size_t>(shards.live()));
  for (const std::uint32_t leaf : shards.leaves) {
    for_each_cell_of(state.tree(), leaf, writer, [&](std::uint64_t cell) {
      contents.elements.push_back(elements_of(state.tree(), leaf, cell));
    });
  }
  contents.by_place.resize(loaded->index.shards());
  for (std::size_t i = 0; i < contents.by_place.size(); ++i) contents.by_place[i] = i;
  const auto place = [&](std::uint64_t shard) {
    return std::pair(loaded->file_of(shard), loaded->index.shard_offsets[shard]);
  };
  std::sort(contents.by_place.begin(), contents.by_place.end(),
            [&](std::uint64_t a, std::uint64_t b) { return place(a) < place(b); });
  contents.loaded = std::move(loaded);
  return contents;
}

FileDamage verify_file(const Checkpoint::State& state, const WriterContents& contents,
                       std::size_t file, std::uint32_t row, const Descriptor& descriptor,
                       const std::function<void(std::uint64_t)>& progress) {
  const LoadedIndex& loaded = *contents.loaded;
  const auto low =
      std::partition_point(contents.by_place.begin(), contents.by_place.end(),
                           [&](std::uint64_t shard) { return loaded.file_of(shard) < row; });
  const auto high = std::partition_point(low, contents.by_place.end(), [&](std::uint64_t shard) {
    return loaded.file_of(shard) == row;
  });
  const std::span<const std::uint64_t> shards(low, high);
  const std::vector<Unit> units = units_of(loaded, shards, state.manifest.files[file].size);
  const std::string name = state.data_name_of(file);
  std::vector<FileDamage> found(units.size());
  std::atomic<std::uint64_t> done{0};
  const auto work = [&](std::size_t number, BlockBuffers& buffers) -> Status {
    const Unit& unit = units[number];
    Window window(state.directory.vfs(), descriptor.fd(), name, unit.end, buffers.request);
    UnitVerifier(state, contents, name, window, buffers, found[number]).verify(unit, shards);
    done += unit.end - unit.begin;
    return {};
  };
  const Status status = run_parallel(units.size(), units.size() > 1 ? 2 : 1, work,
                                     [&] { progress(done.exchange(0)); });
  FileDamage damage;
  if (!status.ok())
    damage.blocks.push_back({status.error(), "", 0, state.manifest.files[file].size});
  for (FileDamage& part : found) {
    append(damage.blocks, part.blocks);
    append(damage.gaps, part.gaps);
  }
  return damage;
}

}  // namespace treering
