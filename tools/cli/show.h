// SPDX-License-Identifier: Apache-2.0
// What `treering show` prints, gathered before anything is printed.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "treering/checkpoint.h"
#include "treering/result.h"

namespace treering::cli {

struct ShowOptions {
  std::string path{};
  std::string glob{};
  bool json = false;
  bool metadata = false;
  bool graph = false;
  bool compat = false;
  bool layout = false;
  bool digests = false;
};

// Sums over the leaf rows of the places; they stop at 2^64 - 1.
struct Totals {
  std::uint64_t places = 0;
  std::uint64_t leaves = 0;
  std::uint64_t bytes = 0;
  std::uint64_t cells = 0;
};

// The places that the glob selects: the checkpoint's own, valid as long as it is.
struct Selection {
  std::vector<const LeafPlace*> places{};
  std::vector<std::vector<ShardInfo>> shards{};  // one entry a place, or none at all
  Totals totals{};
};
Result<Selection> select(const Checkpoint& checkpoint, const ShowOptions& options);

void print_show_json(const Checkpoint& checkpoint, const Selection& selection,
                     const ShowOptions& options);

// The graph record as a tree with its fingerprints, or as JSON where it is not of its shape.
void print_graph(const Checkpoint& checkpoint);
// The fingerprints by level; null where there is no graph record of the shape of the spec.
nlohmann::json fingerprints_json(const Checkpoint& checkpoint);

// A title and the value as JSON, or "none".
void print_record(std::string_view title, std::string_view canonical);

// Cells of the last column: "= 0.5", "P('data', None), 8 cells", "weak type", ...
std::string leaf_note(const Tree& tree, std::size_t leaf);
// The dtype column: of Python scalars the Python type.
std::string leaf_dtype(const Tree& tree, std::size_t leaf);
// As people see it: a key array's last axis left out; empty for inline leaves.
std::string leaf_shape(const Tree& tree, std::size_t leaf);
// The axes that people see.
std::vector<std::uint64_t> shown_shape(const Spec& spec);

// Names of spec/registry/kinds.csv.
std::string_view node_kind_name(NodeKind kind) noexcept;
std::string_view leaf_kind_name(LeafKind kind) noexcept;
std::string_view axis_type_name(AxisType type) noexcept;

}  // namespace treering::cli
