// SPDX-License-Identifier: Apache-2.0
#include "format/lz4_block.h"

#include "base/bytes.h"

namespace treering {
namespace {

constexpr std::uint64_t kLongCount = 15;  // a count of four bits that goes on in further bytes
constexpr std::uint64_t kLeastMatch = 4;
constexpr std::uint64_t kMatchStartMargin =
    12;                                       // from the start of a match to the end of the output
constexpr std::uint64_t kMatchEndMargin = 5;  // from the end of a match to the end of the output

constexpr Lz4Fault kIncomplete{"BL-08", "it ends within a sequence"};
constexpr Lz4Fault kBadDistance{"BL-09", "a match reaches back before the start, or by 0"};
constexpr Lz4Fault kBadSize{"BL-10", "it does not give the raw size"};
constexpr Lz4Fault kLateMatch{"BL-11", "a match starts too close to the end"};
constexpr Lz4Fault kLongMatch{"BL-12", "a match ends too close to the end"};

class Sequences {
 public:
  Sequences(std::span<const std::byte> stored, std::uint64_t raw_size)
      : rest_(stored), raw_size_(raw_size) {}

  std::optional<Lz4Fault> check() {
    while (!rest_.empty()) {
      const auto token = static_cast<std::uint64_t>(rest_[0]);
      rest_ = rest_.subspan(1);
      const auto literals = count(token >> 4);
      if (!literals || *literals > rest_.size()) return kIncomplete;
      out_ += *literals;
      rest_ = rest_.subspan(*literals);
      if (rest_.empty()) return out_ == raw_size_ ? std::nullopt : std::optional(kBadSize);
      if (const auto fault = match(token & 15)) return fault;
    }
    return kIncomplete;
  }

 private:
  // Cannot wrap: at most 255 for each stored byte.
  std::optional<std::uint64_t> count(std::uint64_t first) {
    std::uint64_t sum = first;
    if (first != kLongCount) return sum;
    while (!rest_.empty()) {
      const auto more = static_cast<std::uint64_t>(rest_[0]);
      rest_ = rest_.subspan(1);
      sum += more;
      if (more != 255) return sum;
    }
    return std::nullopt;
  }
  std::optional<Lz4Fault> match(std::uint64_t first) {
    const auto distance = load_le<std::uint16_t>(rest_, 0);
    if (!distance) return kIncomplete;
    rest_ = rest_.subspan(2);
    if (*distance == 0 || *distance > out_) return kBadDistance;
    const auto length = count(first);
    if (!length) return kIncomplete;
    if (out_ + kMatchStartMargin > raw_size_) return out_ > raw_size_ ? kBadSize : kLateMatch;
    out_ += *length + kLeastMatch;
    if (out_ + kMatchEndMargin > raw_size_) return out_ > raw_size_ ? kBadSize : kLongMatch;
    return std::nullopt;
  }

  std::span<const std::byte> rest_;
  std::uint64_t raw_size_;
  std::uint64_t out_ = 0;  // bytes that the sequences so far give
};

}  // namespace

std::optional<Lz4Fault> check_lz4_block(std::span<const std::byte> stored,
                                        std::size_t raw_size) noexcept {
  return Sequences(stored, raw_size).check();
}

}  // namespace treering
