// SPDX-License-Identifier: Apache-2.0
// Two threads that share a row of tasks.
#include "restore/parallel.h"

#include <atomic>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace treering {
namespace {

class TaskRow {
 public:
  TaskRow(std::size_t count, const std::function<Status(std::size_t, BlockBuffers&)>& work)
      : count_(count), work_(work) {}

  void run(const std::function<void()>& after) {
    BlockBuffers buffers;
    while (!failed_) {
      const std::size_t number = next_++;
      if (number >= count_) return;
      Status status = work_(number, buffers);
      if (!status.ok()) keep(number, std::move(status));
      if (after) after();
    }
  }

  // The same on a thread of its own, from which nothing may be thrown.
  void help() noexcept {
    try {
      run({});
    } catch (const std::bad_alloc&) {
      keep(count_, Error{.cls = ErrorClass::kEnvironment,
                         .code = "io",
                         .message = "out of memory; free some"});
    }
  }

  Status result() && { return std::move(status_); }

 private:
  void keep(std::size_t number, Status status) {
    const std::lock_guard lock(mutex_);
    if (!failed_ || number < failed_number_) {
      status_ = std::move(status);
      failed_number_ = number;
    }
    failed_ = true;
  }

  const std::size_t count_;
  const std::function<Status(std::size_t, BlockBuffers&)>& work_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_{};
  std::size_t failed_number_ = 0;
  Status status_{};
};

}  // namespace

Status run_parallel(std::size_t count, unsigned threads,
                    const std::function<Status(std::size_t, BlockBuffers&)>& work,
                    const std::function<void()>& after) {
  TaskRow tasks(count, work);
  {
    std::vector<std::jthread> helpers;  // joined also where `after` throws
    for (unsigned i = 1; i < threads; ++i) {
      try {
        helpers.emplace_back([&tasks] { tasks.help(); });
      } catch (const std::system_error&) {
        break;  // No thread to be had: the calling one does it all.
      }
    }
    tasks.run(after);
  }
  if (after) after();
  return std::move(tasks).result();
}

}  // namespace treering
