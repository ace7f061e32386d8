// SPDX-License-Identifier: Apache-2.0
// A directory of the real file system that a test has to itself, removed at the end.
#pragma once

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "store/vfs.h"

namespace treering::testing {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    const char* base = ::getenv("TMPDIR");
    path_ = std::string(base == nullptr ? "/tmp" : base) + "/treering-test-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() { remove(Vfs::kCwd, path_); }

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  // Follows no symbolic link.
  static void remove(int at, const std::string& name) {
    Vfs& vfs = posix_vfs();
    const int fd = vfs.open_directory_nofollow(at, name);
    if (fd < 0) {
      vfs.unlink(at, name);
      return;
    }
    std::vector<std::string> names;
    vfs.list(fd, 1u << 20, names);
    for (const std::string& each : names) remove(fd, each);
    vfs.close(fd);
    vfs.remove_directory(at, name);
  }
  std::string path_;
};

}  // namespace treering::testing
