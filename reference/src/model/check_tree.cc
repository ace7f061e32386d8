// SPDX-License-Identifier: Apache-2.0
// check_tree: the order of its parts, and the type table. Spec: 03-tree.md.
#include "model/check_tree.h"

#include <algorithm>
#include <string>

#include "base/refusal.h"
#include "base/try.h"
#include "base/utf8.h"
#include "model/value_text.h"
#include "treering/value.h"

namespace treering {
namespace {

Status check_type(const Tree& tree, const Type& type, BlobChecks& blobs) {
  const auto is_string = [&](std::uint32_t number) {
    return is_number(number, tree.strings.rows());
  };
  if (!is_string(type.name) || !std::all_of(type.fields.begin(), type.fields.end(), is_string) ||
      !std::all_of(type.bases.begin(), type.bases.end(), is_string)) {
    return bad_number("a name in a type row");
  }
  if (tree.strings.at(type.name).empty()) {  // [TR-13]
    return refuse("bad-type", "TR-13", "a type has no name; give the class's qualified name");
  }
  if (type.metadata == 0) return {};
  if (!is_number(type.metadata, tree.blobs.rows())) return bad_number("the metadata of a type");
  return blobs.check_value(type.metadata);
}

}  // namespace

Error bad_number(std::string_view field) {  // [BY-08]
  return refuse("bad-number", "BY-08",
                "a number that is " + std::string(field) +
                    " names a row that is not there; save the checkpoint again");
}

Status BlobChecks::check_value(std::uint32_t number) {
  values_.resize(tree_.blobs.rows());
  if (values_[number - 1]) return {};
  TREERING_CHECK(treering::check_value(tree_.blobs.at(number), limits_));
  values_[number - 1] = true;
  return {};
}

bool BlobChecks::is_utf8(std::uint32_t number) {
  texts_.resize(tree_.blobs.rows());
  if (!texts_[number - 1]) texts_[number - 1] = treering::is_utf8(tree_.blobs.at(number));
  return texts_[number - 1];
}

Status check_types(const Tree& tree, BlobChecks& blobs) {
  for (const Type& type : tree.types) TREERING_CHECK(check_type(tree, type, blobs));
  return {};
}

Status check_tree(const Tree& tree, std::uint64_t writers, const Limits& limits, GridState grids) {
  BlobChecks blobs(tree, limits);
  TREERING_CHECK(check_types(tree, blobs));
  TREERING_CHECK(check_nodes(tree, limits));
  TREERING_CHECK(check_meshes(tree));
  TREERING_CHECK(check_shardings(tree));
  TREERING_CHECK(check_specs(tree, limits, blobs));
  TREERING_CHECK(check_grid_rows(tree, writers, limits));
  return check_leaf_rows(tree, writers, limits, grids);
}

Status check_tree(const Tree& tree, std::uint64_t writers, const Limits& limits) {
  return check_tree(tree, writers, limits, GridState::kSet);
}

}  // namespace treering
