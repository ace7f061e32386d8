// SPDX-License-Identifier: Apache-2.0
// A progress bar on stderr: only on a terminal, only after a second, gone at the end and at Ctrl-C.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace treering::cli {

// One at a time. Calls may come from several threads only if the library serialises them.
class Progress {
 public:
  explicit Progress(std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void label(std::string text) { label_ = std::move(text); }
  void update(std::uint64_t done, std::uint64_t total);
  // For the library's progress options; valid as long as this object.
  std::function<void(std::uint64_t, std::uint64_t)> callback();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(std::uint64_t done, std::uint64_t total, Clock::time_point now);
  std::string label_;
  bool enabled_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
};

}  // namespace treering::cli
