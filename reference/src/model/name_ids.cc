// SPDX-License-Identifier: Apache-2.0
// Small numbers that are equal exactly where strings are. Spec: 02-key-path.md (match keys).
#include "model/name_ids.h"

#include <algorithm>

namespace treering {

NameIds::NameIds(const Table& strings, std::vector<std::uint32_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::sort(numbers.begin(), numbers.end(),
            [&](std::uint32_t a, std::uint32_t b) { return strings.at(a) < strings.at(b); });
  ids_.reserve(numbers.size());
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && strings.at(numbers[i]) != strings.at(numbers[i - 1])) ++id;  // [BY-12]
    ids_.emplace_back(numbers[i], id);
  }
  std::sort(ids_.begin(), ids_.end());
}

std::uint32_t NameIds::of(std::uint32_t number) const noexcept {
  return std::lower_bound(ids_.begin(), ids_.end(),
                          std::pair<std::uint32_t, std::uint32_t>(number, 0))
      ->second;
}

}  // namespace treering
