// SPDX-License-Identifier: Apache-2.0
// The parts of a value, without a tree of them. Spec: 01-bytes.md (rules VA-). Pure.
// Precondition of everything here: check_value accepted the value that the text is, or is a part
// of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace treering {

// Bytes of the value that `text` begins with; what follows it is a comma, a bracket or nothing.
std::size_t value_size(std::string_view text) noexcept;

inline bool is_list_value(std::string_view json) noexcept { return json.starts_with('['); }
inline bool is_string_value(std::string_view json) noexcept { return json.starts_with('"'); }
// An object that is no tagged form.
inline bool is_plain_object(std::string_view json) noexcept {
  return json.starts_with('{') && !json.starts_with("{\"$");
}

// What stands between the quotes of a string; as text where nothing is escaped.
inline std::string_view quoted_content(std::string_view string) noexcept {
  return string.substr(1, string.size() - 2);
}
// The characters of such content.
std::string unescape_content(std::string_view content);
// A string of these characters, which are UTF-8.
void append_string_value(std::string& out, std::string_view characters);

// The entries of a list or an object, in order. The views live as long as the text.
class ValueParts {
 public:
  explicit ValueParts(std::string_view container) noexcept
      : rest_(container.substr(1, container.size() - 2)), has_keys_(container.starts_with('{')) {}
  // Steps to the next entry; false at the end.
  bool next() noexcept;
  // Of an object's entry: the key's content, escapes and all.
  std::string_view key() const noexcept { return key_; }
  std::string_view value() const noexcept { return value_; }

 private:
  std::string_view rest_;
  std::string_view key_{};
  std::string_view value_{};
  bool has_keys_;
};

// Of a plain object the value under `key`, which needs no escapes; empty where it has none.
std::string_view value_under(std::string_view object, std::string_view key) noexcept;

}  // namespace treering
