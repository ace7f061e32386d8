// SPDX-License-Identifier: Apache-2.0
#include "format/manifest_rules.h"

#include <algorithm>
#include <string_view>

#include "base/try.h"
#include "base/utf8.h"
#include "format/fail.h"
#include "treering/value.h"

namespace treering {
namespace {

Status check_ends(const Table& table, std::string_view what, const std::string& file) {
  if (table.ends.empty()) {
    if (table.bytes.empty()) return {};
    return invalid_in(
        file, "bad-table", "MF-05",  // [MF-05]
        "has a " + std::string(what) + " table with bytes and without rows; save it again");
  }
  if (std::is_sorted(table.ends.begin(), table.ends.end()) &&
      table.ends.back() == table.bytes.size())
    return {};
  return invalid_in(
      file, "bad-table", "MF-04",  // [MF-04]
      "has a " + std::string(what) + " table whose rows do not fill its bytes; save it again");
}

// Rows are UTF-8 each by itself when all of it is and no row begins inside a character.
Status check_utf8(const Table& table, const std::string& file) {  // [MF-06]
  bool good = is_utf8(table.bytes);
  for (const std::uint32_t end : table.ends) {
    good = good && (end == table.bytes.size() ||
                    (static_cast<unsigned char>(table.bytes[end]) & 0xc0) != 0x80);
  }
  if (good) return {};
  return invalid_in(file, "bad-utf8", "MF-06", "has a string that is not UTF-8; save it again");
}

Error bad_number(std::string_view field, const std::string& file) {  // [BY-08]
  return invalid_in(
      file, "bad-number", "BY-08",
      "names as " + std::string(field) + " a row that its table does not have; save it again");
}

struct Value {
  std::string_view name{};
  std::uint32_t blob = 0;
  bool is_record = false;  // a plain object or a $dict
};

// The value has passed check_value, so its first characters tell what it is.
bool is_object(std::string_view json) {
  return json.starts_with("{") && (!json.starts_with("{\"$") || json.starts_with("{\"$dict\":"));
}

Status check_one_value(const Value& value, const Table& blobs, const Limits& limits,
                       const std::string& file) {
  if (value.blob == 0) return {};
  Status status = check_value(blobs.at(value.blob), limits);  // [VA-10] [VA-09]
  if (!status.ok()) {
    Error error = in_file(std::move(status).error(), file);
    error.message = std::string(value.name) + ": " + error.message;
    return error;
  }
  if (value.is_record && !is_object(blobs.at(value.blob))) {  // [GC-01] [GC-04]
    return invalid_in(
        file, "bad-graph", "GC-01",
        "has as " + std::string(value.name) + " a value that is no object; save it again");
  }
  return {};
}

Status check_values(const Manifest& manifest, const Limits& limits, const std::string& file) {
  const Table& blobs = manifest.tree.blobs;
  const Value values[] = {{"metrics", manifest.metrics, false},
                          {"metadata", manifest.metadata, false},
                          {"graph", manifest.graph, true},
                          {"compat", manifest.compat, true}};
  for (const Value& value : values) {
    if (value.blob > blobs.rows()) return bad_number(value.name, file);
  }
  const std::uint64_t together = std::uint64_t{blobs.at(manifest.metrics).size()} +
                                 blobs.at(manifest.metadata).size() +
                                 blobs.at(manifest.compat).size();
  if (together > limits.value_bytes) {
    return limit_in(file, "value_bytes", "GC-03", together, limits.value_bytes);  // [GC-03]
  }
  const std::uint64_t graph = blobs.at(manifest.graph).size();
  if (graph > limits.graph_bytes)
    return limit_in(file, "graph_bytes", "GC-02", graph, limits.graph_bytes);  // [GC-02]
  for (const Value& value : values) TREERING_CHECK(check_one_value(value, blobs, limits, file));
  return {};
}

}  // namespace

Status check_tables(const Tree& tree, const std::string& file) {
  TREERING_CHECK(check_ends(tree.strings, "string", file));
  TREERING_CHECK(check_ends(tree.blobs, "blob", file));
  return check_utf8(tree.strings, file);
}

Status check_content(const Manifest& manifest, const Limits& limits, const std::string& file) {
  if (manifest.producer > manifest.tree.strings.rows()) return bad_number("producer", file);
  TREERING_CHECK(check_values(manifest, limits, file));
  Status tree = check_tree(manifest.tree, manifest.writers.size(), limits);  // [MF-07] [GR-20]
  if (tree.ok()) return {};
  return in_file(std::move(tree).error(), file);
}

}  // namespace treering
