// SPDX-License-Identifier: Apache-2.0
// Builds the tree that save() writes: one call a node, in preorder. Spec: 03-tree.md,
// 11-manifest.md.
#include "treering/builder.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/hex.h"
#include "base/refusal.h"
#include "base/try.h"
#include "base/utf8.h"
#include "model/check_tree.h"
#include "model/interner.h"
#include "model/node_key.h"
#include "treering/dtype.h"

namespace treering {
namespace {

constexpr std::size_t kMostInline = Limits{}.inline_bytes;  // [TR-44]
constexpr std::size_t kMostRows = std::numeric_limits<std::uint32_t>::max() - 1;

// What leaves of one sort have in common, before strings and blobs have their numbers: those of
// types come first (section 11.9), so these are given out last. `spec` lacks impl and value.
// [MF-27]
struct Sort {
  Spec spec{};
  bool is_inline = false;
  std::string impl{};
  std::string value{};
};

// A row as bytes, equal exactly where the rows are: numbers one after the other, lists after their
// length.
class RowBytes {
 public:
  RowBytes& add(std::uint64_t number) {
    std::byte bytes[sizeof number];
    store_le<std::uint64_t>(bytes, number);
    text_ += text_of(bytes);
    return *this;
  }
  template <class Numbers>
  RowBytes& add_list(const Numbers& numbers) {
    add(numbers.size());
    for (const auto number : numbers) add(number);
    return *this;
  }
  RowBytes& add_text(std::string_view text) {
    add(text.size());
    text_ += text;
    return *this;
  }
  std::string_view text() const noexcept { return text_; }

 private:
  std::string text_{};
};

Error usage(std::string message) { return refuse_use("bad-argument", "", std::move(message)); }

Sort sort_of(LeafKind kind, Dtype dtype = Dtype::kNone, std::span<const std::uint64_t> shape = {}) {
  Sort sort;
  sort.spec.kind = static_cast<std::uint8_t>(kind);
  sort.spec.dtype = static_cast<std::uint16_t>(dtype);
  sort.spec.shape.assign(shape.begin(), shape.end());
  return sort;
}

Sort inline_sort(LeafKind kind, Dtype dtype, std::string_view value) {
  Sort sort = sort_of(kind, dtype);
  sort.is_inline = true;
  sort.value = value;
  return sort;
}

bool is_container(NodeKind kind) noexcept {
  return kind != NodeKind::kLeaf && kind != NodeKind::kNone;
}

// Whether a leaf row may be named from several places.
bool is_shareable(const Spec& spec) noexcept {
  const auto kind = static_cast<LeafKind>(spec.kind);
  return kind == LeafKind::kArray || kind == LeafKind::kPrngKey || kind == LeafKind::kProcessBlob;
}

}  // namespace

struct TreeBuilder::Impl {
  SaveTree save{};
  Tree& tree = save.tree;
  Interner strings{tree.strings};
  Interner blobs{tree.blobs};
  Table type_rows{};
  Interner types{type_rows};
  Table sort_rows{};
  Interner sort_numbers{sort_rows};
  std::vector<Sort> sorts{};  // become the spec rows, in this order
  std::vector<std::uint32_t>
      open{};  // node rows of the containers without their end, outermost first
  std::optional<Error> error{};

  // Only the first failure counts; after it nothing is recorded any more.
  void fail(Error first);
  std::string path_of_open() const;

  std::uint32_t intern_name(std::string_view name);
  std::uint32_t intern_type(const TypeInfo& info);
  std::uint32_t intern_sort(Sort sort);
  std::uint32_t key_entry(const Key& key);

  void add_node(NodeKind kind, const Key& key, std::uint32_t detail);
  void add_container(NodeKind kind, const Key& key, const TypeInfo* type);
  std::uint32_t add_leaf(const Key& key, Sort sort, HostBytes bytes);
  std::uint32_t add_array(const Key& key, Sort sort, HostBytes bytes);
  std::uint32_t add_text_or_bytes(const Key& key, LeafKind kind, HostBytes bytes);
  void close();

