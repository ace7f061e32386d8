// SPDX-License-Identifier: Apache-2.0
// As much JSON as the commands need: text and integers of one object; other members are passed over.
// The reply `show` is larger; a library such as Boost.JSON is the usual way to write it.
#pragma once

#include <map>
#include <string>
#include <string_view>

class Message {
 public:
  std::map<std::string, std::string> texts, others;  // others: as they stand in the line
  // std::out_of_range where there is none.
  const std::string& text(const std::string& name) const { return texts.at(name); }
  long long integer(const std::string& name) const { return std::stoll(others.at(name)); }
};

// std::invalid_argument where the line is no object.
Message read_message(std::string_view line);
// A JSON string, quotes included.
std::string quote(std::string_view utf8);
