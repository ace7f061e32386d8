// SPDX-License-Identifier: Apache-2.0
// Keys and key paths: typed text, match keys, friendly text. Spec: 02-key-path.md. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "treering/result.h"

namespace treering {

// NOTE: the numbers are part of the format and never change.
enum class KeyKind : std::uint8_t {
  kNone = 0, kString = 1, kAttribute = 2, kInteger = 3, kBool = 4, kFloat = 5, kSequence = 6,
  kFlattened = 7,
};

// One step from a node to a child. `text` is set for strings and attributes; `number` holds an integer,
// a sequence or flattened index, 0 or 1 for bool, and the IEEE-754 bits for float.
struct Key {
  KeyKind kind = KeyKind::kNone;
  std::string text{};
  std::int64_t number = 0;
  bool operator==(const Key&) const = default;
};
using KeyPath = std::vector<Key>;

// Typed text. parse(format(p)) == p, and format(parse(t)) == t for every accepted t.
std::string format_key(const Key& key);
std::string format_key_path(const KeyPath& path);
Result<Key> parse_key(std::string_view text);
Result<KeyPath> parse_key_path(std::string_view text);

// What a template is matched by: string and attribute are one, as are integer, sequence and flattened.
struct MatchKey {
  enum class Kind : std::uint8_t { kName, kNumber, kBool, kFloat };
  Kind kind = Kind::kName;
  std::string_view text{};  // borrowed from the key
  std::int64_t number = 0;
  auto operator<=>(const MatchKey&) const = default;
};
MatchKey match_key(const Key& key) noexcept;

// The key as people type it: names as they are, indices in decimal.
std::string friendly_key(const Key& key);

}  // namespace treering
