// SPDX-License-Identifier: Apache-2.0
// Two threads that share a row of tasks. Internal.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "treering/result.h"

namespace treering {

// Reusable buffers of one reading thread; they grow to the largest request and block.
struct BlockBuffers {
  std::vector<std::byte> request{};
  std::vector<std::byte> raw{};
  std::vector<std::byte> scratch{};
};

// Runs work(i, buffers) for every i below `count`, on the calling thread and on threads - 1 further
// ones. A failure stops the others; of several the one with the least number is returned. `after`
// runs on the calling thread after each of its tasks, and at the end.
Status run_parallel(std::size_t count, unsigned threads,
                    const std::function<Status(std::size_t, BlockBuffers&)>& work,
                    const std::function<void()>& after);

}  // namespace treering
