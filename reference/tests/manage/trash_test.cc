// SPDX-License-Identifier: Apache-2.0
#include "manage/trash.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "format/layout.h"
#include "testing/recording_vfs.h"
#include "testing/results.h"
#include "testing/scratch_directory.h"

namespace treering {
namespace {

using testing::ScratchDirectory;

const std::string kTrash = ".trash-" + std::string(32, '0');

void touch(const std::string& path) {
  const int fd = posix_vfs().create_new(Vfs::kCwd, path);
  BOOST_REQUIRE_GE(fd, 0);
  posix_vfs().close(fd);
}

bool exists(const std::string& path) {
  struct stat found;
  return ::lstat(path.c_str(), &found) == 0;
}

Directory opened(const ScratchDirectory& scratch) {
  auto directory = Directory::open(posix_vfs(), scratch.path());
  TREERING_REQUIRE_OK(directory);
  return *std::move(directory);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trash_test)

BOOST_AUTO_TEST_CASE(deletes_files_of_the_grammar_and_the_directory) {  // [CM-52]
  const ScratchDirectory scratch;
  ::mkdir((scratch / kTrash).c_str(), 0700);
  for (const std::string& name :
       {std::string("MANIFEST"), data_name({}, 0, 0), index_name({}, 0), plan_name({})}) {
    touch(scratch / (kTrash + "/" + name));
  }
  std::vector<std::string> left;
  TREERING_REQUIRE_OK(delete_trash(opened(scratch), kTrash, {}, left));
  BOOST_CHECK(left.empty());
  BOOST_CHECK(!exists(scratch / kTrash));
}

BOOST_AUTO_TEST_CASE(keeps_what_is_not_of_the_grammar_and_follows_nothing) {  // [LY-09] [CM-54]
  const ScratchDirectory scratch;
  const std::string trash = scratch / kTrash;
  ::mkdir(trash.c_str(), 0700);
  ::mkdir((scratch / "precious").c_str(), 0700);
  touch(scratch / "precious/MANIFEST");
  touch(trash + "/notes.txt");
  touch(trash + "/MANIFEST");
  ::mkdir((trash + "/" + data_name({}, 0, 0)).c_str(), 0700);
  touch(trash + "/" + data_name({}, 0, 0) + "/MANIFEST");
  ::symlink((scratch / "precious").c_str(), (trash + "/" + data_name({}, 0, 1)).c_str());
  std::vector<std::string> left;
  TREERING_REQUIRE_OK(delete_trash(opened(scratch), kTrash, {}, left));
  std::sort(left.begin(), left.end());
  const std::vector<std::string> wanted{kTrash + "/" + data_name({}, 0, 0),
                                        kTrash + "/" + data_name({}, 0, 1), kTrash + "/notes.txt"};
  BOOST_CHECK_EQUAL_COLLECTIONS(left.begin(), left.end(), wanted.begin(), wanted.end());
  BOOST_CHECK(!exists(trash + "/MANIFEST"));
  BOOST_CHECK(exists(trash + "/" + data_name({}, 0, 0) + "/MANIFEST"));
  BOOST_CHECK(exists(scratch / "precious/MANIFEST"));
}

BOOST_AUTO_TEST_CASE(does_not_follow_a_link_with_a_trash_name) {  // [CM-54]
  const ScratchDirectory scratch;
  ::mkdir((scratch / "precious").c_str(), 0700);
  touch(scratch / "precious/MANIFEST");
  ::symlink("precious", (scratch / kTrash).c_str());
  std::vector<std::string> left;
  TREERING_REQUIRE_OK(delete_trash(opened(scratch), kTrash, {}, left));
  BOOST_CHECK_EQUAL(left.size(), 1u);
  BOOST_CHECK(exists(scratch / "precious/MANIFEST"));
}

BOOST_AUTO_TEST_CASE(moves_to_a_fresh_name_and_lists_it) {
  const ScratchDirectory scratch;
  ::mkdir((scratch / "step-00000001").c_str(), 0700);
  touch(scratch / "other");
  const Directory series = opened(scratch);
  const auto trash = move_to_trash(series, "step-00000001");
  TREERING_REQUIRE_OK(trash);
  BOOST_CHECK(!exists(scratch / "step-00000001"));
  const auto listed = list_trash(series, {});
  TREERING_REQUIRE_OK(listed);
  BOOST_REQUIRE_EQUAL(listed->size(), 1u);
  BOOST_CHECK_EQUAL(listed->front(), *trash);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
