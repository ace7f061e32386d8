// SPDX-License-Identifier: Apache-2.0
// Grid rows, and leaf rows with the grids that they name. Spec: 05-sharding.md, 03-tree.md.
#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/refusal.h"
#include "base/try.h"
#include "model/check_tree.h"
#include "model/tiling.h"
#include "treering/box.h"

namespace treering {
namespace {

Error bad_grid(std::string_view rule, std::size_t row, std::string_view what) {
  return refuse(
      "bad-grid", rule,
      "grid " + std::to_string(row + 1) + " " + std::string(what) + "; save the checkpoint again");
}

// Number of cells that the form itself gives; empty where it is not 64 bits, or for listed boxes
// that are not `runs` boxes of any rank.
std::optional<std::uint64_t> cells_of_form(const Grid& grid, std::uint64_t runs) {
  std::optional<std::uint64_t> cells = 1;
  for (const std::uint32_t parts : grid.parts) {
    cells = checked_mul(*cells, parts);
    if (!cells) return cells;
  }
  std::uint64_t first = 0;
  for (const std::uint32_t end : grid.cut_ends) {
    cells = checked_mul(*cells, end - first + 1);
    if (!cells) return cells;
    first = end;
  }
  if (grid.boxes.empty()) return cells;
  if (grid.boxes.size() % (2 * runs) != 0) return std::nullopt;
  return runs;
}

Status check_form(const Grid& grid, std::size_t row) {
  const int forms = !grid.parts.empty() + !grid.cuts.empty() + !grid.boxes.empty();
  if (forms > 1 || grid.cuts.empty() != grid.cut_ends.empty()) {  // [GR-01]
    return bad_grid("GR-01", row, "has lists of two forms, or cuts without their ends");
  }
  if (std::find(grid.parts.begin(), grid.parts.end(), 0u) != grid.parts.end() ||
      (!grid.parts.empty() && std::all_of(grid.parts.begin(), grid.parts.end(),
                                          [](std::uint32_t parts) { return parts == 1; }))) {
    return bad_grid("GR-02", row, "has an axis without parts, or one part in all");  // [GR-02]
  }
  if (!std::is_sorted(grid.cut_ends.begin(), grid.cut_ends.end()) ||
      (!grid.cut_ends.empty() && grid.cut_ends.back() != grid.cuts.size())) {  // [GR-03]
    return bad_grid("GR-03", row, "has ends that do not fit its cuts");
  }
  return {};
}

Status check_runs(const Grid& grid, std::size_t row, std::uint64_t writers) {
  const std::size_t runs = grid.run_counts.size();
  if (runs == 0 || grid.run_writers.size() != runs) {  // [GR-04]
    return bad_grid("GR-04", row, "has no runs of writers, or lists that differ in length");
  }
  for (std::size_t run = 0; run < runs; ++run) {
    if (grid.run_counts[run] == 0 ||
        (run > 0 && grid.run_writers[run] == grid.run_writers[run - 1])) {  // [GR-05]
      return bad_grid("GR-05", row, "has an empty run, or neighbouring runs of one writer");
    }
    if (grid.run_writers[run] >= writers) {  // [GR-06]
      return bad_grid("GR-06", row, "names a writer that the checkpoint does not have");
    }
  }
  return {};
}

Status check_grid_row(const Grid& grid, std::size_t row, std::uint64_t writers,
                      const Limits& limits) {
  TREERING_CHECK(check_form(grid, row));
  TREERING_CHECK(check_runs(grid, row, writers));
  const std::uint64_t cells = cell_count(grid);
  if (cells_of_form(grid, cells) != cells) {  // [GR-07]
    return bad_grid("GR-07", row, "has another number of cells than its runs");
  }
  if (!grid.boxes.empty() && cells > limits.boxes) {
    return refuse_limit("boxes", "GR-21", cells, limits.boxes);  // [GR-21]
  }
  return {};
}

// What is found out about a grid once, at the first leaf that names it, for all of them.
struct Facts {
  bool known = false;
  bool cuts_rise = true;        // strictly, on each axis
  bool cuts_fall = false;       // somewhere on an axis
  bool one_cell_each = false;   // cell r is of writer r, for all writers
  bool last_axis_whole = true;  // of listed boxes
  std::uint64_t cells = 0;
  std::vector<std::uint64_t> extent{};  // the array that listed boxes tile
};

class LeafRows {
 public:
  LeafRows(const Tree& tree, std::uint64_t writers, const Limits& limits, GridState grids)
      : tree_(tree), writers_(writers), limits_(limits), grids_(grids), facts_(tree.grids.size()) {}

