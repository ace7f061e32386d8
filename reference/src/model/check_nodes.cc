// SPDX-License-Identifier: Apache-2.0
// The node table: shape of the tree, keys, types of nodes. Spec: 02-key-path.md, 03-tree.md.
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/hex.h"
#include "base/refusal.h"
#include "model/check_tree.h"
#include "model/node_key.h"
#include "model/siblings.h"
#include "model/value_text.h"

namespace treering {
namespace {

// A node whose children are being read.
struct Open {
  NodeKind kind = NodeKind::kDict;
  bool ascending = true;  // every child's match key so far is above the one before
  std::uint32_t node = 0;
  std::uint32_t children = 0;
  std::uint32_t position = 0;     // of the next child
  std::uint64_t path_size = 0;    // spec 02
  std::size_t first_sibling = 0;  // where this node's children begin in siblings_
  KeyView key{};
  MatchKey last{};  // of the last child
};

bool may_stand_below(KeyKind key, NodeKind parent) noexcept {
  switch (parent) {
    case NodeKind::kDict:
      return key == KeyKind::kString || key == KeyKind::kInteger || key == KeyKind::kBool ||
             key == KeyKind::kFloat;
    case NodeKind::kList:
    case NodeKind::kTuple:
      return key == KeyKind::kSequence;
    case NodeKind::kNamedtuple:
    case NodeKind::kDataclass:
    case NodeKind::kVariable:
      return key == KeyKind::kAttribute;
    case NodeKind::kCustom:
      return key != KeyKind::kNone;
    case NodeKind::kLeaf:
    case NodeKind::kNone:
      return false;
  }
  return false;
}

// Positions cannot repeat, and a variable has one child.
bool can_repeat_keys(NodeKind kind) noexcept {
  return kind != NodeKind::kList && kind != NodeKind::kTuple && kind != NodeKind::kVariable;
}

// Goes through the rows once. Every method keeps the first error and returns false.
class NodeCheck {
 public:
  NodeCheck(const Tree& tree, const Limits& limits)
      : tree_(tree), nodes_(tree.nodes), limits_(limits), duplicates_(tree) {}

  Status run() {
    if (!columns() || !rows() || !every_leaf_is_named()) return *std::move(error_);
    return {};
  }

 private:
  bool fail(Error error) {
    error_ = std::move(error);
    return false;
  }
  bool fail(std::string_view code, std::string_view rule, std::string message) {
    return fail(refuse(code, rule, std::move(message), path()));
  }

  // Typed text of the path to the row under way, its own key included once that is known. Where it
  // is long the keys in the middle are left out: 256 keys of 4 KiB would be too much for a reader's
  // eyes, and for the memory that a small record may cost.
  std::string path() const {
    constexpr std::size_t kMostShown = 1024;
    std::string text;
    for (std::size_t i = 1; i < open_.size(); ++i) {
      if (text.size() > kMostShown) {
        text += "…/";
        break;
      }
      append_typed(text, open_[i].key);
      text += '/';
    }
    append_typed(text, key_);
    if (text.ends_with('/')) text.pop_back();
    return text;
  }

  bool columns() {
    const std::size_t rows = nodes_.kinds.size();
    if (nodes_.key_kinds.size() != rows || nodes_.keys.size() != rows ||
        nodes_.children.size() != rows || nodes_.details.size() != rows) {  // [TR-02] [BY-07]
      return fail("bad-column", "TR-02", "node columns differ in length; save it again");
    }
    if (rows == 0) return fail("bad-tree", "TR-01", "there is no root; save it again");  // [TR-01]
    // [LM-06]
    if (rows > limits_.nodes || rows >= UINT32_MAX) {  // [TR-09]
      return fail(refuse_limit("nodes", "TR-09", rows, limits_.nodes));
    }
    if (tree_.leaf_specs.size() != tree_.leaf_grids.size()) {  // [TR-22]
      return fail("bad-column", "TR-22", "leaf columns differ in length; save it again");
    }
    if (tree_.leaves() > limits_.leaves) {  // [TR-23]
      return fail(refuse_limit("leaves", "TR-23", tree_.leaves(), limits_.leaves));
    }
    named_.resize(tree_.leaves());
    return true;
  }

  bool rows() {
    for (std::uint32_t node = 0; node < nodes_.rows(); ++node) {
      if (node > 0 && open_.empty()) {  // [TR-05]
        return fail("bad-tree", "TR-05", "node rows are left over; save it again");
      }
      key_ = {};
      if (!kind_is_known(node)) return false;
      if (node == 0 ? !root_key() : !child_key(node)) return false;
      if (!detail(node)) return false;
      if (kind_of(node) == NodeKind::kLeaf && !path_fits(node)) return false;
      if (nodes_.children[node] > 0) open(node);
      while (!open_.empty() && open_.back().position == open_.back().children) {
        if (!close()) return false;
      }
    }
    if (open_.empty()) return true;
    return fail("bad-tree", "TR-05", "node rows are missing; save it again");  // [TR-05]
  }

