// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <cassert>

#include "output.h"

namespace treering::cli {

std::string json_text(const Json& value, int level) {
  const std::string text = value.dump(2, ' ', false, Json::error_handler_t::replace);
  if (level == 0) return text;
  // A newline in a string is escaped, so every newline here is one of the layout.
  const std::string indent(static_cast<std::size_t>(level) * 2, ' ');
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json error_json(const Error& error) {
  Json out;
  out["class"] = error_class_name(error.cls);
  out["code"] = error.code;
  out["file"] = text_or_null(error.where.file);
  out["key_path"] = text_or_null(error.where.key_path);
  out["message"] = error.message;
  out["offset"] = error.where.offset == Where::kNoOffset ? Json() : Json(error.where.offset);
  out["rule"] = text_or_null(error.rule);
  return out;
}

Json value_json(std::string_view canonical) {
  if (canonical.empty()) return {};
  Json value = Json::parse(canonical, nullptr, /*allow_exceptions=*/false);
  // The library accepted the value when it opened the file.
  assert(!value.is_discarded());
  return value;
}

JsonObject::JsonObject() { print("{"); }

void JsonObject::name(std::string_view key) {
  assert(last_key_ < key);
  last_key_ = key;
  print(empty_ ? "\n  " : ",\n  ");
  empty_ = false;
  print(json_text(key));
  print(": ");
}

void JsonObject::field(std::string_view key, const Json& value) {
  name(key);
  print(json_text(value, 1));
}

void JsonObject::begin_list(std::string_view key) {
  name(key);
  print("[");
  list_empty_ = true;
}

void JsonObject::item(const Json& value) {
  print(list_empty_ ? "\n    " : ",\n    ");
  list_empty_ = false;
  print(json_text(value, 2));
}

void JsonObject::end_list() { print(list_empty_ ? "]" : "\n  ]"); }

void JsonObject::end() { print(empty_ ? "}\n" : "\n}\n"); }

}  // namespace treering::cli
