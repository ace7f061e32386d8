// SPDX-License-Identifier: Apache-2.0
#include "commit/commit.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>

#include "format/checksum.h"
#include "format/index.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "testing/fault_vfs.h"
#include "testing/memory_vfs.h"
#include "testing/recording_vfs.h"
#include "testing/results.h"

namespace treering::testing {
namespace {

using Bytes = std::vector<std::byte>;

Id id_of(std::uint8_t first) {
  Id id;
  id.bytes[0] = first;
  return id;
}
const Id kAttempt = id_of(0xaa);
const Id kOther = id_of(0xbb);

// The two records of a checkpoint whose tree is one number.
struct Records {
  Bytes index{};
  Bytes manifest{};
};
Records records_of(const Id& attempt) {
  Index index;
  index.attempt = attempt;
  auto index_body = encode_index_body(index);
  TREERING_REQUIRE_OK(index_body);
  Records records{.index = encode_record(RecordKind::kIndex, 0, *index_body)};
  Manifest manifest;
  manifest.attempt = attempt;
  Tree& tree = manifest.tree;
  tree.blobs = {.bytes = "7", .ends = {1}};
  tree.nodes = {.kinds = {1}, .key_kinds = {0}, .keys = {0}, .children = {0}, .details = {1}};
  tree.specs = {Spec{.kind = 3, .value = 1}};
  tree.leaf_specs = {1};
  tree.leaf_grids = {0};
  manifest.writers = {
      WriterRow{.index_size = records.index.size(), .index_digest = xxh3_128(records.index)}};
  auto body = encode_manifest_body(manifest);
  TREERING_REQUIRE_OK(body);
  records.manifest = encode_record(RecordKind::kCommit, 0, *body);
  return records;
}

// The whole life of an attempt without data files.
Status commit(Vfs& vfs, const Id& attempt, const std::string& path = "ckpt") {
  const Records records = records_of(attempt);
  auto begun = Attempt::begin(vfs, path, attempt);
  if (!begun.ok()) return std::move(begun).error();
  if (Status status = begun->publish_index(0, records.index); !status.ok()) return status;
  return begun->publish(records.manifest);
}

bool has_slot(MemoryVfs& memory) { return memory.files().contains("ckpt/MANIFEST"); }

std::size_t names_in(MemoryVfs& memory) { return memory.files("ckpt").size(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_test)

BOOST_AUTO_TEST_CASE(commits_and_leaves_only_the_checkpoint) {
  MemoryVfs vfs;
  TREERING_REQUIRE_OK(commit(vfs, kAttempt));
  const auto files = vfs.files("ckpt");
  BOOST_CHECK_EQUAL(files.size(), 2u);
  BOOST_CHECK(files.at("MANIFEST") == records_of(kAttempt).manifest);
  BOOST_CHECK(files.at(index_name(kAttempt, 0)) == records_of(kAttempt).index);
  BOOST_CHECK_EQUAL(vfs.descriptors(), 0u);
}

BOOST_AUTO_TEST_CASE(makes_its_calls_in_the_order_of_the_spec) {  // [CM-07] [CM-23] [LY-13]
  MemoryVfs memory;
  RecordingVfs vfs(memory);
  vfs.shorten(kAttempt.to_string(), "A");
  {
    auto attempt = Attempt::begin(vfs, "ckpt", kAttempt);
    TREERING_REQUIRE_OK(attempt);
    auto data = attempt->create_data(0, 0);
    TREERING_REQUIRE_OK(data);
    TREERING_REQUIRE_OK(write_exact(vfs, data->fd(), "data", 0, records_of(kAttempt).index));
    TREERING_REQUIRE_OK(attempt->seal(*data, 0, 0));
    TREERING_REQUIRE_OK(attempt->publish_index(0, records_of(kAttempt).index));
    TREERING_REQUIRE_OK(attempt->publish(records_of(kAttempt).manifest));
  }
  const std::vector<std::string> wanted = {
      "open-dir .", "mkdir ckpt", "open-dir-nofollow ckpt", "fsync .", "stat MANIFEST",
      // data, index
      "create data-A-0-0", "write data-A-0-0", "fsync data-A-0-0", "close data-A-0-0",
      "create candidate-A-index-0", "write candidate-A-index-0", "fsync candidate-A-index-0",
      "close candidate-A-index-0", "link candidate-A-index-0 index-A-0",
      // candidate, read back
      "create candidate-A", "write candidate-A", "fsync candidate-A", "close candidate-A",
      "open candidate-A", "stat-fd candidate-A", "read candidate-A", "close candidate-A",
      // the commit
      "fsync ckpt", "link candidate-A MANIFEST", "fsync ckpt", "stat-fd ckpt", "stat ckpt",
      // afterwards
      "unlink candidate-A-index-0", "unlink candidate-A", "close ckpt", "close ."};
  const std::vector<std::string> calls = vfs.distinct_calls();
  BOOST_CHECK_EQUAL_COLLECTIONS(calls.begin(), calls.end(), wanted.begin(), wanted.end());
}

BOOST_AUTO_TEST_CASE(a_taken_slot_is_a_conflict) {
  MemoryVfs vfs;
  TREERING_REQUIRE_OK(commit(vfs, kAttempt));
  const auto before = vfs.files();
  TREERING_CHECK_ERROR(commit(vfs, kOther), ErrorClass::kConflict, "CM-12");
  BOOST_CHECK(vfs.files() == before);
}

BOOST_AUTO_TEST_CASE(who_comes_second_loses) {  // [CM-26]
  MemoryVfs vfs;
  auto attempt = Attempt::begin(vfs, "ckpt", kOther);
  TREERING_REQUIRE_OK(attempt);
  TREERING_REQUIRE_OK(attempt->publish_index(0, records_of(kOther).index));
  TREERING_REQUIRE_OK(commit(vfs, kAttempt));
  TREERING_CHECK_ERROR(attempt->publish(records_of(kOther).manifest), ErrorClass::kConflict,
                       "CM-16");
  *attempt = Attempt(std::move(*Attempt::begin(vfs, "elsewhere", kOther)));
  BOOST_CHECK(vfs.files().at("ckpt/MANIFEST") == records_of(kAttempt).manifest);
  BOOST_CHECK_EQUAL(names_in(vfs), 2u);
}

BOOST_AUTO_TEST_CASE(an_abandoned_attempt_leaves_nothing) {
  MemoryVfs vfs;
  {
    auto attempt = Attempt::begin(vfs, "ckpt", kAttempt);
    TREERING_REQUIRE_OK(attempt);
    auto data = attempt->create_data(0, 0);
    TREERING_REQUIRE_OK(data);
    TREERING_REQUIRE_OK(attempt->publish_index(0, records_of(kAttempt).index));
    BOOST_CHECK_EQUAL(names_in(vfs), 3u);
    // An open data file may not be published.
    TREERING_CHECK_ERROR(attempt->publish(records_of(kAttempt).manifest), ErrorClass::kUsage, "");
  }
  BOOST_CHECK_EQUAL(names_in(vfs), 0u);
  BOOST_CHECK_EQUAL(vfs.descriptors(), 0u);
}

BOOST_AUTO_TEST_CASE(another_attempts_files_are_not_touched) {  // [CM-11]
  MemoryVfs vfs;
  vfs.make_directory(Vfs::kCwd, "ckpt");
  const std::string taken = "ckpt/" + data_name(kAttempt, 0, 0);
  vfs.put(taken, Bytes(3));
  vfs.put("ckpt/notes.txt", Bytes(4));
  const auto before = vfs.files();
  {
    auto attempt = Attempt::begin(vfs, "ckpt", kAttempt);
    TREERING_REQUIRE_OK(attempt);
    TREERING_CHECK_ERROR(attempt->create_data(0, 0), ErrorClass::kConflict, "");
    TREERING_CHECK_ERROR(attempt->create_data(0, 1), ErrorClass::kUsage, "");
  }
  BOOST_CHECK(vfs.files() == before);
}

BOOST_AUTO_TEST_CASE(an_index_of_the_same_name_is_kept) {
  MemoryVfs vfs;
  vfs.make_directory(Vfs::kCwd, "ckpt");
  vfs.put("ckpt/" + index_name(kAttempt, 0), Bytes(3));
  const auto before = vfs.files();
  TREERING_CHECK_ERROR(commit(vfs, kAttempt), ErrorClass::kConflict, "");
  BOOST_CHECK(vfs.files() == before);
}

BOOST_AUTO_TEST_CASE(refused_links_become_renames) {  // [CM-24]
  for (const int refusal : {EPERM, EOPNOTSUPP, ENOSYS, EMLINK, EINVAL}) {
    MemoryVfs memory;
    FaultVfs vfs(memory);
    vfs.fail_always(Call::kLink, refusal);
    TREERING_REQUIRE_OK(commit(vfs, kAttempt));
    BOOST_CHECK_EQUAL(names_in(memory), 2u);
    TREERING_CHECK_ERROR(commit(vfs, kOther), ErrorClass::kConflict, "CM-12");
  }
}

BOOST_AUTO_TEST_CASE(without_links_and_renames_the_file_system_is_named) {
  MemoryVfs memory;
  FaultVfs vfs(memory);
  vfs.fail_always(Call::kLink, EPERM);
  vfs.fail_always(Call::kRename, EINVAL);
  const Status status = commit(vfs, kAttempt);
  TREERING_CHECK_ERROR(status, ErrorClass::kEnvironment, "CM-25");
  BOOST_CHECK_NE(status.error().message.find("(memory)"), std::string::npos);
  BOOST_CHECK_EQUAL(names_in(memory), 0u);
}

BOOST_AUTO_TEST_CASE(a_rename_that_comes_second_loses) {
  MemoryVfs memory;
  FaultVfs vfs(memory);
  vfs.fail_always(Call::kLink, EPERM);
  auto attempt = Attempt::begin(vfs, "ckpt", kOther);
  TREERING_REQUIRE_OK(attempt);
  TREERING_REQUIRE_OK(attempt->publish_index(0, records_of(kOther).index));
  TREERING_REQUIRE_OK(commit(memory, kAttempt));
  TREERING_CHECK_ERROR(attempt->publish(records_of(kOther).manifest), ErrorClass::kConflict,
                       "CM-16");
}

BOOST_AUTO_TEST_CASE(a_lost_answer_to_the_commit_is_found_in_the_slot) {
  for (const int answer : {EIO, EEXIST, ETIMEDOUT, ESTALE}) {
    MemoryVfs memory;
    FaultVfs vfs(memory);
    vfs.lose_answer(Call::kLink, 1, answer);
    TREERING_REQUIRE_OK(commit(vfs, kAttempt));
    BOOST_CHECK(vfs.failed());
    BOOST_CHECK(has_slot(memory));
  }
}

BOOST_AUTO_TEST_CASE(a_failed_commit_leaves_nothing) {
  MemoryVfs memory;
  FaultVfs vfs(memory);
  vfs.fail(Call::kLink, 1, EIO);
  TREERING_CHECK_ERROR(commit(vfs, kAttempt), ErrorClass::kEnvironment, "");
  BOOST_CHECK_EQUAL(names_in(memory), 0u);
}

BOOST_AUTO_TEST_CASE(an_unreadable_slot_leaves_the_outcome_unknown) {  // [CM-19]
  MemoryVfs memory;
  FaultVfs vfs(memory);
  vfs.lose_answer(Call::kLink, 1, EIO);
  vfs.fail(Call::kOpenRead, 1, EIO);  // the first is that of the candidate
  const Status status = commit(vfs, kAttempt);
  TREERING_CHECK_ERROR(status, ErrorClass::kEnvironment, "CM-17");
  BOOST_CHECK_EQUAL(status.error().code, "outcome-unknown");
  BOOST_CHECK(memory.files().at("ckpt/MANIFEST") == records_of(kAttempt).manifest);
  BOOST_CHECK(memory.files().contains("ckpt/" + index_name(kAttempt, 0)));
}

BOOST_AUTO_TEST_CASE(an_fsync_that_fails_after_the_commit_leaves_the_outcome_unknown) {  // [CM-22]
  MemoryVfs memory;
  FaultVfs vfs(memory);
  // Parent, index, candidate, directory, and then the one that counts.
  vfs.fail(Call::kFsync, 4, EIO);
  const Status status = commit(vfs, kAttempt);
  TREERING_CHECK_ERROR(status, ErrorClass::kEnvironment, "CM-18");
  BOOST_CHECK_EQUAL(status.error().code, "outcome-unknown");
  BOOST_CHECK(has_slot(memory));
  BOOST_CHECK(memory.files().contains("ckpt/" + index_name(kAttempt, 0)));
}

BOOST_AUTO_TEST_CASE(a_directory_that_was_moved_is_no_success) {  // [CM-22]
  MemoryVfs vfs;
  auto attempt = Attempt::begin(vfs, "ckpt", kAttempt);
  TREERING_REQUIRE_OK(attempt);
  TREERING_REQUIRE_OK(attempt->publish_index(0, records_of(kAttempt).index));
  BOOST_REQUIRE_EQUAL(vfs.rename_new(Vfs::kCwd, "ckpt", Vfs::kCwd, "trash"), 0);
  TREERING_CHECK_ERROR(attempt->publish(records_of(kAttempt).manifest), ErrorClass::kConflict,
                       "CM-21");

  auto second = Attempt::begin(vfs, "ckpt", kOther);
  TREERING_REQUIRE_OK(second);
  TREERING_REQUIRE_OK(second->publish_index(0, records_of(kOther).index));
  BOOST_REQUIRE_EQUAL(vfs.rename_new(Vfs::kCwd, "ckpt", Vfs::kCwd, "trash2"), 0);
  BOOST_REQUIRE_EQUAL(vfs.make_directory(Vfs::kCwd, "ckpt"), 0);
  TREERING_CHECK_ERROR(second->publish(records_of(kOther).manifest), ErrorClass::kConflict,
                       "CM-21");
  BOOST_CHECK_EQUAL(names_in(vfs), 0u);
}

BOOST_AUTO_TEST_CASE(publishes_nothing_that_a_reader_would_refuse) {
  MemoryVfs vfs;
  const Records records = records_of(kAttempt);
  Bytes damaged = records.manifest;
  damaged.back() ^= std::byte{1};
  {
    auto attempt = Attempt::begin(vfs, "ckpt", kAttempt);
    TREERING_REQUIRE_OK(attempt);
    TREERING_REQUIRE_OK(attempt->publish_index(0, records.index));
    TREERING_CHECK_ERROR(attempt->publish(damaged), ErrorClass::kInternal, "CM-68");
    TREERING_CHECK_ERROR(attempt->publish(records.manifest), ErrorClass::kUsage, "");
  }
  BOOST_CHECK_EQUAL(names_in(vfs), 0u);
  {
    auto attempt = Attempt::begin(vfs, "ckpt", kAttempt);
    TREERING_REQUIRE_OK(attempt);
    BOOST_CHECK(!attempt->publish_index(0, records.manifest).ok());
  }
  BOOST_CHECK_EQUAL(names_in(vfs), 0u);
}

BOOST_AUTO_TEST_CASE(storage_that_changes_bytes_is_noticed) {
  // Gives back a candidate with one bit turned.
  class LyingVfs final : public InterceptingVfs {
   public:
    using InterceptingVfs::InterceptingVfs;
    std::int64_t read(int fd, std::span<std::byte> buffer, std::uint64_t offset) override {
      const std::int64_t got = InterceptingVfs::read(fd, buffer, offset);
      if (got > 0) buffer[0] ^= std::byte{1};
      return got;
    }
    int before(Call, const std::string&) override { return 0; }
  };
  MemoryVfs memory;
  LyingVfs vfs(memory);
  TREERING_CHECK_ERROR(commit(vfs, kAttempt), ErrorClass::kEnvironment, "CM-15");
  BOOST_CHECK_EQUAL(names_in(memory), 0u);
}

BOOST_AUTO_TEST_CASE(creates_only_the_last_component) {
  MemoryVfs vfs;
  TREERING_CHECK_ERROR(commit(vfs, kAttempt, "a/b"), ErrorClass::kNotFound, "");
  BOOST_CHECK(vfs.files().empty());
  TREERING_REQUIRE_OK(commit(vfs, kAttempt, "a"));
  TREERING_REQUIRE_OK(commit(vfs, kAttempt, "a/b///"));
  TREERING_REQUIRE_OK(commit(vfs, kAttempt, "./c"));
  BOOST_CHECK(vfs.files().contains("a/b/MANIFEST"));
  BOOST_CHECK(vfs.files().contains("c/MANIFEST"));
  TREERING_CHECK_ERROR(commit(vfs, kAttempt, ""), ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(commit(vfs, kAttempt, std::string("a\0b", 3)), ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_CASE(an_existing_directory_is_used) {
  MemoryVfs vfs;
  vfs.make_directory(Vfs::kCwd, "ckpt");
  vfs.put("ckpt/notes.txt", Bytes(5));
  TREERING_REQUIRE_OK(commit(vfs, kAttempt));
  BOOST_CHECK_EQUAL(vfs.files().at("ckpt/notes.txt").size(), 5u);
}

BOOST_AUTO_TEST_CASE(each_failing_call_gives_an_error_or_a_whole_checkpoint) {
  for (const bool for_good : {false, true}) {
    for (std::uint64_t k = 0;; ++k) {
      MemoryVfs memory;
      FaultVfs vfs(memory);
      if (for_good) {
        vfs.stop_at(k);
      } else {
        vfs.fail_call(k, EIO);
      }
      const Status status = commit(vfs, kAttempt);
      BOOST_TEST_CONTEXT("call " << k << ", for good " << for_good) {
        BOOST_CHECK_EQUAL(memory.descriptors(), 0u);
        const auto files = memory.files();
        if (has_slot(memory)) {
          BOOST_CHECK(files.at("ckpt/MANIFEST") == records_of(kAttempt).manifest);
          BOOST_CHECK(files.at("ckpt/" + index_name(kAttempt, 0)) == records_of(kAttempt).index);
        } else {
          BOOST_CHECK(!status.ok());
          TREERING_REQUIRE_OK(commit(memory, kOther));
        }
      }
      if (!vfs.failed()) {
        BOOST_CHECK_GT(k, 20u);
        break;
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