  Status run() {
    for (leaf_ = 0; leaf_ < tree_.leaves(); ++leaf_) {
      TREERING_CHECK(numbers());
      if (grids_ == GridState::kSet) TREERING_CHECK(grid_of_leaf());
    }
    return {};
  }

 private:
  const Spec& spec() const noexcept { return tree_.spec_of(leaf_); }
  const Grid& grid() const noexcept { return *tree_.grid_of(leaf_); }
  std::size_t row() const noexcept { return tree_.leaf_grids[leaf_] - 1; }
  bool is_process_blob() const noexcept {
    return spec().kind == static_cast<std::uint8_t>(LeafKind::kProcessBlob);
  }
  Error bad(std::string_view rule, std::string_view what) const {
    return bad_grid(rule, row(), std::string(what) + " (leaf row " + std::to_string(leaf_) + ")");
  }

  Status numbers() const {
    const std::uint32_t number = tree_.leaf_specs[leaf_];
    if (number == 0) {  // [BY-09]
      return refuse("bad-number", "BY-09", "a leaf row has no spec; save the checkpoint again");
    }
    if (!is_number(number, tree_.specs.size())) return bad_number("the spec of a leaf");
    if (!is_number(tree_.leaf_grids[leaf_], tree_.grids.size())) {
      return bad_number("the grid of a leaf");
    }
    return {};
  }

  Status grid_of_leaf() {
    const std::pair<std::uint32_t, std::uint32_t> pair(tree_.leaf_specs[leaf_],
                                                       tree_.leaf_grids[leaf_]);
    if (pair == good_) return count_cells();  // neighbours are often alike
    const bool has_cells = spec().value == 0 && std::find(spec().shape.begin(), spec().shape.end(),
                                                          0u) == spec().shape.end();
    if (has_cells != (tree_.leaf_grids[leaf_] != 0)) {  // [TR-31]
      return refuse("bad-leaf", "TR-31",
                    "leaf row " + std::to_string(leaf_) +
                        (has_cells ? " has elements and no grid" : " has a grid and no elements") +
                        "; save the checkpoint again");
    }
    if (!has_cells) return {};
    TREERING_CHECK(find_facts());
    TREERING_CHECK(count_cells());
    TREERING_CHECK(is_process_blob() ? process_blob_fits() : fits());
    good_ = pair;
    return {};
  }

  Status count_cells() {
    cells_ +=
        facts_[row()].cells;  // no wrap: the sum was within the limit, and a grid is below 2^60
    if (cells_ <= limits_.cells) return {};
    return refuse_limit("cells", "GR-19", cells_, limits_.cells);  // [GR-19]
  }

  Status find_facts() {
    Facts& facts = facts_[row()];
    if (facts.known) return {};
    facts.cells = cell_count(grid());
    facts.one_cell_each = facts.cells == writers_ && grid().run_writers.size() == writers_;
    for (std::size_t run = 0; facts.one_cell_each && run < writers_; ++run) {
      facts.one_cell_each = grid().run_writers[run] == run;
    }
    look_at_cuts(facts);
    if (!grid().boxes.empty()) TREERING_CHECK(look_at_boxes(facts));
    facts.known = true;
    return {};
  }

  void look_at_cuts(Facts& facts) const {
    std::size_t first = 0;
    for (const std::uint32_t end : grid().cut_ends) {
      for (std::size_t cut = first + 1; cut < end; ++cut) {
        facts.cuts_rise = facts.cuts_rise && grid().cuts[cut - 1] < grid().cuts[cut];
        facts.cuts_fall = facts.cuts_fall || grid().cuts[cut - 1] > grid().cuts[cut];
      }
      first = end;
    }
  }

  Status look_at_boxes(Facts& facts) const {
    const std::span<const std::uint64_t> boxes(grid().boxes);
    const std::size_t rank = boxes.size() / (2 * facts.cells);       // at least 1 by GR-07
    if (facts.cells < 2) return bad("GR-11", "lists a single box");  // [GR-11]
    facts.extent.assign(rank, 0);
    for (std::size_t at = 0; at < boxes.size(); at += 2 * rank) {
      TREERING_CHECK(look_at_box(boxes, at, facts));
    }
    if (!tiles_exactly(boxes, facts.extent)) {  // [GR-14]
      return bad("GR-14", "has boxes that overlap or leave a hole");
    }
    return {};
  }

  Status look_at_box(std::span<const std::uint64_t> boxes, std::size_t at, Facts& facts) const {
    const std::size_t rank = facts.extent.size();
    bool above = at == 0;  // this box starts above the one before
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const std::uint64_t start = boxes[at + 2 * axis];
      const std::uint64_t stop = boxes[at + 2 * axis + 1];
      if (start >= stop) return bad("GR-12", "lists an empty box");  // [GR-12]
      if (!above) {
        const std::uint64_t before = boxes[at - 2 * rank + 2 * axis];
        if (start < before) return bad("GR-13", "lists boxes out of order");  // [GR-13]
        above = start > before;
      }
      facts.extent[axis] = std::max(facts.extent[axis], stop);
    }
    if (!above) return bad("GR-13", "lists two boxes with one start");  // [GR-13]
    facts.last_axis_whole = facts.last_axis_whole && boxes[at + 2 * rank - 2] == 0;
    return {};
  }

