// SPDX-License-Identifier: Apache-2.0
// Decoding a manifest: one copy from the message into plain columns. Spec: 11-manifest.md.
#include <manifest.capnp.h>

#include "format/capnp_io.h"
#include "format/fail.h"
#include "format/file_table.h"
#include "format/files_capnp.h"
#include "format/manifest.h"
#include "format/manifest_rules.h"
#include "format/record_fields.h"

namespace treering {
namespace {

static_assert(has_shape<schema::Manifest>(shapes::kManifest) &&
              has_shape<schema::Strings>(shapes::kTable) &&
              has_shape<schema::Blobs>(shapes::kTable) &&
              has_shape<schema::Nodes>(shapes::kNodes) && has_shape<schema::Type>(shapes::kType) &&
              has_shape<schema::Spec>(shapes::kSpec) && has_shape<schema::Grid>(shapes::kGrid) &&
              has_shape<schema::Mesh>(shapes::kMesh) &&
              has_shape<schema::Sharding>(shapes::kSharding) &&
              has_shape<schema::Writers>(shapes::kWriters));

template <class Reader>
Table read_table(const Reader& table) {
  return {.bytes = copy_bytes(table.getBytes()), .ends = copy_list<std::uint32_t>(table.getEnds())};
}

Nodes read_nodes(const schema::Nodes::Reader& nodes) {
  return {.kinds = copy_list<std::uint8_t>(nodes.getKinds()),
          .key_kinds = copy_list<std::uint8_t>(nodes.getKeyKinds()),
          .keys = copy_list<std::uint32_t>(nodes.getKeys()),
          .children = copy_list<std::uint32_t>(nodes.getChildren()),
          .details = copy_list<std::uint32_t>(nodes.getDetails())};
}

Type read_type(const schema::Type::Reader& type) {
  return {.name = type.getName(),
          .metadata = type.getMetadata(),
          .fields = row_list<std::uint32_t>(type.getFields()),
          .bases = row_list<std::uint32_t>(type.getBases())};
}

Spec read_spec(const schema::Spec::Reader& spec) {
  return {.kind = spec.getKind(),
          .flags = spec.getFlags(),
          .dtype = spec.getDtype(),
          .impl = spec.getImpl(),
          .value = spec.getValue(),
          .sharding = spec.getSharding(),
          .shape = row_list<std::uint64_t>(spec.getShape())};
}

Grid read_grid(const schema::Grid::Reader& grid) {
  return {.parts = row_list<std::uint32_t>(grid.getParts()),
          .cuts = row_list<std::uint64_t>(grid.getCuts()),
          .cut_ends = row_list<std::uint32_t>(grid.getCutEnds()),
          .boxes = row_list<std::uint64_t>(grid.getBoxes()),
          .run_writers = row_list<std::uint32_t>(grid.getRunWriters()),
          .run_counts = row_list<std::uint32_t>(grid.getRunCounts())};
}

Mesh read_mesh(const schema::Mesh::Reader& mesh) {
  return {.axis_names = row_list<std::uint32_t>(mesh.getAxisNames()),
          .axis_sizes = row_list<std::uint64_t>(mesh.getAxisSizes()),
          .axis_types = row_list<std::uint8_t>(mesh.getAxisTypes())};
}

Sharding read_sharding(const schema::Sharding::Reader& sharding) {
  return {.mesh = sharding.getMesh(),
          .memory_kind = sharding.getMemoryKind(),
          .axis_counts = row_list<std::uint32_t>(sharding.getAxisCounts()),
          .axes = row_list<std::uint32_t>(sharding.getAxes())};
}

// A null row of these tables takes one word in the message and up to six here. No such row is
// allowed, so it is refused before memory is taken for the table. [BY-04]
Status check_no_null_rows(const schema::Manifest::Reader& root, const std::string& file) {
  for (const auto& grid : root.getGrids()) {
    if (!grid.hasRunWriters() || !grid.hasRunCounts()) {  // [GR-04]
      return invalid_in(file, "bad-grid", "GR-04",
                        "has a grid without runs of writers; save the checkpoint again");
    }
  }
  for (const auto& mesh : root.getMeshes()) {
    if (!mesh.hasAxisNames() || !mesh.hasAxisSizes() || !mesh.hasAxisTypes()) {  // [SH-01]
      return invalid_in(file, "bad-sharding", "SH-01",
                        "has a mesh that lacks one of its lists; save the checkpoint again");
    }
  }
  return {};
}

// A row takes at least one word of the message, so the count is bounded by the body. [BY-04]
template <class List, class Read>
auto read_rows(const List& list, Read read) {
  std::vector<decltype(read(list[0]))> rows;
  rows.reserve(list.size());
  for (const auto& row : list) rows.push_back(read(row));
  return rows;
}

Tree read_tree(const schema::Manifest::Reader& root) {
  return {.strings = read_table(root.getStrings()),
          .blobs = read_table(root.getBlobs()),
          .nodes = read_nodes(root.getNodes()),
          .types = read_rows(root.getTypes(), read_type),
          .specs = read_rows(root.getSpecs(), read_spec),
          .leaf_specs = copy_list<std::uint32_t>(root.getLeafSpecs()),
          .leaf_grids = copy_list<std::uint32_t>(root.getLeafGrids()),
          .grids = read_rows(root.getGrids(), read_grid),
          .meshes = read_rows(root.getMeshes(), read_mesh),
          .shardings = read_rows(root.getShardings(), read_sharding)};
}

Status check_index_size(std::uint64_t size, const Limits& limits, const std::string& file) {
  if (size < kHeaderBytes) {  // [MF-12]
    return invalid_in(file, "bad-writer", "MF-12",
                      "names an index of fewer than 64 bytes; save it again");
  }
  if (size - kHeaderBytes > limits.index_bytes) {  // [MF-13]
    return limit_in(file, "index_bytes", "MF-13", size - kHeaderBytes, limits.index_bytes);
  }
  return {};
}

Result<std::vector<WriterRow>> read_writers(const schema::Writers::Reader& writers,
                                            std::size_t files, const Limits& limits,
                                            const std::string& file) {
  const auto sizes = writers.getIndexSizes();
  const auto ends = writers.getFileEnds();
  if (sizes.size() == 0) {  // [MF-08]
    return invalid_in(file, "bad-writer", "MF-08", "names no writer; save it again");
  }
  if (sizes.size() > limits.writers) {
    return limit_in(file, "writers", "LM-02", sizes.size(), limits.writers);
  }
  if (ends.size() != sizes.size() ||
      writers.getIndexDigests().size() != sizeof(Digest) * sizes.size()) {  // [MF-09]
    return invalid_in(file, "bad-column", "MF-09",
                      "has a table of writers whose columns differ in length; save it again");
  }
  const std::vector<Digest> digests = copy_digests(writers.getIndexDigests());
  std::vector<WriterRow> rows;
  rows.reserve(sizes.size());
  std::uint32_t first = 0;
  for (unsigned w = 0; w < sizes.size(); ++w) {
    TREERING_CHECK(check_index_size(sizes[w], limits, file));
    if (ends[w] < first || ends[w] > files) break;
    rows.push_back({.index_size = sizes[w],
                    .index_digest = digests[w],
                    .first_file = first,
                    .last_file = ends[w]});
    first = ends[w];
  }
  if (rows.size() == sizes.size() && first == files) return rows;
  return invalid_in(file, "bad-writer", "MF-10",  // [MF-10]
                    "has writers whose rows do not fill its table of files; save it again");
}

Result<std::vector<DataFile>> read_files(const schema::Files::Reader& files,
                                         const Manifest& manifest, const Limits& limits,
                                         const std::string& file) {
  const auto naming = [&, writer = std::uint32_t{0}](std::size_t row) mutable {
    while (row >= manifest.writers[writer].last_file) ++writer;  // [MF-10] fills the table
    return writer;
  };
  return file_rows(read_file_lists(files), manifest.attempt, naming, limits, file);  // [MF-11]
}

Result<Manifest> read_manifest(const schema::Manifest::Reader& root, const Limits& limits,
                               const std::string& file) {
  Manifest manifest;
  TREERING_TRY(manifest.step, read_step(root.getStep(), root.getFlags(), "MF-01", "MF-02", file));
  manifest.saved_at = root.getSavedAt();
  manifest.producer = root.getProducer();
  manifest.metrics = root.getMetrics();
  manifest.metadata = root.getMetadata();
  manifest.graph = root.getGraph();
  manifest.compat = root.getCompat();
  TREERING_TRY(manifest.attempt, read_id(root.getAttempt(), "attempt", "BY-14", file));
  TREERING_TRY(manifest.run_id, read_id(root.getRunId(), "run id", "BY-14", file));
  const auto files = root.getFiles();
  TREERING_TRY(manifest.writers,
               read_writers(root.getWriters(), files.getSizes().size(), limits, file));
  TREERING_TRY(manifest.files, read_files(files, manifest, limits, file));
  TREERING_TRY(manifest.plan_digest,
               read_digest(root.getPlanDigest(), manifest.writers.size() > 1, "MF-03", file));
  TREERING_CHECK(check_no_null_rows(root, file));
  manifest.tree = read_tree(root);
  return manifest;
}

}  // namespace

Result<Manifest> decode_manifest_body(std::span<const std::byte> body, const Header& header,
                                      const Limits& limits, const std::string& file) {
  TREERING_TRY(Manifest manifest,
               decode_message<schema::Manifest>(body, shapes::kManifest, header, file,
                                                [&](const schema::Manifest::Reader& root) {
                                                  return read_manifest(root, limits, file);
                                                }));
  TREERING_CHECK(check_reserved(header, file));
  TREERING_CHECK(check_tables(manifest.tree, file));
  TREERING_CHECK(check_content(manifest, limits, file));
  return manifest;
}

}  // namespace treering
