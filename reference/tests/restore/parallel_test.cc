// SPDX-License-Identifier: Apache-2.0
#include "restore/parallel.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "testing/results.h"

namespace treering {

BOOST_AUTO_TEST_SUITE(parallel_test)

BOOST_AUTO_TEST_CASE(does_every_task_once) {
  for (const unsigned threads : {1u, 2u}) {
    std::vector<std::atomic<int>> done(1000);
    TREERING_REQUIRE_OK(run_parallel(done.size(), threads,
                                     [&](std::size_t i, BlockBuffers&) -> Status {
                                       ++done[i];
                                       return {};
                                     },
                                     {}));
    for (const auto& each : done) BOOST_REQUIRE_EQUAL(each, 1);
  }
}

BOOST_AUTO_TEST_CASE(returns_the_failure_with_the_least_number) {
  for (int round = 0; round < 50; ++round) {
    const Status status =
        run_parallel(100, 2,
                     [&](std::size_t i, BlockBuffers&) -> Status {
                       if (i < 40) return {};
                       return Error{.cls = ErrorClass::kCorrupt, .message = std::to_string(i)};
                     },
                     {});
    BOOST_REQUIRE(!status.ok());
    BOOST_CHECK_EQUAL(status.error().message, "40");
  }
}

BOOST_AUTO_TEST_CASE(calls_back_on_the_calling_thread_alone) {
  const std::thread::id caller = std::this_thread::get_id();
  int calls = 0;
  TREERING_REQUIRE_OK(run_parallel(
      100, 2, [](std::size_t, BlockBuffers&) -> Status { return {}; },
      [&] {
        BOOST_CHECK(std::this_thread::get_id() == caller);
        ++calls;
      }));
  BOOST_CHECK_GE(calls, 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