  Status fits() const {
    const std::span<const std::uint64_t> shape = spec().shape;
    if ((!grid().parts.empty() && grid().parts.size() != shape.size()) ||
        (!grid().cut_ends.empty() && grid().cut_ends.size() != shape.size())) {  // [GR-08]
      return bad("GR-08", "is of another rank than its leaf");
    }
    for (std::size_t axis = 0; axis < grid().parts.size(); ++axis) {
      if (shape[axis] % grid().parts[axis] != 0) {  // [GR-09]
        return bad("GR-09", "has parts that do not divide an axis of its leaf");
      }
    }
    TREERING_CHECK(cuts_fit());
    TREERING_CHECK(boxes_fit());
    return key_is_whole();
  }

  Status cuts_fit() const {
    bool good = facts_[row()].cuts_rise;
    std::size_t first = 0;
    for (std::size_t axis = 0; axis < grid().cut_ends.size(); ++axis) {
      const std::size_t end = grid().cut_ends[axis];
      good = good && (first == end ||
                      (grid().cuts[first] > 0 && grid().cuts[end - 1] < spec().shape[axis]));
      first = end;
    }
    if (good) return {};
    return bad("GR-10",
               "has cuts that do not rise, or lie outside an axis of its leaf");  // [GR-10]
  }

  Status boxes_fit() const {
    if (grid().boxes.empty()) return {};
    const std::vector<std::uint64_t>& extent = facts_[row()].extent;
    if (extent.size() != spec().shape.size()) {  // [GR-11]
      return bad("GR-11", "lists boxes of another rank than its leaf");
    }
    for (std::size_t axis = 0; axis < extent.size(); ++axis) {
      if (extent[axis] > spec().shape[axis]) {  // [GR-12]
        return bad("GR-12", "lists a box that reaches out of its leaf");
      }
    }
    if (!std::equal(extent.begin(), extent.end(), spec().shape.begin()))
      return bad("GR-14", "leaves a part of its leaf out");  // [GR-14]
    return {};
  }

  Status key_is_whole() const {
    if (spec().kind != static_cast<std::uint8_t>(LeafKind::kPrngKey)) return {};
    const std::span<const std::uint32_t> ends = grid().cut_ends;
    const std::size_t rank = spec().shape.size();
    const bool whole = (grid().parts.empty() || grid().parts.back() == 1) &&
                       (ends.empty() || ends.back() == (rank == 1 ? 0 : ends[rank - 2])) &&
                       facts_[row()].last_axis_whole;
    if (whole) return {};
    return bad("TR-47", "cuts the last axis of a PRNG key");  // [TR-47]
  }

  Status process_blob_fits() const {
    if (!grid().parts.empty() || !grid().boxes.empty()) {  // [GR-15]
      return bad("GR-15", "has parts or boxes and is that of a process blob");
    }
    if (!grid().cut_ends.empty() && grid().cut_ends.size() != 1) {  // [GR-08]
      return bad("GR-08", "is of another rank than its leaf");
    }
    if (!facts_[row()].one_cell_each) {  // [GR-16]
      return bad("GR-16", "does not give each writer its cell of a process blob");
    }
    if (facts_[row()].cuts_fall ||
        (!grid().cuts.empty() && grid().cuts.back() > spec().shape[0])) {  // [GR-17] [GR-18]
      return bad("GR-18", "has cuts that fall, or lie outside its process blob");
    }
    return {};
  }

  const Tree& tree_;
  std::uint64_t writers_;
  const Limits& limits_;
  GridState grids_;
  std::vector<Facts> facts_;  // by grid row
  std::size_t leaf_ = 0;
  std::uint64_t cells_ = 0;
  std::pair<std::uint32_t, std::uint32_t> good_{};  // spec and grid that fit last
};

}  // namespace

Status check_grid_rows(const Tree& tree, std::uint64_t writers, const Limits& limits) {
  for (std::size_t row = 0; row < tree.grids.size(); ++row) {
    TREERING_CHECK(check_grid_row(tree.grids[row], row, writers, limits));
  }
  return {};
}

Status check_leaf_rows(const Tree& tree, std::uint64_t writers, const Limits& limits,
                       GridState grids) {
  return LeafRows(tree, writers, limits, grids).run();
}

}  // namespace treering
