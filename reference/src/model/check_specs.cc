// SPDX-License-Identifier: Apache-2.0
// What leaves have in common, and the advice on placement. Spec: 03-tree.md, 04-dtype.md,
// 05-sharding.md.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/refusal.h"
#include "base/try.h"
#include "model/check_tree.h"
#include "model/name_ids.h"
#include "treering/value.h"

namespace treering {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{std::numeric_limits<std::int64_t>::max()};

Error bad_sharding(std::string_view rule, std::string_view what) {
  return refuse("bad-sharding", rule, std::string(what) + "; save it again");
}

Status check_mesh(const Mesh& mesh, const NameIds& ids) {
  std::uint64_t positions = 1;
  std::vector<std::uint32_t> names;
  names.reserve(mesh.axis_names.size());
  for (std::size_t axis = 0; axis < mesh.axis_names.size(); ++axis) {
    names.push_back(ids.of(mesh.axis_names[axis]));
    const auto product = checked_mul(positions, mesh.axis_sizes[axis]);
    if (!product || *product == 0 || *product > kMostBytes) {  // [SH-02]
      return bad_sharding("SH-02", "a mesh has no position, or 2^63 or more");
    }
    positions = *product;
    const std::uint8_t type = mesh.axis_types[axis];
    if (type < 1 || type > static_cast<std::uint8_t>(AxisType::kManual)) {  // [SH-03]
      return bad_sharding("SH-03", "a mesh has an axis of unknown type");
    }
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {  // [SH-02]
    return bad_sharding("SH-02", "a mesh has two axes of one name");
  }
  return {};
}

Status check_sharding(const Tree& tree, const Sharding& sharding) {
  if (sharding.mesh == 0) return bad_sharding("SH-04", "a sharding has no mesh");  // [SH-04]
  if (!is_number(sharding.mesh, tree.meshes.size())) return bad_number("a mesh");
  if (!is_number(sharding.memory_kind, tree.strings.rows())) return bad_number("a memory kind");
  std::uint64_t axes = 0;  // 32-bit counts, so that the sum does not wrap
  for (const std::uint32_t count : sharding.axis_counts) axes += count;
  if (axes != sharding.axes.size()) {  // [SH-05]
    return bad_sharding("SH-05", "the axis counts of a sharding do not add up to its axes");
  }
  std::vector<std::uint32_t> rows(sharding.axes.begin(), sharding.axes.end());
  std::sort(rows.begin(), rows.end());
  const std::size_t mesh_axes = tree.meshes[sharding.mesh - 1].axis_names.size();
  if ((!rows.empty() && rows.back() >= mesh_axes) ||
      std::adjacent_find(rows.begin(), rows.end()) != rows.end()) {  // [SH-06]
    return bad_sharding("SH-06", "a sharding names a mesh axis twice, or one that is not there");
  }
  return {};
}

// One spec row. Its place among the rows stands in every message, since no single leaf owns it.
class SpecCheck {
 public:
  SpecCheck(const Tree& tree, const Limits& limits, BlobChecks& blobs, std::size_t row)
      : tree_(tree), limits_(limits), blobs_(blobs), spec_(tree.specs[row]), row_(row) {}

  Status run() {
    if (spec_.kind < 1 || spec_.kind > static_cast<std::uint8_t>(LeafKind::kProcessBlob)) {
      return refuse_spec("bad-leaf", "TR-30", "is of an unknown leaf kind");  // [TR-30]
    }
    TREERING_CHECK(numbers());
    TREERING_CHECK(flags());
    TREERING_CHECK(shape());
    TREERING_CHECK(form());
    return sharding();
  }

 private:
  LeafKind kind() const noexcept { return static_cast<LeafKind>(spec_.kind); }
  Dtype dtype() const noexcept { return static_cast<Dtype>(spec_.dtype); }
  bool has_shape() const noexcept { return !spec_.shape.empty(); }

  Error refuse_spec(std::string_view code, std::string_view rule, std::string_view what) const {
    return refuse(code, rule,
                  "leaf spec " + std::to_string(row_ + 1) + " " + std::string(what) +
                      "; save the checkpoint again");
  }

  Status numbers() const {
    if (spec_.dtype != 0 && find_dtype(spec_.dtype) == nullptr) {  // [DT-01] [DT-02]
      return refuse_spec("bad-dtype", "DT-01", "has a dtype that the registry lacks");
    }
    if (!is_number(spec_.impl, tree_.strings.rows())) return bad_number("a PRNG implementation");
    if (!is_number(spec_.value, tree_.blobs.rows())) return bad_number("the value of a leaf");
    if (!is_number(spec_.sharding, tree_.shardings.size())) return bad_number("a sharding");
    return {};
  }

  Status flags() const {
    if ((spec_.flags & ~Spec::kWeakType) != 0) {  // [TR-32]
      return refuse_spec("bad-flags", "TR-32", "has an unknown flag");
    }
    if (spec_.flags != 0 && kind() != LeafKind::kArray) {  // [TR-33]
      return refuse_spec("bad-flags", "TR-33", "is of weak type and no array");
    }
    return {};
  }

  // Counted in bytes at least, so that numbers of elements fit 63 bits too.
  Status shape() const {
    if (spec_.shape.size() > limits_.rank) {  // [TR-40]
      return refuse_limit("rank", "TR-40", spec_.shape.size(), limits_.rank);
    }
    const DtypeInfo* const info = find_dtype(spec_.dtype);
    std::optional<std::uint64_t> bytes = info == nullptr ? 1 : std::max(info->stored_bits / 8, 1u);
    for (const std::uint64_t length : spec_.shape) {
      if (length > kMostBytes) {  // [TR-41]
        return refuse_spec("bad-shape", "TR-41", "has an axis of 2^63 or more");
      }
      bytes = checked_mul(*bytes, std::max<std::uint64_t>(length, 1));
      if (!bytes || *bytes > kMostBytes) {  // [TR-42]
        return refuse_spec("bad-shape", "TR-42", "has a shape of 2^63 bytes or more");
      }
    }
    return {};
  }

  Status form() {
    switch (kind()) {
      case LeafKind::kArray:
        return wrong_form_unless(spec_.dtype != 0 && spec_.impl == 0 && spec_.value == 0);
      case LeafKind::kPrngKey:
        return wrong_form_unless(dtype() == Dtype::kUint32 && spec_.value == 0 && has_shape() &&
                                 !tree_.strings.at(spec_.impl).empty());
      case LeafKind::kScalar:
        TREERING_CHECK(wrong_form_unless(spec_.impl == 0 && spec_.value != 0 && !has_shape()));
        TREERING_CHECK(inline_size());
        return spec_.dtype == 0 ? python_scalar() : numpy_scalar();
      case LeafKind::kString:
      case LeafKind::kBytes:
        return text_or_bytes();
      case LeafKind::kProcessBlob:
        return bytes_in_files();
    }
    return {};
  }

  Status wrong_form_unless(bool good) const {  // [TR-31]
    if (good) return {};
    return refuse_spec("bad-leaf", "TR-31", "has none of the forms of its kind");
  }
  Status bytes_in_files() const {
    return wrong_form_unless(dtype() == Dtype::kUint8 && spec_.impl == 0 && spec_.value == 0 &&
                             spec_.shape.size() == 1);
  }

  Status text_or_bytes() {
    if (spec_.value == 0) {
      TREERING_CHECK(bytes_in_files());
      return wrong_form_unless(spec_.shape[0] > 0);
    }
    TREERING_CHECK(wrong_form_unless(spec_.dtype == 0 && spec_.impl == 0 && !has_shape()));
    TREERING_CHECK(inline_size());
    if (kind() == LeafKind::kString && !blobs_.is_utf8(spec_.value)) {  // [TR-37]
      return refuse_spec("bad-utf8", "TR-37", "has a string that is not UTF-8");
    }
    return {};
  }

  Status inline_size() const {
    const std::size_t size = tree_.blobs.at(spec_.value).size();
    if (size <= limits_.inline_bytes) return {};
    return refuse_limit("inline_bytes", "TR-39", size, limits_.inline_bytes);  // [TR-39]
  }

  Status python_scalar() {
    TREERING_CHECK(blobs_.check_value(spec_.value));
    if (const auto found = scalar_kind(tree_.blobs.at(spec_.value)); !found.ok()) {  // [TR-35]
      return found.error();
    }
    return {};
  }

  Status numpy_scalar() const {  // [TR-36]
    const DtypeInfo& info = info_of(dtype());
    const auto bytes = bytes_of(tree_.blobs.at(spec_.value));
    const bool fits = bytes.size() == divide_up(info.stored_bits, 8) &&
                      are_elements(dtype(), bytes) &&
                      (info.bits >= 8 || std::to_integer<unsigned>(bytes[0]) >> info.bits == 0);
    if (fits) return {};
    return refuse_spec("bad-leaf", "TR-36", "has a value that is not one element of its dtype");
  }

  Status sharding() const {
    if (spec_.sharding == 0) return {};
    if (kind() != LeafKind::kArray && kind() != LeafKind::kPrngKey) {  // [TR-34]
      return refuse_spec("bad-leaf", "TR-34", "has a sharding and is neither array nor key");
    }
    const std::size_t axes = spec_.shape.size() - (kind() == LeafKind::kPrngKey ? 1 : 0);
    if (tree_.shardings[spec_.sharding - 1].axis_counts.size() > axes) {  // [SH-07]
      return bad_sharding("SH-07", "a sharding has more entries than its leaf has axes");
    }
    return {};
  }

  const Tree& tree_;
  const Limits& limits_;
  BlobChecks& blobs_;
  const Spec& spec_;
  std::size_t row_;
};

}  // namespace

Status check_meshes(const Tree& tree) {
  std::vector<std::uint32_t> names;
  std::size_t axes_of_all = 0;
  for (const Mesh& mesh : tree.meshes) axes_of_all += mesh.axis_names.size();
  names.reserve(axes_of_all);  // a vector that grows takes three times as much for a moment
  for (const Mesh& mesh : tree.meshes) {
    const std::size_t axes = mesh.axis_names.size();
    if (axes == 0 || mesh.axis_sizes.size() != axes || mesh.axis_types.size() != axes) {  // [SH-01]
      return bad_sharding("SH-01", "the lists of a mesh are missing or differ in length");
    }
    for (const std::uint32_t name : mesh.axis_names) {
      if (!is_number(name, tree.strings.rows())) return bad_number("the name of a mesh axis");
      names.push_back(name);
    }
  }
  const NameIds ids(tree.strings, std::move(names));
  for (const Mesh& mesh : tree.meshes) TREERING_CHECK(check_mesh(mesh, ids));
  return {};
}

Status check_shardings(const Tree& tree) {
  for (const Sharding& sharding : tree.shardings) TREERING_CHECK(check_sharding(tree, sharding));
  return {};
}

Status check_specs(const Tree& tree, const Limits& limits, BlobChecks& blobs) {
  for (std::size_t row = 0; row < tree.specs.size(); ++row) {
    TREERING_CHECK(SpecCheck(tree, limits, blobs, row).run());
  }
  return {};
}

}  // namespace treering
