// SPDX-License-Identifier: Apache-2.0
// Places of the real file system where nothing can be saved, and what is said about them.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

#include "save/sample_tree.h"
#include "testing/fault_vfs.h"
#include "testing/memory_vfs.h"
#include "testing/scratch_directory.h"
#include "testing/special_files.h"
#include "testing/unprivileged.h"
#include "treering/checkpoint.h"

namespace treering::testing {
namespace {

// Everybody may look into it.
class World {
 public:
  World() : tree_(sample_.bytes("a", 300).finish()) {
    BOOST_REQUIRE_EQUAL(::chmod(scratch_.path().c_str(), 0777), 0);
  }
  std::string operator/(const std::string& name) const { return scratch_ / name; }
  Result<SaveReport> save_to(const std::string& path, Vfs& vfs = posix_vfs()) const {
    return save(path, tree_, fixed_options(vfs));
  }
  std::vector<std::string> names(const std::string& path) const {
    std::vector<std::string> names;
    const int fd = posix_vfs().open_directory(Vfs::kCwd, path);
    BOOST_REQUIRE_GE(fd, 0);
    BOOST_REQUIRE_EQUAL(posix_vfs().list(fd, 1000, names), 0);
    posix_vfs().close(fd);
    return names;
  }

 private:
  ScratchDirectory scratch_{};
  Sample sample_{};
  SaveTree tree_;
};

void check_says(const Result<SaveReport>& result, ErrorClass cls, std::string_view code,
                const std::string& message) {
  TREERING_CHECK_ERROR(result, cls, "");
  BOOST_CHECK_EQUAL(result.error().code, code);
  BOOST_CHECK_EQUAL(result.error().message, message);
}

const std::string kData = "data-00000000000000000000000000000001-0-0";

}  // namespace

BOOST_AUTO_TEST_SUITE(bad_place_test, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(a_directory_in_which_nothing_may_be_made) {
  const World world;
  const std::string parent = world / "closed";
  BOOST_REQUIRE_EQUAL(::mkdir(parent.c_str(), 0555), 0);
  const Unprivileged nobody;
  if (!nobody.permissions_bind()) return;
  check_says(world.save_to(parent + "/ckpt"), ErrorClass::kEnvironment, "io",
             "cannot create " + parent +
                 "/ckpt: Permission denied; check the permissions of the directory");
  check_says(world.save_to(parent), ErrorClass::kEnvironment, "io",
             "cannot create " + kData +
                 ": Permission denied; check the permissions of the directory, while saving to " +
                 parent);
}

BOOST_AUTO_TEST_CASE(a_file_system_that_cannot_be_written) {
  for (const Call call : {Call::kMakeDirectory, Call::kCreate}) {
    const World world;
    MemoryVfs memory;
    FaultVfs vfs(memory);
    vfs.fail_always(call, EROFS);
    check_says(world.save_to("ckpt", vfs), ErrorClass::kEnvironment, "io",
               call == Call::kMakeDirectory
                   ? "cannot create ckpt: Read-only file system; choose a file system that can be "
                     "written"
                   : "cannot create " + kData +
                         ": Read-only file system; choose a file system that can be written, "
                         "while saving to ckpt");
  }
}

BOOST_AUTO_TEST_CASE(a_parent_that_is_not_there) {
  const World world;
  check_says(world.save_to(world / "none/ckpt"), ErrorClass::kNotFound, "no-directory",
             "cannot open " + (world / "none") + ": No such file or directory; check the path");
  BOOST_CHECK(world.names(world / "").empty());
}

BOOST_AUTO_TEST_CASE(a_parent_that_is_a_file) {
  const World world;
  make_sparse(world / "file", 3);
  check_says(world.save_to(world / "file/ckpt"), ErrorClass::kNotFound, "no-directory",
             "cannot open " + (world / "file") +
                 ": Not a directory; give a path whose parts are directories");
}

BOOST_AUTO_TEST_CASE(a_path_that_is_something_else) {
  const World world;
  make_sparse(world / "file", 3);
  check_says(world.save_to(world / "file"), ErrorClass::kUsage, "bad-path",
             (world / "file") + " is a file or a symbolic link: give the directory itself");
  for (const Special special : kSpecials) {
    if (special == Special::kDirectory) continue;
    const std::string path = world / ("special-" + std::to_string(static_cast<int>(special)));
    make_special(path, special, world / "file");
    check_says(world.save_to(path), ErrorClass::kUsage, "bad-path",
               path + " is a file or a symbolic link: give the directory itself");
  }
  // Also a link to a directory: what it leads to can change while a save is at work.
  BOOST_REQUIRE_EQUAL(::mkdir((world / "real").c_str(), 0755), 0);
  BOOST_REQUIRE_EQUAL(::symlink("real", (world / "link").c_str()), 0);
  check_says(world.save_to(world / "link"), ErrorClass::kUsage, "bad-path",
             (world / "link") + " is a file or a symbolic link: give the directory itself");
  BOOST_CHECK(world.names(world / "real").empty());
}

BOOST_AUTO_TEST_CASE(names_that_are_too_long) {
  const World world;
  std::string deep = world / "";
  while (deep.size() < 5000) deep += "below/";
  for (const std::string& path : {world / std::string(300, 'x'), deep}) {
    const auto result = world.save_to(path);
    TREERING_CHECK_ERROR(result, ErrorClass::kEnvironment, "");
    BOOST_CHECK_NE(result.error().message.find("; choose a shorter path"), std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(foreign_files_are_left_alone) {  // [CM-11]
  const World world;
  const std::string path = world / "ckpt";
  BOOST_REQUIRE_EQUAL(::mkdir(path.c_str(), 0755), 0);
  make_sparse(path + "/notes.txt", 5);
  make_sparse(path + "/two\nlines", 5);
  make_special(path + "/fifo", Special::kFifo, "");
  TREERING_REQUIRE_OK(world.save_to(path));
  BOOST_CHECK_EQUAL(world.names(path).size(), 6u);
  TREERING_REQUIRE_OK(open(path));
}

BOOST_AUTO_TEST_CASE(names_of_the_attempt_that_are_taken) {  // [CM-09] [CM-11]
  for (const Special special : kSpecials) {
    const World world;
    const std::string path = world / "ckpt";
    BOOST_REQUIRE_EQUAL(::mkdir(path.c_str(), 0755), 0);
    make_special(path + "/" + kData, special, world / "file");
    check_says(world.save_to(path), ErrorClass::kConflict, "file-exists",
               "cannot create " + kData +
                   ": File exists; remove it or choose another name, while saving to " + path);
    BOOST_CHECK((world.names(path) == std::vector<std::string>{kData}));
  }
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_something_else) {  // [CM-12]
  for (const Special special : kSpecials) {
    const World world;
    const std::string path = world / "ckpt";
    BOOST_REQUIRE_EQUAL(::mkdir(path.c_str(), 0755), 0);
    make_special(path + "/MANIFEST", special, world / "file");
    TREERING_CHECK_ERROR(world.save_to(path), ErrorClass::kConflict, "CM-12");
    BOOST_CHECK((world.names(path) == std::vector<std::string>{"MANIFEST"}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
