// SPDX-License-Identifier: Apache-2.0
// Graph records for tests.
#pragma once

#include <cctype>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "treering/graph.h"

namespace treering::testing {

// The record of the example of spec 06, as its text prints it.
inline std::string spec_graph() {
  std::ifstream file(TREERING_SOURCE_DIR "/spec/06-graph.md");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t begin = text.find("\n{\"nodes\":") + 1;
  std::string record = text.substr(begin, text.find("\n```", begin) - begin);
  std::erase(record, '\n');
  return record;
}

// A record of the given entries, each a path and a description.
using GraphRows = std::vector<std::pair<std::string, std::string>>;
inline std::string graph_json(const GraphRows& rows) {
  std::string text = "{\"nodes\":[";
  for (const auto& [path, description] : rows) {
    if (text.back() == ']') text += ',';
    text += "[\"" + path + "\"," + description + "]";
  }
  return text + "],\"version\":1}";
}

inline std::string module_of(const std::string& type) {
  return R"({"kind":"module","type":")" + type + "\"}";
}
inline std::string variable_of(const std::string& type, const std::string& metadata = "{}") {
  return R"({"bases":["flax.nnx.variablelib.Variable"],"kind":"variable","metadata":)" + metadata +
         R"(,"type":"flax.nnx.variablelib.)" + type + "\"}";
}
inline std::string array_of(const std::string& dtype, const std::string& shape) {
  return R"({"dtype":")" + dtype + R"(","kind":"array","shape":)" + shape + "}";
}
inline std::string static_of(const std::string& value) {
  return R"({"kind":"static","value":)" + value + "}";
}
inline std::string alias_of(const std::string& path) {
  return R"({"kind":"alias","of":")" + path + "\"}";
}
inline const std::string kDict = R"({"kind":"dict"})";

}  // namespace treering::testing
