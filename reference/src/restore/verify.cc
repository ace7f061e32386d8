// SPDX-License-Identifier: Apache-2.0
// Reads every byte of a checkpoint and says what is damaged. Spec: 14-restore.md.
#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/try.h"
#include "base/utf8.h"
#include "format/layout.h"
#include "restore/errors.h"
#include "restore/open.h"
#include "restore/verify_file.h"

namespace treering {
namespace {

// [RS-07] Damage is reported in the order in which a reader would meet it.
enum class Phase : std::size_t { kManifest, kFiles, kIndexes, kHeads, kBlocks, kGaps, kCount };

// Not a damage of the checkpoint: it is gone, or the system refused to open a file of it.
bool ends_verify(const Error& error) {
  return error.cls == ErrorClass::kEnvironment || error.cls == ErrorClass::kNotFound;
}

bool is_about_presence(const Error& error) {
  return error.cls == ErrorClass::kCorrupt &&
         (error.code == "missing-file" || error.code == "not-a-file" || error.code == "file-size");
}

// Pieces of this size bound the memory that checking a long text takes. [RS-37]
constexpr std::uint64_t kTextPiece = std::uint64_t{4} << 20;

// Where a last character begins that may go on behind the end.
std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte >= 0xc0) return text.size() - back;
    if (byte < 0x80) break;
  }
  return text.size();
}

class Verifier {
 public:
  Verifier(const Checkpoint& checkpoint, const Checkpoint::State& state, const Progress& progress)
      : checkpoint_(checkpoint), state_(state), progress_(progress) {}

  Result<std::vector<Damage>> run() {
    TREERING_CHECK(manifest());  // [IN-07] [RS-19]
    for (std::uint32_t writer = 0; writer < state_.writer_count(); ++writer)
      TREERING_CHECK(one_writer(writer));
    TREERING_CHECK(texts());
    advance(state_.total_bytes - std::min(done_, state_.total_bytes));
    std::vector<Damage> all;
    for (std::vector<Damage>& phase : damage_) {
      all.insert(all.end(), std::make_move_iterator(phase.begin()),
                 std::make_move_iterator(phase.end()));
    }
    return all;
  }

 private:
  void advance(std::uint64_t bytes) {
    done_ += bytes;
    if (progress_) progress_(done_, state_.total_bytes);
  }

  std::vector<Damage>& of(Phase phase) { return damage_[static_cast<std::size_t>(phase)]; }

  // A whole file, or its head, that cannot be used.
  void add(Phase phase, Error error, const std::string& file, std::uint64_t bytes) {
    if (is_about_presence(error)) phase = Phase::kFiles;
    error.where.file = file;
    of(phase).push_back({std::move(error), "", 0, bytes});
  }

  Status manifest() {
    const std::string name(kSlotName);
    const std::uint64_t bytes = kHeaderBytes + state_.header.body_size;
    const auto slot = read_slot(state_.directory, state_.limits);
    if (!slot.ok() && slot.error().cls == ErrorClass::kEnvironment) return slot.error();
    if (!slot.ok()) {
      add(Phase::kManifest, slot.error(), name, bytes);
    } else if (slot->kind != SlotRecord::Kind::kCommit) {
      return state_.retired();
    } else if (slot->header != state_.header) {
      add(Phase::kManifest,
          restore_error(
              ErrorClass::kCorrupt, "body-digest", "RC-15", {},
              "is another record than the one that was opened; open the checkpoint again"),
          name, bytes);
    }
    advance(bytes);
    return {};
  }

  Status one_writer(std::uint32_t writer) {
    const WriterRow& row = state_.manifest.writers[writer];
    auto loaded = state_.read_index(writer);
    if (!loaded.ok() && ends_verify(loaded.error())) return std::move(loaded).error();
    WriterContents contents;
    if (loaded.ok()) {
      contents = contents_of(state_, writer, *std::move(loaded));
    } else {
      add(Phase::kIndexes, std::move(loaded).error(), state_.index_name_of(writer), row.index_size);
    }
    advance(row.index_size);
    for (std::size_t file = row.first_file; file < row.last_file; ++file) {
      TREERING_CHECK(data_file(contents, file, static_cast<std::uint32_t>(file - row.first_file)));
    }
    return {};
  }

