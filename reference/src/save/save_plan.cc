// SPDX-License-Identifier: Apache-2.0
// The checks of a writer, and where everything goes. Spec: 09-data-file.md, 11-manifest.md.
#include "save/save_plan.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/try.h"
#include "base/utf8.h"
#include "format/codec.h"
#include "model/value_text.h"
#include "treering/value.h"
#include "treering/version.h"

namespace treering {
namespace {

// A list of Cap'n Proto has at most so many elements, Data so many bytes.
constexpr std::uint64_t kMostListEntries = (std::uint64_t{1} << 29) - 1;
// Room for everything in a record that is not a column.
constexpr std::uint64_t kRecordOverhead = 4096;
// Sums of the plan stay below it, so that no offset of a file can wrap.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62;

Error usage(std::string code, std::string message) {
  return Error{.cls = ErrorClass::kUsage, .code = std::move(code), .message = std::move(message)};
}

Error over_limit(std::string_view limit, std::string rule, std::uint64_t found, std::uint64_t most,
                 std::string_view remedy) {
  std::string code = "limit-";
  for (const char c : limit) code += c == '_' ? '-' : c;
  return Error{.cls = ErrorClass::kLimit,
               .code = std::move(code),
               .rule = std::move(rule),
               .message = std::to_string(found) + " is more than the limit " + std::string(limit) +
                          " of " + std::to_string(most) + ": " + std::string(remedy)};
}

// A default reader must accept the checkpoint, whatever larger limits the caller may set.
Limits writer_limits(const Limits& wanted) {
  Limits least;
  for (const auto member :
       {&Limits::leaves, &Limits::nodes, &Limits::cells, &Limits::boxes, &Limits::path_bytes,
        &Limits::manifest_bytes, &Limits::index_bytes, &Limits::record_bytes, &Limits::depth,
        &Limits::rank, &Limits::key_bytes, &Limits::value_depth, &Limits::value_bytes,
        &Limits::graph_bytes, &Limits::inline_bytes, &Limits::writers, &Limits::files,
        &Limits::block_bytes, &Limits::entries}) {
    least.*member = std::min(least.*member, wanted.*member);
  }
  return least;
}

Status check_options(const SaveOptions& options, const Limits& limits) {
  if (options.step && *options.step >> 63 != 0) {
    return usage("bad-step", "a step is below 2^63: give a smaller one");
  }
  if (!std::has_single_bit(options.block_bytes) || options.block_bytes < kMinBlockBytes ||
      options.block_bytes > kMaxBlockBytes) {  // [BL-02]
    return usage("bad-argument", "block_bytes is " + std::to_string(options.block_bytes) +
                                     ": give a power of two from 4096 to 4194304");
  }
  if (options.block_bytes > limits.block_bytes) {
    return over_limit("block_bytes", "", options.block_bytes, limits.block_bytes,
                      "choose smaller blocks");
  }
  if (options.file_bytes == 0) return usage("bad-argument", "file_bytes is 0: give a size");
  if (!is_utf8(options.producer)) {
    return Error{.cls = ErrorClass::kInvalid,
                 .code = "bad-utf8",
                 .rule = "BY-11",
                 .message = "producer is not UTF-8: give plain text"};
  }
  return {};
}

Status check_named_value(std::string_view name, std::string_view json, const Limits& limits) {
  if (json.empty()) return {};
  Status checked = check_value(json, limits);
  if (checked.ok()) return {};
  Error error = std::move(checked).error();
  error.message = std::string(name) + ": " + error.message;
  return error;
}

// A graph or compatibility record.
Status check_record_value(std::string_view name, std::string_view json, const Limits& limits) {
  TREERING_CHECK(check_named_value(name, json, limits));
  if (json.empty() || is_dict_value(json)) return {};
  return Error{.cls = ErrorClass::kInvalid,
               .code = "bad-graph",
               .rule = "GC-01",
               .message = std::string(name) + " is no object: give a dict"};
}

Status check_values(const SaveOptions& options, const Limits& limits) {
  const std::uint64_t together =
      options.metadata.size() + options.metrics.size() + options.compat.size();
  if (together > limits.value_bytes) {
    return over_limit("value_bytes", "GC-03", together, limits.value_bytes,
                      "store large values as leaves of the tree");
  }
  if (options.graph.size() > limits.graph_bytes) {
    return over_limit("graph_bytes", "GC-07", options.graph.size(), limits.graph_bytes,
                      "save without the graph record");
  }
  TREERING_CHECK(check_named_value("metrics", options.metrics, limits));
  TREERING_CHECK(check_named_value("metadata", options.metadata, limits));
  TREERING_CHECK(check_record_value("graph", options.graph, limits));
  return check_record_value("compat", options.compat, limits);
}

// Number of the row that holds `text`, appended where there is none. [MF-26]
Result<std::uint32_t> intern(Table& table, std::string_view text) {
  if (text.empty()) return std::uint32_t{0};
  const auto rows = static_cast<std::uint32_t>(table.rows());
  for (std::uint32_t number = 1; number <= rows; ++number) {
    if (table.at(number) == text) return number;
  }
  const std::uint64_t end = table.bytes.size() + text.size();
  if (end > kMostListEntries) {
    return over_limit("manifest_bytes", "", end, kMostListEntries,
                      "save smaller values, or large ones as leaves");
  }
  table.bytes.append(text);
  table.ends.push_back(static_cast<std::uint32_t>(end));
  return rows + 1;
}

// Strings and blobs of the manifest itself, in the order of MF-27.
Status add_values(const SaveOptions& options, Manifest& manifest) {
  Tree& tree = manifest.tree;
  const std::string own = "treering " + std::string(kLibraryVersion);  // [MF-28]
  TREERING_TRY(manifest.producer,
               intern(tree.strings, options.producer.empty() ? own : options.producer));
  TREERING_TRY(manifest.metrics, intern(tree.blobs, options.metrics));
  TREERING_TRY(manifest.metadata, intern(tree.blobs, options.metadata));
  TREERING_TRY(manifest.graph, intern(tree.blobs, options.graph));
  TREERING_TRY(manifest.compat, intern(tree.blobs, options.compat));
  return {};
}

bool has_cells(const Spec& spec) {
  return spec.value == 0 && std::ranges::find(spec.shape, std::uint64_t{0}) == spec.shape.end();
}

// One cell of writer 0 for every leaf with elements: a process that saves alone owns all.
// [GR-22] [GR-24]
void set_grids(Tree& tree) {
  tree.grids.clear();
  tree.leaf_grids.assign(tree.leaf_specs.size(), 0);
  for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    // A number without a row is for check_tree to refuse.
    if (tree.leaf_specs[leaf] == 0 || tree.leaf_specs[leaf] > tree.specs.size()) continue;
    if (!has_cells(tree.spec_of(leaf))) continue;
    tree.leaf_grids[leaf] = 1;
    if (tree.grids.empty()) tree.grids.push_back(Grid{.run_writers = {0}, .run_counts = {1}});
  }
}

// Names the first place where the leaf hangs.
Error at_leaf(const Tree& tree, std::size_t leaf, Error error) {
  for (const LeafPlace& place : leaf_places(tree)) {
    if (place.leaf != leaf) continue;
    error.where.key_path = place.typed;
    error.message = "leaf " + place.friendly + ": " + error.message;
    break;
  }
  return error;
}

// The content of a leaf must be what a reader accepts, not only its length.
Status check_leaf_bytes(const Spec& spec, HostBytes bytes) {
  const std::uint64_t wanted = host_bytes(spec);
  if (bytes.size() != wanted) {
    return usage("bad-argument", "has " + std::to_string(bytes.size()) +
                                     " bytes in memory where its shape and dtype ask for " +
                                     std::to_string(wanted) + ": give exactly these");
  }
  if (static_cast<Dtype>(spec.dtype) == Dtype::kBool &&
      std::ranges::any_of(bytes, [](std::byte b) { return b > std::byte{1}; })) {  // [DT-07]
    return Error{
        .cls = ErrorClass::kInvalid,
        .code = "bad-element",
        .rule = "DT-07",
        .message = "holds a bool that is neither 0 nor 1: convert the array to bool first"};
  }
  if (static_cast<LeafKind>(spec.kind) == LeafKind::kString && !is_utf8(text_of(bytes))) {
    return Error{.cls = ErrorClass::kInvalid,
                 .code = "bad-utf8",
                 .rule = "TR-38",
                 .message = "is not UTF-8: save it as bytes"};
  }
  return {};
}

Status check_bytes(const Tree& tree, const std::vector<HostBytes>& bytes) {
  if (bytes.size() != tree.leaves()) {
    return usage("bad-argument", "the tree has " + std::to_string(tree.leaves()) +
                                     " leaf rows but the bytes of " + std::to_string(bytes.size()) +
                                     ": give one entry a row");
  }
  for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    Status checked = check_leaf_bytes(tree.spec_of(leaf), bytes[leaf]);
    if (!checked.ok()) return at_leaf(tree, leaf, std::move(checked).error());
  }
  return {};
}

