// SPDX-License-Identifier: Apache-2.0
// What may stand where a regular file is expected.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>

#include "testing/scratch_directory.h"

namespace treering::testing {

enum class Special { kFifo, kSocket, kDirectory, kLinkToFile, kLinkToNothing, kLinkToItself };
inline constexpr Special kSpecials[] = {Special::kFifo,          Special::kSocket,
                                        Special::kDirectory,     Special::kLinkToFile,
                                        Special::kLinkToNothing, Special::kLinkToItself};

inline void make_socket(const std::string& path) {
  // An address is short, so the socket is made elsewhere and moved.
  const ScratchDirectory short_path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string made = short_path / "socket";
  BOOST_REQUIRE_LT(made.size(), sizeof address.sun_path);
  std::copy(made.begin(), made.end(), address.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE_GE(fd, 0);
  BOOST_REQUIRE_EQUAL(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  BOOST_REQUIRE_EQUAL(::rename(made.c_str(), path.c_str()), 0);
}

// Nothing stands under the path. A link to a file leads to `file`.
inline void make_special(const std::string& path, Special special, const std::string& file) {
  switch (special) {
    case Special::kFifo:
      BOOST_REQUIRE_EQUAL(::mkfifo(path.c_str(), 0644), 0);
      return;
    case Special::kSocket:
      return make_socket(path);
    case Special::kDirectory:
      BOOST_REQUIRE_EQUAL(::mkdir(path.c_str(), 0755), 0);
      return;
    case Special::kLinkToFile:
      BOOST_REQUIRE_EQUAL(::symlink(file.c_str(), path.c_str()), 0);
      return;
    case Special::kLinkToNothing:
      BOOST_REQUIRE_EQUAL(::symlink("nowhere", path.c_str()), 0);
      return;
    case Special::kLinkToItself:
      BOOST_REQUIRE_EQUAL(::symlink(path.c_str(), path.c_str()), 0);
      return;
  }
}

// A file without content that says it has so many bytes.
inline void make_sparse(const std::string& path, off_t bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  BOOST_REQUIRE_GE(fd, 0);
  BOOST_REQUIRE_EQUAL(::ftruncate(fd, bytes), 0);
  ::close(fd);
}

}  // namespace treering::testing
