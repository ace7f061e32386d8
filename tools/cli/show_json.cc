// SPDX-License-Identifier: Apache-2.0
// treering show --json, as README.md says it key by key.
#include <fmt/format.h>

#include <array>

#include "json.h"
#include "output.h"
#include "show.h"

namespace treering::cli {
namespace {

template <class Values>
Json list_or_null(const Values& values) {
  return values.empty() ? Json() : Json(values);
}

Json box_json(const Box& box) { return Json::array({box.start, box.stop}); }

Json cuts_json(const Grid& grid) {
  if (grid.cut_ends.empty()) return {};
  Json axes = Json::array();
  std::size_t from = 0;
  for (const std::uint32_t end : grid.cut_ends) {
    Json axis = Json::array();
    for (; from < end; ++from) axis.push_back(grid.cuts[from]);
    axes.push_back(std::move(axis));
  }
  return axes;
}

Json boxes_json(const Grid& grid, std::uint64_t cells, const std::vector<std::uint64_t>& shape) {
  if (grid.boxes.empty()) return {};
  Json boxes = Json::array();
  for (std::uint64_t cell = 0; cell < cells; ++cell) {
    boxes.push_back(box_json(cell_box(grid, shape, cell)));
  }
  return boxes;
}

Json grid_json(const Tree& tree, std::size_t leaf) {
  const Grid* grid = tree.grid_of(leaf);
  if (grid == nullptr) return {};
  const std::uint64_t cells = cell_count(*grid);
  Json out;
  out["boxes"] = boxes_json(*grid, cells, tree.spec_of(leaf).shape);
  out["cells"] = cells;
  out["cuts"] = cuts_json(*grid);
  out["parts"] = list_or_null(grid->parts);
  Json runs = Json::array();
  for (std::size_t i = 0; i < grid->run_writers.size(); ++i) {
    runs.push_back(Json::array({grid->run_writers[i], grid->run_counts[i]}));
  }
  out["writers"] = std::move(runs);
  return out;
}

Json mesh_json(const Tree& tree, const Mesh& mesh) {
  Json axes = Json::array();
  for (std::size_t i = 0; i < mesh.axis_names.size(); ++i) {
    Json axis;
    axis["name"] = tree.strings.at(mesh.axis_names[i]);
    axis["size"] = mesh.axis_sizes[i];
    axis["type"] = axis_type_name(static_cast<AxisType>(mesh.axis_types[i]));
    axes.push_back(std::move(axis));
  }
  Json out;
  out["axes"] = std::move(axes);
  return out;
}

Json sharding_json(const Tree& tree, std::uint32_t number) {
  if (number == 0) return {};
  const Sharding& sharding = tree.shardings[number - 1];
  const Mesh& mesh = tree.meshes[sharding.mesh - 1];
  Json spec = Json::array();
  std::size_t at = 0;
  for (const std::uint32_t count : sharding.axis_counts) {
    Json names = Json::array();
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t axis = sharding.axes[at++];
      names.push_back(tree.strings.at(mesh.axis_names[axis]));
    }
    spec.push_back(std::move(names));
  }
  Json out;
  out["memory_kind"] = text_or_null(tree.strings.at(sharding.memory_kind));
  out["mesh"] = mesh_json(tree, mesh);
  out["spec"] = std::move(spec);
  return out;
}

Json shards_json(const std::vector<ShardInfo>& shards) {
  Json list = Json::array();
  for (const ShardInfo& shard : shards) {
    Json out;
    out["blocks"] = shard.blocks;
    out["box"] = box_json(shard.box);
    out["cell"] = shard.cell;
    out["content"] = shard.content ? Json(shard.content->to_string()) : Json();
    out["file"] = shard.file;
    out["offset"] = shard.offset;
    out["raw_bytes"] = shard.raw_bytes;
    out["stored_bytes"] = shard.stored_bytes;
    out["writer"] = shard.writer;
    list.push_back(std::move(out));
  }
  return list;
}

Json value_of_leaf(const Tree& tree, const Spec& spec) {
  if (spec.value == 0) return {};
  const std::string_view value = tree.blobs.at(spec.value);
  const auto kind = static_cast<LeafKind>(spec.kind);
  if (kind == LeafKind::kString) return value;
  if (kind == LeafKind::kBytes || spec.dtype != 0) return hex_text(value);
  return value_json(value);
}

Json leaf_json(const Tree& tree, const LeafPlace& place) {
  const Spec& spec = tree.spec_of(place.leaf);
  const bool is_key = static_cast<LeafKind>(spec.kind) == LeafKind::kPrngKey;
  Json out;
  out["bytes"] = host_bytes(spec);
  out["dtype"] = spec.dtype == 0 ? Json() : Json(info_of(static_cast<Dtype>(spec.dtype)).name);
  out["grid"] = grid_json(tree, place.leaf);
  out["impl"] = is_key ? Json(tree.strings.at(spec.impl)) : Json();
  out["inline"] = spec.value != 0;
  out["key_size"] = is_key ? Json(spec.shape.back()) : Json();
  out["kind"] = leaf_kind_name(static_cast<LeafKind>(spec.kind));
  out["leaf"] = place.leaf;
  out["path"] = place.friendly;
  out["shape"] = spec.value != 0 ? Json() : Json(shown_shape(spec));
  out["sharding"] = sharding_json(tree, spec.sharding);
  out["typed"] = place.typed;
  out["value"] = value_of_leaf(tree, spec);
  out["weak_type"] = (spec.flags & Spec::kWeakType) != 0;
  return out;
}

Json names_json(const Tree& tree, const std::vector<std::uint32_t>& numbers) {
  Json out = Json::array();
  for (const std::uint32_t number : numbers) out.push_back(tree.strings.at(number));
  return out;
}

Json node_json(const Tree& tree, std::size_t node, std::uint32_t position) {
  const auto kind = static_cast<NodeKind>(tree.nodes.kinds[node]);
  const std::uint32_t details = tree.nodes.details[node];
  Json out;
  out["children"] = tree.nodes.children[node];
  out["key"] = format_key(key_of(tree, node, position));
  out["kind"] = node_kind_name(kind);
  out["leaf"] = kind == NodeKind::kLeaf ? Json(details - 1) : Json();
  out["type"] = nullptr;
  if (kind != NodeKind::kLeaf && details != 0) {
    const Type& type = tree.types[details - 1];
    out["type"] = {{"bases", names_json(tree, type.bases)},
                   {"fields", names_json(tree, type.fields)},
                   {"metadata", value_json(tree.blobs.at(type.metadata))},
                   {"name", tree.strings.at(type.name)}};
  }
  return out;
}

void print_nodes(JsonObject& out, const Tree& tree) {
  struct Parent {
    std::uint32_t children;
    std::uint32_t seen;
  };
  std::vector<Parent> parents;
  out.begin_list("nodes");
  for (std::size_t node = 0; node < tree.nodes.rows(); ++node) {
    while (!parents.empty() && parents.back().seen == parents.back().children) parents.pop_back();
    const std::uint32_t position = parents.empty() ? 0 : parents.back().seen++;
    out.item(node_json(tree, node, position));
    parents.push_back({tree.nodes.children[node], 0});
  }
  out.end_list();
}

void print_files(JsonObject& out, const Checkpoint& checkpoint) {
  out.begin_list("files");
  for (const DataFileInfo& file : checkpoint.files()) {
    out.item({{"block_bytes", file.block_bytes},
              {"bytes", file.bytes},
              {"name", file.name},
              {"writer", file.writer}});
  }
  out.end_list();
}

void print_leaves(JsonObject& out, const Tree& tree, const Selection& selection) {
  out.begin_list("leaves");
  for (std::size_t i = 0; i < selection.places.size(); ++i) {
    Json leaf = leaf_json(tree, *selection.places[i]);
    leaf["shards"] = selection.shards.empty() ? Json() : shards_json(selection.shards[i]);
    out.item(leaf);
  }
  out.end_list();
}

}  // namespace

