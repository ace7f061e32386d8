// SPDX-License-Identifier: Apache-2.0
// The system refuses one call while a series is read or changed: never an older step for the
// latest, never a step less than there are, and nothing lost.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

#include "save/sample_tree.h"
#include "testing/fault_vfs.h"
#include "testing/memory_vfs.h"
#include "treering/series.h"

namespace treering::testing {
namespace {

using Step = std::optional<std::uint64_t>;
constexpr Call kReadCalls[] = {Call::kOpenDirectory, Call::kOpenRead, Call::kRead, Call::kStat,
                               Call::kList};
constexpr Call kAllCalls[] = {Call::kOpenDirectory,   Call::kOpenRead, Call::kCreate,
                              Call::kClose,           Call::kRead,     Call::kWrite,
                              Call::kFsync,           Call::kStat,     Call::kLink,
                              Call::kRename,          Call::kUnlink,   Call::kMakeDirectory,
                              Call::kRemoveDirectory, Call::kList,     Call::kRandom};

// A series of the steps 1 and 2 whose system refuses a call.
class World {
 public:
  World() : tree_(sample_.bytes("a", 300).finish()) {
    Series series = opened(memory_);
    for (const std::uint64_t step : {1u, 2u}) TREERING_REQUIRE_OK(series.save(step, tree_));
  }
  // The k-th call of the kind from now on fails.
  Series refusing(Call call, std::uint64_t k, int error) {
    Series series = opened(vfs_);
    vfs_.fail(call, vfs_.calls(call) + k, error);
    return series;
  }
  Series sound() { return opened(memory_); }
  bool refused() const { return vfs_.failed(); }
  MemoryVfs& memory() { return memory_; }
  const SaveTree& tree() const { return tree_; }

 private:
  static Series opened(Vfs& vfs) {
    auto series = Series::open("runs", {.vfs = &vfs});
    TREERING_REQUIRE_OK(series);
    return *std::move(series);
  }
  MemoryVfs memory_{};
  FaultVfs vfs_{memory_};
  Sample sample_{};
  SaveTree tree_;
};

void check_refused(const Error& error) {
  const std::string text = error.to_string();
  BOOST_CHECK_MESSAGE(error.cls == ErrorClass::kEnvironment, text);
  BOOST_CHECK_MESSAGE(!error.where.file.empty() && error.message.starts_with("cannot "), text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(series_faults_test)

// What a series answers is right, or the error of the environment that kept it from answering.
void ask_for_latest(const Series& series) {
  const auto latest = series.latest();
  if (!latest.ok()) return check_refused(latest.error());
  BOOST_CHECK(*latest == Step(2));
}
void ask_with_fallback(const Series& series) {
  std::vector<StepEntry> skipped;
  const auto latest = series.latest(true, &skipped);
  if (!latest.ok()) return check_refused(latest.error());
  BOOST_CHECK(*latest == Step(2) && skipped.empty());
}
void ask_for_steps(const Series& series) {
  const auto steps = series.steps();
  if (!steps.ok()) return check_refused(steps.error());
  BOOST_CHECK((*steps == std::vector<std::uint64_t>{1, 2}));
}
void ask_for_entries(const Series& series) {
  const auto entries = series.entries();
  if (!entries.ok()) return check_refused(entries.error());
  BOOST_CHECK_EQUAL(entries->size(), 2u);
  for (const StepEntry& entry : *entries) {
    if (entry.state != StepState::kCommitted) check_refused(entry.error);
  }
}
void open_the_second(const Series& series) {
  const auto checkpoint = series.open_step(2);
  if (!checkpoint.ok()) check_refused(checkpoint.error());
}

BOOST_AUTO_TEST_CASE(a_refused_call_never_hides_a_step) {
  for (const auto ask :
       {ask_for_latest, ask_with_fallback, ask_for_steps, ask_for_entries, open_the_second}) {
    for (const Call call : kReadCalls) {
      for (const int error : {EIO, ENOMEM, EMFILE, EACCES, ESTALE}) {
        for (std::uint64_t k = 0;; ++k) {
          World world;
          const Series series = world.refusing(call, k, error);
          BOOST_TEST_CONTEXT("call " << k << " of kind " << static_cast<int>(call) << ", error "
                                     << error) {
            ask(series);
            BOOST_CHECK_EQUAL(world.memory().descriptors(), 0u);
          }
          if (!world.refused()) break;
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refused_call_never_loses_a_step_that_stays) {
  for (const Call call : kAllCalls) {
    for (const int error : {EIO, EINTR}) {
      for (std::uint64_t k = 0;; ++k) {
        World world;
        Series series = world.refusing(call, k, error);
        const Status retired = series.retire(1);
        BOOST_TEST_CONTEXT("call " << k << " of kind " << static_cast<int>(call) << ", error "
                                   << error) {
          if (!retired.ok()) check_refused(retired.error());
          const bool transparent = error == EINTR && call != Call::kFsync && call != Call::kClose;
          BOOST_CHECK(retired.ok() || !transparent);
          BOOST_CHECK_EQUAL(world.memory().descriptors(), 0u);
          Series sound = world.sound();
          BOOST_CHECK(sound.latest().value() == Step(2));
          TREERING_REQUIRE_OK(sound.open_step(2));
          // What was begun can be ended.
          if (sound.steps()->size() == 2) TREERING_REQUIRE_OK(sound.retire(1));
          TREERING_REQUIRE_OK(sound.clean_trash());
          const auto files = world.memory().files("runs");
          BOOST_CHECK(std::none_of(files.begin(), files.end(), [](const auto& file) {
            return file.first.starts_with(".trash");
          }));
        }
        if (!world.refused()) break;
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refused_call_while_a_step_is_saved_changes_no_other) {
  for (const Call call : kAllCalls) {
    for (std::uint64_t k = 0;; ++k) {
      World world;
      Series series = world.refusing(call, k, EIO);
      const auto report = series.save(3, world.tree());
      BOOST_TEST_CONTEXT("call " << k << " of kind " << static_cast<int>(call)) {
        if (!report.ok()) BOOST_CHECK(report.error().cls == ErrorClass::kEnvironment);
        BOOST_CHECK_EQUAL(world.memory().descriptors(), 0u);
        Series sound = world.sound();
        const auto latest = sound.latest();
        TREERING_REQUIRE_OK(latest);
        BOOST_CHECK(*latest == Step(3) || (!report.ok() && *latest == Step(2)));
        if (*latest == Step(2)) TREERING_REQUIRE_OK(sound.save(3, world.tree()));
        BOOST_CHECK((*sound.steps() == std::vector<std::uint64_t>{1, 2, 3}));
      }
      if (!world.refused()) break;
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refused_call_is_not_a_taken_step) {  // [LY-23]
  for (const Call call : kReadCalls) {
    for (std::uint64_t k = 0;; ++k) {
      World world;
      Series series = world.refusing(call, k, EMFILE);
      const auto report = series.save(2, world.tree());
      BOOST_REQUIRE(!report.ok());
      // Where the call was not needed, the step is what it is.
      if (report.error().cls == ErrorClass::kConflict) {
        BOOST_CHECK_NE(report.error().message.find("is committed already"), std::string::npos);
      } else {
        check_refused(report.error());
      }
      if (!world.refused()) break;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
