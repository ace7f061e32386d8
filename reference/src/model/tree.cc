// SPDX-License-Identifier: Apache-2.0
// Walking a checked tree: keys, paths and places of leaves. Spec: 02-key-path.md, 03-tree.md.
#include "treering/tree.h"

#include "model/node_key.h"

namespace treering {
namespace {

// The three texts of one path, each a prefix of its children's.
struct Texts {
  std::string typed{};
  std::string match{};
  std::string friendly{};
};

struct Lengths {
  std::size_t typed = 0;
  std::size_t match = 0;
  std::size_t friendly = 0;
};

struct Open {
  Lengths lengths{};
  std::uint32_t left = 0;      // children still to come
  std::uint32_t position = 0;  // of the next child
  bool drops_key = false;      // a variable's child adds nothing to the match path
};

// Goes down and up the tree with one set of texts.
class PathWalk {
 public:
  // Precondition: called for each node in preorder, until done.
  const Texts& enter(const Tree& tree, std::size_t node) {
    Lengths lengths;
    if (node > 0) {
      while (open_.back().left == 0) open_.pop_back();
      lengths = extend(open_.back(), tree, node);
    }
    const bool is_variable = static_cast<NodeKind>(tree.nodes.kinds[node]) == NodeKind::kVariable;
    if (node == 0 || tree.nodes.children[node] > 0) {
      open_.push_back({lengths, tree.nodes.children[node], 0, is_variable});
    }
    return texts_;
  }

 private:
  Lengths extend(Open& parent, const Tree& tree, std::size_t node) {
    const KeyView key = key_view(tree, node, parent.position++);
    --parent.left;
    texts_.typed.resize(parent.lengths.typed);
    texts_.match.resize(parent.lengths.match);
    texts_.friendly.resize(parent.lengths.friendly);
    if (!texts_.typed.empty()) texts_.typed += '/';
    append_typed(texts_.typed, key);
    if (!parent.drops_key) {
      // No match text of a key is empty, but the friendly text of an empty name is.
      if (!texts_.match.empty()) {
        texts_.match += '/';
        texts_.friendly += '/';
      }
      append_match(texts_.match, match_key(key));
      append_friendly(texts_.friendly, key);
    }
    return {texts_.typed.size(), texts_.match.size(), texts_.friendly.size()};
  }

  Texts texts_{};
  std::vector<Open> open_{};
};

}  // namespace

Key key_of(const Tree& tree, std::size_t node, std::uint32_t position) {
  const KeyView key = key_view(tree, node, position);
  return {key.kind, std::string(key.text), key.number};
}

std::vector<LeafPlace> leaf_places(const Tree& tree) {
  std::vector<LeafPlace> places;
  places.reserve(tree.leaves());  // more only where leaves are shared
  PathWalk walk;
  for (std::size_t node = 0; node < tree.nodes.rows(); ++node) {
    const Texts& texts = walk.enter(tree, node);
    if (static_cast<NodeKind>(tree.nodes.kinds[node]) != NodeKind::kLeaf) continue;
    places.push_back(
        {node, tree.nodes.details[node] - 1u, texts.typed, texts.match, texts.friendly});
  }
  return places;
}

std::uint64_t host_bytes(const Spec& spec) noexcept {
  const DtypeInfo* const info = find_dtype(spec.dtype);
  if (info == nullptr || spec.value != 0) return 0;
  std::uint64_t bytes = info->host_bytes;
  for (const std::uint64_t length : spec.shape) bytes *= length;
  return bytes;
}

}  // namespace treering
