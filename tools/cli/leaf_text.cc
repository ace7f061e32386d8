// SPDX-License-Identifier: Apache-2.0
// One leaf in words, for the rows of `treering show`.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "json.h"
#include "output.h"
#include "show.h"
#include "treering/value.h"

namespace treering::cli {
namespace {

constexpr std::size_t kLongestValue = 60;  // bytes of a value that is shown

std::string shorten(std::string text) {
  if (text.size() <= kLongestValue) return text;
  std::size_t cut = kLongestValue;
  while (cut > 0 && (static_cast<std::uint8_t>(text[cut]) & 0xc0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

template <class Float>
std::string float_text(Float value) {
  std::string text = fmt::format("{}", value);
  const bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return whole ? text + ".0" : text;
}

std::string float_of_bits(const Json& hex_digits) {
  const std::uint64_t bits = std::stoull(hex_digits.get<std::string>(), nullptr, 16);
  return float_text(std::bit_cast<double>(bits));
}

std::string python_scalar(std::string_view canonical) {
  const Json value = value_json(canonical);
  if (!value.is_object()) return value.dump();
  const auto tagged = value.begin();
  if (tagged.key() == "$float") return float_of_bits(*tagged);
  if (tagged.key() == "$int") return tagged->get<std::string>();
  if (tagged.key() != "$complex") return value.dump();
  return fmt::format("complex({}, {})", float_of_bits((*tagged)[0]), float_of_bits((*tagged)[1]));
}

template <class T>
T load(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// Stored bytes are little endian, as is every machine that this is built for.
std::string numpy_scalar(Dtype dtype, std::string_view bytes) {
  switch (dtype) {
    case Dtype::kBool:
      return load<std::uint8_t>(bytes) != 0 ? "true" : "false";
    case Dtype::kInt8:
      return fmt::format("{}", int{load<std::int8_t>(bytes)});
    case Dtype::kInt16:
      return fmt::format("{}", load<std::int16_t>(bytes));
    case Dtype::kInt32:
      return fmt::format("{}", load<std::int32_t>(bytes));
    case Dtype::kInt64:
      return fmt::format("{}", load<std::int64_t>(bytes));
    case Dtype::kUint8:
      return fmt::format("{}", unsigned{load<std::uint8_t>(bytes)});
    case Dtype::kUint16:
      return fmt::format("{}", load<std::uint16_t>(bytes));
    case Dtype::kUint32:
      return fmt::format("{}", load<std::uint32_t>(bytes));
    case Dtype::kUint64:
      return fmt::format("{}", load<std::uint64_t>(bytes));
    case Dtype::kFloat32:
      return float_text(load<float>(bytes));
    case Dtype::kFloat64:
      return float_text(load<double>(bytes));
    case Dtype::kBfloat16:
      return float_text(std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(bytes)} << 16));
    default:
      return "0x" + hex_text(bytes);
  }
}

std::string inline_text(const Tree& tree, const Spec& spec) {
  const std::string_view value = tree.blobs.at(spec.value);
  switch (static_cast<LeafKind>(spec.kind)) {
    case LeafKind::kString:
      // One more than is shown, so that a cut is seen; escapes make it longer, never shorter.
      return fmt::format("'{}'", shorten(printable(value.substr(0, 4 * kLongestValue))));
    case LeafKind::kBytes:
      return "0x" + shorten(hex_text(value.substr(0, kLongestValue)));
    default:
      return shorten(spec.dtype == 0 ? python_scalar(value)
                                     : numpy_scalar(static_cast<Dtype>(spec.dtype), value));
  }
}

// P('data', None, ('a', 'b'))
std::string partition_text(const Tree& tree, const Sharding& sharding) {
  const Mesh& mesh = tree.meshes[sharding.mesh - 1];
  std::vector<std::string> entries;
  std::size_t at = 0;
  for (const std::uint32_t count : sharding.axis_counts) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t axis = sharding.axes[at++];
      names.push_back(fmt::format("'{}'", printable(tree.strings.at(mesh.axis_names[axis]))));
    }
    entries.push_back(names.empty()       ? "None"
                      : names.size() == 1 ? names.front()
                                          : fmt::format("({})", fmt::join(names, ", ")));
  }
  return fmt::format("P({})", fmt::join(entries, ", "));
}

}  // namespace

std::vector<std::uint64_t> shown_shape(const Spec& spec) {
  std::vector<std::uint64_t> shape = spec.shape;
  if (static_cast<LeafKind>(spec.kind) == LeafKind::kPrngKey) shape.pop_back();
  return shape;
}

std::string leaf_shape(const Tree& tree, std::size_t leaf) {
  const Spec& spec = tree.spec_of(leaf);
  return spec.value != 0 ? "" : shape_text(shown_shape(spec));
}

std::string leaf_dtype(const Tree& tree, std::size_t leaf) {
  static constexpr std::array kPython{"bool", "int", "float", "complex"};
  const Spec& spec = tree.spec_of(leaf);
  if (static_cast<LeafKind>(spec.kind) == LeafKind::kPrngKey) {
    return printable(fmt::format("key<{}>", tree.strings.at(spec.impl)));
  }
  if (spec.dtype != 0) return std::string(info_of(static_cast<Dtype>(spec.dtype)).name);
  if (static_cast<LeafKind>(spec.kind) != LeafKind::kScalar) return {};
  const Result<ScalarKind> kind = scalar_kind(tree.blobs.at(spec.value));
  return kind ? kPython[static_cast<std::size_t>(*kind)] : "";
}

std::string leaf_note(const Tree& tree, std::size_t leaf) {
  const Spec& spec = tree.spec_of(leaf);
  std::vector<std::string> notes;
  if (spec.value != 0) notes.push_back("= " + inline_text(tree, spec));
  if ((spec.flags & Spec::kWeakType) != 0) notes.emplace_back("weak type");
  if (spec.sharding != 0) {
    notes.push_back(partition_text(tree, tree.shardings[spec.sharding - 1]));
  }
  if (const Grid* grid = tree.grid_of(leaf); grid != nullptr) {
    if (const std::uint64_t cells = cell_count(*grid); cells > 1) {
      notes.push_back(human_count(cells, "cell"));
    }
  }
  return fmt::format("{}", fmt::join(notes, ", "));
}

std::string_view node_kind_name(NodeKind kind) noexcept {
  static constexpr std::array<std::string_view, 10> kNames{
      "", "leaf", "none", "dict", "list", "tuple", "namedtuple", "dataclass", "custom", "variable"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view leaf_kind_name(LeafKind kind) noexcept {
  static constexpr std::array<std::string_view, 7> kNames{
      "", "array", "prng-key", "scalar", "string", "bytes", "process-blob"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view axis_type_name(AxisType type) noexcept {
  static constexpr std::array<std::string_view, 4> kNames{"", "auto", "explicit", "manual"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace treering::cli
