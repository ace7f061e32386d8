// SPDX-License-Identifier: Apache-2.0
#include "store/directory.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "testing/fault_vfs.h"
#include "testing/memory_vfs.h"
#include "testing/results.h"
#include "testing/scratch_directory.h"

namespace treering::testing {
namespace {

std::vector<std::byte> some_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(directory_test)

BOOST_AUTO_TEST_CASE(round_trips_a_file) {
  MemoryVfs vfs;
  {
    const auto directory = Directory::open(vfs, ".");
    TREERING_REQUIRE_OK(directory);
    TREERING_REQUIRE_OK(directory->write_file("a", some_bytes(1000)));
    const auto read = directory->read_file("a", 1000);
    TREERING_REQUIRE_OK(read);
    BOOST_CHECK(*read == some_bytes(1000));
    BOOST_CHECK_EQUAL(*directory->size_of("a"), 1000u);
    TREERING_CHECK_ERROR(directory->read_file("a", 999), ErrorClass::kLimit, "");
    TREERING_CHECK_ERROR(directory->read_file("b", 999), ErrorClass::kNotFound, "");
    TREERING_CHECK_ERROR(directory->size_of("b"), ErrorClass::kNotFound, "");
    TREERING_CHECK_ERROR(directory->write_file("a", some_bytes(1)), ErrorClass::kConflict, "");
    BOOST_CHECK_EQUAL(*directory->size_of("a"), 1000u);
    TREERING_CHECK_ERROR(directory->list(0), ErrorClass::kLimit, "LY-14");
    BOOST_CHECK((*directory->list(1) == std::vector<std::string>{"a"}));
  }
  BOOST_CHECK_EQUAL(vfs.descriptors(), 0u);
}

BOOST_AUTO_TEST_CASE(finishes_short_and_interrupted_transfers) {
  MemoryVfs memory;
  FaultVfs vfs(memory);
  vfs.short_transfers(7);
  vfs.interrupt();
  const auto directory = Directory::open(vfs, ".");
  TREERING_REQUIRE_OK(directory);
  TREERING_REQUIRE_OK(directory->write_file("a", some_bytes(100)));
  const auto read = directory->read_file("a", 100);
  TREERING_REQUIRE_OK(read);
  BOOST_CHECK(*read == some_bytes(100));
}

BOOST_AUTO_TEST_CASE(a_failed_write_leaves_no_name) {
  for (const Call call : {Call::kWrite, Call::kFsync, Call::kClose}) {
    MemoryVfs memory;
    FaultVfs vfs(memory);
    const auto directory = Directory::open(vfs, ".");
    TREERING_REQUIRE_OK(directory);
    vfs.fail(call, 0, ENOSPC);
    const Status written = directory->write_file("a", some_bytes(10));
    TREERING_CHECK_ERROR(written, ErrorClass::kEnvironment, "");
    BOOST_CHECK_EQUAL(written.error().code, "no-space");
    BOOST_CHECK_EQUAL(written.error().where.file, "a");
    BOOST_CHECK(memory.files().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_write_that_moves_nothing_is_an_error) {
  MemoryVfs memory;
  FaultVfs vfs(memory);
  vfs.short_transfers(0);
  const auto directory = Directory::open(vfs, ".");
  TREERING_REQUIRE_OK(directory);
  TREERING_CHECK_ERROR(directory->write_file("a", some_bytes(1)), ErrorClass::kEnvironment, "");
}

BOOST_AUTO_TEST_CASE(an_early_end_is_corrupt) {
  MemoryVfs vfs;
  const auto directory = Directory::open(vfs, ".");
  TREERING_REQUIRE_OK(directory);
  TREERING_REQUIRE_OK(directory->write_file("a", some_bytes(10)));
  const auto file = directory->open_file("a");
  TREERING_REQUIRE_OK(file);
  std::vector<std::byte> buffer(11);
  const Status read = read_exact(vfs, file->descriptor.fd(), "a", 0, buffer);
  TREERING_CHECK_ERROR(read, ErrorClass::kCorrupt, "");
  BOOST_CHECK_EQUAL(read.error().where.offset, 10u);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_regular_file) {
  const ScratchDirectory scratch;
  const auto directory = Directory::open(posix_vfs(), scratch.path());
  TREERING_REQUIRE_OK(directory);
  TREERING_REQUIRE_OK(directory->write_file("a", some_bytes(3)));
  BOOST_REQUIRE_EQUAL(::symlink("a", (scratch / "link").c_str()), 0);
  BOOST_REQUIRE_EQUAL(::symlink(".", (scratch / "loop").c_str()), 0);
  BOOST_REQUIRE_EQUAL(posix_vfs().make_directory(directory->fd(), "child"), 0);
  for (const char* name : {"link", "loop", "child"}) {
    TREERING_CHECK_ERROR(directory->open_file(name), ErrorClass::kInvalid, "");
    TREERING_CHECK_ERROR(directory->size_of(name), ErrorClass::kInvalid, "");
  }
  TREERING_CHECK_ERROR(directory->open_child("loop"), ErrorClass::kNotFound, "");
  TREERING_CHECK_ERROR(directory->open_child("a"), ErrorClass::kNotFound, "");
  TREERING_CHECK_ERROR(directory->open_child("none"), ErrorClass::kNotFound, "");
  TREERING_REQUIRE_OK(directory->open_child("child"));
  TREERING_REQUIRE_OK(directory->sync());
}

BOOST_AUTO_TEST_CASE(a_missing_directory_is_not_found) {
  const ScratchDirectory scratch;
  TREERING_CHECK_ERROR(Directory::open(posix_vfs(), scratch / "none"), ErrorClass::kNotFound, "");
  TREERING_CHECK_ERROR(Directory::open(posix_vfs(), std::string("a\0b", 3)), ErrorClass::kUsage,
                       "");
}

BOOST_AUTO_TEST_CASE(errors_say_what_and_what_to_do) {  // [RS-05]
  const Error error = system_error(-ENOSPC, "write", "data-x");
  BOOST_CHECK(error.cls == ErrorClass::kEnvironment);
  BOOST_CHECK_EQUAL(error.message,
                    "cannot write data-x: No space left on device; free space and try again");
  BOOST_CHECK(system_error(-ENOENT, "unlink", "x").cls == ErrorClass::kEnvironment);
  BOOST_CHECK(system_error(-ENOENT, "open", "x").cls == ErrorClass::kNotFound);
}

BOOST_AUTO_TEST_CASE(descriptors_close_once) {
  MemoryVfs vfs;
  auto directory = Directory::open(vfs, ".");
  TREERING_REQUIRE_OK(directory);
  Descriptor file(vfs, vfs.create_new(directory->fd(), "a"));
  Descriptor moved(std::move(file));
  BOOST_CHECK(!file.is_open());  // NOLINT: moved from
  BOOST_CHECK_EQUAL(moved.close(), 0);
  BOOST_CHECK_EQUAL(moved.close(), 0);
  *directory = Directory();
  BOOST_CHECK_EQUAL(vfs.descriptors(), 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
