// SPDX-License-Identifier: Apache-2.0
// Directories of the real file system that nobody would call a checkpoint: one clear error each,
// and nobody waits for a FIFO.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "save/sample_tree.h"
#include "testing/scratch_directory.h"
#include "testing/special_files.h"
#include "testing/unprivileged.h"
#include "treering/checkpoint.h"

namespace treering::testing {
namespace {

constexpr off_t kTebibyte = off_t{1} << 40;

// A checkpoint in a directory that everybody may read, and a copy of each of its files beside it.
class World {
 public:
  World() {
    BOOST_REQUIRE_EQUAL(::chmod(scratch_.path().c_str(), 0755), 0);
    Sample sample;
    sample.bytes("a", 300).scalar("step", "7");
    TREERING_REQUIRE_OK(save(path(), sample.finish(), fixed_options(posix_vfs())));
    const auto checkpoint = open(path());
    TREERING_REQUIRE_OK(checkpoint);
    data_ = checkpoint->files().at(0).name;
    index_ = "index-" + checkpoint->attempt().to_string() + "-0";
  }
  std::string path() const { return scratch_ / "ckpt"; }
  std::string operator/(const std::string& name) const { return path() + "/" + name; }
  const ScratchDirectory& scratch() const { return scratch_; }
  std::vector<std::string> names() const { return {"MANIFEST", index_, data_}; }
  bool is_manifest(const std::string& name) const { return name == "MANIFEST"; }

  // Moves the file away while something else stands in its place.
  class Replaced {
   public:
    Replaced(const World& world, const std::string& name)
        : place_(world / name), away_(world.scratch_ / "original") {
      BOOST_REQUIRE_EQUAL(::rename(place_.c_str(), away_.c_str()), 0);
    }
    Replaced(const Replaced&) = delete;
    Replaced& operator=(const Replaced&) = delete;
    ~Replaced() {
      ::remove(place_.c_str());
      (void)::rename(away_.c_str(), place_.c_str());
    }
    const std::string& place() const { return place_; }
    const std::string& original() const { return away_; }

   private:
    std::string place_;
    std::string away_;
  };

