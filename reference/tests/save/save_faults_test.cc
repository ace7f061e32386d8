// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <optional>

#include "save/sample_tree.h"
#include "save/stored_checkpoint.h"
#include "testing/fault_vfs.h"
#include "testing/memory_vfs.h"
#include "testing/results.h"
#include "treering/save.h"

namespace treering::testing {
namespace {

// Several files, a large shard among small ones: every kind of call of a save.
class Case {
 public:
  Case() : tree_(sample_.bytes("a", 10).bytes("b", 300'000).bytes("c", 70'000).finish()) {
    TREERING_REQUIRE_OK(save("earlier", tree_, options(memory_, 9)));
    earlier_ = memory_.files("earlier");
  }
  static SaveOptions options(Vfs& vfs, std::uint8_t attempt) {
    SaveOptions options = fixed_options(vfs, attempt);
    options.block_bytes = 4096;
    options.file_bytes = 100'000;
    return options;
  }
  Result<SaveReport> run(Vfs& vfs, std::uint8_t attempt = 1) {
    return save("ckpt", tree_, options(vfs, attempt));
  }
  MemoryVfs& memory() { return memory_; }

  // How many calls of the kind one save makes; of all kinds without one.
  std::uint64_t calls_of(std::optional<Call> call) {
    FaultVfs vfs(memory_);
    TREERING_REQUIRE_OK(save("counted", tree_, options(vfs, 9)));
    BOOST_CHECK(memory_.files("counted") == earlier_);
    return call ? vfs.calls(*call) : vfs.calls();
  }
  const Files& earlier() const { return earlier_; }

  // What holds whatever failed.
  void check(const Result<SaveReport>& result) {
    BOOST_CHECK_EQUAL(memory_.descriptors(), 0u);
    BOOST_CHECK(memory_.files("earlier") == earlier_);
    const bool committed = memory_.files().contains("ckpt/MANIFEST");
    if (committed) {
      Files files = memory_.files("ckpt");
      std::erase_if(files, [](const auto& file) { return file.first.starts_with("candidate-"); });
      take_apart(files);
      if (!result.ok()) {
        BOOST_CHECK(result.error().code == "outcome-unknown");
      }
      return;
    }
    BOOST_REQUIRE(!result.ok());
    BOOST_CHECK(!result.error().message.empty());
    TREERING_REQUIRE_OK(run(memory_, 2));
    BOOST_CHECK_EQUAL(memory_.descriptors(), 0u);
  }

