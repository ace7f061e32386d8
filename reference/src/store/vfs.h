// SPDX-License-Identifier: Apache-2.0
// The one table of system calls that all I/O of this library goes through, so that a recording, a
// faulty or a simulated system can stand in. Every call returns >= 0, or -errno. No call retries;
// callers do.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace treering {

struct FileStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  bool is_regular = false;
  bool is_directory = false;
};

// Descriptors are those of the implementation. kCwd stands for AT_FDCWD. Thread-safe.
class Vfs {
 public:
  static constexpr int kCwd = -100;
  virtual ~Vfs() = default;

  // Directories are opened with O_DIRECTORY, files never follow a final symlink; all are O_CLOEXEC.
  virtual int open_directory(int at, const std::string& path) = 0;  // follows symlinks
  virtual int open_directory_nofollow(int at, const std::string& name) = 0;
  virtual int open_read(int at, const std::string& name) = 0;   // O_NOFOLLOW | O_NONBLOCK
  virtual int create_new(int at, const std::string& name) = 0;  // O_EXCL, mode 0444, for writing
  virtual int close(int fd) = 0;

  virtual std::int64_t read(int fd, std::span<std::byte> buffer, std::uint64_t offset) = 0;
  virtual std::int64_t write(int fd, std::span<const std::byte> bytes, std::uint64_t offset) = 0;
  virtual int fsync(int fd) = 0;  // file or directory
  virtual int stat_fd(int fd, FileStat& out) = 0;
  virtual int stat_at(int at, const std::string& name, FileStat& out) = 0;  // does not follow
  virtual int link(int at, const std::string& from, const std::string& to) = 0;
  // RENAME_NOREPLACE
  virtual int rename_new(int from_at, const std::string& from, int to_at,
                         const std::string& to) = 0;
  virtual int unlink(int at, const std::string& name) = 0;
  virtual int make_directory(int at, const std::string& name) = 0;
  virtual int remove_directory(int at, const std::string& name) = 0;
  // Names without "." and "..", unsorted; stops with -E2BIG beyond `most`.
  virtual int list(int fd, std::size_t most, std::vector<std::string>& names) = 0;
  // Name of the file system type, e.g. "ext4", for messages.
  virtual std::string file_system(int fd) = 0;
  virtual int random(std::span<std::byte> out) = 0;
  virtual std::uint64_t now_utc() = 0;  // nanoseconds since 1970
};

// The operating system. Lives as long as the program.
Vfs& posix_vfs() noexcept;
inline Vfs& vfs_or_posix(Vfs* vfs) noexcept { return vfs != nullptr ? *vfs : posix_vfs(); }

// Calls again while a signal interrupts. Never for fsync and close: a second one could hide what
// the first one lost.
template <class Call>
auto retried(Call&& call) {
  auto result = call();
  while (result == -EINTR) result = call();
  return result;
}

}  // namespace treering
