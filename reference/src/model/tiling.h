// SPDX-License-Identifier: Apache-2.0
// Do listed boxes cover an array exactly once? Spec: 05-sharding.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace treering {

// `boxes` holds start and stop of each axis, box after box; `shape` has the rank. Precondition: the
// length of `boxes` is a multiple of twice the rank, and start < stop <= length on each axis.
// True for every tiling. Any other list is told apart with certainty for all practical purposes
// (see the source). Time O(entries), no memory.
bool tiles_exactly(std::span<const std::uint64_t> boxes,
                   std::span<const std::uint64_t> shape) noexcept;

}  // namespace treering
