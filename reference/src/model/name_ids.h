// SPDX-License-Identifier: Apache-2.0
// Small numbers that are equal exactly where strings are. Spec: 02-key-path.md (match keys). Pure.
// Nothing forbids two rows with one text, so string numbers alone cannot tell names apart.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "treering/tree.h"

namespace treering {

// Of the given string numbers. Sorting, not hashing: a file cannot choose names that make it slow,
// and each row is compared a logarithmic number of times, however often it is used afterwards.
class NameIds {
 public:
  NameIds(const Table& strings, std::vector<std::uint32_t> numbers);
  // Precondition: `number` was among those given.
  std::uint32_t of(std::uint32_t number) const noexcept;

 private:
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ids_{};  // (number, id), by number
};

}  // namespace treering
