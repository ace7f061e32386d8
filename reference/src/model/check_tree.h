// SPDX-License-Identifier: Apache-2.0
// The parts of check_tree. Spec: 03-tree.md, 05-sharding.md. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "treering/limits.h"
#include "treering/result.h"
#include "treering/tree.h"

namespace treering {

// Grids are set last when a tree is built: until then leaf_grids is all 0 and there are no grid
// rows.
enum class GridState { kSet, kNotYetSet };
// check_tree, or the same without the rules that need the grids.
Status check_tree(const Tree& tree, std::uint64_t writers, const Limits& limits, GridState grids);

// Checks each blob once, however many rows name it, so that the cost stays linear in the table.
class BlobChecks {
 public:
  // Precondition: both outlive this.
  BlobChecks(const Tree& tree, const Limits& limits) : tree_(tree), limits_(limits) {}
  // Precondition: 1 <= number <= rows.
  Status check_value(std::uint32_t number);
  bool is_utf8(std::uint32_t number);

 private:
  const Tree& tree_;
  const Limits& limits_;
  std::vector<bool> values_{};  // by blob row: found good
  std::vector<bool> texts_{};
};

// Each checks the rows of its tables and the numbers in them, and relies on those above it.
Status check_types(const Tree& tree, BlobChecks& blobs);
Status check_nodes(const Tree& tree, const Limits& limits);
Status check_meshes(const Tree& tree);
Status check_shardings(const Tree& tree);
Status check_specs(const Tree& tree, const Limits& limits, BlobChecks& blobs);
Status check_grid_rows(const Tree& tree, std::uint64_t writers, const Limits& limits);
Status check_leaf_rows(const Tree& tree, std::uint64_t writers, const Limits& limits,
                       GridState grids);

// False for a number that names no row of a table.
inline bool is_number(std::uint32_t number, std::size_t rows) noexcept { return number <= rows; }
Error bad_number(std::string_view field);

}  // namespace treering
