// SPDX-License-Identifier: Apache-2.0
#include "format/manifest.h"

#include "base/try.h"
#include "format/checksum.h"
#include "format/file_table.h"
#include "format/message_writer.h"
#include "treering/limits.h"

namespace treering {
namespace {

std::uint64_t two_words(std::uint32_t low, std::uint32_t high) {
  return low | std::uint64_t{high} << 32;
}

// The places of chapter 11.
Fields table_fields(const Table& table) {
  return {.words = {}, .columns = {std::string_view(table.bytes), table.ends}};
}
Fields node_fields(const Nodes& nodes) {
  return {.words = {},
          .columns = {nodes.kinds, nodes.key_kinds, nodes.keys, nodes.children, nodes.details}};
}
Fields type_fields(const Type& type) {
  return {.words = {two_words(type.name, type.metadata)}, .columns = {type.fields, type.bases}};
}
Fields spec_fields(const Spec& spec) {
  const auto first = static_cast<std::uint32_t>(spec.kind | spec.flags << 8 | spec.dtype << 16);
  return {.words = {two_words(first, spec.impl), two_words(spec.value, spec.sharding)},
          .columns = {spec.shape}};
}
Fields grid_fields(const Grid& grid) {
  return {.words = {},
          .columns = {grid.parts, grid.cuts, grid.cut_ends, grid.boxes, grid.run_writers,
                      grid.run_counts}};
}
Fields mesh_fields(const Mesh& mesh) {
  return {.words = {}, .columns = {mesh.axis_names, mesh.axis_sizes, mesh.axis_types}};
}
Fields sharding_fields(const Sharding& sharding) {
  return {.words = {two_words(sharding.mesh, sharding.memory_kind)},
          .columns = {sharding.axis_counts, sharding.axes}};
}

template <class Row>
Rows rows_of(const std::vector<Row>& table, Fields (*fields)(const Row&)) {
  return {.count = table.size(),
          .row = [&table, fields](std::size_t i) { return fields(table[i]); }};
}

struct WriterColumns {
  std::vector<std::uint64_t> sizes{};
  std::vector<Digest> digests{};
  std::vector<std::uint32_t> ends{};
  std::vector<std::uint32_t> of_files{};  // writer of each row of the table of files
};
WriterColumns writer_columns(const Manifest& manifest) {
  WriterColumns columns;
  columns.of_files.resize(manifest.files.size());
  for (std::size_t w = 0; w < manifest.writers.size(); ++w) {
    const WriterRow& row = manifest.writers[w];
    columns.sizes.push_back(row.index_size);
    columns.digests.push_back(row.index_digest);
    columns.ends.push_back(row.last_file);
    for (std::uint32_t f = row.first_file; f < row.last_file; ++f)
      columns.of_files[f] = static_cast<std::uint32_t>(w);
  }
  return columns;
}
Fields writer_fields(const WriterColumns& columns) {
  return {.words = {}, .columns = {columns.sizes, columns.digests, columns.ends}};
}

}  // namespace

Result<std::vector<std::byte>> encode_manifest_body(const Manifest& manifest) {
  const Tree& tree = manifest.tree;
  const WriterColumns writers = writer_columns(manifest);
  const FileColumns files = file_columns(manifest.files, manifest.attempt, writers.of_files);
  const Root root{
      .words = {manifest.step.value_or(0), manifest.saved_at,
                two_words(manifest.step ? 1 : 0, manifest.producer),
                two_words(manifest.metrics, manifest.metadata),
                two_words(manifest.graph, manifest.compat)},
      .pointers = {
          Column(manifest.attempt), Column(manifest.run_id), table_fields(tree.strings),
          table_fields(tree.blobs), node_fields(tree.nodes), rows_of(tree.types, type_fields),
          rows_of(tree.specs, spec_fields), Column(tree.leaf_specs), Column(tree.leaf_grids),
          rows_of(tree.grids, grid_fields), rows_of(tree.meshes, mesh_fields),
          rows_of(tree.shardings, sharding_fields), writer_fields(writers), file_fields(files),
          digest_column(manifest.plan_digest, manifest.writers.size() > 1)}};
  return encode_message(root, "manifest_bytes", Limits{}.manifest_bytes);
}

}  // namespace treering
