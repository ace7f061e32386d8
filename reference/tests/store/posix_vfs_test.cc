// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>

#include "store/vfs.h"
#include "testing/scratch_directory.h"

namespace treering::testing {
namespace {

struct Opened {
  explicit Opened(const std::string& path) : fd(posix_vfs().open_directory(Vfs::kCwd, path)) {
    BOOST_REQUIRE_GE(fd, 0);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() { posix_vfs().close(fd); }
  int fd;
};

void make_file(int at, const std::string& name, std::size_t size) {
  Vfs& vfs = posix_vfs();
  const int fd = vfs.create_new(at, name);
  BOOST_REQUIRE_GE(fd, 0);
  const std::vector<std::byte> bytes(size, std::byte{7});
  BOOST_REQUIRE_EQUAL(vfs.write(fd, bytes, 0), static_cast<std::int64_t>(size));
  BOOST_REQUIRE_EQUAL(vfs.fsync(fd), 0);
  BOOST_REQUIRE_EQUAL(vfs.close(fd), 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(posix_vfs_test)

BOOST_AUTO_TEST_CASE(created_files_are_new_and_read_only) {  // [CM-09] [CM-10]
  const ScratchDirectory scratch;
  const Opened at(scratch.path());
  make_file(at.fd, "a", 10);
  struct stat found {};
  BOOST_REQUIRE_EQUAL(::stat((scratch / "a").c_str(), &found), 0);
  BOOST_CHECK_EQUAL(found.st_mode & 0777u & ~0444u, 0u);
  BOOST_CHECK_EQUAL(posix_vfs().create_new(at.fd, "a"), -EEXIST);
}

BOOST_AUTO_TEST_CASE(does_not_follow_links) {
  const ScratchDirectory scratch;
  const Opened at(scratch.path());
  make_file(at.fd, "a", 1);
  BOOST_REQUIRE_EQUAL(::symlink("a", (scratch / "to-file").c_str()), 0);
  BOOST_REQUIRE_EQUAL(::symlink(".", (scratch / "to-directory").c_str()), 0);
  Vfs& vfs = posix_vfs();
  BOOST_CHECK_EQUAL(vfs.open_read(at.fd, "to-file"), -ELOOP);
  BOOST_CHECK_LT(vfs.open_directory_nofollow(at.fd, "to-directory"), 0);
  BOOST_CHECK_EQUAL(vfs.create_new(at.fd, "to-file"), -EEXIST);
  FileStat stat;
  BOOST_REQUIRE_EQUAL(vfs.stat_at(at.fd, "to-file", stat), 0);
  BOOST_CHECK(!stat.is_regular && !stat.is_directory);
}

BOOST_AUTO_TEST_CASE(a_fifo_does_not_block) {
  const ScratchDirectory scratch;
  const Opened at(scratch.path());
  BOOST_REQUIRE_EQUAL(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
  const int fd = posix_vfs().open_read(at.fd, "fifo");
  BOOST_REQUIRE_GE(fd, 0);
  FileStat stat;
  BOOST_REQUIRE_EQUAL(posix_vfs().stat_fd(fd, stat), 0);
  BOOST_CHECK(!stat.is_regular);
  posix_vfs().close(fd);
}

BOOST_AUTO_TEST_CASE(link_and_rename_replace_nothing) {  // [CM-26]
  const ScratchDirectory scratch;
  const Opened at(scratch.path());
  make_file(at.fd, "a", 1);
  make_file(at.fd, "b", 2);
  Vfs& vfs = posix_vfs();
  BOOST_CHECK_EQUAL(vfs.link(at.fd, "a", "b"), -EEXIST);
  BOOST_CHECK_EQUAL(vfs.rename_new(at.fd, "a", at.fd, "b"), -EEXIST);
  BOOST_CHECK_EQUAL(vfs.link(at.fd, "a", "c"), 0);
  BOOST_CHECK_EQUAL(vfs.rename_new(at.fd, "a", at.fd, "d"), 0);
  FileStat c;
  FileStat d;
  BOOST_REQUIRE_EQUAL(vfs.stat_at(at.fd, "c", c), 0);
  BOOST_REQUIRE_EQUAL(vfs.stat_at(at.fd, "d", d), 0);
  BOOST_CHECK_EQUAL(c.inode, d.inode);
}

BOOST_AUTO_TEST_CASE(lists_names_each_time_from_the_start) {
  const ScratchDirectory scratch;
  const Opened at(scratch.path());
  for (const char* name : {"x", "y", "z"}) make_file(at.fd, name, 0);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::string> names;
    BOOST_REQUIRE_EQUAL(posix_vfs().list(at.fd, 3, names), 0);
    std::ranges::sort(names);
    BOOST_CHECK((names == std::vector<std::string>{"x", "y", "z"}));
  }
  std::vector<std::string> names;
  BOOST_CHECK_EQUAL(posix_vfs().list(at.fd, 2, names), -E2BIG);
}

BOOST_AUTO_TEST_CASE(refuses_offsets_beyond_the_systems) {
  const ScratchDirectory scratch;
  const Opened at(scratch.path());
  const int fd = posix_vfs().create_new(at.fd, "a");
  std::array<std::byte, 2> bytes{};
  BOOST_CHECK_EQUAL(posix_vfs().write(fd, bytes, std::uint64_t{1} << 63), -EFBIG);
  BOOST_CHECK_EQUAL(posix_vfs().read(fd, bytes, ~std::uint64_t{0}), -EOVERFLOW);
  posix_vfs().close(fd);
}

BOOST_AUTO_TEST_CASE(random_and_clock_move) {
  std::array<std::byte, 16> a{};
  std::array<std::byte, 16> b{};
  BOOST_REQUIRE_EQUAL(posix_vfs().random(a), 0);
  BOOST_REQUIRE_EQUAL(posix_vfs().random(b), 0);
  BOOST_CHECK(a != b);
  BOOST_CHECK_GT(posix_vfs().now_utc(), 1'700'000'000'000'000'000u);
}

BOOST_AUTO_TEST_CASE(names_the_file_system) {
  const ScratchDirectory scratch;
  const Opened at(scratch.path());
  BOOST_CHECK(!posix_vfs().file_system(at.fd).empty());
  BOOST_CHECK_EQUAL(posix_vfs().file_system(-1), "unknown");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
