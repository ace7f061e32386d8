// SPDX-License-Identifier: Apache-2.0
// The system calls of Linux behind the Vfs table. One call each, no policy.
#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <limits>

#include "store/vfs.h"

namespace treering {
namespace {

static_assert(Vfs::kCwd == AT_FDCWD);

int checked(int result) noexcept { return result < 0 ? -errno : result; }

bool fits_offset(std::uint64_t offset, std::size_t size) noexcept {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  return offset <= kMost && size <= kMost - offset;
}

void fill(const struct stat& from, FileStat& to) noexcept {
  to.device = from.st_dev;
  to.inode = from.st_ino;
  to.size = from.st_size < 0 ? 0 : static_cast<std::uint64_t>(from.st_size);
  to.is_regular = S_ISREG(from.st_mode);
  to.is_directory = S_ISDIR(from.st_mode);
}

struct FileSystemName {
  std::uint32_t magic;
  const char* name;
};
// The kernel's numbers (statfs(2)); the headers do not give all of them.
constexpr FileSystemName kFileSystems[] = {
    {0xef53, "ext4"},       {0x58465342, "xfs"},   {0x9123683e, "btrfs"},   {0x2fc12fc1, "zfs"},
    {0xf2f52010, "f2fs"},   {0x01021994, "tmpfs"}, {0x794c7630, "overlay"}, {0x6969, "nfs"},
    {0x65735546, "fuse"},   {0x4d44, "vfat"},      {0x2011bab0, "exfat"},   {0x5346544e, "ntfs"},
    {0xff534d42, "cifs"},   {0xfe534d42, "smb2"},  {0x01021997, "9p"},      {0x00c36400, "ceph"},
    {0x0bd00bd0, "lustre"}, {0x47504653, "gpfs"},  {0x19830326, "beegfs"},  {0x517b, "smb"},
};

class PosixVfs final : public Vfs {
 public:
  int open_directory(int at, const std::string& path) override {
    return checked(::openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  int open_directory_nofollow(int at, const std::string& name) override {
    return checked(::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  int open_read(int at, const std::string& name) override {
    // Non-blocking, so that a FIFO planted under the name cannot hang the reader.
    // [LY-11] [RS-35]
    return checked(::openat(at, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  }
  int create_new(int at, const std::string& name) override {
    return checked(
        // [CM-09] [CM-10]
        ::openat(at, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444));
  }
  int close(int fd) override { return checked(::close(fd)); }

  std::int64_t read(int fd, std::span<std::byte> buffer, std::uint64_t offset) override {
    if (!fits_offset(offset, buffer.size())) return -EOVERFLOW;
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    return got < 0 ? -errno : got;
  }
  std::int64_t write(int fd, std::span<const std::byte> bytes, std::uint64_t offset) override {
    if (!fits_offset(offset, bytes.size())) return -EFBIG;
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    return put < 0 ? -errno : put;
  }
  int fsync(int fd) override { return checked(::fsync(fd)); }

  int stat_fd(int fd, FileStat& out) override {
    struct stat found {};
    if (::fstat(fd, &found) < 0) return -errno;
    fill(found, out);
    return 0;
  }
  int stat_at(int at, const std::string& name, FileStat& out) override {
    struct stat found {};
    if (::fstatat(at, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
    fill(found, out);
    return 0;
  }
  int link(int at, const std::string& from, const std::string& to) override {
    return checked(::linkat(at, from.c_str(), at, to.c_str(), 0));
  }
  int rename_new(int from_at, const std::string& from, int to_at, const std::string& to) override {
    return checked(::renameat2(from_at, from.c_str(), to_at, to.c_str(), RENAME_NOREPLACE));
  }
  int unlink(int at, const std::string& name) override {
    return checked(::unlinkat(at, name.c_str(), 0));
  }
  int make_directory(int at, const std::string& name) override {
    return checked(::mkdirat(at, name.c_str(), 0777));
  }
  int remove_directory(int at, const std::string& name) override {
    return checked(::unlinkat(at, name.c_str(), AT_REMOVEDIR));
  }
  int list(int fd, std::size_t most, std::vector<std::string>& names) override;
  std::string file_system(int fd) override;
  int random(std::span<std::byte> out) override;
  std::uint64_t now_utc() override;
};

int read_names(DIR* directory, std::size_t most, std::vector<std::string>& names) {
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory);
    if (entry == nullptr) return -errno;
    const char* name = entry->d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
    if (names.size() == most) return -E2BIG;
    names.emplace_back(name);
  }
}

int PosixVfs::list(int fd, std::size_t most, std::vector<std::string>& names) {
  names.clear();
  // A descriptor of its own: the position of a directory stream is shared by duplicates.
  const int own = open_directory(fd, ".");
  if (own < 0) return own;
  DIR* directory = ::fdopendir(own);
  if (directory == nullptr) {
    const int failed = -errno;
    ::close(own);
    return failed;
  }
  const int result = read_names(directory, most, names);
  ::closedir(directory);
  return result;
}

std::string PosixVfs::file_system(int fd) {
  struct statfs found {};
  if (::fstatfs(fd, &found) < 0) return "unknown";
  const auto magic = static_cast<std::uint32_t>(found.f_type);
  for (const FileSystemName& known : kFileSystems) {
    if (known.magic == magic) return known.name;
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", magic);
  return text.data();
}

int PosixVfs::random(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0) return -errno;
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return 0;
}

std::uint64_t PosixVfs::now_utc() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec < 0) return 0;
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

Vfs& posix_vfs() noexcept {
  // Never destroyed, so that it may be used while the program ends.
  static Vfs& instance = *new PosixVfs;
  return instance;
}

}  // namespace treering
