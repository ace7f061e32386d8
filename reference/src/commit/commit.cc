// SPDX-License-Identifier: Apache-2.0
// The order of calls that makes a save atomic and durable. Spec: 13-commit.md.
#include "commit/commit.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/try.h"
#include "format/index.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "format/record.h"

namespace treering {
namespace {

struct Place {
  std::string parent;
  std::string name;
};

Place split(const std::string& path) {
  const std::size_t last = path.find_last_not_of('/');
  if (last == std::string::npos) return {"/", "."};
  const std::size_t slash = path.rfind('/', last);
  if (slash == std::string::npos) return {".", path.substr(0, last + 1)};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1, last - slash)};
}

Error usage(std::string code, const std::string& path, std::string message) {
  return Error{.cls = ErrorClass::kUsage,
               .code = std::move(code),
               .where = {.file = path},
               .message = std::move(message)};
}

Error slot_taken(std::string rule, const std::string& path) {
  return Error{
      .cls = ErrorClass::kConflict,
      .code = "slot-taken",
      .rule = std::move(rule),
      .where = {.file = path + "/" + std::string(kSlotName)},
      .message = path + " holds a checkpoint, or the end of one, already: save to another path"};
}

Error replaced(const std::string& path) {
  return Error{.cls = ErrorClass::kConflict,
               .code = "replaced",
               .rule = "CM-21",
               .where = {.file = path},
               .message = path + " was retired or replaced while it was being saved: save again"};
}

// After the link nobody may say "failed": the manifest may be there, now or after a crash.
Error outcome_unknown(std::string rule, const std::string& path, const Error& cause) {
  return Error{
      .cls = ErrorClass::kEnvironment,
      .code = "outcome-unknown",  // [CM-19]
      .rule = std::move(rule),
      .where = {.file = path},
      .message = "the commit of " + path +
                 " may have happened and may not be durable: open the path to see, and save "
                 "again elsewhere if it holds no checkpoint (" +
                 cause.message + ")"};
}

bool refuses_links(int result) noexcept {
  switch (-result) {
    case EPERM:
    case EOPNOTSUPP:
    case ENOSYS:
    case EMLINK:
    case EINVAL:
      return true;
    default:
      return false;
  }
}

// Gives the file `from` the name `to`, if that is free: by a hard link, or where the file system
// has none by a rename that replaces nothing. 0 or -errno. [CM-24] [CM-26]
int appear(const Directory& directory, const std::string& from, const std::string& to) {
  Vfs& vfs = directory.vfs();
  const int at = directory.fd();
  const int linked = retried([&] { return vfs.link(at, from, to); });
  if (!refuses_links(linked)) return linked;
  return retried([&] { return vfs.rename_new(at, from, at, to); });
}

Error cannot_appear(const Directory& directory, int result, const std::string& name) {
  if (!refuses_links(result)) return system_error(result, "link", name);
  return Error{.cls = ErrorClass::kEnvironment,
               .code = "no-atomic-name",
               .rule = "CM-25",
               .where = {.file = directory.path()},
               .message = "the file system of " + directory.path() + " (" +
                          directory.vfs().file_system(directory.fd()) +
                          ") has neither hard links nor a rename that replaces nothing: save to "
                          "another file system"};
}

// Who has the slot, seen from the attempt that wrote `mine`.
enum class Holder : std::uint8_t { kNobody, kMine, kOther, kUnreadable };
struct SlotView {
  Holder holder = Holder::kNobody;
  Error error{};  // kUnreadable
};

SlotView look_at_slot(const Directory& directory, std::span<const std::byte> mine) {
  const std::string name(kSlotName);
  auto file = directory.open_file(name);
  if (!file.ok()) {
    switch (file.error().cls) {
      case ErrorClass::kNotFound:
        return {Holder::kNobody};
      case ErrorClass::kInvalid:
        return {Holder::kOther};
      default:
        return {Holder::kUnreadable, std::move(file).error()};
    }
  }
  if (file->size != mine.size()) return {Holder::kOther};
  std::vector<std::byte> found(mine.size());
  Status read = read_exact(directory.vfs(), file->descriptor.fd(), name, 0, found);
  if (!read.ok()) return {Holder::kUnreadable, std::move(read).error()};
  return {std::ranges::equal(found, mine) ? Holder::kMine : Holder::kOther};
}

// A default reader must accept what is about to be named.
Status check_index_file(std::span<const std::byte> file, const std::string& name) {
  const Limits limits;
  const RecordKind allowed[] = {RecordKind::kIndex};
  TREERING_TRY(const RecordView record, decode_record(file, allowed, limits.index_bytes, name));
  TREERING_CHECK(decode_index_body(record.body, record.header, limits, name));
  return check_reserved(record.header, name);
}

