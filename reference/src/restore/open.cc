// SPDX-License-Identifier: Apache-2.0
// Opening a checkpoint. Spec: 07-record.md (order of checks), 12-layout.md, 14-restore.md.
#include "restore/open.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/try.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "restore/errors.h"
#include "restore/state.h"

namespace treering {
namespace {

constexpr std::array kSlotKinds{RecordKind::kCommit, RecordKind::kAbort, RecordKind::kTombstone};
const std::string& slot_name() {
  static const std::string name(kSlotName);
  return name;
}

bool has(const Directory& directory, const std::string& name) {
  FileStat stat;
  return retried([&] { return directory.vfs().stat_at(directory.fd(), name, stat); }) >= 0;
}

// The part of the order of checks that needs no more than the header, for a slot that is too large
// to be read.
Error too_large(std::span<const std::byte> head, const Limits& limits) {
  const auto record = decode_record(head, kSlotKinds, limits.manifest_bytes, slot_name());
  if (!record.ok()) return record.error();
  return restore_error(ErrorClass::kMalformed, "body-size", "RC-13", {.file = slot_name()},
                       "has more bytes than its header says; restore it from a copy");
}

// [LY-04] Why is this no checkpoint? Says what it looks like instead.
Error no_slot(const Directory& directory, const std::string& path, const Limits& limits) {
  std::string message = "this directory holds no committed checkpoint (no MANIFEST)";
  const auto names = directory.list(limits.entries);
  bool is_series = false;
  bool was_begun = false;
  if (names.ok()) {
    for (const std::string& name : *names) {
      const auto step = parse_series_name(name);
      is_series = is_series || (step && step->role == NameRole::kStep);
      was_begun = was_begun || parse_checkpoint_name(name).has_value();
    }
  }
  if (is_series) {
    message = "this is a series; open one of its steps";
  } else if (has(directory, "_CHECKPOINT_METADATA") || has(directory, "_METADATA") ||
             has(directory, "manifest.ocdbt")) {
    message =
        "this is an Orbax checkpoint, which this library does not read; convert it with from_orbax "
        "in Python";
  } else if (was_begun) {
    message += "; a save is still running, or it died before it was done";
  } else {
    message += "; check the path";
  }
  return restore_error(ErrorClass::kNotFound, "no-checkpoint", "LY-04", {.file = path},
                       std::move(message));
}

Status check_file(const Checkpoint::State& state, const std::string& name, std::uint64_t described,
                  std::string_view rule) {
  const auto size = state.directory.size_of(name);
  if (!size.ok()) return state.not_readable(name, size.error(), rule);
  if (*size != described) return state.wrong_size(name, *size, described);
  return {};
}

// [RS-02] Presence, type and size of every file that the manifest names.
Status check_described_files(const Checkpoint::State& state) {
  const Manifest& manifest = state.manifest;
  for (std::uint32_t writer = 0; writer < state.writer_count(); ++writer) {
    TREERING_CHECK(check_file(state, state.index_name_of(writer),
                              manifest.writers[writer].index_size, "MF-14"));
  }
  for (std::size_t file = 0; file < manifest.files.size(); ++file) {
    TREERING_CHECK(check_file(state, state.data_name_of(file), manifest.files[file].size, "MF-22"));
  }
  return {};
}

// Stops at 2^64 - 1.
std::uint64_t total_bytes(std::uint64_t slot_bytes, const Manifest& manifest) {
  std::uint64_t total = slot_bytes;
  const auto add = [&](std::uint64_t bytes) {
    total = checked_add(total, bytes).value_or(~std::uint64_t{0});
  };
  for (const WriterRow& writer : manifest.writers) add(writer.index_size);
  for (const auto& file : manifest.files) add(file.size);
  return total;
}

}  // namespace

Result<SlotRecord> read_slot(const Directory& directory, const Limits& limits) {
  auto opened = directory.open_file(slot_name());
  if (!opened.ok()) {
    if (opened.error().cls == ErrorClass::kNotFound) return SlotRecord{};
    if (opened.error().cls != ErrorClass::kInvalid) return std::move(opened).error();
    return restore_error(ErrorClass::kMalformed, "not-a-file", "LY-12",
                         {.file = slot_name()},  // [LY-12]
                         "is not a regular file; put the file that was saved in its place");
  }
  const std::uint64_t most =
      checked_add(kHeaderBytes, limits.manifest_bytes).value_or(~std::uint64_t{0});
  const std::uint64_t bytes = opened->size <= most ? opened->size : kHeaderBytes;  // [RS-03]
  SlotRecord slot;
  slot.file.resize(static_cast<std::size_t>(bytes));
  TREERING_CHECK(read_exact(directory.vfs(), opened->descriptor.fd(), slot_name(), 0, slot.file));
  if (opened->size > most) return too_large(slot.file, limits);
  TREERING_TRY(const RecordView record,
               decode_record(slot.file, kSlotKinds, limits.manifest_bytes, slot_name()));
  slot.header = record.header;
  slot.kind = SlotRecord::Kind::kCommit;
  if (record.header.kind == RecordKind::kAbort) slot.kind = SlotRecord::Kind::kAbort;
  if (record.header.kind == RecordKind::kTombstone) slot.kind = SlotRecord::Kind::kTombstone;
  return slot;
}

Result<std::shared_ptr<const Checkpoint::State>> open_commit(Directory directory,
                                                             const std::string& path,
                                                             const SlotRecord& slot,
                                                             const Limits& limits,
                                                             bool check_files) {
  auto state = std::make_shared<Checkpoint::State>(std::move(directory), path);
  state->limits = limits;
  state->header = slot.header;
  // [IN-01]
  TREERING_TRY(state->manifest, decode_manifest_body(std::span(slot.file).subspan(kHeaderBytes),
                                                     slot.header, limits, slot_name()));
  state->total_bytes = total_bytes(slot.file.size(), state->manifest);
  if (check_files) TREERING_CHECK(check_described_files(*state));
  return std::shared_ptr<const Checkpoint::State>(std::move(state));
}

Result<Checkpoint> open(const std::string& path, const OpenOptions& options) {
  auto directory = Directory::open(vfs_or_posix(options.vfs), path);
  if (!directory.ok()) {
    Error error = std::move(directory).error();
    if (error.cls == ErrorClass::kNotFound) {
      error =
          restore_error(ErrorClass::kNotFound, "no-directory", "RS-04", {.file = path},  // [RS-04]
                        "there is no such directory; give the one that a save has made");
    }
    return error;
  }
  auto slot = read_slot(*directory, options.limits);
  if (!slot.ok()) return with_path(std::move(slot).error(), "reading", path);
  switch (slot->kind) {  // [LY-01]
    case SlotRecord::Kind::kCommit:
      break;
    case SlotRecord::Kind::kNone:
      return no_slot(*directory, path, options.limits);
    case SlotRecord::Kind::kAbort:  // [RC-16] [LY-05]
      return restore_error(ErrorClass::kNotFound, "aborted", "RC-16", {.file = path},
                           "was given up before it was committed (ABORT); use another step");
    case SlotRecord::Kind::kTombstone:
      return restore_error(ErrorClass::kNotFound, "retired", "RC-16", {.file = path},
                           "was retired (TOMBSTONE); use another step");
  }
  auto state = open_commit(*std::move(directory), path, *slot, options.limits, options.check_files);
  if (!state.ok()) return with_path(std::move(state).error(), "reading", path);
  return Checkpoint(*std::move(state));
}

}  // namespace treering
