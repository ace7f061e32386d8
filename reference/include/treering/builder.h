// SPDX-License-Identifier: Apache-2.0
// Builds the tree that save() writes: one call a node, in preorder. Spec: 03-tree.md, 11-manifest.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "treering/key_path.h"
#include "treering/result.h"
#include "treering/tree.h"

namespace treering {

// The bytes of one leaf in host memory: row-major, native order, one byte a sub-byte element. Borrowed:
// the caller keeps them alive and unchanged until save() has returned. Empty for inline and zero-size leaves.
using HostBytes = std::span<const std::byte>;

// What save() writes: a tree whose leaf grids are not yet set, and the bytes of each leaf row.
struct SaveTree {
  Tree tree{};
  std::vector<HostBytes> bytes{};  // one entry a leaf row
};

class TreeBuilder {
 public:
  TreeBuilder();
  ~TreeBuilder();
  TreeBuilder(TreeBuilder&&) noexcept;
  TreeBuilder& operator=(TreeBuilder&&) noexcept;

  // A registered type of namedtuple, dataclass, custom, variable, or a mapping class of a dict.
  struct TypeInfo {
    std::string name{};                 // qualified name
    std::string metadata{};             // canonical JSON, or empty
    std::vector<std::string> fields{};  // namedtuple
    std::vector<std::string> bases{};   // variable, nearest first
  };

  // Containers: begin, then the children in order, then end. `key` is what leads here from the parent
  // (kind kNone at the root, position is implied for sequences).
  void begin(NodeKind kind, const Key& key);
  void begin(NodeKind kind, const Key& key, const TypeInfo& type);
  void end();
  void none(const Key& key);

  // Leaves. Each returns its row, to be given to alias() for a further place of the same leaf.
  // array: `bytes` is exactly count * host_bytes(dtype) long.
  std::uint32_t array(const Key& key, Dtype dtype, std::span<const std::uint64_t> shape, HostBytes bytes,
                      bool weak_type = false);
  // `shape` is that of the key data, whose last axis belongs to the key.
  std::uint32_t prng_key(const Key& key, std::string_view impl, std::span<const std::uint64_t> shape,
                         HostBytes bytes);
  std::uint32_t scalar(const Key& key, std::string_view canonical_json);         // Python bool, int, float, complex
  std::uint32_t numpy_scalar(const Key& key, Dtype dtype, HostBytes bytes);      // one element; copied
  // Up to limits.inline_bytes the value is copied into the manifest, a longer one is borrowed.
  std::uint32_t string(const Key& key, std::string_view utf8);
  std::uint32_t bytes(const Key& key, HostBytes bytes);
  void alias(const Key& key, std::uint32_t leaf);

  // The finished tree; the builder is empty afterwards. Fails (usage) where begin and end do not match,
  // and with what check_tree says: two leaves with one match path, a bad type, a limit. A first error of
  // any call above is kept and reported here, so that callers need no check in between.
  Result<SaveTree> finish(const Limits& limits = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treering