Status check_manifest_file(std::span<const std::byte> file, const std::string& name) {
  const Limits limits;
  const RecordKind allowed[] = {RecordKind::kCommit};
  TREERING_TRY(const RecordView record, decode_record(file, allowed, limits.manifest_bytes, name));
  TREERING_CHECK(decode_manifest_body(record.body, record.header, limits, name));
  return check_reserved(record.header, name);
}

}  // namespace

struct Attempt::State {
  Directory parent{};
  Directory directory{};
  std::string name{};  // of the directory in its parent
  Id id{};
  std::vector<std::string> own{};  // names that this attempt has made
  std::vector<std::string> candidates{};
  std::size_t unsealed = 0;  // data files
  bool dead = false;         // a call failed, or the attempt has ended: it writes nothing more
  bool keep = false;         // its files are, or may be, those of a checkpoint

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!keep) forget(own);  // [CM-14]
  }

  void forget(const std::vector<std::string>& names) {
    // Best effort: what stays is garbage that a collector knows by its name.
    for (const std::string& each : names) {
      retried([&] { return directory.vfs().unlink(directory.fd(), each); });  // [CM-11]
    }
  }
  Status alive() const {
    if (!dead) return {};
    return usage("bad-argument", directory.path(),
                 "this attempt has ended or failed: begin another one");
  }
  // [CM-13] Any failure ends the attempt: what the system has lost cannot be learnt by asking
  // again.
  Status ended_by(Status status) {
    if (!status.ok()) dead = true;
    return status;
  }

  Status write_candidate(const std::string& candidate, std::span<const std::byte> file);
  Status publish_index(std::uint32_t writer, std::span<const std::byte> file);
  Status read_back(const std::string& candidate, std::span<const std::byte> file) const;
  Status take_slot(const std::string& candidate, std::span<const std::byte> file);
  Status make_durable();
  Status publish(std::span<const std::byte> file);
};

Status Attempt::State::write_candidate(const std::string& candidate,
                                       std::span<const std::byte> file) {
  TREERING_CHECK(directory.write_file(candidate, file));
  own.push_back(candidate);
  candidates.push_back(candidate);
  return {};
}

// [CM-23]
Status Attempt::State::publish_index(std::uint32_t writer, std::span<const std::byte> file) {
  const std::string final_name = index_name(id, writer);
  const std::string candidate = candidate_index_name(id, writer);
  TREERING_CHECK(check_index_file(file, candidate));
  TREERING_CHECK(write_candidate(candidate, file));
  const int result = appear(directory, candidate, final_name);
  if (result != -EEXIST)
    own.push_back(final_name);  // also after an error: the link may have been made
  if (result < 0) return cannot_appear(directory, result, final_name);
  return {};
}

Status Attempt::State::read_back(const std::string& candidate,
                                 std::span<const std::byte> file) const {
  TREERING_TRY(const std::vector<std::byte> found, directory.read_file(candidate, file.size()));
  if (!std::ranges::equal(found, file)) {
    return Error{.cls = ErrorClass::kEnvironment,
                 .code = "read-back",
                 .rule = "CM-15",
                 .where = {.file = candidate},
                 .message =
                     "the storage gave back other bytes than were written: check the device, then "
                     "save again"};
  }
  Status decoded = check_manifest_file(found, candidate);
  if (decoded.ok() || decoded.error().cls == ErrorClass::kLimit) return decoded;
  return Error{.cls = ErrorClass::kInternal,
               .code = "read-back",
               .rule = "CM-68",
               .where = {.file = candidate},
               .message = "a reader would refuse this manifest, please report it as a bug: " +
                          decoded.error().to_string()};
}

Status Attempt::State::take_slot(const std::string& candidate, std::span<const std::byte> file) {
  const int result = appear(directory, candidate, std::string(kSlotName));
  if (result == 0) return {};
  SlotView slot = look_at_slot(directory, file);
  if (slot.holder == Holder::kNobody && result != -EEXIST) {
    // A network file system may still carry the request out. Without the candidate it cannot.
    const int gone = retried([&] { return directory.vfs().unlink(directory.fd(), candidate); });
    slot = gone == 0 || gone == -ENOENT
               ? look_at_slot(directory, file)
               : SlotView{Holder::kUnreadable, system_error(gone, "unlink", candidate)};
  }
  switch (slot.holder) {
    case Holder::kMine:
      return {};  // [CM-16] only the answer was lost
    case Holder::kOther:
      return slot_taken("CM-16", directory.path());
    case Holder::kNobody:
      if (result == -EEXIST) return slot_taken("CM-16", directory.path());
      return cannot_appear(directory, result, std::string(kSlotName));
    case Holder::kUnreadable:
      break;
  }
  keep = true;
  return outcome_unknown("CM-17", directory.path(), slot.error);
}

