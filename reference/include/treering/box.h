// SPDX-License-Identifier: Apache-2.0
// Half-open n-d intervals and how a grid tiles an array. Spec: 05-sharding.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "treering/result.h"
#include "treering/tree.h"

namespace treering {

// [start[i], stop[i]) along each axis. A box of rank 0 holds the one element of a scalar array.
struct Box {
  std::vector<std::uint64_t> start{};
  std::vector<std::uint64_t> stop{};
  std::size_t rank() const noexcept { return start.size(); }
  bool operator==(const Box&) const = default;
};

Box whole(std::span<const std::uint64_t> shape);
// Number of elements. Precondition: start <= stop, and the box lies in an array that check_tree accepted.
std::uint64_t volume(const Box& box) noexcept;
// Empty where they share no element. Precondition: equal rank.
std::optional<Box> intersect(const Box& a, const Box& b);

// Cells of a grid over a shape, in cell order. Precondition: check_tree accepted the leaf.
std::uint64_t cell_count(const Grid& grid);
Box cell_box(const Grid& grid, std::span<const std::uint64_t> shape, std::uint64_t cell);
// Writer of the cell. Time O(runs): to go through all cells use cells_of_writer or the runs themselves.
std::uint32_t cell_writer(const Grid& grid, std::uint64_t cell);
// Cells [first, last).
struct CellRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const CellRange&) const = default;
};
// The cells of one writer, ascending. Time O(runs).
std::vector<CellRange> cells_of_writer(const Grid& grid, std::uint32_t writer);
// Numbers of the cells that share an element with `box`, ascending.
std::vector<std::uint64_t> cells_of(const Grid& grid, std::span<const std::uint64_t> shape, const Box& box);

// Copies the elements of `part` between two row-major buffers of `element_bytes` each: `from` holds the
// elements of `from_box`, `to` those of `to_box`. Preconditions: part lies in both boxes; buffers are exact.
void copy_box(const Box& part, const Box& from_box, const std::byte* from, const Box& to_box, std::byte* to,
              std::size_t element_bytes) noexcept;

}  // namespace treering