  NodeKind kind_of(std::uint32_t node) const noexcept {
    return static_cast<NodeKind>(nodes_.kinds[node]);
  }

  bool kind_is_known(std::uint32_t node) {
    const std::uint8_t kind = nodes_.kinds[node];
    if (kind < 1 || kind > static_cast<std::uint8_t>(NodeKind::kVariable)) {  // [TR-03]
      return fail("bad-tree", "TR-03", "node kind " + std::to_string(kind) + " is not defined");
    }
    const std::uint32_t children = nodes_.children[node];
    const bool is_end = kind_of(node) == NodeKind::kLeaf || kind_of(node) == NodeKind::kNone;
    if ((is_end && children != 0) || (kind_of(node) == NodeKind::kVariable && children != 1)) {
      return fail("bad-tree", "TR-04",
                  "a node of this kind has another number of children");  // [TR-04]
    }
    return true;
  }

  bool root_key() {
    if (nodes_.key_kinds[0] != 0) return fail("bad-key", "TR-07", "the root has a key");  // [TR-07]
    return nodes_.keys[0] == 0 || fail("bad-key", "KP-06", "the root has a key entry");   // [KP-06]
  }

  bool child_key(std::uint32_t node) {
    if (open_.size() > limits_.depth) {  // [KP-12]
      return fail(refuse_limit("depth", "KP-12", open_.size(), limits_.depth, path()));
    }
    Open& parent = open_.back();
    const std::uint32_t position = parent.position++;
    const std::uint8_t kind = nodes_.key_kinds[node];
    if (kind > static_cast<std::uint8_t>(KeyKind::kFlattened)) {  // [KP-01]
      return fail("bad-key", "KP-01", "key kind " + std::to_string(kind) + " is not defined");
    }
    if (!may_stand_below(static_cast<KeyKind>(kind), parent.kind)) {  // [TR-06]
      return fail("bad-key", "TR-06", "a key of this kind cannot stand below its parent");
    }
    if (!key_entry(static_cast<KeyKind>(kind), nodes_.keys[node])) return false;
    key_ = key_view(tree_, node, position);
    if (parent.kind == NodeKind::kNamedtuple && !is_field(parent, position, nodes_.keys[node])) {
      return fail("bad-type", "TR-14", "it is not the field that the type has here");  // [TR-14]
    }
    if (can_repeat_keys(parent.kind)) note_sibling(parent, node);
    return true;
  }

  bool key_entry(KeyKind kind, std::uint32_t entry) {
    switch (kind) {
      case KeyKind::kString:
      case KeyKind::kAttribute:
        return is_string(entry) && name_is_short({kind, {}, 0}, entry);
      case KeyKind::kInteger:
        return is_string(entry) &&
               (parse_decimal(tree_.strings.at(entry)) || no_integer(tree_.strings.at(entry)));
      case KeyKind::kFloat:
        return is_string(entry) &&
               (parse_hex64(tree_.strings.at(entry)) ||
                fail("bad-key", "KP-05", "a float key is not 16 lowercase hex digits"));  // [KP-05]
      case KeyKind::kBool:
        return entry <= 1 || fail("bad-key", "KP-04", "a bool key is not 0 or 1");  // [KP-04]
      case KeyKind::kNone:
      case KeyKind::kSequence:
      case KeyKind::kFlattened:
        return entry == 0 || fail("bad-key", "KP-06", "an index key has an entry");  // [KP-06]
    }
    return false;
  }
  bool no_integer(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    const bool is_decimal = !digits.empty() && digits[0] != '0' &&
                            digits.find_first_not_of("0123456789") == digits.npos;
    if (is_decimal) return fail("bad-key", "KP-03", "an integer key is no int64");  // [KP-03]
    return fail("bad-key", "KP-02", "an integer key is not a canonical decimal");   // [KP-02]
  }
  bool is_string(std::uint32_t number) {
    return is_number(number, tree_.strings.rows()) || fail(bad_number("a key"));
  }
  // A long name is measured once as a string and once as an attribute, however many nodes use it.
  bool name_is_short(KeyView key, std::uint32_t number) {
    key.text = tree_.strings.at(number);
    if (is_surely_short(key.text.size(), limits_.key_bytes)) return true;
    const std::size_t mark = std::size_t{number} * 2 + (key.kind == KeyKind::kString ? 0 : 1);
    short_names_.resize(2 * (tree_.strings.rows() + 1));
    if (short_names_[mark]) return true;
    const std::size_t size = typed_name_size(key);
    if (size > limits_.key_bytes) {  // [KP-11]
      return fail(refuse_limit("key_bytes", "KP-11", size, limits_.key_bytes, path()));
    }
    short_names_[mark] = true;
    return true;
  }

  bool is_field(const Open& parent, std::uint32_t position, std::uint32_t number) const {
    const std::uint32_t field = type_of(parent.node).fields[position];
    return field == number || tree_.strings.at(field) == tree_.strings.at(number);
  }