  void emit_specs();
  Status complete(const Limits& limits);
};

void TreeBuilder::Impl::fail(Error first) {
  if (error) return;
  if (first.where.key_path.empty()) first.where.key_path = path_of_open();
  error = std::move(first);
}

std::string TreeBuilder::Impl::path_of_open() const {
  std::string path;
  for (std::size_t i = 1; i < open.size(); ++i) {
    if (!path.empty()) path += '/';
    // The node is the last child so far of the one before.
    append_typed(path, key_view(tree, open[i], tree.nodes.children[open[i - 1]] - 1));
  }
  return path;
}

std::uint32_t TreeBuilder::Impl::intern_name(std::string_view name) {
  if (name.empty()) return 0;
  const std::size_t rows = tree.strings.rows();
  const std::uint32_t number = strings.intern(name);
  if (number == 0) fail(usage("the names of the tree take 4 GiB or more; save it in parts"));
  if (tree.strings.rows() > rows && !is_utf8(name)) {  // [BY-13]
    fail(refuse("bad-utf8", "BY-13", "a name below this node is not UTF-8; rename it"));
  }
  return number;
}

std::uint32_t TreeBuilder::Impl::intern_type(const TypeInfo& info) {
  Type type{.name = intern_name(info.name)};
  for (const std::string& field : info.fields) type.fields.push_back(intern_name(field));
  for (const std::string& base : info.bases) type.bases.push_back(intern_name(base));
  if (!info.metadata.empty()) type.metadata = blobs.intern(info.metadata);
  RowBytes row;
  row.add(type.name).add(type.metadata).add_list(type.fields).add_list(type.bases);
  const std::uint32_t number = types.intern(row.text());
  if (number == 0 || (type.metadata == 0 && !info.metadata.empty())) {
    fail(usage("the types of the tree take 4 GiB or more; save it in parts"));
  }
  if (number > tree.types.size()) tree.types.push_back(std::move(type));
  return number;
}

std::uint32_t TreeBuilder::Impl::intern_sort(Sort sort) {
  RowBytes row;
  row.add(sort.spec.kind).add(sort.spec.flags).add(sort.spec.dtype).add(sort.is_inline ? 1 : 0);
  row.add_list(sort.spec.shape).add_text(sort.impl).add_text(sort.value);
  const std::uint32_t number = sort_numbers.intern(row.text());
  if (number == 0) fail(usage("the values of the tree take 4 GiB or more; save it in parts"));
  if (number > sorts.size()) sorts.push_back(std::move(sort));
  return number;
}

std::uint32_t TreeBuilder::Impl::key_entry(const Key& key) {
  std::string digits;
  switch (key.kind) {
    case KeyKind::kString:
    case KeyKind::kAttribute:
      return intern_name(key.text);
    case KeyKind::kInteger:
      append_decimal(digits, key.number);
      return intern_name(digits);
    case KeyKind::kFloat:
      append_hex64(digits, static_cast<std::uint64_t>(key.number));
      return intern_name(digits);
    case KeyKind::kBool:
      return key.number != 0 ? 1 : 0;
    case KeyKind::kNone:
    case KeyKind::kSequence:
    case KeyKind::kFlattened:
      return 0;  // the index is the position
  }
  return 0;
}

void TreeBuilder::Impl::add_node(NodeKind kind, const Key& key, std::uint32_t detail) {
  Nodes& nodes = tree.nodes;
  if (open.empty() && nodes.rows() > 0) {
    fail(usage("a tree has one root; begin a container for what belongs together"));
  }
  if (nodes.rows() >= kMostRows) fail(usage("the tree has 2^32 nodes; save it in parts"));
  if (error) return;
  if (!open.empty()) ++nodes.children[open.back()];
  nodes.kinds.push_back(static_cast<std::uint8_t>(kind));
  nodes.key_kinds.push_back(static_cast<std::uint8_t>(key.kind));
  nodes.keys.push_back(key_entry(key));
  nodes.children.push_back(0);
  nodes.details.push_back(detail);
}

void TreeBuilder::Impl::add_container(NodeKind kind, const Key& key, const TypeInfo* type) {
  if (!is_container(kind)) fail(usage("begin() takes containers; use none() or a leaf's own call"));
  add_node(kind, key, 0);
  if (error) return;
  open.push_back(static_cast<std::uint32_t>(tree.nodes.rows() - 1));
  if (type != nullptr) tree.nodes.details.back() = intern_type(*type);
}

void TreeBuilder::Impl::close() {
  if (open.empty()) fail(usage("end() without begin()"));
  if (!error) open.pop_back();
}

std::uint32_t TreeBuilder::Impl::add_leaf(const Key& key, Sort sort, HostBytes bytes) {
  const auto leaf = static_cast<std::uint32_t>(tree.leaf_specs.size());  // [TR-26]
  add_node(NodeKind::kLeaf, key, leaf + 1);
  if (error) return leaf;
  tree.leaf_specs.push_back(intern_sort(std::move(sort)));
  save.bytes.push_back(bytes);
  return leaf;
}

std::uint32_t TreeBuilder::Impl::add_array(const Key& key, Sort sort, HostBytes bytes) {
  const DtypeInfo* const info = find_dtype(sort.spec.dtype);
  if (info == nullptr) {  // [DT-03]
    fail(
        refuse("bad-dtype", "DT-03", "an array is of a dtype that the registry lacks; convert it"));
    return 0;
  }
  std::optional<std::uint64_t> size = info->host_bytes;
  for (const std::uint64_t length : sort.spec.shape) {
    if (size) size = checked_mul(*size, length);
  }
  if (size != bytes.size()) {
    std::string path = path_of_open();
    if (!path.empty()) path += '/';
    Error wrong = usage("an array was given " + std::to_string(bytes.size()) +
                        " bytes, which its shape and dtype do not take; give all its elements");
    wrong.where.key_path = path + format_key(key);
    fail(std::move(wrong));
  }
  return add_leaf(key, std::move(sort), bytes);
}

std::uint32_t TreeBuilder::Impl::add_text_or_bytes(const Key& key, LeafKind kind, HostBytes bytes) {
  if (bytes.size() <= kMostInline) {  // [TR-44]
    return add_leaf(key, inline_sort(kind, Dtype::kNone, text_of(bytes)), {});
  }
  const std::uint64_t shape[] = {bytes.size()};
  return add_leaf(key, sort_of(kind, Dtype::kUint8, shape), bytes);
}

// [MF-26]
void TreeBuilder::Impl::emit_specs() {
  for (Sort& sort : sorts) {
    sort.spec.impl = intern_name(sort.impl);
    if (sort.is_inline) {
      sort.spec.value = blobs.intern(sort.value);
      if (sort.spec.value == 0) fail(usage("the values of the tree take 4 GiB; save it in parts"));
    }
    tree.specs.push_back(std::move(sort.spec));
  }
}

Status TreeBuilder::Impl::complete(const Limits& limits) {
  if (!open.empty()) fail(usage("begin() without end()"));
  if (tree.nodes.rows() == 0) fail(usage("the tree has no root; add a node"));
  if (!error) emit_specs();
  if (error) return *std::move(error);
  tree.leaf_grids.assign(tree.leaf_specs.size(), 0);
  return check_tree(tree, 1, limits, GridState::kNotYetSet);  // [KP-15] [IN-09]
}

TreeBuilder::TreeBuilder() : impl_(std::make_unique<Impl>()) {}
TreeBuilder::~TreeBuilder() = default;
TreeBuilder::TreeBuilder(TreeBuilder&&) noexcept = default;
TreeBuilder& TreeBuilder::operator=(TreeBuilder&&) noexcept = default;

void TreeBuilder::begin(NodeKind kind, const Key& key) { impl_->add_container(kind, key, nullptr); }
void TreeBuilder::begin(NodeKind kind, const Key& key, const TypeInfo& type) {
  impl_->add_container(kind, key, &type);
}
void TreeBuilder::end() { impl_->close(); }
void TreeBuilder::none(const Key& key) { impl_->add_node(NodeKind::kNone, key, 0); }

std::uint32_t TreeBuilder::array(const Key& key, Dtype dtype, std::span<const std::uint64_t> shape,
                                 HostBytes bytes, bool weak_type) {
  Sort sort = sort_of(LeafKind::kArray, dtype, shape);
  if (weak_type) sort.spec.flags = Spec::kWeakType;
  return impl_->add_array(key, std::move(sort), bytes);
}

std::uint32_t TreeBuilder::prng_key(const Key& key, std::string_view impl,
                                    std::span<const std::uint64_t> shape, HostBytes bytes) {
  Sort sort = sort_of(LeafKind::kPrngKey, Dtype::kUint32, shape);
  sort.impl = impl;
  return impl_->add_array(key, std::move(sort), bytes);
}

std::uint32_t TreeBuilder::scalar(const Key& key, std::string_view canonical_json) {
  return impl_->add_leaf(key, inline_sort(LeafKind::kScalar, Dtype::kNone, canonical_json), {});
}

std::uint32_t TreeBuilder::numpy_scalar(const Key& key, Dtype dtype, HostBytes bytes) {
  const DtypeInfo* const info = find_dtype(static_cast<std::uint16_t>(dtype));
  if (info == nullptr || bytes.size() != info->host_bytes) {
    impl_->fail(usage("a numpy scalar was not given the bytes of one element of its dtype"));
    return 0;
  }
  std::string value(divide_up(info->stored_bits, 8), '\0');
  pack(dtype, bytes, std::as_writable_bytes(std::span(value)));
  return impl_->add_leaf(key, inline_sort(LeafKind::kScalar, dtype, value), {});
}

std::uint32_t TreeBuilder::string(const Key& key, std::string_view utf8) {
  if (!is_utf8(utf8)) {  // [BY-13]
    impl_->fail(
        refuse("bad-utf8", "BY-13", "a string below this node is not UTF-8; save it as bytes"));
  }
  return impl_->add_text_or_bytes(key, LeafKind::kString, bytes_of(utf8));
}

std::uint32_t TreeBuilder::bytes(const Key& key, HostBytes bytes) {
  return impl_->add_text_or_bytes(key, LeafKind::kBytes, bytes);
}

void TreeBuilder::alias(const Key& key, std::uint32_t leaf) {
  if (impl_->error) return;
  const std::vector<std::uint32_t>& rows = impl_->tree.leaf_specs;
  if (leaf >= rows.size()) {
    impl_->fail(usage("alias() wants the row that an earlier leaf's call returned"));
  } else if (!is_shareable(impl_->sorts[rows[leaf] - 1].spec)) {  // [TR-28]
    impl_->fail(
        refuse("bad-leaf", "TR-28", "a scalar, string or bytes is never an alias; add it again"));
  }
  impl_->add_node(NodeKind::kLeaf, key, leaf + 1);
}

Result<SaveTree> TreeBuilder::finish(const Limits& limits) {
  const std::unique_ptr<Impl> done = std::exchange(impl_, std::make_unique<Impl>());
  TREERING_CHECK(done->complete(limits));
  return std::move(done->save);
}

}  // namespace treering
