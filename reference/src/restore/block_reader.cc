// SPDX-License-Identifier: Apache-2.0
// Executes a restore plan. Spec: 08-block.md, 14-restore.md.
#include "restore/block_reader.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include "base/try.h"
#include "format/checksum.h"
#include "format/codec.h"
#include "restore/cell_copy.h"
#include "restore/errors.h"
#include "restore/parallel.h"

namespace treering {
namespace {

// Reads below this size are not worth a thread.
constexpr std::uint64_t kParallelBytes = std::uint64_t{32} << 20;

Error bad_element(std::string_view rule, const Where& where, std::string what) {
  return restore_error(ErrorClass::kInvalid, "bad-element", rule, where,
                       std::move(what) + "; its writer was wrong: save the checkpoint again");
}

// Copies elements of a stored block, whose first element is number `begin` of the cell, to their
// places.
Status scatter(const CellCopy& copy, Dtype dtype, std::uint64_t begin, std::uint64_t end,
               std::span<const std::byte> raw, std::span<std::byte> target, const Where& where) {
  const DtypeInfo& info = info_of(dtype);
  if (info.stored_bits >= 8) {
    const std::size_t size = info.host_bytes;  // equal to the stored size from 8 bits on
    Status status;
    copy.for_each(begin, end, [&](const ElementRun& run) {
      const auto from = raw.subspan(static_cast<std::size_t>(run.from - begin) * size,
                                    static_cast<std::size_t>(run.count) * size);
      if (status.ok()) status = check_elements(dtype, from, where);
      std::memcpy(target.data() + static_cast<std::size_t>(run.to) * size, from.data(),  // [RS-14]
                  from.size());
    });
    return status;
  }
  // Packed elements are unpacked a few bytes at a time, whole bytes first.
  const std::uint64_t per_byte = 8 / info.stored_bits;
  std::array<std::byte, 4096> host;
  copy.for_each(begin, end, [&](const ElementRun& run) {
    std::uint64_t done = 0;
    while (done < run.count) {
      const std::uint64_t element = run.from - begin + done;
      const std::uint64_t skipped = element % per_byte;
      const std::uint64_t count = std::min<std::uint64_t>(run.count - done, host.size() - skipped);
      const std::uint64_t bytes = (skipped + count + per_byte - 1) / per_byte;
      unpack(dtype,
             raw.subspan(static_cast<std::size_t>(element / per_byte),
                         static_cast<std::size_t>(bytes)),
             std::span(host).first(static_cast<std::size_t>(skipped + count)));
      std::memcpy(target.data() + run.to + done, host.data() + skipped,
                  static_cast<std::size_t>(count));
      done += count;
    }
  });
  return {};
}

class PlanReader {
 public:
  PlanReader(const Checkpoint::State& state, std::span<const Want> wants,
             std::span<const std::span<std::byte>> targets, const Indexes& indexes,
             const RestorePlan& plan)
      : state_(state), wants_(wants), targets_(targets), indexes_(indexes), plan_(plan) {}

  Status read(std::size_t number, BlockBuffers& buffers) const {
    const ReadRequest& request = plan_.requests[number];
    TREERING_TRY(const auto data, state_.data(request.file));
    std::span<std::byte> bytes;
    if (request.target_element) {
      const WantedShard& shard = plan_.shards[plan_.pieces[request.first_piece].shard];
      const std::size_t size = info_of(dtype_of(shard)).host_bytes;
      bytes = targets_[shard.want].subspan(static_cast<std::size_t>(*request.target_element) * size,
                                           request.bytes);
    } else {
      if (buffers.request.size() < request.bytes) buffers.request.resize(request.bytes);
      bytes = std::span(buffers.request).first(request.bytes);
    }
    Status status = read_exact(state_.directory.vfs(), data->descriptor.fd(), data->name,
                               request.offset, bytes);
    if (!status.ok()) return with_path(std::move(status).error(), "reading", state_.path);
    for (std::size_t i = request.first_piece; i < request.last_piece; ++i) {
      TREERING_CHECK(take(plan_.pieces[i], request, data->name, bytes, buffers));
    }
    return {};
  }

 private:
  Dtype dtype_of(const WantedShard& shard) const {
    return static_cast<Dtype>(state_.tree().spec_of(wants_[shard.want].leaf).dtype);
  }

  Status take(const Piece& piece, const ReadRequest& request, const std::string& name,
              std::span<const std::byte> bytes, BlockBuffers& buffers) const {
    const WantedShard& shard = plan_.shards[piece.shard];
    const Want& want = wants_[shard.want];
    const Spec& spec = state_.tree().spec_of(want.leaf);
    const Dtype dtype = dtype_of(shard);
    const LoadedIndex& loaded = *indexes_.at(shard.writer);
    const Box cell = cell_box(*state_.tree().grid_of(want.leaf), spec.shape, shard.cell);
    const std::uint64_t elements = volume(cell);
    const std::uint64_t per_block = elements_per_block(dtype, loaded.block_bytes_of(shard.shard));
    std::optional<CellCopy> copy;
    // [RS-16]
    if (!request.target_element) copy.emplace(cell, *intersect(cell, want.box), want.box);
    std::uint64_t at = piece.at;
    for (std::uint64_t i = piece.first_block; i < std::uint64_t{piece.first_block} + piece.blocks;
         ++i) {
      const std::uint64_t begin = i * per_block;
      const std::uint64_t end = std::min(begin + per_block, elements);
      const BlockPlace block{loaded, shard.shard, i, end - begin};
      const std::size_t size = loaded.index.stored_sizes[block.row()];
      const std::span<const std::byte> stored = bytes.subspan(static_cast<std::size_t>(at), size);
      const Where where{.file = name, .offset = request.offset + at};
      const Status status =
          take_block(block, dtype, begin, end, stored, where, copy, targets_[shard.want], buffers);
      if (!status.ok()) return of_leaf(status.error(), want.leaf);
      at += size;
    }
    return {};
  }

