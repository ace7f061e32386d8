// SPDX-License-Identifier: Apache-2.0
// Makes chosen calls fail. Calls are counted from 0, all together and by kind.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>

#include "testing/intercepting_vfs.h"

namespace treering::testing {

class FaultVfs final : public InterceptingVfs {
 public:
  using InterceptingVfs::InterceptingVfs;
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // The k-th call of all fails with this error and is not made.
  void fail_call(std::uint64_t k, int error) { all_ = {k, error}; }
  // The k-th call and all later ones fail: what the process did before is all that there is.
  void stop_at(std::uint64_t k, int error = EIO) { stop_ = {k, error}; }
  // The k-th call of a kind fails and is not made; the same for every call of the kind.
  void fail(Call call, std::uint64_t k, int error) { kinds_[call] = {k, error}; }
  void fail_always(Call call, int error) { always_[call] = error; }
  // The k-th call of a kind is made, and its answer is lost.
  void lose_answer(Call call, std::uint64_t k, int error) { lost_[call] = {k, error}; }
  // No transfer moves more than this; every second call that can be interrupted is.
  void short_transfers(std::size_t most) { most_ = most; }
  void interrupt() { interrupt_ = true; }

  std::uint64_t calls() const { return count_; }
  bool failed() const { return failed_; }
  // How many calls of a kind there were.
  std::uint64_t calls(Call call) const {
    const auto found = counts_.find(call);
    return found == counts_.end() ? 0 : found->second;
  }

 protected:
  int before(Call call, const std::string&) override {
    const std::lock_guard lock(mutex_);
    if (interrupt_ && can_be_interrupted(call) && (interrupted_ = !interrupted_)) return -EINTR;
    const std::uint64_t n = count_++;
    const std::uint64_t of_kind = counts_[call]++;
    if (n == all_.k) return fault(all_.error);
    if (n >= stop_.k) return fault(stop_.error);
    if (const auto found = always_.find(call); found != always_.end()) return fault(found->second);
    const auto found = kinds_.find(call);
    if (found != kinds_.end() && found->second.k == of_kind) return fault(found->second.error);
    return 0;
  }
  std::int64_t after(Call call, std::int64_t result) override {
    const std::lock_guard lock(mutex_);
    const auto found = lost_.find(call);
    if (found == lost_.end() || found->second.k != counts_[call] - 1) return result;
    return fault(found->second.error);
  }
  std::size_t most(std::size_t wanted) override { return std::min(wanted, most_); }

 private:
  struct Fault {
    std::uint64_t k = kNever;
    int error = EIO;
  };
  int fault(int error) {
    failed_ = true;
    return -error;
  }
  static bool can_be_interrupted(Call call) {
    return call != Call::kClose && call != Call::kFsync;  // both end what they were asked for
  }

  std::mutex mutex_{};
  Fault all_{};
  Fault stop_{};
  std::map<Call, Fault> kinds_{};
  std::map<Call, Fault> lost_{};
  std::map<Call, int> always_{};
  std::map<Call, std::uint64_t> counts_{};
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  std::uint64_t count_ = 0;
  bool interrupt_ = false;
  bool interrupted_ = false;
  bool failed_ = false;
};

}  // namespace treering::testing
