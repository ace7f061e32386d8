// SPDX-License-Identifier: Apache-2.0
// Do two children of one node have one match key? Spec: 02-key-path.md.
#include "model/siblings.h"

#include <xxhash.h>

#include <algorithm>

#include "model/node_key.h"

namespace treering {

// Many nodes can use the same long names in many places. Beyond this many bytes names are replaced
// by their ids, so that hostile trees cost no more per node than others. [RS-39]
constexpr std::uint64_t kMostComparedBytes = std::uint64_t{64} << 20;

void SiblingCheck::use_ids_when_names_cost_too_much(std::span<const std::uint32_t> children) {
  if (ids_) return;
  for (const std::uint32_t child : children) {
    if (has_name(tree_, child)) compared_bytes_ += tree_.strings.at(tree_.nodes.keys[child]).size();
  }
  if (compared_bytes_ <= kMostComparedBytes) return;
  std::vector<std::uint32_t> used;  // those of nodes that are still to be checked may be no number
  const std::vector<std::uint32_t>& keys = tree_.nodes.keys;
  const auto is_used = [&](std::size_t node) {
    return has_name(tree_, node) && keys[node] <= tree_.strings.rows();
  };
  std::size_t count = 0;
  for (std::size_t node = 0; node < keys.size(); ++node) count += is_used(node) ? 1u : 0u;
  used.reserve(count);
  for (std::size_t node = 0; node < keys.size(); ++node) {
    if (is_used(node)) used.push_back(keys[node]);
  }
  ids_.emplace(tree_.strings, std::move(used));
}

// With ids, a name's key is its id.
MatchKey SiblingCheck::key_of(std::span<const std::uint32_t> children,
                              std::uint32_t position) const noexcept {
  MatchKey key = match_key(key_view(tree_, children[position], position));
  if (ids_ && key.kind == MatchKey::Kind::kName) {
    key.text = {};
    key.number = ids_->of(tree_.nodes.keys[children[position]]);
  }
  return key;
}

std::optional<std::size_t> SiblingCheck::find_duplicate(std::span<const std::uint32_t> children) {
  use_ids_when_names_cost_too_much(children);
  siblings_.clear();
  siblings_.reserve(children.size());
  for (std::uint32_t position = 0; position < children.size(); ++position) {
    const MatchKey key = key_of(children, position);
    const std::uint64_t order = key.text.empty() ? static_cast<std::uint64_t>(key.number)
                                                 : XXH3_64bits(key.text.data(), key.text.size());
    siblings_.push_back({static_cast<std::uint32_t>(order ^ order >> 32), position});
  }
  std::sort(siblings_.begin(), siblings_.end(), [&](const Sibling& a, const Sibling& b) {
    if (a.order != b.order) return a.order < b.order;
    return key_of(children, a.position) < key_of(children, b.position);
  });
  const auto twin = std::adjacent_find(
      siblings_.begin(), siblings_.end(), [&](const Sibling& a, const Sibling& b) {
        return a.order == b.order && key_of(children, a.position) == key_of(children, b.position);
      });
  if (twin == siblings_.end()) return std::nullopt;
  return std::max(twin->position, (twin + 1)->position);
}

}  // namespace treering
