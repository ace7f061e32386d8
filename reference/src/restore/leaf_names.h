// SPDX-License-Identifier: Apache-2.0
// Finding a leaf by what somebody typed. Spec: 02-key-path.md, 14-restore.md. Internal. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "treering/result.h"
#include "treering/tree.h"

namespace treering {

class LeafNames {
 public:
  LeafNames() = default;
  // Precondition: check_tree accepted the tree.
  explicit LeafNames(const Tree& tree);

  const std::vector<LeafPlace>& places() const noexcept { return places_; }
  // The first place of a leaf row. Precondition: check_tree accepted, so every row has one.
  const LeafPlace& place_of(std::size_t leaf) const { return places_[first_place_[leaf]]; }

  // Leaf row by exact typed text, else by friendly text. not-found, with up to three near names;
  // usage where the friendly text fits several leaves.
  Result<std::size_t> find(std::string_view text) const;

 private:
  using Order = std::vector<std::uint32_t>;  // numbers of places_
  std::vector<std::string_view> nearest(std::string_view text) const;

  std::vector<LeafPlace> places_{};
  std::vector<std::uint32_t> first_place_{};  // by leaf row
  Order by_typed_{};
  Order by_friendly_{};
};

// Least number of inserted, removed and changed bytes that turns `a` into `b`; more than `most`
// gives most + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

}  // namespace treering
