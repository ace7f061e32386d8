// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "output.h"

namespace treering::cli {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";
volatile std::sig_atomic_t bar_shown = 0;

// The commands only read, so that there is nothing to undo: clear the bar and die of the signal as
// if unhandled.
extern "C" void clear_bar_and_die(int signal) {
  if (bar_shown != 0) {
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, kClearLine.data(), kClearLine.size());
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string bar(double fraction, std::size_t width) {
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(width));
  std::string out;
  for (std::size_t i = 0; i < width; ++i) out += i < full ? "█" : "░";
  return out;
}

}  // namespace

Progress::Progress(std::string label)
    : label_(std::move(label)), enabled_(::isatty(STDERR_FILENO) == 1) {
  if (!enabled_) return;
  std::signal(SIGINT, clear_bar_and_die);
  std::signal(SIGTERM, clear_bar_and_die);
}

Progress::~Progress() {
  if (!enabled_) return;
  if (bar_shown != 0) std::fwrite(kClearLine.data(), 1, kClearLine.size(), stderr);
  bar_shown = 0;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  using std::chrono::milliseconds;
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (now - start_ < milliseconds(1000) || now - drawn_ < milliseconds(100)) return;
  drawn_ = now;
  draw(done, total, now);
}

void Progress::draw(std::uint64_t done, std::uint64_t total, Clock::time_point now) {
  const double fraction =
      total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(done) / seconds);
  bar_shown = 1;
  fmt::print(stderr, "{}{} {} {:3.0f}%  {} of {}, {}/s", kClearLine, printable(label_),
             bar(fraction, 24), fraction * 100, human_bytes(done), human_bytes(total),
             human_bytes(rate));
  std::fflush(stderr);
}

std::function<void(std::uint64_t, std::uint64_t)> Progress::callback() {
  return [this](std::uint64_t done, std::uint64_t total) { update(done, total); };
}

}  // namespace treering::cli
