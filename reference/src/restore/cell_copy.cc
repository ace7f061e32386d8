// SPDX-License-Identifier: Apache-2.0
// Which elements of a cell go where in a target box. Spec: 05-sharding.md, 14-restore.md.
#include "restore/cell_copy.h"

namespace treering {

CellCopy::CellCopy(const Box& cell, const Box& part, const Box& target) {  // [RS-11]
  std::vector<Axis> inner_first;
  for (std::size_t i = cell.rank(); i-- > 0;) {
    Axis axis;
    axis.cell = cell.stop[i] - cell.start[i];
    axis.cell_at = part.start[i] - cell.start[i];
    axis.part = part.stop[i] - part.start[i];
    axis.target = target.stop[i] - target.start[i];
    axis.target_at = part.start[i] - target.start[i];
    if (!inner_first.empty()) {
      Axis& inner = inner_first.back();
      if (inner.part == inner.cell && inner.part == inner.target) {
        const std::uint64_t size = inner.part;
        inner = {axis.cell * size, axis.cell_at * size, axis.part * size, axis.target * size,
                 axis.target_at * size};
        continue;
      }
    }
    inner_first.push_back(axis);
  }
  if (inner_first.empty()) inner_first.emplace_back();
  axes_.assign(inner_first.rbegin(), inner_first.rend());
  for (std::size_t i = axes_.size() - 1; i-- > 0;) {
    axes_[i].cell_step = axes_[i + 1].cell_step * axes_[i + 1].cell;
    axes_[i].target_step = axes_[i + 1].target_step * axes_[i + 1].target;
    rows_ *= axes_[i].part;
  }
  first_ = row_start(0);
  last_ = row_start(rows_ - 1) + length();
}

std::uint64_t CellCopy::row_start(std::uint64_t row) const {
  std::uint64_t start = axes_.back().cell_at;
  for (std::size_t i = axes_.size() - 1; i-- > 0;) {
    start += (axes_[i].cell_at + row % axes_[i].part) * axes_[i].cell_step;
    row /= axes_[i].part;
  }
  return start;
}

std::uint64_t CellCopy::first_row_behind(std::uint64_t element) const {
  if (element <= first_) return 0;
  std::uint64_t low = 0;
  std::uint64_t high = rows_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (row_start(middle) + length() > element) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

CellCopy::Row CellCopy::row_at(std::uint64_t number) const {
  Row row;
  row.at.resize(axes_.size() - 1);
  row.from = axes_.back().cell_at;
  row.to = axes_.back().target_at;
  for (std::size_t i = axes_.size() - 1; i-- > 0;) {
    row.at[i] = number % axes_[i].part;
    number /= axes_[i].part;
    row.from += (axes_[i].cell_at + row.at[i]) * axes_[i].cell_step;
    row.to += (axes_[i].target_at + row.at[i]) * axes_[i].target_step;
  }
  return row;
}

void CellCopy::advance(Row& row) const {
  for (std::size_t i = axes_.size() - 1; i-- > 0;) {
    const Axis& axis = axes_[i];
    row.from += axis.cell_step;
    row.to += axis.target_step;
    if (++row.at[i] < axis.part) return;
    row.at[i] = 0;
    row.from -= axis.part * axis.cell_step;
    row.to -= axis.part * axis.target_step;
  }
}

bool CellCopy::touches(std::uint64_t begin, std::uint64_t end) const {
  if (begin >= end || begin >= last_ || end <= first_) return false;
  const std::uint64_t row = first_row_behind(begin);
  return row < rows_ && row_start(row) < end;
}

std::optional<std::uint64_t> CellCopy::contiguous(std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t number = first_row_behind(begin);
  if (number == rows_) return std::nullopt;
  const Row row = row_at(number);
  if (row.from > begin || end > row.from + length()) return std::nullopt;
  return row.to + (begin - row.from);
}

}  // namespace treering
