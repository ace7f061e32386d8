// SPDX-License-Identifier: Apache-2.0
// Whole-file operations over the Vfs table. Spec: 12-layout.md, 13-commit.md.
#include "store/directory.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/try.h"

namespace treering {
namespace {

struct Remedy {
  int number;
  const char* text;
};
constexpr Remedy kRemedies[] = {
    {ENOSPC, "free space and try again"},
    {EDQUOT, "free space or raise the quota and try again"},
    {EFBIG, "choose a smaller file size or another file system"},
    {EACCES, "check the permissions of the directory"},
    {EPERM, "check the permissions of the directory"},
    {EINTR, "try again"},
    {ENOTDIR, "give a path whose parts are directories"},
    {ELOOP, "give a path without a loop of symbolic links"},
    {EROFS, "choose a file system that can be written"},
    {EMFILE, "raise the limit of open files (ulimit -n)"},
    {ENFILE, "raise the system's limit of open files"},
    {ENOMEM, "free memory and try again"},
    {ENAMETOOLONG, "choose a shorter path"},
    {ESTALE, "mount the file system again and try again"},
    {EEXIST, "remove it or choose another name"},
    {ENOENT, "check the path"},
};

Error not_a_file(const std::string& name) {
  return Error{.cls = ErrorClass::kInvalid,
               .code = "not-a-file",
               .where = {.file = name},
               .message = name + " is not a regular file: replace it with the file that was saved"};
}

Error zero_in_path() {
  return Error{.cls = ErrorClass::kUsage,
               .code = "bad-path",
               .message = "the path holds a zero byte: give a path without one"};
}

}  // namespace

Error system_error(int negative_errno, std::string_view doing, std::string_view name) {
  const int number = -negative_errno;
  // [RS-05]
  Error error{.cls = ErrorClass::kEnvironment, .code = "io", .where = {.file = std::string(name)}};
  if (number == ENOSPC || number == EDQUOT) error.code = "no-space";
  if (number == ENOENT && doing == "open") {
    error.cls = ErrorClass::kNotFound;
    error.code = "missing-file";
  }
  if (number == EEXIST) {
    error.cls = ErrorClass::kConflict;
    error.code = "file-exists";
  }
  std::string_view remedy = "look at the system's log, then try again";
  for (const Remedy& known : kRemedies) {
    if (known.number == number) remedy = known.text;
  }
  error.message.append("cannot ").append(doing).append(" ").append(name).append(": ");
  error.message.append(std::generic_category().message(number)).append("; ").append(remedy);
  return error;
}

Error with_path(Error error, std::string_view doing, std::string_view path) {
  const bool by_system =
      error.cls == ErrorClass::kEnvironment || error.cls == ErrorClass::kConflict;
  if (!by_system || error.message.find(path) != std::string::npos) return error;
  error.message.append(", while ").append(doing).append(" ").append(path);
  return error;
}

Descriptor::Descriptor(Descriptor&& other) noexcept
    : vfs_(other.vfs_), fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    vfs_ = other.vfs_;
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() { close(); }

int Descriptor::close() noexcept {
  if (fd_ < 0) return 0;
  return vfs_->close(std::exchange(fd_, -1));
}

Result<Directory> Directory::open(Vfs& vfs, const std::string& path) {
  if (path.find('\0') != std::string::npos) return zero_in_path();
  const int fd = retried([&] { return vfs.open_directory(Vfs::kCwd, path); });
  if (fd < 0) {
    Error error = system_error(fd, "open", path);
    if (fd == -ENOTDIR) error.cls = ErrorClass::kNotFound;
    if (error.cls == ErrorClass::kNotFound) error.code = "no-directory";
    return error;
  }
  Directory directory;
  directory.descriptor_ = Descriptor(vfs, fd);
  directory.path_ = path;
  return directory;
}

Result<Directory> Directory::open_child(const std::string& name) const {
  if (name.find('\0') != std::string::npos) return zero_in_path();
  std::string path = path_ == "." ? "" : path_;
  if (!path.empty() && !path.ends_with('/')) path += '/';
  path += name;
  const int child = retried([&] { return vfs().open_directory_nofollow(fd(), name); });
  if (child == -ELOOP || child == -ENOTDIR) {
    return Error{.cls = ErrorClass::kNotFound,
                 .code = "no-directory",
                 .where = {.file = path},
                 .message = path + " is a file or a symbolic link: give the directory itself"};
  }
  if (child < 0) return system_error(child, "open", path);
  Directory directory;
  directory.descriptor_ = Descriptor(vfs(), child);
  directory.path_ = std::move(path);
  return directory;
}

Result<Directory::OpenFile> Directory::open_file(const std::string& name) const {
  const int opened = retried([&] { return vfs().open_read(fd(), name); });
  if (opened == -ELOOP || opened == -ENXIO) return not_a_file(name);
  if (opened < 0) return system_error(opened, "open", name);
  OpenFile file{.descriptor = Descriptor(vfs(), opened)};
  FileStat stat;
  if (const int failed = retried([&] { return vfs().stat_fd(opened, stat); }); failed < 0) {
    return system_error(failed, "examine", name);
  }
  if (!stat.is_regular) return not_a_file(name);
  file.size = stat.size;
  return file;
}

Result<std::vector<std::byte>> Directory::read_file(const std::string& name,
                                                    std::uint64_t most) const {
  TREERING_TRY(const OpenFile file, open_file(name));
  if (file.size > most) {
    return Error{.cls = ErrorClass::kLimit,
                 .code = "limit-memory",
                 .where = {.file = name},
                 .message = name + " has " + std::to_string(file.size) + " bytes, more than " +
                            std::to_string(most) + ": raise the limit if you trust the file"};
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.size));
  TREERING_CHECK(read_exact(vfs(), file.descriptor.fd(), name, 0, bytes));
  return bytes;
}

