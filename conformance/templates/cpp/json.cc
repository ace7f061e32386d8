// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

namespace {

class Reader {
 public:
  explicit Reader(std::string_view line) : rest_(line) {}

  // Takes the character, after blanks, where it comes next.
  bool take(char wanted) {
    if (!at(wanted)) return false;
    next();
    return true;
  }
  void need(char wanted) {
    if (!take(wanted)) throw std::invalid_argument(std::string("JSON: there is no ") + wanted);
  }
  // Does the character come next, after blanks?
  bool at(char wanted) {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\r')) next();
    return !rest_.empty() && rest_[0] == wanted;
  }

  std::string string() {
    need('"');
    std::string out;
    for (char c = next(); c != '"'; c = next()) {
      if (c != '\\') {
        out += c;
        continue;
      }
      c = next();
      if (c == 'u') {
        append_utf8(out, code_point());
      } else {
        const std::size_t which = std::string_view("bfnrt").find(c);
        out += which == std::string_view::npos ? c : "\b\f\n\r\t"[which];
      }
    }
    return out;
  }

  // Any other value, as it stands there.
  std::string other() {
    std::string out;
    for (int depth = 0; !rest_.empty();) {
      const char c = rest_[0];
      if (depth == 0 && (c == ',' || c == '}')) break;
      if (c == '"') {
        out += quote(string());
        continue;
      }
      depth += (c == '[' || c == '{') - (c == ']' || c == '}');
      out += next();
    }
    return out;
  }

 private:
  char next() {
    if (rest_.empty()) throw std::invalid_argument("JSON: the line ends too early");
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  std::uint32_t unit() {
    std::uint32_t value = 0;
    if (rest_.size() < 4 || std::from_chars(rest_.data(), rest_.data() + 4, value, 16).ptr != rest_.data() + 4) {
      throw std::invalid_argument("JSON: \\u stands before no four digits");
    }
    rest_.remove_prefix(4);
    return value;
  }

  // Of one \u escape, or of the two that stand for one character above U+FFFF.
  std::uint32_t code_point() {
    const std::uint32_t high = unit();
    if (high < 0xd800 || high > 0xdbff || !rest_.starts_with("\\u")) return high;
    rest_.remove_prefix(2);
    return 0x10000 + ((high - 0xd800) << 10) + (unit() - 0xdc00);
  }

  static void append_utf8(std::string& out, std::uint32_t c) {
    const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) return add(c);
    if (c < 0x800) {
      add(0xc0 | c >> 6);
    } else {
      if (c < 0x10000) {
        add(0xe0 | c >> 12);
      } else {
        add(0xf0 | c >> 18);
        add(0x80 | (c >> 12 & 0x3f));
      }
      add(0x80 | (c >> 6 & 0x3f));
    }
    add(0x80 | (c & 0x3f));
  }

  std::string_view rest_;
};

}  // namespace

Message read_message(std::string_view line) {
  Reader reader(line);
  Message message;
  reader.need('{');
  if (reader.take('}')) return message;
  do {
    const std::string name = reader.string();
    reader.need(':');
    if (reader.at('"')) {
      message.texts[name] = reader.string();
    } else {
      message.others[name] = reader.other();
    }
  } while (reader.take(','));
  reader.need('}');
  return message;
}

std::string quote(std::string_view utf8) {
  std::string out = "\"";
  for (const char c : utf8) {
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}
