// SPDX-License-Identifier: Apache-2.0
// The shape of the descriptions of a graph record. Spec: 06-graph.md.
#include "format/graph_description.h"

#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "base/refusal.h"
#include "model/value_parts.h"
#include "model/value_text.h"
#include "treering/dtype.h"

namespace treering {
namespace {

bool is_any(std::string_view) noexcept { return true; }
bool is_true(std::string_view json) noexcept { return json == "true"; }

bool is_string_list(std::string_view json) noexcept {
  if (!is_list_value(json)) return false;
  for (ValueParts parts(json); parts.next();) {
    if (!is_string_value(parts.value())) return false;
  }
  return true;
}

// Axes beyond 2^53 stand as $int.
bool is_length(std::string_view json) noexcept {
  return is_integer_text(json) ? !json.starts_with('-')
                               : json.starts_with("{\"$int\":\"") && json[9] != '-';
}
bool is_shape(std::string_view json) noexcept {
  if (!is_list_value(json)) return false;
  for (ValueParts parts(json); parts.next();) {
    if (!is_length(parts.value())) return false;
  }
  return true;
}

// No name of the registry needs an escape.
bool is_dtype_name(std::string_view json) noexcept {
  return is_string_value(json) && find_dtype(quoted_content(json)) != nullptr;
}

struct Field {
  std::string_view name{};
  bool (*fits)(std::string_view) noexcept = nullptr;
  bool optional = false;
};
// Ascending, as the keys of a value are.
constexpr Field kModuleFields[] = {{"kind", is_string_value}, {"type", is_string_value}};
constexpr Field kPytreeFields[] = {{"aux", is_any, true},
                                   {"fields", is_string_list, true},
                                   {"kind", is_string_value},
                                   {"type", is_string_value}};
constexpr Field kPlainFields[] = {{"kind", is_string_value}};
constexpr Field kVariableFields[] = {{"bases", is_string_list},
                                     {"kind", is_string_value},
                                     {"metadata", is_dict_value},
                                     {"type", is_string_value}};
constexpr Field kArrayFields[] = {{"dtype", is_dtype_name},
                                  {"impl", is_string_value, true},
                                  {"kind", is_string_value},
                                  {"shape", is_shape},
                                  {"weak", is_true, true}};
constexpr Field kStaticFields[] = {{"kind", is_string_value}, {"value", is_any}};
constexpr Field kAliasFields[] = {{"kind", is_string_value}, {"of", is_string_value}};

struct KindRow {
  std::string_view name{};
  std::span<const Field> fields{};
};
// By number of GraphKind.
constexpr KindRow kKinds[] = {
    {"module", kModuleFields},     {"pytree", kPytreeFields}, {"dict", kPlainFields},
    {"list", kPlainFields},        {"tuple", kPlainFields},   {"none", kPlainFields},
    {"variable", kVariableFields}, {"array", kArrayFields},   {"static", kStaticFields},
    {"alias", kAliasFields},
};

std::optional<GraphKind> find_kind(std::string_view json) noexcept {
  if (!is_string_value(json)) return std::nullopt;
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (kKinds[i].name == quoted_content(json)) return static_cast<GraphKind>(i);
  }
  return std::nullopt;
}

Error misshapen(std::string_view path, std::string what) {  // [GC-05]
  return refuse("bad-graph", "GC-05",
                "the graph record has an entry " + std::move(what) +
                    "; use the checkpoint without its graph record",
                std::string(path));
}

Status check_fields(std::string_view description, const KindRow& kind, std::string_view path) {
  std::span<const Field> expected = kind.fields;
  const auto missing = [&](const Field& field) {
    return misshapen(path, "of kind " + std::string(kind.name) + " without the key '" +
                               std::string(field.name) + "'");
  };
  for (ValueParts parts(description); parts.next();) {
    while (!expected.empty() && expected.front().name < parts.key()) {
      if (!expected.front().optional) return missing(expected.front());
      expected = expected.subspan(1);
    }
    if (expected.empty() || expected.front().name != parts.key()) {
      return misshapen(path, "of kind " + std::string(kind.name) + " with an unknown key");
    }
    if (!expected.front().fits(parts.value())) {
      return misshapen(path,
                       "whose '" + std::string(expected.front().name) + "' is not of its form");
    }
    expected = expected.subspan(1);
  }
  for (const Field& field : expected) {
    if (!field.optional) return missing(field);
  }
  return {};
}

}  // namespace

Result<GraphKind> check_description(std::string_view description, std::string_view path) {
  if (!is_plain_object(description)) return misshapen(path, "whose description is no object");
  const std::optional<GraphKind> kind = find_kind(value_under(description, "kind"));
  if (!kind) return misshapen(path, "of an unknown kind");
  Status fields = check_fields(description, kKinds[static_cast<std::size_t>(*kind)], path);
  if (!fields.ok()) return std::move(fields).error();
  if (*kind == GraphKind::kArray && !value_under(description, "impl").empty() &&
      value_under(description, "dtype") != "\"uint32\"") {
    return misshapen(path, "of PRNG keys whose dtype is not uint32");
  }
  return *kind;
}

std::string_view graph_field(const GraphEntry& entry, std::string_view key) noexcept {
  return value_under(entry.description, key);
}

std::string graph_text_field(const GraphEntry& entry, std::string_view key) {
  return unescape_content(quoted_content(graph_field(entry, key)));
}

std::string_view graph_kind_name(GraphKind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)].name;
}

}  // namespace treering
