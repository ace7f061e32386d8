// SPDX-License-Identifier: Apache-2.0
// Half-open n-d intervals and how a grid tiles an array. Spec: 05-sharding.md.
#include "treering/box.h"

#include <algorithm>
#include <numeric>

namespace treering {
namespace {

struct Interval {
  std::uint64_t start = 0;
  std::uint64_t stop = 0;
};

// How a grid without listed boxes cuts one axis.
class AxisCuts {
 public:
  AxisCuts(const Grid& grid, std::span<const std::uint64_t> shape, std::size_t axis)
      : length_(shape[axis]) {
    if (!grid.parts.empty()) parts_ = grid.parts[axis];
    if (!grid.cuts.empty()) {
      const std::size_t first = axis == 0 ? 0 : grid.cut_ends[axis - 1];
      cuts_ = std::span(grid.cuts).subspan(first, grid.cut_ends[axis] - first);
    }
  }
  std::uint64_t count() const noexcept { return parts_ > 1 ? parts_ : cuts_.size() + 1; }
  Interval at(std::uint64_t index) const noexcept {
    if (parts_ > 1) {
      const std::uint64_t step = length_ / parts_;
      return {index * step, (index + 1) * step};
    }
    return {index == 0 ? 0 : cuts_[index - 1], index == cuts_.size() ? length_ : cuts_[index]};
  }
  // The interval that holds `point`; of empty ones at one place, the last that begins there.
  std::uint64_t holding(std::uint64_t point) const noexcept {
    if (parts_ > 1) return point / (length_ / parts_);
    return static_cast<std::uint64_t>(std::upper_bound(cuts_.begin(), cuts_.end(), point) -
                                      cuts_.begin());
  }

 private:
  std::uint64_t length_;
  std::uint64_t parts_ = 1;
  std::span<const std::uint64_t> cuts_{};
};

Box listed_box(const Grid& grid, std::size_t rank, std::uint64_t cell) {
  Box box;
  const std::uint64_t* const row = grid.boxes.data() + cell * 2 * rank;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    box.start.push_back(row[2 * axis]);
    box.stop.push_back(row[2 * axis + 1]);
  }
  return box;
}

bool is_empty(const Box& box) noexcept {
  for (std::size_t axis = 0; axis < box.rank(); ++axis) {
    if (box.start[axis] >= box.stop[axis]) return true;
  }
  return false;
}

std::vector<std::uint64_t> listed_cells_of(const Grid& grid, const Box& box) {
  std::vector<std::uint64_t> found;
  const std::size_t rank = box.rank();
  const std::uint64_t cells = grid.boxes.size() / (2 * rank);
  for (std::uint64_t cell = 0; cell < cells; ++cell) {
    const std::uint64_t* const row = grid.boxes.data() + cell * 2 * rank;
    if (row[0] >= box.stop[0]) break;  // listed by their starts
    std::size_t axis = 0;
    while (axis < rank && row[2 * axis] < box.stop[axis] && box.start[axis] < row[2 * axis + 1]) {
      ++axis;
    }
    if (axis == rank) found.push_back(cell);
  }
  return found;
}

}  // namespace

Box whole(std::span<const std::uint64_t> shape) {
  return {std::vector<std::uint64_t>(shape.size(), 0), {shape.begin(), shape.end()}};
}

std::uint64_t volume(const Box& box) noexcept {
  std::uint64_t product = 1;
  for (std::size_t axis = 0; axis < box.rank(); ++axis) product *= box.stop[axis] - box.start[axis];
  return product;
}

std::optional<Box> intersect(const Box& a, const Box& b) {
  Box box;
  for (std::size_t axis = 0; axis < a.rank(); ++axis) {
    box.start.push_back(std::max(a.start[axis], b.start[axis]));
    box.stop.push_back(std::min(a.stop[axis], b.stop[axis]));
    if (box.start[axis] >= box.stop[axis]) return std::nullopt;
  }
  return box;
}

std::uint64_t cell_count(const Grid& grid) {
  return std::accumulate(grid.run_counts.begin(), grid.run_counts.end(), std::uint64_t{0});
}

Box cell_box(const Grid& grid, std::span<const std::uint64_t> shape, std::uint64_t cell) {
  if (!grid.boxes.empty()) return listed_box(grid, shape.size(), cell);
  Box box = whole(shape);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const AxisCuts cuts(grid, shape, axis);
    const Interval interval = cuts.at(cell % cuts.count());
    cell /= cuts.count();
    box.start[axis] = interval.start;
    box.stop[axis] = interval.stop;
  }
  return box;
}

std::uint32_t cell_writer(const Grid& grid, std::uint64_t cell) {
  std::size_t run = 0;
  while (cell >= grid.run_counts[run]) cell -= grid.run_counts[run++];
  return grid.run_writers[run];
}

std::vector<CellRange> cells_of_writer(const Grid& grid, std::uint32_t writer) {
  std::vector<CellRange> ranges;
  std::uint64_t first = 0;
  for (std::size_t run = 0; run < grid.run_counts.size(); ++run) {
    const std::uint64_t last = first + grid.run_counts[run];
    if (grid.run_writers[run] == writer) ranges.push_back({first, last});
    first = last;
  }
  return ranges;
}

std::vector<std::uint64_t> cells_of(const Grid& grid, std::span<const std::uint64_t> shape,
                                    const Box& box) {
  if (is_empty(box)) return {};
  if (!grid.boxes.empty()) return listed_cells_of(grid, box);
  // Cells found so far over the axes up to this one, as row-major numbers.
  std::vector<std::uint64_t> found = {0};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const AxisCuts cuts(grid, shape, axis);
    std::vector<std::uint64_t> wider;
    const std::uint64_t last = cuts.holding(box.stop[axis] - 1);
    for (const std::uint64_t outer : found) {
      for (std::uint64_t index = cuts.holding(box.start[axis]); index <= last; ++index) {
        const Interval interval = cuts.at(index);
        if (interval.start < interval.stop) wider.push_back(outer * cuts.count() + index);
      }
    }
    found = std::move(wider);
  }
  return found;
}

}  // namespace treering
