// SPDX-License-Identifier: Apache-2.0
// treering show --graph: the graph record as a tree, and its fingerprints.
#include <fmt/format.h>

#include <algorithm>

#include "json.h"
#include "output.h"
#include "show.h"
#include "treering/graph.h"

namespace treering::cli {
namespace {

constexpr GraphLevel kLevels[] = {GraphLevel::kArrays, GraphLevel::kStructure,
                                  GraphLevel::kProgram};

std::string name_of(const GraphRecord& record, std::size_t entry) {
  const std::string_view path = record.entries[entry].path;
  if (path.empty()) return "(root)";
  const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) + 1;
  return std::string(depth * 2, ' ') + printable(path.substr(path.rfind('/') + 1));
}

// The full name of a type, and a variable's metadata.
std::string note_of(const GraphEntry& entry) {
  const Json description = value_json(entry.description);
  std::string note;
  if (const auto type = description.find("type"); type != description.end()) note = *type;
  const auto metadata = description.find("metadata");
  if (metadata != description.end() && !metadata->empty()) note += " " + metadata->dump();
  return printable(note);
}

Colour colour_of(GraphKind kind) {
  switch (kind) {
    case GraphKind::kModule:
    case GraphKind::kPytree:
      return Colour::kBold;
    case GraphKind::kStatic:
    case GraphKind::kNone:
      return Colour::kDim;
    default:
      return Colour::kPlain;
  }
}

void print_entries(const GraphRecord& record) {
  Table table({{"key"}, {"kind"}, {"what"}, {"notes"}});
  for (std::size_t i = 0; i < record.entries.size(); ++i) {
    const GraphEntry& entry = record.entries[i];
    table.row({name_of(record, i), std::string(graph_kind_name(entry.kind)),
               printable(graph_summary(record, i)), note_of(entry)},
              colour_of(entry.kind));
  }
  table.print();
}

}  // namespace

void print_graph(const Checkpoint& checkpoint) {
  if (checkpoint.graph().empty()) return print_record("graph", {});
  const Result<GraphRecord> record = parse_graph(checkpoint.graph());
  if (!record) {
    print_record("graph", checkpoint.graph());
    return print_line("it has no fingerprints: " + error_line(record.error()));
  }
  print_entries(*record);
  print_line();
  Table prints({{"level"}, {"fingerprint"}});
  for (const GraphLevel level : kLevels) {
    prints.row({std::string(graph_level_name(level)), fingerprint(*record, level).to_string()});
  }
  prints.print();
}

Json fingerprints_json(const Checkpoint& checkpoint) {
  if (checkpoint.graph().empty()) return {};
  const Result<GraphRecord> record = parse_graph(checkpoint.graph());
  if (!record) return {};
  Json out;
  for (const GraphLevel level : kLevels) {
    out[std::string(graph_level_name(level))] = fingerprint(*record, level).to_string();
  }
  return out;
}

}  // namespace treering::cli