  static Status take_block(const BlockPlace& block, Dtype dtype, std::uint64_t begin,
                           std::uint64_t end, std::span<const std::byte> stored, const Where& where,
                           const std::optional<CellCopy>& copy, std::span<std::byte> target,
                           BlockBuffers& buffers) {
    // [IN-02] [BL-19] [BL-20] [RS-18]
    TREERING_CHECK(check_block(block.loaded, block.row(), stored, where));
    TREERING_TRY(const auto raw, raw_block(block, dtype, stored, where, buffers));
    TREERING_CHECK(check_tail(dtype, end - begin, raw, where));
    if (copy) return scatter(*copy, dtype, begin, end, raw, target, where);
    return check_elements(dtype, raw, where);
  }

  Error of_leaf(Error error, std::size_t leaf) const {
    error.where.key_path = state_.typed_path_of(leaf);
    return error;
  }

  const Checkpoint::State& state_;
  std::span<const Want> wants_;
  std::span<const std::span<std::byte>> targets_;
  const Indexes& indexes_;
  const RestorePlan& plan_;
};

}  // namespace

Status check_block(const LoadedIndex& loaded, std::uint64_t row, std::span<const std::byte> stored,
                   const Where& where) {
  if (xxh3_128(stored) == loaded.index.digests[row]) return {};  // [BL-18]
  return restore_error(
      ErrorClass::kCorrupt, "block-digest", "BL-18", where,
      "the " + std::to_string(stored.size()) +
          " bytes there are not those that were written; restore the file from a copy, or use "
          "another step");
}

Result<std::span<const std::byte>> raw_block(const BlockPlace& block, Dtype dtype,
                                             std::span<const std::byte> stored, const Where& where,
                                             BlockBuffers& buffers) {
  if (block.codec() == Codec::kRaw) return stored;
  const auto bytes = static_cast<std::size_t>(stored_bytes(dtype, block.elements).value());
  if (buffers.raw.size() < bytes) buffers.raw.resize(bytes);
  if (buffers.scratch.size() < bytes) buffers.scratch.resize(bytes);
  const std::span<std::byte> raw = std::span(buffers.raw).first(bytes);
  const Status status = decode_block(block.codec(), info_of(dtype).stored_bits, stored, raw,
                                     std::span(buffers.scratch).first(bytes));
  if (!status.ok()) {
    Error error = status.error();
    error.where = where;
    return error;
  }
  return std::span<const std::byte>(raw);
}

Status check_elements(Dtype dtype, std::span<const std::byte> stored, const Where& where) {
  if (are_elements(dtype, stored)) return {};
  const bool is_bool = dtype == Dtype::kBool;
  return bad_element(
      is_bool ? "DT-16" : "DT-17", where,  // [DT-16] [DT-17]
      is_bool ? "a bool there is neither 0 nor 1" : "a 6-bit float there has a seventh bit");
}

Status check_tail(Dtype dtype, std::uint64_t count, std::span<const std::byte> stored,
                  const Where& where) {
  const std::uint32_t bits = info_of(dtype).stored_bits;
  if (bits >= 8) return {};
  const std::uint64_t used = count * bits % 8;  // bits of the last byte; 0: all
  if (used == 0 || (std::to_integer<unsigned>(stored.back()) >> used) == 0) return {};
  return bad_element("DT-18", where,
                     "the unused bits of the last byte there are not zero");  // [DT-18]
}

Status read_wants(const Checkpoint::State& state, std::span<const Want> wants,
                  std::span<const std::span<std::byte>> targets, const Progress& progress) {
  std::vector<WantedShard> shards = wanted_shards(state.tree(), wants);
  Indexes indexes;
  for (const WantedShard& shard : shards) indexes.try_emplace(shard.writer);  // [RS-08] [RS-09]
  // [RS-07] First the indexes, then the heads, then the blocks, each in ascending order.
  for (auto& [writer, index] : indexes) {
    TREERING_TRY(index, state.index(writer));
  }
  const RestorePlan plan = plan_restore(state.manifest, indexes, wants, std::move(shards));
  for (std::size_t i = 0; i < plan.requests.size(); ++i) {
    if (i != 0 && plan.requests[i].file == plan.requests[i - 1].file) continue;
    TREERING_TRY([[maybe_unused]] const auto data, state.data(plan.requests[i].file));
  }
  const PlanReader reader(state, wants, targets, indexes, plan);
  std::atomic<std::uint64_t> done{0};
  const auto work = [&](std::size_t number, BlockBuffers& buffers) -> Status {
    TREERING_CHECK(reader.read(number, buffers));
    done += plan.requests[number].bytes;
    return {};
  };
  return run_parallel(plan.requests.size(), plan.bytes >= kParallelBytes ? 2 : 1, work, [&] {
    if (progress) progress(done, plan.bytes);
  });
}

}  // namespace treering
