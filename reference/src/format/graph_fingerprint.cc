// SPDX-License-Identifier: Apache-2.0
// Fingerprints of graph records. Spec: 06-graph.md.
#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "format/checksum.h"
#include "format/graph_description.h"
#include "format/graph_text.h"
#include "model/key_text.h"
#include "model/value_parts.h"

namespace treering {
namespace {

using Line = std::pair<std::string, std::string>;  // path, description

// The path below a variable is that of the variable. Depth: that of paths, which is bounded.
void append_match_text(std::string& out, const GraphRecord& record, std::size_t entry,
                       std::size_t base) {
  if (entry == base) return;
  const std::size_t parent = record.entries[entry].parent;
  append_match_text(out, record, parent, base);
  if (record.entries[parent].kind == GraphKind::kVariable) return;
  if (!out.empty()) out += '/';
  const Key key = graph_key(record, entry);
  append_match(out, match_key(key));
}

void append_line(std::string& out, std::string_view path) {
  out += out.size() == 1 ? "[" : ",[";
  append_string_value(out, path);
  out += ',';
}

std::string arrays_text(const GraphRecord& record) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < record.entries.size(); ++i) {
    const GraphKind kind = record.entries[i].kind;
    if (kind != GraphKind::kArray && kind != GraphKind::kAlias) continue;
    lines.emplace_back(graph_match_text(record, i), arrays_description(record, i));
  }
  std::sort(lines.begin(), lines.end());
  std::string text = "[";
  for (const auto& [path, description] : lines) {
    append_line(text, path);
    text += description;
    text += ']';
  }
  return text += ']';
}

std::string whole_text(const GraphRecord& record, bool with_code) {
  std::vector<std::size_t> order(record.entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return record.entries[a].path < record.entries[b].path;
  });
  std::string text = "[";
  for (const std::size_t i : order) {
    append_line(text, record.entries[i].path);
    if (with_code) {
      text += record.entries[i].description;
    } else {
      append_without_code(text, record.entries[i].description);
    }
    text += ']';
  }
  return text += ']';
}

}  // namespace

Key graph_key(const GraphRecord& record, std::size_t entry) {
  const std::string_view path = record.entries[entry].path;
  const std::size_t slash = path.rfind('/');
  return parse_key(slash == std::string_view::npos ? path : path.substr(slash + 1)).value();
}

std::string graph_match_text(const GraphRecord& record, std::size_t entry, std::size_t base) {
  std::string text;
  append_match_text(text, record, entry, base);
  return text;
}

std::string arrays_description(const GraphRecord& record, std::size_t entry) {
  const GraphEntry& found = record.entries[entry];
  std::string text = "{";
  if (found.kind == GraphKind::kAlias) {
    text += "\"kind\":\"alias\",\"of\":";
    append_string_value(text, graph_match_text(record, found.target));
    return text += '}';
  }
  for (const std::string_view key : {"dtype", "impl", "kind", "shape"}) {
    const std::string_view value = graph_field(found, key);
    if (value.empty()) continue;
    if (text.size() > 1) text += ',';
    append_string_value(text, key);
    text += ':';
    text += value;
  }
  return text += '}';
}

void append_without_code(std::string& out, std::string_view json) {
  std::size_t copied = 0;
  for (std::size_t at = 0; at < json.size();) {
    const std::string_view rest = json.substr(at);
    if (rest.front() == '"') {
      at += value_size(rest);
    } else if (rest.starts_with("{\"$code\":") || rest.starts_with("{\"$opaque\":")) {
      out += json.substr(copied, at - copied);
      out += "null";
      at += value_size(rest);
      copied = at;
    } else {
      ++at;
    }
  }
  out += json.substr(copied);
}

std::string_view graph_level_name(GraphLevel level) noexcept {
  constexpr std::string_view kNames[] = {"arrays", "structure", "program"};
  return kNames[static_cast<std::size_t>(level)];
}

Digest fingerprint(const GraphRecord& record, GraphLevel level) {  // [GC-15, GC-16]
  const std::string text = level == GraphLevel::kArrays
                               ? arrays_text(record)
                               : whole_text(record, level == GraphLevel::kProgram);
  return xxh3_128(std::as_bytes(std::span(text)));
}

}  // namespace treering
