// SPDX-License-Identifier: Apache-2.0
// Hands over the fields of an annotated record, and decides what of a long one is shown. Internal.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "format/record_values.h"
#include "treering/record.h"

namespace treering {

// Without RecordOptions::all, of more than kMostRows rows or lines these are shown.
inline constexpr std::uint64_t kMostRows = 8;
inline constexpr std::uint64_t kFirstRows = 4;
inline constexpr std::uint64_t kLastRows = 2;
inline constexpr std::uint64_t kLineBytes = 16;

class FieldWriter {
 public:
  FieldWriter(std::span<const std::byte> bytes, bool all,
              const std::function<void(const RecordField&)>& show)
      : bytes_(bytes), all_(all), show_(show) {}

  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  std::span<const std::byte> bytes(std::uint64_t from, std::uint64_t to) const noexcept {
    return bytes_.subspan(from, to - from);
  }
  // Whether only the first and last of so many rows are shown.
  bool shortens(std::uint64_t rows) const noexcept { return !all_ && rows > kMostRows; }

  // Each writes the bytes [from, to) of the file; nothing where there are none.
  void field(std::uint64_t from, std::uint64_t to, std::string name, std::string value,
             std::string_view section) const {
    put(from, to, std::move(name), std::move(value), section, false);
  }
  void hidden(std::uint64_t from, std::uint64_t to, std::string name, std::string value,
              std::string_view section) const {
    put(from, to, std::move(name), std::move(value), section, true);
  }
  // Bytes that may be many.
  void run(std::uint64_t from, std::uint64_t to, const std::string& name, std::string value,
           std::string_view section) const {
    if (!shortens(divide_up(to - from, kLineBytes)))
      return field(from, to, name, std::move(value), section);
    const std::uint64_t middle = from + kFirstRows * kLineBytes;
    const std::uint64_t last = to - kLastRows * kLineBytes;
    field(from, middle, name, std::move(value), section);
    hidden(middle, last, name, count_text(last - middle, "more byte"), section);
    field(last, to, name, {}, section);
  }
  // Bytes that no field uses.
  void zeros(std::uint64_t from, std::uint64_t to, std::string_view section = "07") const {
    const bool zero = std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(from),
                                  bytes_.begin() + static_cast<std::ptrdiff_t>(to),
                                  [](std::byte byte) { return byte == std::byte{0}; });
    run(from, to, "zero", zero ? "" : "not zero", section);
  }
  // Rows or lines 0 to count - 1: each(first, last) for those that are shown, one at a time, and
  // rest(first, last) for those between.
  template <class Each, class Rest>
  void rows(std::uint64_t count, Each each, Rest rest) const {
    const std::uint64_t stop = shortens(count) ? kFirstRows : count;
    for (std::uint64_t row = 0; row < stop; ++row) each(row);
    if (stop == count) return;
    rest(kFirstRows, count - kLastRows);
    for (std::uint64_t row = count - kLastRows; row < count; ++row) each(row);
  }

 private:
  void put(std::uint64_t from, std::uint64_t to, std::string name, std::string value,
           std::string_view section, bool is_hidden) const {
    if (from == to) return;
    show_({.offset = from,
           .bytes = to - from,
           .name = std::move(name),
           .value = std::move(value),
           .section = section,
           .hidden = is_hidden});
  }

  std::span<const std::byte> bytes_;
  bool all_;
  const std::function<void(const RecordField&)>& show_;
};

}  // namespace treering
