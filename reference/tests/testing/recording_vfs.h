// SPDX-License-Identifier: Apache-2.0
// Writes down every call, so that a test can compare the order with spec 13.
#pragma once

#include <string>
#include <vector>

#include "testing/intercepting_vfs.h"

namespace treering::testing {

class RecordingVfs final : public InterceptingVfs {
 public:
  using InterceptingVfs::InterceptingVfs;
  // In what follows `text` is written as `as`: names of attempts are long.
  void shorten(std::string text, std::string as) {
    short_.emplace_back(std::move(text), std::move(as));
  }
  std::vector<std::string> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  // Calls one after another of the same text count as one: how often a file is written is no
  // promise.
  std::vector<std::string> distinct_calls() {
    std::vector<std::string> distinct;
    for (const std::string& call : calls()) {
      if (distinct.empty() || distinct.back() != call) distinct.push_back(call);
    }
    return distinct;
  }

 protected:
  int before(Call, const std::string& text) override {
    std::string call = text;
    for (const auto& [from, to] : short_) {
      for (std::size_t at = call.find(from); at != std::string::npos; at = call.find(from)) {
        call.replace(at, from.size(), to);
      }
    }
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    return 0;
  }

 private:
  std::mutex mutex_{};
  std::vector<std::pair<std::string, std::string>> short_{};
  std::vector<std::string> calls_{};
};

}  // namespace treering::testing