  void note_sibling(Open& parent, std::uint32_t node) {
    const MatchKey key = match_key(key_);
    const bool is_first = siblings_.size() == parent.first_sibling;
    parent.ascending = parent.ascending && (is_first || parent.last < key);
    parent.last = key;
    siblings_.push_back(node);
  }

  const Type& type_of(std::uint32_t node) const { return tree_.types[nodes_.details[node] - 1]; }

  bool detail(std::uint32_t node) {
    const std::uint32_t number = nodes_.details[node];
    switch (kind_of(node)) {
      case NodeKind::kLeaf:
        if (number == 0 || !is_number(number, tree_.leaves())) break;
        named_[number - 1] = true;  // [TR-25]
        return true;
      case NodeKind::kNone:
      case NodeKind::kList:
      case NodeKind::kTuple:
        if (number != 0) break;
        return true;
      case NodeKind::kDict:
        if (number == 0) return true;
        [[fallthrough]];
      default:
        if (number == 0 || !is_number(number, tree_.types.size())) break;
        return type_fits(node);
    }
    return fail("bad-tree", "TR-08",  // [TR-08]
                "its detail is not the leaf or type that its kind asks for");
  }

  bool type_fits(std::uint32_t node) {
    const Type& type = type_of(node);
    const NodeKind kind = kind_of(node);
    if (kind == NodeKind::kNamedtuple && type.fields.size() != nodes_.children[node]) {  // [TR-14]
      return fail("bad-type", "TR-14", "a namedtuple has not as many children as fields");
    }
    if (kind != NodeKind::kNamedtuple && !type.fields.empty()) {  // [TR-15]
      return fail("bad-type", "TR-15", "a type with fields is used by no namedtuple");
    }
    if (kind != NodeKind::kVariable && !type.bases.empty()) {  // [TR-16]
      return fail("bad-type", "TR-16", "a type with bases is used by no variable");
    }
    const bool any_value = kind == NodeKind::kDataclass || kind == NodeKind::kCustom;
    if (!any_value && type.metadata != 0 &&
        !is_dict_value(tree_.blobs.at(type.metadata))) {  // [TR-17]
      return fail("bad-type", "TR-17", "the metadata of a node of this kind is not a dict");
    }
    return true;
  }

  // Size of the path to the row under way; the depth and key limits keep it far from wrapping.
  std::uint64_t path_size(std::uint32_t node) const noexcept {
    if (node == 0) return 0;
    const bool is_name = key_.kind == KeyKind::kString || key_.kind == KeyKind::kAttribute;
    return open_.back().path_size + (is_name ? 4 + key_.text.size() : 24);
  }
  // A small table can give many leaves long paths; whoever lists them holds the sum. [KP-21]
  bool path_fits(std::uint32_t node) {
    path_bytes_ += path_size(node);
    if (path_bytes_ <= limits_.path_bytes) return true;
    return fail(refuse_limit("path_bytes", "KP-21", path_bytes_, limits_.path_bytes));
  }

  void open(std::uint32_t node) {
    open_.push_back({.kind = kind_of(node),
                     .node = node,
                     .children = nodes_.children[node],
                     .path_size = path_size(node),
                     .first_sibling = siblings_.size(),
                     .key = key_});
  }

  bool close() {
    const Open& done = open_.back();
    if (!done.ascending && !keys_differ(done)) return false;
    siblings_.resize(done.first_sibling);
    open_.pop_back();
    return true;
  }
  bool keys_differ(const Open& parent) {  // [KP-14]
    const auto children = std::span(siblings_).subspan(parent.first_sibling);
    const std::optional<std::size_t> twin = duplicates_.find_duplicate(children);
    if (!twin) return true;
    key_ = key_view(tree_, children[*twin], static_cast<std::uint32_t>(*twin));
    return fail("duplicate-key", "KP-14",
                "another child of the same node has this key, or one that matches it; rename one");
  }

  bool every_leaf_is_named() {
    for (std::size_t leaf = 0; leaf < named_.size(); ++leaf) {
      if (named_[leaf]) continue;  // [TR-24]
      return fail(refuse("bad-leaf", "TR-24",
                         "no node names leaf row " + std::to_string(leaf) + "; save it again"));
    }
    return true;
  }

  const Tree& tree_;
  const Nodes& nodes_;
  const Limits& limits_;
  SiblingCheck duplicates_;
  std::vector<Open> open_{};               // ancestors of the row under way
  std::vector<std::uint32_t> siblings_{};  // children read so far of all open nodes, as a stack
  std::vector<bool> named_{};              // by leaf row
  std::vector<bool> short_names_{};        // by 2 * string number + kind: found short enough
  KeyView key_{};                          // of the row under way
  std::uint64_t path_bytes_ = 0;           // of the leaf nodes so far
  std::optional<Error> error_{};
};

}  // namespace

Status check_nodes(const Tree& tree, const Limits& limits) { return NodeCheck(tree, limits).run(); }

}  // namespace treering
