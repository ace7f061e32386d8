// SPDX-License-Identifier: Apache-2.0
// A table without equal rows, in order of first use. Spec: 11-manifest.md (order of first use).
// Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "treering/tree.h"

namespace treering {

class Interner {
 public:
  // Preconditions: `table` is empty, outlives this and is changed by this alone.
  explicit Interner(Table& table);
  // The number (1 + row) of these bytes, which may be empty; 0 where the table cannot take them,
  // since it would have 2^32 bytes or rows.
  std::uint32_t intern(std::string_view bytes);

 private:
  struct Slot {
    std::uint32_t number = 0;  // 0: free
    std::uint32_t tag = 0;     // part of the hash, so that most misses need no look at the bytes
  };
  std::uint64_t hash_of(std::string_view bytes) const noexcept;
  void grow();

  Table& table_;
  std::vector<Slot> slots_;
  std::uint64_t seed_;
};

}  // namespace treering