// A lower bound that is close: the columns without padding and pointers.
std::uint64_t manifest_bytes(const Tree& tree) {
  std::uint64_t bytes = tree.strings.bytes.size() + tree.blobs.bytes.size();
  bytes += 4 * (tree.strings.rows() + tree.blobs.rows());
  bytes += 14 * tree.nodes.rows() + 8 * tree.leaves() + 8 * tree.types.size();
  for (const Spec& spec : tree.specs) bytes += 8 + 8 * spec.shape.size();
  return bytes;
}

// Walks the shards as the writer will, with nothing saved by a codec: sums and limits.
Status measure(const Limits& limits, SavePlan& plan) {
  const Tree& tree = plan.manifest.tree;
  Placer placer(plan.file_bytes);
  std::uint64_t data_bytes = 0;
  for (std::size_t leaf = 0; leaf < tree.leaves(); ++leaf) {
    if (tree.leaf_grids[leaf] == 0) continue;
    const std::uint64_t raw = shard_bytes(tree.spec_of(leaf));
    if (raw > kMostBytes || plan.raw_bytes > kMostBytes - raw) {
      return usage("bad-argument", "the leaves have more than 2^62 bytes together: save fewer");
    }
    const std::uint64_t end = placer.end();
    const std::uint32_t files = placer.files();
    placer.place(raw);
    if (placer.files() != files) data_bytes += padded_size(end);
    placer.taken(raw);
    plan.raw_bytes += raw;
    plan.blocks += divide_up(raw, plan.block_bytes);
    ++plan.shards;
  }
  data_bytes += padded_size(placer.end());
  if (placer.files() > limits.files) {
    return over_limit("files", "", placer.files(), limits.files, "raise file_bytes");
  }
  const std::uint64_t index_bytes = 12 * plan.shards + 20 * plan.blocks;
  if (index_bytes > limits.index_bytes || 16 * plan.blocks > kMostListEntries) {
    return over_limit("index_bytes", "MF-13", index_bytes, limits.index_bytes,
                      "choose larger blocks, or save by several writers");
  }
  const std::uint64_t manifest = manifest_bytes(tree) + 20 * std::uint64_t{placer.files()};
  if (manifest > limits.manifest_bytes) {
    return over_limit("manifest_bytes", "", manifest, limits.manifest_bytes,
                      "save fewer leaves or smaller values");
  }
  // Twice the columns are more than any padding, pointers and optional columns add.
  plan.most_bytes = data_bytes + 2 * (index_bytes + 16 * plan.shards + manifest + kRecordOverhead);
  return {};
}

}  // namespace

