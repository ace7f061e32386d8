// SPDX-License-Identifier: Apache-2.0
// The texts of one key, without owning it. Spec: 02-key-path.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "treering/key_path.h"

namespace treering {

// A Key that borrows its text.
struct KeyView {
  KeyKind kind = KeyKind::kNone;
  std::string_view text{};
  std::int64_t number = 0;
};
inline KeyView view_of(const Key& key) noexcept { return {key.kind, key.text, key.number}; }

MatchKey match_key(const KeyView& key) noexcept;

void append_typed(std::string& out, const KeyView& key);
// The typed text of the key's one spelling: names as strings, numbers as integers.
void append_match(std::string& out, const MatchKey& key);
void append_friendly(std::string& out, const KeyView& key);

// Length of the typed text of a string or attribute key.
std::size_t typed_name_size(const KeyView& key) noexcept;
// True only where the typed text of a name of `size` bytes surely has no more than `limit`.
constexpr bool is_surely_short(std::uint64_t size, std::uint64_t limit) noexcept {
  return 3 * size + 3 <= limit;
}

// The one decimal text of an int64: no plus sign, no leading zero, no "-0".
std::optional<std::int64_t> parse_decimal(std::string_view text) noexcept;
void append_decimal(std::string& out, std::int64_t value);

}  // namespace treering
