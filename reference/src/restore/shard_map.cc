// SPDX-License-Identifier: Apache-2.0
// From cells to shards. Spec: 10-index.md.
#include "restore/shard_map.h"

#include <algorithm>
#include <utility>

#include "treering/box.h"

namespace treering {
namespace {

bool is_blob(const Tree& tree, std::size_t leaf) {
  return tree.spec_of(leaf).kind == static_cast<std::uint8_t>(LeafKind::kProcessBlob);
}

}  // namespace

std::uint64_t elements_of(const Tree& tree, std::size_t leaf, std::uint64_t cell) {
  return volume(cell_box(*tree.grid_of(leaf), tree.spec_of(leaf).shape, cell));
}

std::uint64_t raw_bytes_of(const Tree& tree, std::size_t leaf, std::uint64_t cell) {
  return stored_bytes(static_cast<Dtype>(tree.spec_of(leaf).dtype), elements_of(tree, leaf, cell))
      .value();
}

CellOwners::CellOwners(const Tree& tree, std::size_t leaf)
    : tree_(tree), grid_(*tree.grid_of(leaf)), leaf_(leaf), is_blob_(is_blob(tree, leaf)) {}

std::optional<CellOwner> CellOwners::of(std::uint64_t cell) {
  if (is_blob_) {  // [GR-16] cell r is writer r's, [GR-17] and may be empty
    if (elements_of(tree_, leaf_, cell) == 0) return std::nullopt;
    return CellOwner{static_cast<std::uint32_t>(cell), 0};
  }
  while (cell - run_begin_ >= grid_.run_counts[run_]) {
    before_[grid_.run_writers[run_]] += grid_.run_counts[run_];
    run_begin_ += grid_.run_counts[run_];
    ++run_;
  }
  const std::uint32_t writer = grid_.run_writers[run_];  // [SH-17]
  const auto before = before_.find(writer);
  return CellOwner{writer, (before == before_.end() ? 0 : before->second) + (cell - run_begin_)};
}

std::uint64_t WriterShards::first_of(std::size_t leaf) const {
  const auto place = std::lower_bound(leaves.begin(), leaves.end(), leaf);
  return first[static_cast<std::size_t>(place - leaves.begin())];
}

WriterMap::WriterMap(const Tree& tree) {
  std::size_t runs = 0;
  for (const Grid& grid : tree.grids) runs += grid.run_writers.size();
  shares_.reserve(runs);
  for (std::size_t grid = 0; grid < tree.grids.size(); ++grid) {
    const Grid& row = tree.grids[grid];
    for (std::size_t run = 0; run < row.run_writers.size(); ++run) {
      shares_.push_back(
          {row.run_writers[run], static_cast<std::uint32_t>(grid), row.run_counts[run]});
    }
  }
  std::sort(shares_.begin(), shares_.end(), [](const Share& a, const Share& b) {
    return std::pair(a.writer, a.grid) < std::pair(b.writer, b.grid);
  });
  std::size_t kept = 0;
  for (const Share& share : shares_) {
    if (kept > 0 && shares_[kept - 1].writer == share.writer &&
        shares_[kept - 1].grid == share.grid) {
      shares_[kept - 1].cells += share.cells;
    } else {
      shares_[kept++] = share;
    }
  }
  shares_.resize(kept);

  grid_begin_.assign(tree.grids.size() + 1, 0);
  for (const std::uint32_t number : tree.leaf_grids) {
    if (number != 0) ++grid_begin_[number];
  }
  for (std::size_t grid = 1; grid < grid_begin_.size(); ++grid)
    grid_begin_[grid] += grid_begin_[grid - 1];
  grid_leaves_.resize(static_cast<std::size_t>(grid_begin_.back()));
  std::vector<std::uint64_t> next(grid_begin_);
  for (std::size_t leaf = 0; leaf < tree.leaf_grids.size(); ++leaf) {
    const std::uint32_t number = tree.leaf_grids[leaf];
    if (number != 0)
      grid_leaves_[static_cast<std::size_t>(next[number - 1]++)] = static_cast<std::uint32_t>(leaf);
  }
}

WriterShards WriterMap::of(const Tree& tree, std::uint32_t writer) const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> found;  // leaf, shards
  auto share =
      std::lower_bound(shares_.begin(), shares_.end(), writer,
                       [](const Share& row, std::uint32_t wanted) { return row.writer < wanted; });
  for (; share != shares_.end() && share->writer == writer; ++share) {
    for (std::uint64_t i = grid_begin_[share->grid]; i < grid_begin_[share->grid + 1]; ++i) {
      const std::uint32_t leaf = grid_leaves_[static_cast<std::size_t>(i)];
      if (is_blob(tree, leaf) && elements_of(tree, leaf, writer) == 0) continue;
      found.emplace_back(leaf, share->cells);
    }
  }
  std::sort(found.begin(), found.end());
  WriterShards result;
  result.leaves.reserve(found.size());
  result.first.reserve(found.size() + 1);
  result.first.push_back(0);
  for (const auto& [leaf, shards] : found) {
    result.leaves.push_back(leaf);
    result.first.push_back(result.first.back() + shards);
  }
  return result;
}

}  // namespace treering