 private:
  MemoryVfs memory_{};
  Sample sample_{};
  SaveTree tree_;
  Files earlier_{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(save_faults_test)

BOOST_AUTO_TEST_CASE(a_failing_call_before_the_commit_leaves_no_file) {  // [CM-13] [CM-14]
  for (const Call call : {Call::kCreate, Call::kWrite, Call::kFsync, Call::kClose}) {
    for (std::uint64_t k = 0;; ++k) {
      Case one;
      FaultVfs vfs(one.memory());
      vfs.fail(call, k, EIO);
      const auto result = one.run(vfs);
      if (!vfs.failed()) break;
      const Files files = one.memory().files("ckpt");
      BOOST_TEST_CONTEXT("call " << k << " of kind " << static_cast<int>(call)) {
        if (!files.contains("MANIFEST")) BOOST_CHECK(files.empty());
        one.check(result);
      }
    }
  }
}

// Everything that a save asks the system for.
constexpr Call kAllCalls[] = {Call::kOpenDirectory, Call::kOpenRead,     Call::kCreate,
                              Call::kClose,         Call::kRead,         Call::kWrite,
                              Call::kFsync,         Call::kStat,         Call::kLink,
                              Call::kUnlink,        Call::kMakeDirectory};

BOOST_AUTO_TEST_CASE(each_refused_call_of_each_kind_is_one_clear_error) {  // [CM-69]
  std::uint64_t all_calls = 0;
  for (const Call call : kAllCalls) {
    const std::uint64_t calls = Case().calls_of(call);
    BOOST_CHECK_GT(calls, 0u);
    all_calls += calls;
    for (const int refusal : {EIO, ENOSPC, EDQUOT}) {
      for (std::uint64_t k = 0; k < calls; ++k) {
        Case one;
        FaultVfs vfs(one.memory());
        vfs.fail(call, k, refusal);
        BOOST_TEST_CONTEXT("call " << k << " of kind " << static_cast<int>(call) << ", error "
                                   << refusal) {
          const auto result = one.run(vfs);
          BOOST_CHECK(vfs.failed());
          one.check(result);
          if (result.ok()) {
            // Only what cannot hurt what was saved: garbage that stays, a directory or a file that
            // was read and does not close.
            BOOST_CHECK(call == Call::kUnlink || call == Call::kClose);
            continue;
          }
          const Error& error = result.error();
          const std::string text = error.to_string();
          BOOST_CHECK_MESSAGE(error.cls == ErrorClass::kEnvironment, text);
          const bool unknown = error.code == "outcome-unknown";
          BOOST_CHECK_MESSAGE(unknown || error.code == (refusal == EIO ? "io" : "no-space"), text);
          BOOST_CHECK_MESSAGE(!error.where.file.empty(), text);
          BOOST_CHECK_MESSAGE(error.message.find(error.where.file) != std::string::npos, text);
          BOOST_CHECK_MESSAGE(error.message.find("ckpt") != std::string::npos, text);
          const std::string_view remedy = unknown          ? "open the path to see"
                                          : refusal == EIO ? "look at the system's log"
                                                           : "free space";
          BOOST_CHECK_MESSAGE(error.message.find(remedy) != std::string::npos, text);
        }
      }
    }
  }
  BOOST_CHECK_EQUAL(all_calls, Case().calls_of(std::nullopt));
}

BOOST_AUTO_TEST_CASE(one_interrupted_call_changes_nothing) {
  for (const Call call : kAllCalls) {
    const std::uint64_t calls = Case().calls_of(call);
    for (std::uint64_t k = 0; k < calls; ++k) {
      Case one;
      FaultVfs vfs(one.memory());
      vfs.fail(call, k, EINTR);
      BOOST_TEST_CONTEXT("call " << k << " of kind " << static_cast<int>(call)) {
        const auto result = one.run(vfs, 9);
        BOOST_CHECK(vfs.failed());
        if (call == Call::kFsync || call == Call::kClose) {  // what they were to do is not known
          one.check(result);
          continue;
        }
        TREERING_REQUIRE_OK(result);
        BOOST_CHECK(one.memory().files("ckpt") == one.earlier());
        BOOST_CHECK_EQUAL(one.memory().descriptors(), 0u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(short_writes_of_any_length_change_nothing) {
  for (const std::size_t most : {13u, 4096u, 65537u}) {
    Case one;
    FaultVfs vfs(one.memory());
    vfs.short_transfers(most);
    TREERING_REQUIRE_OK(one.run(vfs, 9));
    BOOST_CHECK(one.memory().files("ckpt") == one.earlier());
  }
}

BOOST_AUTO_TEST_CASE(a_process_that_stops_leaves_all_or_nothing) {
  for (std::uint64_t k = 0;; ++k) {
    Case one;
    FaultVfs vfs(one.memory());
    vfs.stop_at(k);
    const auto result = one.run(vfs);
    if (!vfs.failed()) break;
    BOOST_TEST_CONTEXT("stopped at call " << k) {
      // Candidates and data of the dead process may lie there; another attempt does not mind.
      one.check(result);
    }
  }
}

BOOST_AUTO_TEST_CASE(short_and_interrupted_transfers_change_nothing) {
  Case one;
  FaultVfs vfs(one.memory());
  vfs.short_transfers(1000);
  vfs.interrupt();
  TREERING_REQUIRE_OK(one.run(vfs, 9));
  BOOST_CHECK(one.memory().files("ckpt") == one.memory().files("earlier"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_says_how_much_is_needed) {
  Case one;
  FaultVfs vfs(one.memory());
  vfs.fail(Call::kWrite, 2, ENOSPC);
  const auto result = one.run(vfs);
  TREERING_CHECK_ERROR(result, ErrorClass::kEnvironment, "");
  BOOST_CHECK_EQUAL(result.error().code, "no-space");
  BOOST_CHECK_NE(result.error().message.find("saving to ckpt needs up to "), std::string::npos);
  BOOST_CHECK(result.error().where.file.starts_with("data-"));
}

BOOST_AUTO_TEST_CASE(saves_where_hard_links_are_refused) {
  Case one;
  FaultVfs vfs(one.memory());
  vfs.fail_always(Call::kLink, EPERM);
  TREERING_REQUIRE_OK(one.run(vfs, 9));
  BOOST_CHECK(one.memory().files("ckpt") == one.memory().files("earlier"));
}

BOOST_AUTO_TEST_CASE(refuses_a_tree_before_it_touches_anything) {
  MemoryVfs vfs;
  TREERING_CHECK_ERROR(save("ckpt", SaveTree{}, fixed_options(vfs)), ErrorClass::kInvalid, "TR-01");
  BOOST_CHECK(vfs.files().empty());
}

BOOST_AUTO_TEST_CASE(random_bytes_that_fail_are_an_error) {
  Case one;
  FaultVfs vfs(one.memory());
  vfs.fail_always(Call::kRandom, EIO);
  Sample sample;
  SaveOptions options;
  options.vfs = &vfs;
  TREERING_CHECK_ERROR(save("ckpt", sample.bytes("a", 1).finish(), options),
                       ErrorClass::kEnvironment, "");
  BOOST_CHECK(!one.memory().files().contains("ckpt/"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