  // Without the writer's index only presence and head are checked: what the rest should be, the
  // index says.
  Status data_file(const WriterContents& contents, std::size_t file, std::uint32_t row) {
    const std::string name = state_.data_name_of(file);
    const std::uint64_t size = state_.manifest.files[file].size;
    const auto opened = state_.open_described(name, size, "MF-22");
    if (!opened.ok() && ends_verify(opened.error())) return opened.error();
    if (!opened.ok()) {
      add(Phase::kFiles, opened.error(), name, size);
      advance(size);
      return {};
    }
    const Status head = state_.check_head(file, opened->descriptor);
    if (!head.ok()) add(Phase::kHeads, head.error(), name, std::min(size, kDataHeadBytes));
    advance(std::min(size, kDataHeadBytes));
    if (contents.loaded == nullptr) {
      advance(size - std::min(size, kDataHeadBytes));
      return {};
    }
    FileDamage found = verify_file(state_, contents, file, row, opened->descriptor,
                                   [this](std::uint64_t bytes) { advance(bytes); });
    move_to(Phase::kBlocks, found.blocks);
    move_to(Phase::kGaps, found.gaps);
    return {};
  }

  void move_to(Phase phase, std::vector<Damage>& found) {
    std::vector<Damage>& list = of(phase);
    list.insert(list.end(), std::make_move_iterator(found.begin()),
                std::make_move_iterator(found.end()));
  }

  // [TR-38] Texts in data files; where their bytes are damaged, that has been said.
  Status texts() {
    const Tree& tree = state_.tree();
    for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
      const bool is_text = tree.spec_of(leaf).kind == static_cast<std::uint8_t>(LeafKind::kString);
      if (!is_text || tree.grid_of(leaf) == nullptr) continue;
      const Status status = text(leaf);
      if (status.ok()) continue;
      if (ends_verify(status.error())) return status;
      if (status.error().code != "bad-utf8") continue;
      Damage damage{status.error(), state_.names().place_of(leaf).friendly, 0, 0};
      of(Phase::kBlocks).push_back(std::move(damage));
    }
    return {};
  }

  Status text(std::size_t leaf) {
    TREERING_TRY(const Leaf handle, checkpoint_.leaf_at(leaf));
    const std::uint64_t size = handle.bytes();
    std::string carried;
    for (std::uint64_t at = 0; at < size;) {
      const std::uint64_t count = std::min(kTextPiece, size - at);
      std::string piece = carried;
      piece.resize(carried.size() + static_cast<std::size_t>(count));
      const auto fresh = std::as_writable_bytes(std::span(piece)).subspan(carried.size());
      TREERING_CHECK(handle.read_into(Box{{at}, {at + count}}, fresh));
      at += count;
      const std::size_t whole = at == size ? piece.size() : whole_characters(piece);
      if (!is_utf8(std::string_view(piece).substr(0, whole))) return bad_text(handle);
      carried = piece.substr(whole);
    }
    return {};
  }

  static Error bad_text(const Leaf& leaf) {
    Where where;
    where.key_path = leaf.typed_path();
    return restore_error(
        ErrorClass::kInvalid, "bad-utf8", "TR-38", std::move(where),
        "the text of this leaf is not UTF-8; its writer was wrong: save the checkpoint again");
  }

  const Checkpoint& checkpoint_;
  const Checkpoint::State& state_;
  const Progress& progress_;
  std::uint64_t done_ = 0;
  std::array<std::vector<Damage>, static_cast<std::size_t>(Phase::kCount)> damage_{};
};

}  // namespace

Result<std::vector<Damage>> Checkpoint::verify(
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
  auto damage = Verifier(*this, *state_, progress).run();
  if (!damage.ok()) return with_path(std::move(damage).error(), "reading", state_->path);
  return damage;
}

}  // namespace treering
