// SPDX-License-Identifier: Apache-2.0
// The key of a node row. Spec: 02-key-path.md, 03-tree.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/hex.h"
#include "model/key_text.h"
#include "treering/tree.h"

namespace treering {

// Is the node's key entry the number of its name?
inline bool has_name(const Tree& tree, std::size_t node) noexcept {
  const auto kind = static_cast<KeyKind>(tree.nodes.key_kinds[node]);
  return kind == KeyKind::kString || kind == KeyKind::kAttribute;
}

// key_of without a copy. Same preconditions, but that only this node's key need have been checked.
inline KeyView key_view(const Tree& tree, std::size_t node, std::uint32_t position) noexcept {
  const auto kind = static_cast<KeyKind>(tree.nodes.key_kinds[node]);
  const std::uint32_t entry = tree.nodes.keys[node];
  switch (kind) {
    case KeyKind::kNone:
      return {};
    case KeyKind::kString:
    case KeyKind::kAttribute:
      return {kind, tree.strings.at(entry), 0};
    case KeyKind::kInteger:
      return {kind, {}, parse_decimal(tree.strings.at(entry)).value_or(0)};
    case KeyKind::kBool:
      return {kind, {}, entry};
    case KeyKind::kFloat:
      return {kind, {}, static_cast<std::int64_t>(parse_hex64(tree.strings.at(entry)).value_or(0))};
    case KeyKind::kSequence:
    case KeyKind::kFlattened:
      return {kind, {}, position};
  }
  return {};
}

}  // namespace treering
