// SPDX-License-Identifier: Apache-2.0
// The pytree as the manifest holds it: columns in preorder, string and value tables, leaf specs,
// grids. Spec: 03-tree.md, 05-sharding.md. Plain data; pure functions. A reference (`... number`)
// is 0 for none or 1 + row. String number 0 is the empty string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "treering/dtype.h"
#include "treering/key_path.h"
#include "treering/limits.h"
#include "treering/list.h"
#include "treering/result.h"

namespace treering {

// NOTE: the numbers are part of the format and never change.
enum class NodeKind : std::uint8_t {
  kLeaf = 1,
  kNone = 2,
  kDict = 3,
  kList = 4,
  kTuple = 5,
  kNamedtuple = 6,
  kDataclass = 7,
  kCustom = 8,
  kVariable = 9,
};
enum class LeafKind : std::uint8_t {
  kArray = 1,
  kPrngKey = 2,
  kScalar = 3,
  kString = 4,
  kBytes = 5,
  kProcessBlob = 6,
};
enum class AxisType : std::uint8_t { kAuto = 1, kExplicit = 2, kManual = 3 };

// Rows of text or bytes, back to back.
struct Table {
  std::string bytes{};
  std::vector<std::uint32_t> ends{};
  std::size_t rows() const noexcept { return ends.size(); }
  // Precondition: number <= rows(). Number 0 is the empty string (strings) or none (blobs).
  std::string_view at(std::uint32_t number) const noexcept {
    if (number == 0) return {};
    const std::uint32_t from = number == 1 ? 0 : ends[number - 2];
    return std::string_view(bytes).substr(from, ends[number - 1] - from);
  }
  bool operator==(const Table&) const = default;
};

struct Nodes {
  std::vector<std::uint8_t> kinds{};
  std::vector<std::uint8_t> key_kinds{};
  std::vector<std::uint32_t> keys{};
  std::vector<std::uint32_t> children{};
  std::vector<std::uint32_t> details{};
  std::size_t rows() const noexcept { return kinds.size(); }
  bool operator==(const Nodes&) const = default;
};

struct Type {
  std::uint32_t name = 0;        // string number: qualified name
  std::uint32_t metadata = 0;    // blob number: canonical JSON, or 0
  List<std::uint32_t> fields{};  // string numbers
  List<std::uint32_t> bases{};   // string numbers, nearest first
  bool operator==(const Type&) const = default;
};

struct Spec {
  static constexpr std::uint8_t kWeakType = 1;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint16_t dtype = 0;
  std::uint32_t impl = 0;      // string number
  std::uint32_t value = 0;     // blob number: set exactly for inline leaves
  std::uint32_t sharding = 0;  // sharding number
  List<std::uint64_t> shape{};
  bool operator==(const Spec&) const = default;
};

struct Grid {
  List<std::uint32_t> parts{};
  List<std::uint64_t> cuts{};
  List<std::uint32_t> cut_ends{};
  List<std::uint64_t> boxes{};
  List<std::uint32_t> run_writers{};
  List<std::uint32_t> run_counts{};
  bool operator==(const Grid&) const = default;
};

struct Mesh {
  List<std::uint32_t> axis_names{};
  List<std::uint64_t> axis_sizes{};
  List<std::uint8_t> axis_types{};
  bool operator==(const Mesh&) const = default;
};

struct Sharding {
  std::uint32_t mesh = 0;
  std::uint32_t memory_kind = 0;
  List<std::uint32_t> axis_counts{};
  List<std::uint32_t> axes{};
  bool operator==(const Sharding&) const = default;
};

struct Tree {
  Table strings{};
  Table blobs{};
  Nodes nodes{};
  std::vector<Type> types{};
  std::vector<Spec> specs{};
  std::vector<std::uint32_t> leaf_specs{};  // one row a leaf: spec number
  std::vector<std::uint32_t> leaf_grids{};  // one row a leaf: grid number
  std::vector<Grid> grids{};
  std::vector<Mesh> meshes{};
  std::vector<Sharding> shardings{};

  std::size_t leaves() const noexcept { return leaf_specs.size(); }
  const Spec& spec_of(std::size_t leaf) const noexcept { return specs[leaf_specs[leaf] - 1]; }
  // Null where the leaf has no cells.
  const Grid* grid_of(std::size_t leaf) const noexcept {
    return leaf_grids[leaf] == 0 ? nullptr : &grids[leaf_grids[leaf] - 1];
  }
  bool operator==(const Tree&) const = default;
};

// Checks every rule of chapters 03 and 05 that concerns this value alone (class invalid or limit).
// `writers` is N. Time O(nodes * log of the widest node + bytes of all tables); it never allocates
// from an unchecked number. Precondition: strings and blobs are sound in themselves (MF-04 to
// MF-06), which decoding a manifest checks and TreeBuilder gives.
Status check_tree(const Tree& tree, std::uint64_t writers, const Limits& limits);

// The key of one node. Preconditions: check_tree passed; for a sequence or flattened key `position`
// is the node's place among its siblings.
Key key_of(const Tree& tree, std::size_t node, std::uint32_t position);

// One leaf node: where it hangs and which leaf row it names. Aliases give several nodes with one
// row.
struct LeafPlace {
  std::size_t node = 0;
  std::size_t leaf = 0;    // row
  std::string typed{};     // typed text of the path
  std::string match{};     // typed text of the match path: one spelling for equal match paths
  std::string friendly{};  // what people type
};
// All leaf nodes in preorder. Precondition: check_tree passed.
std::vector<LeafPlace> leaf_places(const Tree& tree);

// Bytes that the leaf's elements take in host memory; 0 for inline leaves.
// Precondition: check_tree passed, so the product does not wrap.
std::uint64_t host_bytes(const Spec& spec) noexcept;

}  // namespace treering
