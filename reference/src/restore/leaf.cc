// SPDX-License-Identifier: Apache-2.0
// One leaf: what it is, and its elements. Spec: 14-restore.md.
#include <array>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/try.h"
#include "base/utf8.h"
#include "restore/block_reader.h"
#include "restore/errors.h"
#include "restore/state.h"
#include "treering/checkpoint.h"

namespace treering {
namespace {

Where where_of(const Checkpoint::State& state, std::size_t leaf) {
  Where where;
  where.key_path = state.typed_path_of(leaf);
  return where;
}

Status check_buffer(const Checkpoint::State& state, std::size_t leaf, std::uint64_t wanted,
                    std::size_t given) {
  if (wanted == given) return {};
  return restore_error(ErrorClass::kUsage, "bad-argument", "", where_of(state, leaf),
                       "the buffer has " + std::to_string(given) + " bytes and must have exactly " +
                           std::to_string(wanted));
}

// [RS-15]
Status check_box(const Checkpoint::State& state, std::size_t leaf, const Box& box) {
  const std::span<const std::uint64_t> shape = state.tree().spec_of(leaf).shape;
  bool inside = box.start.size() == shape.size() && box.stop.size() == shape.size();
  for (std::size_t i = 0; inside && i < shape.size(); ++i) {
    inside = box.start[i] <= box.stop[i] && box.stop[i] <= shape[i];
  }
  if (inside) return {};
  return restore_error(ErrorClass::kUsage, "bad-box", "RS-15", where_of(state, leaf),
                       "the box does not lie within the leaf's " + std::to_string(shape.size()) +
                           " axes; give start <= stop <= length for each");
}

}  // namespace

std::string Leaf::typed_path() const { return state_->typed_path_of(row_); }
std::string Leaf::path() const { return state_->names().place_of(row_).friendly; }
LeafKind Leaf::kind() const noexcept {
  return static_cast<LeafKind>(state_->tree().spec_of(row_).kind);
}
Dtype Leaf::dtype() const noexcept {
  return static_cast<Dtype>(state_->tree().spec_of(row_).dtype);
}
std::span<const std::uint64_t> Leaf::shape() const noexcept {
  return state_->tree().spec_of(row_).shape;
}
bool Leaf::weak_type() const noexcept {
  return (state_->tree().spec_of(row_).flags & Spec::kWeakType) != 0;
}
std::string_view Leaf::prng_impl() const noexcept {
  return state_->tree().strings.at(state_->tree().spec_of(row_).impl);
}
std::string_view Leaf::inline_value() const noexcept {
  return state_->tree().blobs.at(state_->tree().spec_of(row_).value);
}
bool Leaf::is_inline() const noexcept { return state_->tree().spec_of(row_).value != 0; }
std::uint64_t Leaf::bytes() const noexcept { return host_bytes(state_->tree().spec_of(row_)); }

// A declared size costs its writer nothing; what the files hold has been paid for.
Status Leaf::check_room() const {
  constexpr std::uint64_t kAlwaysRoom = std::uint64_t{16} << 20;
  constexpr std::uint64_t kMostRatio = 255;  // of LZ4
  constexpr std::uint64_t kMoreABlock = 64;
  const Tree& tree = state_->tree();
  const Grid* grid = tree.grid_of(row_);
  if (grid == nullptr || bytes() <= kAlwaysRoom) return {};
  if (bytes() > static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max())) {
    return restore_error(ErrorClass::kLimit, "limit-memory", "RS-38", where_of(*state_, row_),
                         "the leaf is larger than this system's memory can be; read boxes of it");
  }
  CellOwners owners(tree, row_);
  const std::uint64_t cells = cell_count(*grid);
  for (std::uint64_t cell = 0; cell < cells; ++cell) {
    const std::optional<CellOwner> owner = owners.of(cell);
    if (!owner) continue;
    TREERING_TRY(const auto loaded, state_->index(owner->writer));
    const std::uint64_t shard = loaded->shards.first_of(row_) + owner->ordinal;
    const std::uint64_t stored = loaded->stored_bytes_of(shard);  // lies in a file
    const std::optional<std::uint64_t> most = checked_add(
        checked_mul(stored, kMostRatio).value_or(stored), kMoreABlock * loaded->blocks_of(shard));
    if (raw_bytes_of(tree, row_, cell) <= most.value_or(stored)) continue;
    return restore_error(
        ErrorClass::kCorrupt, "bad-block", "BL-10", where_of(*state_, row_),  // [BL-10]
        "the stored bytes cannot give as many as the leaf has; use another copy of the checkpoint");
  }
  return {};
}

Result<std::vector<std::byte>> Leaf::read_bytes() const {
  if (is_inline()) {
    const std::span<const std::byte> value = bytes_of(inline_value());
    return std::vector<std::byte>(value.begin(), value.end());
  }
  TREERING_CHECK(check_room());
  std::vector<std::byte> buffer(static_cast<std::size_t>(bytes()));
  TREERING_CHECK(read_into(buffer));
  return buffer;
}

Status Leaf::read_into(std::span<std::byte> buffer) const {
  const std::array rows{row_};
  const std::array buffers{buffer};
  return Checkpoint(state_).read_into(rows, buffers);
}

Status Leaf::read_into(const Box& box, std::span<std::byte> buffer) const {
  if (is_inline()) {
    return restore_error(ErrorClass::kUsage, "bad-box", "RS-15", where_of(*state_, row_),
                         "the leaf is stored inline and has no axes; use inline_value()");
  }
  TREERING_CHECK(check_box(*state_, row_, box));
  TREERING_CHECK(
      check_buffer(*state_, row_, volume(box) * info_of(dtype()).host_bytes, buffer.size()));
  const std::array wants{Want{row_, box}};
  const std::array targets{buffer};
  return read_wants(*state_, wants, targets);
}

Error Leaf::wrong_type(Dtype wanted) const {
  const std::string_view have = dtype() == Dtype::kNone ? "an inline value" : info_of(dtype()).name;
  return restore_error(ErrorClass::kUsage, "bad-argument", "", where_of(*state_, row_),
                       "the leaf is " + std::string(have) + ", not " +
                           std::string(info_of(wanted).name) + "; read it as what it is");
}

Status Checkpoint::read_into(
    std::span<const std::size_t> rows, std::span<const std::span<std::byte>> buffers,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
  const Tree& tree = state_->tree();
  if (rows.size() != buffers.size()) {
    return restore_error(ErrorClass::kUsage, "bad-argument", "", {},
                         "give exactly one buffer for each leaf row");
  }
  std::vector<Want> wants;
  wants.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] >= tree.leaves()) return leaf_at(rows[i]).error();
    TREERING_CHECK(
        check_buffer(*state_, rows[i], host_bytes(tree.spec_of(rows[i])), buffers[i].size()));
    wants.push_back({rows[i], whole(tree.spec_of(rows[i]).shape)});
  }
  TREERING_CHECK(read_wants(*state_, wants, buffers, progress));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool is_text = tree.spec_of(rows[i]).kind == static_cast<std::uint8_t>(LeafKind::kString);
    if (!is_text || is_utf8(text_of(buffers[i]))) continue;
    return restore_error(
        ErrorClass::kInvalid, "bad-utf8", "TR-38", where_of(*state_, rows[i]),  // [TR-38]
        "the text of this leaf is not UTF-8; its writer was wrong: save the checkpoint again");
  }
  return {};
}

}  // namespace treering
