// SPDX-License-Identifier: Apache-2.0
// The JSON output that README.md describes: sorted keys, written as it is made, so that large trees
// need no copy.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "treering/error.h"

namespace treering::cli {

using Json = nlohmann::json;  // objects are ordered by key

// Two spaces a level; bytes that are not UTF-8 become U+FFFD.
std::string json_text(const Json& value, int level = 0);

Json error_json(const Error& error);
// A canonical value of the file; null where it is empty.
Json value_json(std::string_view canonical);
Json text_or_null(std::string_view text);

// One object on stdout. Fields must come in the order of their keys.
class JsonObject {
 public:
  JsonObject();
  void field(std::string_view key, const Json& value);
  // A list that is written item by item.
  void begin_list(std::string_view key);
  void item(const Json& value);
  void end_list();
  void end();

 private:
  void name(std::string_view key);
  std::string last_key_{};
  bool empty_ = true;
  bool list_empty_ = true;
};

}  // namespace treering::cli
