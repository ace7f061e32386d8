// SPDX-License-Identifier: Apache-2.0
// Graph records: what program a tree belongs to. Spec: 06-graph.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

enum class GraphKind : std::uint8_t {
  kModule,
  kPytree,
  kDict,
  kList,
  kTuple,
  kNone,
  kVariable,
  kArray,
  kStatic,
  kAlias,
};
// The word of the record: "module", "pytree", ...
std::string_view graph_kind_name(GraphKind kind) noexcept;

// The views live as long as the record or a copy of it.
struct GraphEntry {
  GraphKind kind = GraphKind::kNone;
  std::size_t parent = 0;          // entry number; 0 for the root itself
  std::size_t target = 0;          // of an alias: the entry of the shared object
  std::string_view path{};         // typed text
  std::string_view description{};  // canonical JSON object
};

struct GraphRecord {
  std::vector<GraphEntry> entries{};      // as recorded; the first is the root
  std::shared_ptr<const void> storage{};  // what the views point into; shared by copies
};

// Reads and checks the canonical JSON of a graph record. invalid: it is no value, or not of the
// shape of the spec (GC-05, GC-14, GC-21). limit: too large, too deep. Memory: about five times
// the record's size.
Result<GraphRecord> parse_graph(std::string_view json, const Limits& limits = {});

// An entry in few words, its type without the module: "Linear", "Param float32[4,2]", "64",
// "alias of embed.embedding". Control characters are left out. Preconditions: parse_graph made the
// record, and it has the entry.
std::string graph_summary(const GraphRecord& record, std::size_t entry);

enum class GraphLevel : std::uint8_t { kArrays, kStructure, kProgram };
std::string_view graph_level_name(GraphLevel level) noexcept;

// Equal where two records agree on the level. Precondition: parse_graph made the record.
Digest fingerprint(const GraphRecord& record, GraphLevel level);

// One difference of two records.
struct GraphDifference {
  GraphLevel level = GraphLevel::kArrays;  // the first level whose fingerprint it changes
  std::string path{};  // the place as code spells it, such as "layers[2].linear"; empty: the root
  std::string what{};  // "out_features", "shape", "type", "added", "removed"; empty: all of it
  std::string left{}, right{};  // both sides, for people; empty where there is none
};
// "layers[2].linear: out_features 64 → 32".
std::string to_string(const GraphDifference& difference);

inline constexpr std::size_t kMostGraphDifferences = 10000;
// The differences in the order of a walk through `left`, at most `most` of them. Entries are paired
// by match keys. None exactly where the fingerprints of the level program are equal.
// Preconditions: parse_graph made both.
std::vector<GraphDifference> diff_graphs(const GraphRecord& left, const GraphRecord& right,
                                         std::size_t most = kMostGraphDifferences);

}  // namespace treering
