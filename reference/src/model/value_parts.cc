// SPDX-License-Identifier: Apache-2.0
// The parts of a value, without a tree of them. Spec: 01-bytes.md (rules VA-).
#include "model/value_parts.h"

#include "base/hex.h"

namespace treering {
namespace {

std::size_t string_size(std::string_view text) noexcept {
  std::size_t at = 1;
  while (text[at] != '"') at += text[at] == '\\' ? 2u : 1u;
  return at + 1;
}

}  // namespace

std::size_t value_size(std::string_view text) noexcept {
  std::size_t at = 0;
  std::size_t open = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at += string_size(text.substr(at));
      if (open == 0) return at;
      continue;
    }
    if (open == 0 && (c == ',' || c == ']' || c == '}')) return at;
    ++at;
    if (c == '[' || c == '{') ++open;
    if ((c == ']' || c == '}') && --open == 0) return at;
  }
  return at;
}

std::string unescape_content(std::string_view content) {
  std::string text;
  text.reserve(content.size());
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] != '\\') {
      text += content[i];
    } else if (content[++i] != 'u') {
      text += content[i];
    } else {
      text += static_cast<char>(hex_value(content[i + 3]) << 4 | hex_value(content[i + 4]));
      i += 4;
    }
  }
  return text;
}

void append_string_value(std::string& out, std::string_view characters) {  // [VA-11]
  out += '"';
  for (const char c : characters) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

bool ValueParts::next() noexcept {
  if (rest_.starts_with(',')) rest_.remove_prefix(1);
  if (rest_.empty()) return false;
  if (has_keys_) {
    const std::size_t size = string_size(rest_);
    key_ = rest_.substr(1, size - 2);
    rest_.remove_prefix(size + 1);  // and the colon
  }
  const std::size_t size = value_size(rest_);
  value_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

std::string_view value_under(std::string_view object, std::string_view key) noexcept {
  ValueParts parts(object);
  while (parts.next()) {
    if (parts.key() == key) return parts.value();
  }
  return {};
}

}  // namespace treering
