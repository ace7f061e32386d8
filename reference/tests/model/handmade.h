// SPDX-License-Identifier: Apache-2.0
// Trees put together row by row, so that tests can break any one of them.
#pragma once

#include <string_view>
#include <utility>

#include "treering/tree.h"

namespace treering {

inline std::uint32_t add_row(Table& table, std::string_view bytes) {
  table.bytes += bytes;
  table.ends.push_back(static_cast<std::uint32_t>(table.bytes.size()));
  return static_cast<std::uint32_t>(table.rows());
}

inline void add_node(Tree& tree, NodeKind kind, KeyKind key_kind, std::uint32_t key,
                     std::uint32_t children, std::uint32_t detail) {
  tree.nodes.kinds.push_back(static_cast<std::uint8_t>(kind));
  tree.nodes.key_kinds.push_back(static_cast<std::uint8_t>(key_kind));
  tree.nodes.keys.push_back(key);
  tree.nodes.children.push_back(children);
  tree.nodes.details.push_back(detail);
}

// A container without key, the root of what follows.
inline void add_root(Tree& tree, NodeKind kind, std::uint32_t children, std::uint32_t detail = 0) {
  add_node(tree, kind, KeyKind::kNone, 0, children, detail);
}

// One cell, of writer 0.
inline Grid whole_grid() {
  Grid grid;
  grid.run_writers = {0};
  grid.run_counts = {1};
  return grid;
}

inline Spec array_spec(std::vector<std::uint64_t> shape, Dtype dtype = Dtype::kFloat32) {
  Spec spec;
  spec.kind = static_cast<std::uint8_t>(LeafKind::kArray);
  spec.dtype = static_cast<std::uint16_t>(dtype);
  spec.shape = std::move(shape);
  return spec;
}

// The root is the only node, an array with this grid.
inline Tree array_tree(std::vector<std::uint64_t> shape, Grid grid, Dtype dtype = Dtype::kFloat32) {
  Tree tree;
  add_root(tree, NodeKind::kLeaf, 0, 1);
  tree.specs = {array_spec(std::move(shape), dtype)};
  tree.leaf_specs = {1};
  tree.leaf_grids = {1};
  tree.grids = {std::move(grid)};
  return tree;
}

// The root is the only node, an inline leaf with this spec; blob 1 is its value.
inline Tree inline_tree(LeafKind kind, std::string_view value, Dtype dtype = Dtype::kNone) {
  Tree tree;
  add_root(tree, NodeKind::kLeaf, 0, 1);
  Spec spec;
  spec.kind = static_cast<std::uint8_t>(kind);
  spec.dtype = static_cast<std::uint16_t>(dtype);
  spec.value = add_row(tree.blobs, value);
  tree.specs = {spec};
  tree.leaf_specs = {1};
  tree.leaf_grids = {0};
  return tree;
}

}  // namespace treering