Status Attempt::State::make_durable() {
  if (Status synced = directory.sync(); !synced.ok()) {
    return outcome_unknown("CM-18", directory.path(), synced.error());
  }
  // [CM-21] A writer that slept may have committed into a directory that was meanwhile moved to the
  // trash.
  FileStat mine;
  FileStat there;
  Vfs& vfs = directory.vfs();
  if (const int failed = retried([&] { return vfs.stat_fd(directory.fd(), mine); }); failed < 0) {
    return outcome_unknown("CM-69", directory.path(),
                           system_error(failed, "examine", directory.path()));
  }
  const int failed = retried([&] { return vfs.stat_at(parent.fd(), name, there); });
  if (failed == -ENOENT) return replaced(directory.path());
  if (failed < 0) {
    return outcome_unknown("CM-69", directory.path(),
                           system_error(failed, "examine", directory.path()));
  }
  if (mine.device != there.device || mine.inode != there.inode) return replaced(directory.path());
  return {};
}

// [CM-07] steps 7 to 13.
Status Attempt::State::publish(std::span<const std::byte> file) {
  const std::string candidate = candidate_name(id);
  TREERING_CHECK(write_candidate(candidate, file));
  TREERING_CHECK(read_back(candidate, file));
  TREERING_CHECK(directory.sync());
  TREERING_CHECK(take_slot(candidate, file));
  keep = true;
  TREERING_CHECK(make_durable());  // [CM-22]
  forget(candidates);
  return {};
}

Attempt::Attempt(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Attempt::Attempt(Attempt&&) noexcept = default;
Attempt& Attempt::operator=(Attempt&&) noexcept = default;
Attempt::~Attempt() = default;

const Directory& Attempt::directory() const noexcept { return state_->directory; }
const Id& Attempt::id() const noexcept { return state_->id; }

Result<Attempt> Attempt::begin(Vfs& vfs, const std::string& path, const Id& attempt) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return usage("bad-path", path, "give the path of a directory, without zero bytes");
  }
  // [CM-07] steps 1 to 4.
  auto state = std::make_unique<State>();
  state->keep = true;  // nothing to unlink before the directory is open
  Place place = split(path);
  TREERING_TRY(state->parent, Directory::open(vfs, place.parent));
  const int made = retried([&] { return vfs.make_directory(state->parent.fd(), place.name); });
  if (made < 0 && made != -EEXIST) return system_error(made, "create", path);
  auto directory = state->parent.open_child(place.name);
  if (!directory.ok()) {
    Error error = std::move(directory).error();
    if (made == -EEXIST && error.cls == ErrorClass::kNotFound) {  // a file, or a symbolic link
      error.cls = ErrorClass::kUsage;
      error.code = "bad-path";
    }
    return error;
  }
  state->directory = *std::move(directory);
  state->name = std::move(place.name);
  state->id = attempt;
  TREERING_CHECK(state->parent.sync());
  TREERING_TRY(const SlotState slot, slot_state(state->directory));
  if (slot == SlotState::kTaken) return slot_taken("CM-12", state->directory.path());
  state->keep = false;
  return Attempt(std::move(state));
}

Result<Descriptor> Attempt::create_data(std::uint32_t writer, std::uint32_t number) {
  TREERING_CHECK(state_->alive());
  const Directory& in = state_->directory;
  const std::string name = data_name(state_->id, writer, number);  // [LY-13]
  const int created = retried([&] { return in.vfs().create_new(in.fd(), name); });
  if (created < 0) {
    state_->dead = true;
    return system_error(created, "create", name);
  }
  state_->own.push_back(name);
  ++state_->unsealed;
  return Descriptor(in.vfs(), created);
}

Status Attempt::seal(Descriptor& data, std::uint32_t writer, std::uint32_t number) {
  TREERING_CHECK(state_->alive());
  const std::string name = data_name(state_->id, writer, number);
  const int synced = state_->directory.vfs().fsync(data.fd());
  const int closed = data.close();
  if (synced < 0) return state_->ended_by(system_error(synced, "fsync", name));
  if (closed < 0) return state_->ended_by(system_error(closed, "close", name));
  --state_->unsealed;
  return {};
}

Status Attempt::publish_index(std::uint32_t writer, std::span<const std::byte> file) {
  TREERING_CHECK(state_->alive());
  return state_->ended_by(state_->publish_index(writer, file));
}

Status Attempt::publish(std::span<const std::byte> manifest_file) {
  TREERING_CHECK(state_->alive());
  if (state_->unsealed != 0) {
    return state_->ended_by(usage("bad-argument", state_->directory.path(),
                                  "a data file of this attempt was not sealed: seal it first"));
  }
  Status status = state_->publish(manifest_file);
  state_->dead = true;
  return status;
}

Result<SlotState> slot_state(const Directory& directory) {
  FileStat stat;
  const int result = retried(
      [&] { return directory.vfs().stat_at(directory.fd(), std::string(kSlotName), stat); });
  if (result == 0) return SlotState::kTaken;
  if (result == -ENOENT) return SlotState::kEmpty;
  return system_error(result, "examine", directory.path() + "/" + std::string(kSlotName));
}

}  // namespace treering
