// SPDX-License-Identifier: Apache-2.0
// Do two children of one node have one match key? Spec: 02-key-path.md. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/name_ids.h"
#include "treering/key_path.h"
#include "treering/tree.h"

namespace treering {

class SiblingCheck {
 public:
  // Precondition: the tree outlives this.
  explicit SiblingCheck(const Tree& tree) : tree_(tree) {}

  // `children` are the node rows of one parent's children, in order, whose keys were checked.
  // The position of one whose match key a sibling has too, if there is one. Time O(n log n).
  std::optional<std::size_t> find_duplicate(std::span<const std::uint32_t> children);

 private:
  struct Sibling {
    std::uint32_t order = 0;  // equal where the match keys are; seldom where they are not
    std::uint32_t position = 0;
  };
  MatchKey key_of(std::span<const std::uint32_t> children, std::uint32_t position) const noexcept;
  void use_ids_when_names_cost_too_much(std::span<const std::uint32_t> children);

  const Tree& tree_;
  std::vector<Sibling> siblings_{};   // of the call under way; kept for its memory
  std::uint64_t compared_bytes_ = 0;  // of names, over all calls
  std::optional<NameIds> ids_{};
};

}  // namespace treering