Status Directory::write_file(const std::string& name, std::span<const std::byte> bytes) const {
  const int created = retried([&] { return vfs().create_new(fd(), name); });
  if (created < 0) return system_error(created, "create", name);
  Descriptor file(vfs(), created);
  Status status = write_exact(vfs(), created, name, 0, bytes);
  if (status.ok()) {
    if (const int failed = vfs().fsync(created); failed < 0) {
      status = system_error(failed, "fsync", name);
    }
  }
  if (const int failed = file.close(); failed < 0 && status.ok()) {
    status = system_error(failed, "close", name);
  }
  if (!status.ok()) retried([&] { return vfs().unlink(fd(), name); });
  return status;
}

Result<std::uint64_t> Directory::size_of(const std::string& name) const {
  FileStat stat;
  const int failed = retried([&] { return vfs().stat_at(fd(), name, stat); });
  // "open", because a missing file means the same here as there.
  if (failed < 0) return system_error(failed, failed == -ENOENT ? "open" : "examine", name);
  if (!stat.is_regular) return not_a_file(name);
  return stat.size;
}

Status Directory::sync() const {
  if (const int failed = vfs().fsync(fd()); failed < 0) return system_error(failed, "fsync", path_);
  return {};
}

Result<std::vector<std::string>> Directory::list(std::uint64_t most) const {
  std::vector<std::string> names;
  const int failed =
      retried([&] { return vfs().list(fd(), static_cast<std::size_t>(most), names); });
  if (failed == -E2BIG) {
    return Error{.cls = ErrorClass::kLimit,
                 .code = "limit-entries",
                 .rule = "LY-14",
                 .where = {.file = path_},
                 .message = path_ + " has more than " + std::to_string(most) +
                            " entries: remove foreign files or raise the limit `entries`"};
  }
  if (failed < 0) return system_error(failed, "list", path_);
  return names;
}

Status read_exact(Vfs& vfs, int fd, const std::string& name, std::uint64_t offset,
                  std::span<std::byte> buffer) {
  while (!buffer.empty()) {
    const std::int64_t got = retried([&] { return vfs.read(fd, buffer, offset); });
    if (got < 0) return system_error(static_cast<int>(got), "read", name);
    if (got == 0) {
      return Error{.cls = ErrorClass::kCorrupt,
                   .code = "truncated",
                   .where = {.file = name, .offset = offset},
                   .message = name + " ends at byte " + std::to_string(offset) + ", " +
                              std::to_string(buffer.size()) +
                              " bytes too early: restore the file from a copy"};
    }
    buffer = buffer.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Status write_exact(Vfs& vfs, int fd, const std::string& name, std::uint64_t offset,
                   std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::int64_t put = retried([&] { return vfs.write(fd, bytes, offset); });
    if (put < 0) return system_error(static_cast<int>(put), "write", name);
    // A write that moves nothing would never end.
    if (put == 0) return system_error(-EIO, "write", name);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

}  // namespace treering