void print_show_json(const Checkpoint& checkpoint, const Selection& selection,
                     const ShowOptions& options) {
  const Totals& totals = selection.totals;
  JsonObject out;
  out.field("attempt", checkpoint.attempt().to_string());
  out.field("bytes", checkpoint.bytes());
  out.field("compat", value_json(checkpoint.compat()));
  print_files(out, checkpoint);
  out.field("fingerprints", fingerprints_json(checkpoint));
  out.field("graph", value_json(checkpoint.graph()));
  print_leaves(out, checkpoint.tree(), selection);
  out.field("metadata", value_json(checkpoint.metadata()));
  out.field("metrics", value_json(checkpoint.metrics()));
  if (options.glob.empty()) {
    print_nodes(out, checkpoint.tree());
  } else {
    out.field("nodes", nullptr);
  }
  out.field("path", options.path);
  out.field("producer", checkpoint.producer());
  out.field("run_id", checkpoint.run_id().to_string());
  out.field("saved_at", checkpoint.saved_at());
  out.field("step", checkpoint.step() ? Json(*checkpoint.step()) : Json());
  out.field("totals", {{"bytes", totals.bytes},
                       {"cells", totals.cells},
                       {"leaves", totals.leaves},
                       {"places", totals.places}});
  out.field("writers", checkpoint.writers());
  out.end();
}

}  // namespace treering::cli
