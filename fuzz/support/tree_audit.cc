// SPDX-License-Identifier: Apache-2.0
// Spec: 02-key-path.md, 03-tree.md, 05-sharding.md.
#include "support/tree_audit.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/harness.h"
#include "treering/box.h"
#include "treering/dtype.h"

namespace treering::fuzz {
namespace {

constexpr std::uint64_t kMostElements = 4096;

// Product of the lengths; empty above kMostElements.
std::optional<std::uint64_t> small_volume(const std::vector<std::uint64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t length : shape) {
    if (length > kMostElements) return std::nullopt;
    count *= length;
    if (count > kMostElements) return std::nullopt;
  }
  return count;
}

void audit_preorder(const Nodes& nodes) {
  FUZZ_CHECK(nodes.rows() > 0);
  std::vector<std::uint64_t> open{1};  // children still to come, by level
  for (std::size_t node = 0; node < nodes.rows(); ++node) {
    while (!open.empty() && open.back() == 0) open.pop_back();
    FUZZ_CHECK(!open.empty());
    --open.back();
    open.push_back(nodes.children[node]);
    FUZZ_CHECK(open.size() <= Limits{}.depth + 2);
  }
  FUZZ_CHECK(std::all_of(open.begin(), open.end(), [](std::uint64_t left) { return left == 0; }));
}

void audit_places(const Tree& tree) {
  std::vector<bool> used(tree.leaves());
  std::set<std::string> typed, match;
  const std::vector<LeafPlace> places = leaf_places(tree);
  for (const LeafPlace& place : places) {
    FUZZ_CHECK(place.node < tree.nodes.rows() && place.leaf < tree.leaves());
    used[place.leaf] = true;
    FUZZ_CHECK(typed.insert(place.typed).second);
    FUZZ_CHECK(match.insert(place.match).second);
    for (const std::string& text : {place.typed, place.match}) {
      const auto path = parse_key_path(text);
      FUZZ_REQUIRE_OK(path);
      FUZZ_CHECK(path->size() <= Limits{}.depth && format_key_path(*path) == text);
    }
  }
  FUZZ_CHECK(std::find(used.begin(), used.end(), false) == used.end());
}

bool holds(const Box& box, const std::vector<std::uint64_t>& element) {
  for (std::size_t axis = 0; axis < element.size(); ++axis) {
    if (element[axis] < box.start[axis] || element[axis] >= box.stop[axis]) return false;
  }
  return true;
}

std::vector<std::uint64_t> element_at(const std::vector<std::uint64_t>& shape,
                                      std::uint64_t number) {
  std::vector<std::uint64_t> element(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    element[axis] = number % shape[axis];
    number /= shape[axis];
  }
  return element;
}

void audit_writers(const Grid& grid, std::uint64_t cells, std::uint64_t writers) {
  std::vector<std::uint32_t> of_cell(cells, ~std::uint32_t{0});
  for (std::uint32_t writer = 0; writer < std::min<std::uint64_t>(writers, 64); ++writer) {
    for (const CellRange& range : cells_of_writer(grid, writer)) {
      FUZZ_CHECK(range.first < range.last && range.last <= cells);
      for (std::uint64_t cell = range.first; cell < range.last; ++cell) of_cell[cell] = writer;
    }
  }
  for (std::uint64_t cell = 0; cell < cells; ++cell) {
    const std::uint32_t writer = cell_writer(grid, cell);
    FUZZ_CHECK(writer < writers && (writer >= 64 || of_cell[cell] == writer));
  }
}

}  // namespace

void audit_grid(const Grid& grid, const Spec& spec, std::uint64_t writers) {
  const std::optional<std::uint64_t> elements = small_volume(spec.shape);
  const std::uint64_t cells = cell_count(grid);
  if (!elements || cells > kMostElements || *elements * cells > kMostElements * 64) return;
  const bool is_blob = spec.kind == static_cast<std::uint8_t>(LeafKind::kProcessBlob);
  std::vector<Box> boxes;
  for (std::uint64_t cell = 0; cell < cells; ++cell) {
    boxes.push_back(cell_box(grid, spec.shape, cell));
    FUZZ_CHECK(boxes.back().rank() == spec.shape.size() && (is_blob || volume(boxes.back()) > 0));
  }
  for (std::uint64_t number = 0; number < *elements; ++number) {
    const std::vector<std::uint64_t> element = element_at(spec.shape, number);
    Box one{element, element};
    for (std::uint64_t& stop : one.stop) ++stop;
    std::vector<std::uint64_t> found;
    for (std::uint64_t cell = 0; cell < cells; ++cell) {
      if (holds(boxes[cell], element)) found.push_back(cell);
    }
    FUZZ_CHECK(found.size() == 1);
    FUZZ_CHECK(cells_of(grid, spec.shape, one) == found);
  }
  audit_writers(grid, cells, writers);
}

void audit_tree(const Tree& tree, std::uint64_t writers) {
  audit_preorder(tree.nodes);
  audit_places(tree);
  for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    const Spec& spec = tree.spec_of(leaf);
    const Grid* grid = tree.grid_of(leaf);
    const auto elements = small_volume(spec.shape);
    FUZZ_CHECK(spec.value == 0 || (grid == nullptr && spec.shape.empty() && host_bytes(spec) == 0));
    const bool is_empty = std::find(spec.shape.begin(), spec.shape.end(), 0u) != spec.shape.end();
    FUZZ_CHECK(spec.value != 0 || is_empty == (grid == nullptr));
    if (spec.value == 0 && elements) {
      FUZZ_CHECK(host_bytes(spec) ==
                 *elements * info_of(static_cast<Dtype>(spec.dtype)).host_bytes);
    }
    if (grid != nullptr) audit_grid(*grid, spec, writers);
  }
}

}  // namespace treering::fuzz
