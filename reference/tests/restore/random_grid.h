// SPDX-License-Identifier: Apache-2.0
// Random grids, boxes and owners for property tests.
#pragma once

#include <random>
#include <set>
#include <vector>

#include "treering/box.h"
#include "treering/tree.h"

namespace treering::testing {

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::uint64_t from(std::uint64_t low, std::uint64_t high) {  // both included
    return std::uniform_int_distribution<std::uint64_t>(low, high)(engine_);
  }

 private:
  std::mt19937 engine_;
};

inline std::vector<std::uint64_t> random_shape(Dice& dice, std::size_t rank, std::uint64_t most) {
  std::vector<std::uint64_t> shape(rank);
  for (std::uint64_t& length : shape) length = dice.from(1, most);
  return shape;
}

// A box within the shape, with elements.
inline Box random_box(Dice& dice, const std::vector<std::uint64_t>& shape) {
  Box box;
  for (const std::uint64_t length : shape) {
    const std::uint64_t start = dice.from(0, length - 1);
    box.start.push_back(start);
    box.stop.push_back(dice.from(start + 1, length));
  }
  return box;
}

inline void set_owners(Dice& dice, Grid& grid, std::uint64_t cells, std::uint32_t writers) {
  for (std::uint64_t cell = 0; cell < cells; ++cell) {
    const auto writer = static_cast<std::uint32_t>(dice.from(0, writers - 1));
    if (!grid.run_writers.empty() && grid.run_writers.back() == writer) {
      ++grid.run_counts.back();
    } else {
      grid.run_writers.push_back(writer);
      grid.run_counts.push_back(1);
    }
  }
}

// Cuts [0, length) of a box recursively along random axes.
inline void split(
    Dice& dice, const Box& box, int depth,
    std::set<std::pair<std::vector<std::uint64_t>, std::vector<std::uint64_t>>>& out) {
  const std::size_t axis = static_cast<std::size_t>(dice.from(0, box.rank() - 1));
  if (depth == 0 || box.stop[axis] - box.start[axis] < 2) {
    out.insert({box.start, box.stop});
    return;
  }
  Box low = box;
  Box high = box;
  low.stop[axis] = high.start[axis] = dice.from(box.start[axis] + 1, box.stop[axis] - 1);
  split(dice, low, depth - 1, out);
  split(dice, high, depth - 1, out);
}

// Any of the four forms that fits the shape.
inline Grid random_grid(Dice& dice, const std::vector<std::uint64_t>& shape,
                        std::uint32_t writers) {
  Grid grid;
  std::uint64_t cells = 1;
  const std::uint64_t form = shape.empty() ? 0 : dice.from(0, 3);
  if (form == 1) {
    for (const std::uint64_t length : shape) {
      std::vector<std::uint32_t> divisors;
      for (std::uint64_t d = 1; d <= length; ++d) {
        if (length % d == 0) divisors.push_back(static_cast<std::uint32_t>(d));
      }
      grid.parts.push_back(divisors[static_cast<std::size_t>(dice.from(0, divisors.size() - 1))]);
      cells *= grid.parts.back();
    }
    if (cells == 1) grid.parts = {};
  } else if (form == 2) {
    for (const std::uint64_t length : shape) {
      std::uint64_t parts = 1;
      for (std::uint64_t point = 1; point < length; ++point) {
        if (dice.from(0, 3) != 0) continue;
        grid.cuts.push_back(point);
        ++parts;
      }
      grid.cut_ends.push_back(static_cast<std::uint32_t>(grid.cuts.size()));
      cells *= parts;
    }
    if (cells == 1) grid.cut_ends = {};
  } else if (form == 3) {
    std::set<std::pair<std::vector<std::uint64_t>, std::vector<std::uint64_t>>> boxes;
    split(dice, whole(shape), 3, boxes);
    if (boxes.size() > 1) {
      cells = boxes.size();
      for (const auto& [start, stop] : boxes) {
        for (std::size_t i = 0; i < shape.size(); ++i) {
          grid.boxes.push_back(start[i]);
          grid.boxes.push_back(stop[i]);
        }
      }
    }
  }
  set_owners(dice, grid, cells, writers);
  return grid;
}

}  // namespace treering::testing