 private:
  ScratchDirectory scratch_{};
  std::string data_{};
  std::string index_{};
};

// The error of open(), of reading a leaf and the damage that verify() finds in a checkpoint that
// was opened before, are about this file and of this class.
void check_refused(const World& world, const Checkpoint& opened, const std::string& name,
                   ErrorClass cls, std::string_view code) {
  const auto check = [&](const Error& error) {
    BOOST_CHECK_MESSAGE(error.cls == cls && error.code == code && error.where.file == name,
                        error.to_string());
    BOOST_CHECK_MESSAGE(error.message.find("; ") != std::string::npos, error.to_string());
  };
  const auto again = open(world.path());
  BOOST_REQUIRE(!again.ok());
  check(again.error());
  if (!world.is_manifest(name)) {
    const auto bytes = opened.leaf("a")->read_bytes();
    BOOST_REQUIRE(!bytes.ok());
    check(bytes.error());
  }
  const auto damage = opened.verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_REQUIRE_EQUAL(damage->size(), 1u);
  check(damage->front().error);
}

// A checkpoint that has fetched nothing but its manifest.
Checkpoint opened(const World& world) {
  auto checkpoint = open(world.path());
  TREERING_REQUIRE_OK(checkpoint);
  return *std::move(checkpoint);
}

// Opening it, and then reading a leaf.
Status read_of(const Result<Checkpoint>& checkpoint) {
  if (!checkpoint.ok()) return checkpoint.error();
  const auto bytes = checkpoint->leaf("a")->read_bytes();
  return bytes.ok() ? Status() : Status(bytes.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bad_directory_test, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_refused) {  // [LY-12] [MF-14] [MF-22]
  const World world;
  for (const std::string& name : world.names()) {
    for (const Special special : kSpecials) {
      BOOST_TEST_CONTEXT(name << ", special " << static_cast<int>(special)) {
        const Checkpoint before = opened(world);
        const World::Replaced replaced(world, name);
        make_special(replaced.place(), special, replaced.original());
        check_refused(world, before, name,
                      world.is_manifest(name) ? ErrorClass::kMalformed : ErrorClass::kCorrupt,
                      "not-a-file");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_says_it_has_a_tebibyte_is_not_read) {  // [RS-03] [RC-04]
  const World world;
  for (const std::string& name : world.names()) {
    const Checkpoint before = opened(world);
    const World::Replaced replaced(world, name);
    make_sparse(replaced.place(), kTebibyte);
    const bool manifest = world.is_manifest(name);
    check_refused(world, before, name, manifest ? ErrorClass::kMalformed : ErrorClass::kCorrupt,
                  manifest ? "bad-magic" : "file-size");
  }
}

BOOST_AUTO_TEST_CASE(a_manifest_with_a_tebibyte_behind_it_is_not_read) {  // [RC-13]
  const World world;
  const std::string manifest = world / "MANIFEST";
  BOOST_REQUIRE_EQUAL(::chmod(manifest.c_str(), 0644), 0);
  BOOST_REQUIRE_EQUAL(::truncate(manifest.c_str(), kTebibyte), 0);
  TREERING_CHECK_ERROR(open(world.path()), ErrorClass::kMalformed, "RC-13");
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_be_read_is_an_error_of_the_environment) {  // [RS-05]
  const World world;
  for (const std::string& name : world.names()) {
    BOOST_REQUIRE_EQUAL(::chmod((world / name).c_str(), 0000), 0);
    {
      const Unprivileged nobody;
      if (!nobody.permissions_bind()) return;
      const auto checkpoint = open(world.path());
      const Status status = read_of(checkpoint);
      BOOST_CHECK_EQUAL(checkpoint.ok(), !world.is_manifest(name));  // open looks at sizes only
      TREERING_CHECK_ERROR(status, ErrorClass::kEnvironment, "");
      BOOST_CHECK_EQUAL(status.error().message,
                        "cannot open " + name +
                            ": Permission denied; check the permissions of the directory, while "
                            "reading " +
                            world.path());
      if (checkpoint.ok()) {
        TREERING_CHECK_ERROR(checkpoint->verify(), ErrorClass::kEnvironment, "");
      }
    }
    BOOST_REQUIRE_EQUAL(::chmod((world / name).c_str(), 0444), 0);
  }
}

BOOST_AUTO_TEST_CASE(a_directory_that_may_not_be_entered_is_an_error_of_the_environment) {
  const World world;
  for (const mode_t mode : {0000u, 0444u, 0111u}) {
    BOOST_REQUIRE_EQUAL(::chmod(world.path().c_str(), mode), 0);
    {
      const Unprivileged nobody;
      if (!nobody.permissions_bind()) return;
      const auto checkpoint = open(world.path());
      TREERING_CHECK_ERROR(checkpoint, ErrorClass::kEnvironment, "");
      BOOST_CHECK_NE(checkpoint.error().message.find(world.path()), std::string::npos);
    }
    BOOST_REQUIRE_EQUAL(::chmod(world.path().c_str(), 0755), 0);
  }
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_directory_is_not_found) {  // [RS-04]
  const World world;
  for (const Special special : kSpecials) {
    if (special == Special::kDirectory) continue;
    const std::string path =
        world.scratch() / ("special-" + std::to_string(static_cast<int>(special)));
    make_special(path, special, world / "MANIFEST");
    const bool loop = special == Special::kLinkToItself;  // there may be a directory behind it
    TREERING_CHECK_ERROR(open(path), loop ? ErrorClass::kEnvironment : ErrorClass::kNotFound,
                         loop ? "" : "RS-04");
  }
  TREERING_CHECK_ERROR(open(world / "MANIFEST"), ErrorClass::kNotFound, "RS-04");
  TREERING_CHECK_ERROR(open(world / "MANIFEST/below"), ErrorClass::kNotFound, "RS-04");
  TREERING_CHECK_ERROR(open(""), ErrorClass::kNotFound, "RS-04");
  TREERING_CHECK_ERROR(open(std::string("a\0b", 3)), ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_CASE(odd_names_of_directories_are_names) {  // [ER-06]
  const World world;
  for (const std::string& name : {std::string("two\nlines"), std::string("\xff\xfe"),
                                  std::string("\x1b[2J"), std::string(" "), std::string("…")}) {
    const std::string path = world.scratch() / name;
    const auto missing = open(path);
    TREERING_CHECK_ERROR(missing, ErrorClass::kNotFound, "RS-04");
    const std::string text = missing.error().to_string();
    BOOST_CHECK(is_utf8(text));
    BOOST_CHECK_EQUAL(text.find_first_of("\n\x1b"), std::string::npos);
    BOOST_REQUIRE_EQUAL(::rename(world.path().c_str(), path.c_str()), 0);
    TREERING_REQUIRE_OK(open(path));
    BOOST_REQUIRE_EQUAL(::rename(path.c_str(), world.path().c_str()), 0);
  }
}

BOOST_AUTO_TEST_CASE(deep_directories_are_read_as_far_as_the_system_goes) {
  const World world;
  std::string path = world.scratch().path();
  for (int i = 0; i < 50; ++i) {
    path += "/below";
    BOOST_REQUIRE_EQUAL(::mkdir(path.c_str(), 0755), 0);
  }
  path += "/ckpt";
  BOOST_REQUIRE_EQUAL(::rename(world.path().c_str(), path.c_str()), 0);
  TREERING_REQUIRE_OK(open(path));

  std::string too_deep = world.scratch().path();
  while (too_deep.size() < 5000) too_deep += "/below";
  for (const std::string& refused : {too_deep, world.scratch() / std::string(300, 'x')}) {
    const auto checkpoint = open(refused);
    TREERING_CHECK_ERROR(checkpoint, ErrorClass::kEnvironment, "");
    BOOST_CHECK(checkpoint.error().message.ends_with("choose a shorter path"));
  }
}

BOOST_AUTO_TEST_CASE(foreign_entries_of_any_kind_do_no_harm) {  // [LY-08]
  const World world;
  for (const Special special : kSpecials) {
    make_special(world / ("special-" + std::to_string(static_cast<int>(special))), special,
                 world / "MANIFEST");
  }
  make_special(world / "two\nlines", Special::kFifo, "");
  make_special(world / "candidate-00000000000000000000000000000000", Special::kFifo, "");
  make_sparse(world / "\xff", kTebibyte);
  const auto damage = opened(world).verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_CHECK(damage->empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
