// SPDX-License-Identifier: Apache-2.0
#include "restore/open.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "format/commit_records.h"
#include "restore/handmade.h"
#include "testing/scratch_directory.h"
#include "treering/checkpoint.h"

namespace treering {
namespace {

using testing::Bytes;
using testing::Handmade;
using testing::MemoryVfs;
using testing::ScratchDirectory;

Handmade small() {
  Handmade made;
  made.writers = 2;
  Grid grid;
  grid.parts = {2};
  grid.run_writers = {0, 1};
  grid.run_counts = {1, 1};
  made.add({.name = "a", .dtype = Dtype::kFloat32, .shape = {8}, .grid = grid});
  return made;
}

void write(const std::string& path, const Bytes& bytes) {
  Vfs& vfs = posix_vfs();
  const int fd = vfs.create_new(Vfs::kCwd, path);
  BOOST_REQUIRE_GE(fd, 0);
  TREERING_REQUIRE_OK(write_exact(vfs, fd, path, 0, bytes));
  vfs.close(fd);
}

void write(const ScratchDirectory& scratch, const std::map<std::string, Bytes>& files) {
  for (const auto& [name, bytes] : files) write(scratch / name, bytes);
}

Error error_of(MemoryVfs& vfs, const std::string& path = "ckpt") {
  const auto checkpoint = open(path, {.vfs = &vfs});
  BOOST_REQUIRE_MESSAGE(!checkpoint.ok(), "was opened");
  return checkpoint.error();
}

void check_says(const Error& error, ErrorClass cls, std::string_view code, std::string_view words) {
  BOOST_CHECK_MESSAGE(error.cls == cls && error.code == code, error.to_string());
  BOOST_CHECK_MESSAGE(error.message.find(words) != std::string::npos, error.to_string());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(open_test)

BOOST_AUTO_TEST_CASE(opens_and_tells_what_the_manifest_says) {  // [LY-01]
  Handmade made = small();
  made.change_manifest = [](Manifest& manifest) {
    manifest.step = 7;
    manifest.saved_at = 99;
  };
  MemoryVfs vfs;
  made.put(vfs);
  {
    const auto checkpoint = open("ckpt", {.vfs = &vfs});
    TREERING_REQUIRE_OK(checkpoint);
    BOOST_CHECK_EQUAL(checkpoint->path(), "ckpt");
    BOOST_CHECK_EQUAL(checkpoint->step().value(), 7u);
    BOOST_CHECK_EQUAL(checkpoint->saved_at(), 99u);
    BOOST_CHECK_EQUAL(checkpoint->producer(), "handmade 1");
    BOOST_CHECK_EQUAL(checkpoint->writers(), 2u);
    BOOST_CHECK(checkpoint->attempt() == testing::id_of(0xa1));
    BOOST_CHECK_EQUAL(checkpoint->metadata(), "");
    BOOST_REQUIRE_EQUAL(checkpoint->files().size(), 2u);
    BOOST_CHECK_EQUAL(checkpoint->files()[1].writer, 1u);
    BOOST_CHECK_EQUAL(checkpoint->places().size(), 1u);
    std::uint64_t bytes = 0;
    for (const auto& [name, content] : vfs.files("ckpt")) bytes += content.size();
    BOOST_CHECK_EQUAL(checkpoint->bytes(), bytes);
    const auto leaf = checkpoint->leaf_at(0);
    TREERING_REQUIRE_OK(leaf);
    BOOST_CHECK_EQUAL(leaf->typed_path(), "a");
    BOOST_CHECK(leaf->dtype() == Dtype::kFloat32);
    BOOST_CHECK_EQUAL(leaf->bytes(), 32u);
    BOOST_CHECK(!checkpoint->leaf_at(1).ok());
  }
  BOOST_CHECK_EQUAL(vfs.descriptors(), 0u);
}

BOOST_AUTO_TEST_CASE(says_what_a_directory_without_a_slot_looks_like) {
  MemoryVfs vfs;
  check_says(error_of(vfs, "nothing"), ErrorClass::kNotFound, "no-directory", "no such directory");
  vfs.put("file", {});
  check_says(error_of(vfs, "file"), ErrorClass::kNotFound, "no-directory", "no such directory");
  vfs.make_directory(Vfs::kCwd, "ckpt");
  check_says(error_of(vfs), ErrorClass::kNotFound, "no-checkpoint", "check the path");
  vfs.put("ckpt/data-" + std::string(32, '0') + "-0-0", {});
  check_says(error_of(vfs), ErrorClass::kNotFound, "no-checkpoint",
             "a save is still running, or it died");
  vfs.put("ckpt/_METADATA", {});
  check_says(error_of(vfs), ErrorClass::kNotFound, "no-checkpoint", "Orbax");
  vfs.put("ckpt/step-00000001", {});
  check_says(error_of(vfs), ErrorClass::kNotFound, "no-checkpoint",
             "this is a series; open one of its steps");
}

BOOST_AUTO_TEST_CASE(names_each_file_that_is_missing_or_of_another_size) {  // [RS-02]
  const auto files = small().build();
  for (const auto& [name, content] : files) {
    if (name == "MANIFEST") continue;
    MemoryVfs vfs;
    small().put(vfs);
    auto longer = content;
    longer.push_back(std::byte{0});
    vfs.put("ckpt/" + name, longer);
    Error error = error_of(vfs);
    check_says(error, ErrorClass::kCorrupt, "file-size", "restore the file from a copy");
    BOOST_CHECK_EQUAL(error.where.file, name);
    const int directory = vfs.open_directory(Vfs::kCwd, "ckpt");
    BOOST_REQUIRE_EQUAL(vfs.unlink(directory, name), 0);
    vfs.close(directory);
    error = error_of(vfs);
    check_says(error, ErrorClass::kCorrupt, "missing-file", "restore it from a copy");
    BOOST_CHECK_EQUAL(error.where.file, name);
    BOOST_CHECK_EQUAL(error.rule, "RC-03");
  }
}

// [LY-11] [LY-12] [MF-14] [MF-22]
BOOST_AUTO_TEST_CASE(refuses_links_fifos_and_directories_in_place_of_files) {
  const auto files = small().build();
  for (const auto& [name, content] : files) {
    for (const char kind : {'l', 'f', 'd'}) {
      const ScratchDirectory scratch;
      auto others = files;
      others.erase(name);
      write(scratch, others);
      write(scratch / "elsewhere", content);
      if (kind == 'l')
        BOOST_REQUIRE_EQUAL(::symlink((scratch / "elsewhere").c_str(), (scratch / name).c_str()),
                            0);
      if (kind == 'f') BOOST_REQUIRE_EQUAL(::mkfifo((scratch / name).c_str(), 0600), 0);
      if (kind == 'd') BOOST_REQUIRE_EQUAL(::mkdir((scratch / name).c_str(), 0700), 0);
      const auto checkpoint = open(scratch.path());
      BOOST_REQUIRE(!checkpoint.ok());
      const ErrorClass cls = name == "MANIFEST" ? ErrorClass::kMalformed : ErrorClass::kCorrupt;
      check_says(checkpoint.error(), cls, "not-a-file", "not a regular file");
      BOOST_CHECK_EQUAL(checkpoint.error().where.file, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(opens_through_a_link_to_the_directory) {  // [LY-02]
  const ScratchDirectory scratch;
  BOOST_REQUIRE_EQUAL(::mkdir((scratch / "real").c_str(), 0700), 0);
  for (const auto& [name, content] : small().build()) write(scratch / ("real/" + name), content);
  BOOST_REQUIRE_EQUAL(::symlink("real", (scratch / "link").c_str()), 0);
  TREERING_REQUIRE_OK(open(scratch / "link"));
}

BOOST_AUTO_TEST_CASE(refuses_a_manifest_cut_at_any_length) {
  const Bytes whole_file = small().build().at("MANIFEST");
  MemoryVfs vfs;
  small().put(vfs);
  for (std::size_t length = 0; length < whole_file.size(); ++length) {
    vfs.put("ckpt/MANIFEST",
            Bytes(whole_file.begin(), whole_file.begin() + static_cast<std::ptrdiff_t>(length)));
    const Error error = error_of(vfs);
    BOOST_REQUIRE_MESSAGE(error.cls == ErrorClass::kMalformed, error.to_string());
    BOOST_REQUIRE_EQUAL(error.where.file, "MANIFEST");
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_manifest_with_any_byte_changed) {
  const Bytes whole_file = small().build().at("MANIFEST");
  MemoryVfs vfs;
  small().put(vfs);
  for (std::size_t i = 0; i < whole_file.size(); ++i) {
    Bytes changed = whole_file;
    changed[i] ^= std::byte{0x40};
    vfs.put("ckpt/MANIFEST", changed);
    const Error error = error_of(vfs);
    BOOST_REQUIRE_MESSAGE(error.cls == (i < 8 ? ErrorClass::kMalformed : ErrorClass::kCorrupt),
                          error.to_string());
  }
}

BOOST_AUTO_TEST_CASE(answers_abort_and_tombstone_as_not_found) {
  MemoryVfs vfs;
  small().put(vfs);
  const EndRecord end{
      .attempt = testing::id_of(1), .run_id = testing::id_of(2), .reason = "superseded"};
  vfs.put("ckpt/MANIFEST", encode_record(RecordKind::kAbort, 0, encode_end_body(end)));
  check_says(error_of(vfs), ErrorClass::kNotFound, "aborted", "given up");
  vfs.put("ckpt/MANIFEST", encode_record(RecordKind::kTombstone, 0, encode_end_body(end)));
  check_says(error_of(vfs), ErrorClass::kNotFound, "retired", "retired");
  // The body is not decoded.
  vfs.put("ckpt/MANIFEST", encode_record(RecordKind::kAbort, 0, Bytes(3)));
  check_says(error_of(vfs), ErrorClass::kNotFound, "aborted", "given up");
}

BOOST_AUTO_TEST_CASE(keeps_the_order_of_checks_for_manifests_beyond_the_limit) {  // [RS-02] [RS-03]
  MemoryVfs vfs;
  small().put(vfs);
  OpenOptions options{.vfs = &vfs};
  options.limits.manifest_bytes = 100;
  const auto class_of_open = [&] {
    const auto checkpoint = open("ckpt", options);
    BOOST_REQUIRE(!checkpoint.ok());
    return checkpoint.error().cls;
  };
  BOOST_CHECK(class_of_open() == ErrorClass::kLimit);
  const Bytes body(200);
  Bytes file = encode_record(RecordKind::kCommit, 0, body);
  file[40] ^= std::byte{1};  // the header's digest comes first
  vfs.put("ckpt/MANIFEST", file);
  BOOST_CHECK(class_of_open() == ErrorClass::kCorrupt);
  // A header that admits to less than there is.
  for (const std::size_t admitted : {0u, 50u}) {
    file = encode_record(RecordKind::kCommit, 0, Bytes(admitted));
    file.resize(1000);
    vfs.put("ckpt/MANIFEST", file);
    BOOST_CHECK(class_of_open() == ErrorClass::kMalformed);
  }
}

BOOST_AUTO_TEST_CASE(ignores_foreign_files) {  // [LY-08]
  MemoryVfs vfs;
  small().put(vfs);
  vfs.put("ckpt/notes.txt", Bytes(10));
  vfs.put("ckpt/data-" + std::string(32, 'f') + "-0-0", Bytes(10));
  const int directory = vfs.open_directory(Vfs::kCwd, "ckpt");
  vfs.make_directory(directory, "folder");
  vfs.close(directory);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  const auto damage = checkpoint->verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_CHECK(damage->empty());
}

BOOST_AUTO_TEST_CASE(reads_on_while_the_directory_is_renamed_away) {
  MemoryVfs vfs;
  Handmade made = small();
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  BOOST_REQUIRE_EQUAL(vfs.rename_new(Vfs::kCwd, "ckpt", Vfs::kCwd, "trash"), 0);
  const auto bytes = checkpoint->leaf("a")->read_bytes();
  TREERING_REQUIRE_OK(bytes);
  BOOST_CHECK(*bytes == made.leaves[0].host);
}

BOOST_AUTO_TEST_CASE(says_that_a_checkpoint_was_retired_meanwhile) {
  MemoryVfs vfs;
  small().put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  const int directory = vfs.open_directory(Vfs::kCwd, "ckpt");
  for (const auto& [name, content] : vfs.files("ckpt")) vfs.unlink(directory, name);
  vfs.close(directory);
  TREERING_CHECK_ERROR(checkpoint->leaf("a")->read_bytes(), ErrorClass::kNotFound, "RS-06");
  TREERING_CHECK_ERROR(checkpoint->verify(), ErrorClass::kNotFound, "RS-06");
  // A slot that holds something else now means the same.
  vfs.put("ckpt/MANIFEST", encode_record(RecordKind::kTombstone, 0, encode_end_body({})));
  TREERING_CHECK_ERROR(checkpoint->leaf("a")->read_bytes(), ErrorClass::kNotFound, "RS-06");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