Result<SavePlan> plan_save(const SaveTree& tree, const SaveOptions& options,
                           const SaveIdentity& identity) {
  const Limits limits = writer_limits(options.limits);
  TREERING_CHECK(check_options(options, limits));
  TREERING_CHECK(check_values(options, limits));
  SavePlan plan{
      .codec = options.codec, .block_bytes = options.block_bytes, .file_bytes = options.file_bytes};
  Manifest& manifest = plan.manifest;
  manifest.step = options.step;
  manifest.saved_at = identity.saved_at;
  manifest.attempt = identity.attempt;
  manifest.run_id = identity.run_id;
  manifest.tree = tree.tree;
  set_grids(manifest.tree);
  TREERING_CHECK(check_tree(manifest.tree, 1, limits));
  TREERING_CHECK(check_bytes(manifest.tree, tree.bytes));
  TREERING_CHECK(add_values(options, manifest));
  TREERING_CHECK(measure(limits, plan));
  if (plan.shards != 0) plan.required = codec_feature(options.codec);  // [DF-21] [RC-23]
  return plan;
}

std::uint64_t shard_bytes(const Spec& spec) noexcept {
  std::uint64_t count = 1;
  for (const std::uint64_t axis : spec.shape) count *= axis;
  const Result<std::uint64_t> bytes = stored_bytes(static_cast<Dtype>(spec.dtype), count);
  return *bytes;
}

Placer::Place Placer::place(std::uint64_t raw) noexcept {
  // [DF-04] [DF-09]
  const std::uint64_t alignment = raw >= kLargeShard ? kLargeAlignment : kShardAlignment;
  const auto start_after = [&](std::uint64_t end) {
    return (end + alignment - 1) & ~(alignment - 1);  // [DF-15]
  };
  std::uint64_t start = start_after(end_);
  if (files_ == 0 || start + raw > file_bytes_) {  // [DF-16] [DF-11]
    ++files_;
    start = start_after(kDataHeadBytes);  // [DF-04]
  }
  end_ = start;
  return {files_ - 1, start};  // [DF-12]
}

std::uint64_t padded_size(std::uint64_t end) noexcept {
  return (end + kLargeAlignment - 1) & ~(kLargeAlignment - 1);
}

}  // namespace treering
