// SPDX-License-Identifier: Apache-2.0
// Which elements of a cell go where in a target box, as contiguous runs.
// Spec: 05-sharding.md, 14-restore.md. Internal. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "treering/box.h"

namespace treering {

// `count` neighbouring elements, numbered row-major within the cell (`from`) and the target (`to`).
struct ElementRun {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t count = 0;
};

// The elements that a cell and a target box share. Axes that are whole in both are merged, so that
// the number of runs is the least possible.
class CellCopy {
 public:
  // Preconditions: equal rank; `part` has elements and lies in `cell` and in `target`.
  CellCopy(const Box& cell, const Box& part, const Box& target);

  // The wanted elements lie in [first(), last()) of the cell.
  std::uint64_t first() const noexcept { return first_; }
  std::uint64_t last() const noexcept { return last_; }
  // Is one of the cell's elements [begin, end) wanted?
  bool touches(std::uint64_t begin, std::uint64_t end) const;
  // Where in the target the elements [begin, end) go, if they are all wanted and stay neighbours.
  std::optional<std::uint64_t> contiguous(std::uint64_t begin, std::uint64_t end) const;

  // Calls `visit(ElementRun)` for the wanted elements among [begin, end), ascending.
  template <class Visit>
  void for_each(std::uint64_t begin, std::uint64_t end, Visit&& visit) const;

 private:
  struct Axis {
    std::uint64_t cell = 1, cell_at = 0;      // length in the cell, and where the part starts
    std::uint64_t part = 1;                   // length of the part
    std::uint64_t target = 1, target_at = 0;  // length in the target, and where the part starts
    std::uint64_t cell_step = 1, target_step = 1;  // elements from one position to the next
  };
  // One row of the part: its position along the outer axes and its first element on both sides.
  struct Row {
    std::vector<std::uint64_t> at{};
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };

  std::uint64_t row_start(std::uint64_t row) const;
  std::uint64_t first_row_behind(std::uint64_t element) const;
  Row row_at(std::uint64_t row) const;
  void advance(Row& row) const;
  std::uint64_t length() const noexcept { return axes_.back().part; }

  std::vector<Axis> axes_{};  // outer first; the last one is contiguous on both sides
  std::uint64_t rows_ = 1;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

template <class Visit>
void CellCopy::for_each(std::uint64_t begin, std::uint64_t end, Visit&& visit) const {
  std::uint64_t number = first_row_behind(begin);
  if (number == rows_) return;
  for (Row row = row_at(number); row.from < end; advance(row)) {
    const std::uint64_t low = std::max(begin, row.from);
    const std::uint64_t high = std::min(end, row.from + length());
    visit(ElementRun{low, row.to + (low - row.from), high - low});
    if (++number == rows_) return;
  }
}

}  // namespace treering
