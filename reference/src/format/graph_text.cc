// SPDX-License-Identifier: Apache-2.0
// What people read of a graph record: places, values and entries in few words. Spec: 06-graph.md.
#include "format/graph_text.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "format/graph_description.h"
#include "model/value_parts.h"
#include "model/value_text.h"

namespace treering {
namespace {

constexpr std::size_t kLongestPlace = 400;  // bytes
constexpr std::size_t kLongestSide = 80;    // bytes
constexpr std::size_t kSameBefore = 24;     // bytes that are shown before the first difference

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The nearest beginning of a character that is not before `at`.
std::size_t character_from(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_continuation(text[at])) ++at;
  return at;
}

bool is_identifier(std::string_view name) noexcept {
  const auto is_letter = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (name.empty() || !(is_letter(name.front()))) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Control characters have no effect on a terminal. [ER-06]
void append_quoted(std::string& out, std::string_view text) {
  out += '\'';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    } else {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '\'';
}

// A qualified name, or its part after the last dot.
void append_name(std::string& out, std::string_view string, bool full) {
  const std::string name = unescape_content(quoted_content(string));
  const std::size_t dot = name.rfind('.');
  const std::string_view shown = full || dot == std::string::npos
                                     ? std::string_view(name)
                                     : std::string_view(name).substr(dot + 1);
  for (const char c : shown) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
}

class ValueText {
 public:
  explicit ValueText(bool full_names) : full_names_(full_names) {}

  // Nests as deep as the value, which is bounded.
  void append(std::string_view json) {
    if (is_string_value(json)) return append_quoted(out_, unescape_content(quoted_content(json)));
    if (is_list_value(json)) return append_list("[", json, "]");
    if (is_plain_object(json)) return append_object(json);
    if (json.starts_with('{')) return append_tagged(json);
    out_ += json == "null" ? "None" : json == "true" ? "True" : json == "false" ? "False" : json;
  }
  std::string take() { return std::move(out_); }

 private:
  void append_list(std::string_view open, std::string_view list, std::string_view close) {
    out_ += open;
    std::size_t count = 0;
    for (ValueParts parts(list); parts.next(); ++count) {
      if (count > 0) out_ += ", ";
      append(parts.value());
    }
    if (count == 1 && close == ")" && open == "(") out_ += ',';
    out_ += close;
  }

  void append_object(std::string_view json) {
    out_ += '{';
    std::string_view separator = "";
    for (ValueParts parts(json); parts.next(); separator = ", ") {
      out_ += separator;
      append_quoted(out_, unescape_content(parts.key()));
      out_ += ": ";
      append(parts.value());
    }
    out_ += '}';
  }

  void append_tagged(std::string_view json) {
    ValueParts parts(json);
    parts.next();
    const std::string_view tag = parts.key();
    const std::string_view content = parts.value();
    if (tag == "$tuple") return append_list("(", content, ")");
    if (tag == "$spec") return append_list("P(", content, ")");
    if (tag == "$dict") return append_pairs(content);
    if (tag == "$float") return append_float(content);
    if (tag == "$complex") return append_complex(content);
    if (tag == "$enum") return append_member(content);
    if (tag == "$type" || tag == "$code") return append_name(out_, content, full_names_);
    if (tag == "$opaque") {
      out_ += '<';
      append_name(out_, content, full_names_);
      out_ += '>';
    } else if (tag == "$bytes") {
      out_ += "0x";
      out_ += quoted_content(content);
    } else {  // $int, $dtype
      out_ += quoted_content(content);
    }
  }

  void append_pairs(std::string_view pairs) {
    out_ += '{';
    std::string_view separator = "";
    for (ValueParts parts(pairs); parts.next(); separator = ", ") {
      ValueParts pair(parts.value());
      out_ += separator;
      pair.next();
      append(pair.value());
      out_ += ": ";
      pair.next();
      append(pair.value());
    }
    out_ += '}';
  }

  void append_float(std::string_view string) {
    const std::uint64_t bits = parse_hex64(quoted_content(string)).value_or(0);
    out_ += friendly_key({KeyKind::kFloat, {}, static_cast<std::int64_t>(bits)});
  }
  void append_complex(std::string_view pair) {
    ValueParts parts(pair);
    out_ += "complex(";
    parts.next();
    append_float(parts.value());
    out_ += ", ";
    parts.next();
    append_float(parts.value());
    out_ += ')';
  }
  void append_member(std::string_view pair) {
    ValueParts parts(pair);
    parts.next();
    append_name(out_, parts.value(), full_names_);
    out_ += '.';
    parts.next();
    append_name(out_, parts.value(), true);
  }

  bool full_names_;
  std::string out_{};
};

std::string array_summary(const GraphEntry& array) {
  const bool is_key = !graph_field(array, "impl").empty();
  return (is_key ? "key" : graph_text_field(array, "dtype")) +
         shown_shape(graph_field(array, "shape"));
}

// The entry of what a variable holds, where that is an array.
const GraphEntry* held_array(const GraphRecord& record, std::size_t variable) noexcept {
  // A variable has at most one entry below it, and most stand right after it.
  const std::size_t next = variable + 1;
  if (next >= record.entries.size() || record.entries[next].parent != variable) return nullptr;
  return record.entries[next].kind == GraphKind::kArray ? &record.entries[next] : nullptr;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

bool is_name_key(const Key& key) noexcept {
  return (key.kind == KeyKind::kAttribute || key.kind == KeyKind::kString) &&
         is_identifier(key.text);
}

std::string spelled_key(const Key& key) {
  if (is_name_key(key)) return "." + key.text;
  std::string text = "[";
  if (key.kind == KeyKind::kAttribute || key.kind == KeyKind::kString) {
    append_quoted(text, key.text);
  } else {
    text += friendly_key(key);
  }
  return text += ']';
}

std::string graph_place(const GraphRecord& record, std::size_t entry) {
  std::vector<std::string> keys;
  for (; entry != 0; entry = record.entries[entry].parent) {
    if (record.entries[record.entries[entry].parent].kind == GraphKind::kVariable) continue;
    keys.push_back(spelled_key(graph_key(record, entry)));
  }
  std::string place;
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) place += *key;
  if (place.starts_with('.')) place.erase(0, 1);
  if (place.size() <= kLongestPlace) return place;
  return "…" + place.substr(character_from(place, place.size() - kLongestPlace));
}

std::string graph_summary(const GraphRecord& record, std::size_t entry) {
  const GraphEntry& found = record.entries[entry];
  std::string text;
  switch (found.kind) {
    case GraphKind::kModule:
    case GraphKind::kPytree:
      append_name(text, graph_field(found, "type"), false);
      return text;
    case GraphKind::kVariable:
      append_name(text, graph_field(found, "type"), false);
      if (const GraphEntry* array = held_array(record, entry)) text += " " + array_summary(*array);
      return text;
    case GraphKind::kArray:
      return array_summary(found);
    case GraphKind::kStatic:
      return excerpts(shown_value(graph_field(found, "value"), false), {}).first;
    case GraphKind::kAlias: {
      const std::string place = graph_place(record, found.target);
      return "alias of " + (place.empty() ? "the root" : place);
    }
    default:
      return std::string(graph_kind_name(found.kind));
  }
}

std::string shown_shape(std::string_view json) {
  std::string text = "[";
  for (ValueParts parts(json); parts.next();) {
    if (text.size() > 1) text += ',';
    text += shown_value(parts.value(), false);
  }
  return text += ']';
}

std::string shown_value(std::string_view json, bool full_names) {
  ValueText text(full_names);
  text.append(json);
  return text.take();
}

std::pair<std::string, std::string> excerpts(std::string left, std::string right) {
  if (left.size() <= kLongestSide && right.size() <= kLongestSide) return {left, right};
  const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  const auto same = static_cast<std::size_t>(right.empty() ? 0 : a - left.begin());
  const std::size_t from = same <= kSameBefore ? 0 : same - kSameBefore;
  const auto cut = [from](const std::string& text) {
    const std::size_t begin = character_from(text, std::min(from, text.size()));
    const std::size_t end = character_from(text, std::min(begin + kLongestSide, text.size()));
    return (begin > 0 ? "…" : "") + text.substr(begin, end - begin) +
           (end < text.size() ? "…" : "");
  };
  return {cut(left), cut(right)};
}

std::pair<std::string, std::string> shown_sides(std::string_view left, std::string_view right) {
  for (const bool full : {false, true}) {
    std::string a = left.empty() ? "" : shown_value(left, full);
    std::string b = right.empty() ? "" : shown_value(right, full);
    if (a != b) return excerpts(std::move(a), std::move(b));
  }
  return excerpts(std::string(left), std::string(right));  // values of two forms with one look
}

}  // namespace treering
