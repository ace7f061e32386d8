// SPDX-License-Identifier: Apache-2.0
// Aborts when one input makes the library hold more memory than its size allows, and measures how
// much it has held.
#pragma once

#include <cstddef>
#include <cstdint>

namespace treering::fuzz {

// From construction to destruction, memory that is held at one time beyond what was held before
// must stay within `base + factor * input` bytes. One at a time. Without a sanitizer's allocator it
// counts nothing.
class AllocationBound {
 public:
  AllocationBound(std::size_t input, std::uint64_t factor, std::uint64_t base);
  ~AllocationBound();
  // The most that was held at one time, so far; 0 where nothing is counted.
  std::uint64_t most_held() const;
  // Is there an allocator that counts?
  static bool counts();
  AllocationBound(const AllocationBound&) = delete;
  AllocationBound& operator=(const AllocationBound&) = delete;
};

}  // namespace treering::fuzz
