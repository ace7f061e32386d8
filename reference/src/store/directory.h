// SPDX-License-Identifier: Apache-2.0
// Descriptors that close themselves, and whole-file operations on them: full read and write loops,
// fsync, errors with file names. Spec: 13-commit.md for the order in which save uses them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "store/vfs.h"
#include "treering/result.h"

namespace treering {

// The environment error of a failed call: "cannot write data-…: No space left on device". ENOENT on
// open gives class not-found, EEXIST class conflict.
Error system_error(int negative_errno, std::string_view doing, std::string_view name);

// The error with the path of the checkpoint in its message, where the system refused something and
// the message names only a file of it. `doing` is "saving to" or "reading".
Error with_path(Error error, std::string_view doing, std::string_view path);

// Owns one descriptor. close() reports; the destructor does not.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(Vfs& vfs, int fd) noexcept : vfs_(&vfs), fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int fd() const noexcept { return fd_; }
  Vfs& vfs() const noexcept { return *vfs_; }
  bool is_open() const noexcept { return fd_ >= 0; }
  int close() noexcept;  // 0 or -errno; the descriptor is gone either way

 private:
  Vfs* vfs_ = nullptr;
  int fd_ = -1;
};

// An open directory; names are single components relative to it.
class Directory {
 public:
  // Follows symlinks in `path`: the caller chose it.
  static Result<Directory> open(Vfs& vfs, const std::string& path);
  // A child that must not be a symlink. not-found where it is none of our kind: missing, a file, a
  // symlink.
  Result<Directory> open_child(const std::string& name) const;

  int fd() const noexcept { return descriptor_.fd(); }
  Vfs& vfs() const noexcept { return descriptor_.vfs(); }
  const std::string& path() const noexcept { return path_; }  // for messages only

  // Opens a regular file for reading: symlinks, FIFOs, devices are refused (invalid). not-found
  // where missing.
  struct OpenFile {
    Descriptor descriptor;
    std::uint64_t size = 0;
  };
  Result<OpenFile> open_file(const std::string& name) const;
  // The whole file. limit where it is larger than `most`; corrupt where it shrinks while being
  // read.
  Result<std::vector<std::byte>> read_file(const std::string& name, std::uint64_t most) const;
  // Creates (fails where the name is taken), writes, fsyncs, closes. On failure the name is
  // unlinked, best effort.
  Status write_file(const std::string& name, std::span<const std::byte> bytes) const;
  // Size of a regular file. not-found; invalid where it is no regular file.
  Result<std::uint64_t> size_of(const std::string& name) const;
  Status sync() const;
  Result<std::vector<std::string>> list(std::uint64_t most) const;

 private:
  Descriptor descriptor_{};
  std::string path_{};
};

// Full loops over short transfers and EINTR. read_exact: corrupt (truncated) at an early end.
Status read_exact(Vfs& vfs, int fd, const std::string& name, std::uint64_t offset,
                  std::span<std::byte> buffer);
Status write_exact(Vfs& vfs, int fd, const std::string& name, std::uint64_t offset,
                   std::span<const std::byte> bytes);

}  // namespace treering
