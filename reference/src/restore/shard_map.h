// SPDX-License-Identifier: Apache-2.0
// From cells to shards: who stores a cell of a leaf, and as which of that writer's shards.
// Spec: 10-index.md (order of live rows). Internal. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "treering/tree.h"

namespace treering {

// Preconditions of both: check_tree accepted the tree, the leaf has a grid.
std::uint64_t elements_of(const Tree& tree, std::size_t leaf, std::uint64_t cell);
// Bytes of a cell in stored form.
std::uint64_t raw_bytes_of(const Tree& tree, std::size_t leaf, std::uint64_t cell);

// The shard of one cell: its writer, and its number among that writer's shards of the leaf.
struct CellOwner {
  std::uint32_t writer = 0;
  std::uint64_t ordinal = 0;
};

// Walks the cells of one leaf. Precondition: the leaf has a grid.
class CellOwners {
 public:
  CellOwners(const Tree& tree, std::size_t leaf);
  // Cells are asked for in ascending order. Empty for a cell without elements, which has no shard.
  std::optional<CellOwner> of(std::uint64_t cell);

 private:
  const Tree& tree_;
  const Grid& grid_;
  std::size_t leaf_ = 0;
  bool is_blob_ = false;
  std::size_t run_ = 0;
  std::uint64_t run_begin_ = 0;
  std::map<std::uint32_t, std::uint64_t>
      before_{};  // shards of each writer before the current place
};

// What one writer stores: leaf rows, ascending, and the first live shard of each.
struct WriterShards {
  std::vector<std::uint32_t> leaves{};
  std::vector<std::uint64_t> first{};  // one entry more than leaves: the number of live shards
  std::uint64_t live() const noexcept { return first.back(); }
  // First shard of the leaf. Precondition: the writer stores a cell of it.
  std::uint64_t first_of(std::size_t leaf) const;
};

// Calls visit(cell) for the cells of the leaf that have a shard of the writer, ascending.
template <class Visit>
void for_each_cell_of(const Tree& tree, std::size_t leaf, std::uint32_t writer, Visit&& visit) {
  const Grid& grid = *tree.grid_of(leaf);
  std::uint64_t begin = 0;
  for (std::size_t run = 0; run < grid.run_writers.size(); begin += grid.run_counts[run++]) {
    if (grid.run_writers[run] != writer) continue;
    for (std::uint64_t cell = begin; cell < begin + grid.run_counts[run]; ++cell) {
      if (raw_bytes_of(tree, leaf, cell) != 0)
        visit(cell);  // [GR-17] a cell of a process blob may be empty
    }
  }
}

// Answers what each writer stores in time that grows with its own leaves.
class WriterMap {
 public:
  explicit WriterMap(const Tree& tree);
  WriterShards of(const Tree& tree, std::uint32_t writer) const;

 private:
  struct Share {  // cells of one grid that one writer stores
    std::uint32_t writer = 0;
    std::uint32_t grid = 0;
    std::uint64_t cells = 0;
  };
  std::vector<Share> shares_{};  // by writer, then grid
  std::vector<std::uint64_t>
      grid_begin_{};  // leaves of grid g: grid_leaves_[grid_begin_[g], grid_begin_[g + 1])
  std::vector<std::uint32_t> grid_leaves_{};
};

}  // namespace treering
