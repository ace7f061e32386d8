// SPDX-License-Identifier: Apache-2.0
// Keys and key paths: typed text, match keys, friendly text. Spec: 02-key-path.md.
#include "treering/key_path.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/hex.h"
#include "base/refusal.h"
#include "base/try.h"
#include "base/utf8.h"
#include "model/key_text.h"

namespace treering {
namespace {

bool always_escaped(unsigned char byte) noexcept {
  return byte < 0x20 || byte == 0x7f || byte == '/' || byte == '~';
}

// These begin the text of another kind of key.
bool begins_other_kind(char first) noexcept {
  return std::string_view(".#[<!=").find(first) != std::string_view::npos;
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '~';
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

void append_name(std::string& out, std::string_view name, bool is_string_key) {
  if (name.empty()) {
    out += "~0";
    return;
  }
  if (is_string_key && begins_other_kind(name.front())) {
    append_escaped(out, name.front());
    name.remove_prefix(1);
  }
  while (!name.empty()) {
    const auto stop = std::find_if(name.begin(), name.end(), [](char c) {
      return always_escaped(static_cast<unsigned char>(c));
    });
    out.append(name.begin(), stop);
    name.remove_prefix(static_cast<std::size_t>(stop - name.begin()));
    if (name.empty()) break;
    append_escaped(out, name.front());
    name.remove_prefix(1);
  }
}

// Every ~xx read back, whether it had to stand there or not; empty where a ~ is not followed by xx.
std::optional<std::string> unescape(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') {
      name += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    name += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return name;
}

std::optional<Key> parse_name(KeyKind kind, std::string_view text) {
  std::optional<std::string> name = text == "~0" ? std::string() : unescape(text);
  if (!name || !is_utf8(*name)) return std::nullopt;
  return Key{kind, *std::move(name), 0};
}

std::optional<Key> parse_number(KeyKind kind, std::string_view text) {
  const std::optional<std::int64_t> number = parse_decimal(text);
  if (!number || (kind != KeyKind::kInteger && *number < 0)) return std::nullopt;
  return Key{kind, {}, *number};
}

std::optional<Key> parse_index(KeyKind kind, std::string_view text) {
  return text.empty() ? std::nullopt : parse_number(kind, text.substr(0, text.size() - 1));
}

std::optional<Key> parse_float(std::string_view text) {
  const std::optional<std::uint64_t> bits = parse_hex64(text);
  if (!bits) return std::nullopt;
  return Key{KeyKind::kFloat, {}, static_cast<std::int64_t>(*bits)};
}

// Accepts every canonical text and some others; the caller compares with what format gives.
std::optional<Key> parse_leniently(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string_view rest = text.substr(1);
  switch (text.front()) {
    case '.':
      return parse_name(KeyKind::kAttribute, rest);
    case '#':
      return parse_number(KeyKind::kInteger, rest);
    case '[':
      return parse_index(KeyKind::kSequence, rest);
    case '<':
      return parse_index(KeyKind::kFlattened, rest);
    case '!':
      return Key{KeyKind::kBool, {}, rest == "1" ? 1 : 0};
    case '=':
      return parse_float(rest);
    default:
      return parse_name(KeyKind::kString, text);
  }
}

// As Python's repr: shortest digits that give the same double, an exponent below 1e-4 and from
// 1e16.
void append_python_float(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    return;
  }
  char text[512];  // the longest is 1e-4 … 1e16 in fixed form, well below
  const double magnitude = std::fabs(value);
  const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  const char* const end =
      std::to_chars(std::begin(text), std::end(text), value,
                    fixed ? std::chars_format::fixed : std::chars_format::scientific)
          .ptr;
  const std::string_view digits(text, static_cast<std::size_t>(end - text));
  out += digits;
  if (fixed && digits.find('.') == std::string_view::npos) out += ".0";
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text) noexcept {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.front() == '0' && text != "0")) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

void append_decimal(std::string& out, std::int64_t value) {
  char text[24];
  out.append(text, std::to_chars(std::begin(text), std::end(text), value).ptr);
}

MatchKey match_key(const KeyView& key) noexcept {
  switch (key.kind) {
    case KeyKind::kNone:
    case KeyKind::kString:
    case KeyKind::kAttribute:
      return {MatchKey::Kind::kName, key.text, 0};
    case KeyKind::kInteger:
    case KeyKind::kSequence:
    case KeyKind::kFlattened:
      return {MatchKey::Kind::kNumber, {}, key.number};
    case KeyKind::kBool:
      return {MatchKey::Kind::kBool, {}, key.number};
    case KeyKind::kFloat:
      return {MatchKey::Kind::kFloat, {}, key.number};
  }
  return {};
}

MatchKey match_key(const Key& key) noexcept { return match_key(view_of(key)); }

void append_typed(std::string& out, const KeyView& key) {  // [KP-09]
  switch (key.kind) {
    case KeyKind::kNone:
      return;
    case KeyKind::kString:
      return append_name(out, key.text, true);
    case KeyKind::kAttribute:
      out += '.';
      return append_name(out, key.text, false);
    case KeyKind::kInteger:
      out += '#';
      return append_decimal(out, key.number);
    case KeyKind::kBool:
      out += key.number != 0 ? "!1" : "!0";
      return;
    case KeyKind::kFloat:
      out += '=';
      return append_hex64(out, static_cast<std::uint64_t>(key.number));
    case KeyKind::kSequence:
      out += '[';
      append_decimal(out, key.number);
      out += ']';
      return;
    case KeyKind::kFlattened:
      out += '<';
      append_decimal(out, key.number);
      out += '>';
      return;
  }
}

void append_match(std::string& out, const MatchKey& key) {
  switch (key.kind) {
    case MatchKey::Kind::kName:
      return append_typed(out, {KeyKind::kString, key.text, 0});
    case MatchKey::Kind::kNumber:
      return append_typed(out, {KeyKind::kInteger, {}, key.number});
    case MatchKey::Kind::kBool:
      return append_typed(out, {KeyKind::kBool, {}, key.number});
    case MatchKey::Kind::kFloat:
      return append_typed(out, {KeyKind::kFloat, {}, key.number});
  }
}

void append_friendly(std::string& out, const KeyView& key) {
  const MatchKey match = match_key(key);
  switch (match.kind) {
    case MatchKey::Kind::kName:
      out += match.text;
      return;
    case MatchKey::Kind::kNumber:
      return append_decimal(out, match.number);
    case MatchKey::Kind::kBool:
      out += match.number != 0 ? "True" : "False";
      return;
    case MatchKey::Kind::kFloat:
      return append_python_float(out, std::bit_cast<double>(match.number));
  }
}

std::size_t typed_name_size(const KeyView& key) noexcept {
  const bool is_string_key = key.kind == KeyKind::kString;
  std::size_t size = is_string_key ? 0 : 1;
  if (key.text.empty()) return size + 2;
  for (const char c : key.text) size += always_escaped(static_cast<unsigned char>(c)) ? 3u : 1u;
  return size + (is_string_key && begins_other_kind(key.text.front()) ? 2 : 0);
}

std::string format_key(const Key& key) {
  std::string text;
  append_typed(text, view_of(key));
  return text;
}

std::string format_key_path(const KeyPath& path) {
  std::string text;
  for (const Key& key : path) {
    if (!text.empty()) text += '/';
    append_typed(text, view_of(key));
  }
  return text;
}

Result<Key> parse_key(std::string_view text) {
  std::optional<Key> key = parse_leniently(text);
  if (!key || format_key(*key) != text) {  // [KP-10]
    return refuse_use("bad-key-text", "KP-10",
                      "\"" + std::string(text) +
                          "\" is not the typed text of a key; give it as a listing prints it");
  }
  return *std::move(key);
}

Result<KeyPath> parse_key_path(std::string_view text) {
  KeyPath path;
  if (text.empty()) return path;
  while (true) {
    const std::size_t slash = text.find('/');
    TREERING_TRY(Key key, parse_key(text.substr(0, slash)));
    path.push_back(std::move(key));
    if (slash == std::string_view::npos) return path;
    text.remove_prefix(slash + 1);
  }
}

std::string friendly_key(const Key& key) {
  std::string text;
  append_friendly(text, view_of(key));
  return text;
}

}  // namespace treering
