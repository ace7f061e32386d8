// SPDX-License-Identifier: Apache-2.0
// A grid that check_tree accepts puts each element of a small array into exactly one cell. The
// input is a shape, a kind of grid, its columns and runs.
#include <vector>

#include "support/harness.h"
#include "support/tree_audit.h"

namespace treering::fuzz {
namespace {

template <class T>
std::vector<T> numbers(Input& input, std::size_t most, std::uint64_t end) {
  std::vector<T> list(input.below(most + 1));
  for (T& entry : list) entry = static_cast<T>(input.below(end));
  return list;
}

// A tree of one leaf with the leaf's grid.
Tree tree_from(Input& input) {
  Tree tree;
  const std::uint8_t flags = input.byte();
  const LeafKind kind = (flags & 1) != 0 ? LeafKind::kProcessBlob : LeafKind::kArray;
  tree.nodes = {.kinds = {1}, .key_kinds = {0}, .keys = {0}, .children = {0}, .details = {1}};
  Spec spec{.kind = static_cast<std::uint8_t>(kind),
            .dtype = static_cast<std::uint16_t>(Dtype::kUint8)};
  spec.shape = numbers<std::uint64_t>(input, 4, 9);
  Grid grid;
  if ((flags & 2) != 0) grid.parts = numbers<std::uint32_t>(input, 4, 9);
  if ((flags & 4) != 0) {
    grid.cuts = numbers<std::uint64_t>(input, 12, 9);
    grid.cut_ends = numbers<std::uint32_t>(input, 4, 13);
  }
  if ((flags & 8) != 0) grid.boxes = numbers<std::uint64_t>(input, 64, 9);
  grid.run_writers = numbers<std::uint32_t>(input, 16, 5);
  grid.run_counts = numbers<std::uint32_t>(input, 16, 40);
  tree.specs = {spec};
  tree.leaf_specs = {1};
  tree.leaf_grids = {(flags & 16) != 0 ? 0u : 1u};
  tree.grids = {grid};
  return tree;
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  using namespace treering::fuzz;
  Input input(data, size);
  const std::uint64_t writers = 1 + input.below(5);
  const Tree tree = tree_from(input);
  if (accepted(check_tree(tree, writers, Limits{}))) audit_tree(tree, writers);
  return 0;
}
