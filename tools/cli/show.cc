// SPDX-License-Identifier: Apache-2.0
// treering show: the tree of one checkpoint, its records, and where its bytes stand.
#include "show.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "command.h"
#include "glob.h"
#include "json.h"
#include "output.h"
#include "progress.h"
#include "target.h"

namespace treering::cli {
namespace {

std::uint64_t add_up_to_most(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? ~std::uint64_t{0} : sum;
}

Totals totals_of(const Tree& tree, const std::vector<const LeafPlace*>& places) {
  Totals totals;
  totals.places = places.size();
  std::vector<bool> seen(tree.leaves(), false);
  for (const LeafPlace* place : places) {
    if (seen[place->leaf]) continue;
    seen[place->leaf] = true;
    const Grid* grid = tree.grid_of(place->leaf);
    ++totals.leaves;
    totals.bytes = add_up_to_most(totals.bytes, host_bytes(tree.spec_of(place->leaf)));
    totals.cells = add_up_to_most(totals.cells, grid == nullptr ? 0 : cell_count(*grid));
  }
  return totals;
}

// Which earlier place names the same leaf row.
class Aliases {
 public:
  explicit Aliases(const Tree& tree) : first_(tree.leaves(), nullptr) {}
  // Empty for the first place of the row.
  std::string of(const LeafPlace& place) {
    const LeafPlace*& first = first_[place.leaf];
    if (first != nullptr) return "same as " + printable(first->friendly);
    first = &place;
    return {};
  }

 private:
  std::vector<const LeafPlace*> first_;
};

Table leaf_table(std::string first_column) {
  return Table(
      {{std::move(first_column)}, {"kind"}, {"dtype"}, {"shape"}, {"bytes", true}, {"notes"}});
}

void leaf_row(Table& table, const Tree& tree, const LeafPlace& place, std::string name,
              Aliases& aliases) {
  const Spec& spec = tree.spec_of(place.leaf);
  const std::string alias = aliases.of(place);
  std::string note = leaf_note(tree, place.leaf);
  if (!alias.empty()) note += (note.empty() ? "" : ", ") + alias;
  table.row({std::move(name), std::string(leaf_kind_name(static_cast<LeafKind>(spec.kind))),
             leaf_dtype(tree, place.leaf), leaf_shape(tree, place.leaf),
             spec.value != 0 ? "" : human_bytes(host_bytes(spec)), std::move(note)});
}

void print_selected(const Tree& tree, const Selection& selection) {
  Table table = leaf_table("path");
  Aliases aliases(tree);
  for (const LeafPlace* place : selection.places) {
    leaf_row(table, tree, *place, printable(place->friendly), aliases);
  }
  table.print();
}

std::string node_note(const Tree& tree, std::size_t node) {
  const std::uint32_t details = tree.nodes.details[node];
  const bool empty = tree.nodes.children[node] == 0 &&
                     static_cast<NodeKind>(tree.nodes.kinds[node]) != NodeKind::kNone;
  std::string note = details == 0 ? "" : printable(tree.strings.at(tree.types[details - 1].name));
  if (empty) note += note.empty() ? "empty" : ", empty";
  return note;
}

void print_tree(const Tree& tree, const Selection& selection) {
  Table table = leaf_table("key");
  Aliases aliases(tree);
  struct Parent {
    std::uint32_t children;
    std::uint32_t seen;
  };
  std::vector<Parent> parents;
  auto place = selection.places.begin();
  for (std::size_t node = 0; node < tree.nodes.rows(); ++node) {
    while (!parents.empty() && parents.back().seen == parents.back().children) parents.pop_back();
    const std::uint32_t position = parents.empty() ? 0 : parents.back().seen++;
    const std::string key = parents.empty() ? "(root)" : format_key(key_of(tree, node, position));
    std::string name = std::string(parents.size() * 2, ' ') + printable(key);
    const auto kind = static_cast<NodeKind>(tree.nodes.kinds[node]);
    if (kind == NodeKind::kLeaf) {
      leaf_row(table, tree, **place++, std::move(name), aliases);
    } else {
      table.row(
          {std::move(name), std::string(node_kind_name(kind)), "", "", "", node_note(tree, node)},
          kind == NodeKind::kNone ? Colour::kDim : Colour::kBold);
    }
    parents.push_back({tree.nodes.children[node], 0});
  }
  table.print();
}

void print_head(const Checkpoint& checkpoint) {
  std::string step =
      checkpoint.step() ? fmt::format("step {}", *checkpoint.step()) : std::string("no step");
  print_line(fmt::format("{}, saved at {} by {}, {}", paint(Colour::kBold, step),
                         human_time(checkpoint.saved_at()), printable(checkpoint.producer()),
                         human_count(checkpoint.writers(), "writer")));
  print_line(fmt::format("attempt {}, run {}", checkpoint.attempt().to_string(),
                         checkpoint.run_id().to_string()));
  print_line();
}

void print_totals(const Checkpoint& checkpoint, const Totals& totals) {
  print_line();
  std::string text = human_count(totals.leaves, "leaf");
  if (totals.places != totals.leaves) text += " in " + human_count(totals.places, "place");
  print_line(fmt::format("{}, {} in memory; {} and {} on disk", text, human_bytes(totals.bytes),
                         human_count(checkpoint.files().size(), "data file"),
                         human_bytes(checkpoint.bytes())));
}

std::string box_text(const Box& box) {
  std::vector<std::string> axes;
  for (std::size_t i = 0; i < box.rank(); ++i) {
    axes.push_back(fmt::format("{}:{}", box.start[i], box.stop[i]));
  }
  return fmt::format("[{}]", fmt::join(axes, ", "));
}

void print_files(const std::vector<DataFileInfo>& files) {
  Table table({{"file"}, {"writer", true}, {"size", true}, {"block size", true}});
  for (const DataFileInfo& file : files) {
    table.row({file.name, fmt::format("{}", file.writer), human_bytes(file.bytes),
               human_bytes(file.block_bytes)});
  }
  table.print();
}

void print_shards(const Selection& selection, const ShowOptions& options) {
  Table table({{"path"},
               {"cell", true},
               {"box"},
               {"writer", true},
               {"file"},
               {"offset", true},
               {"raw", true},
               {"stored", true},
               {"blocks", true},
               {"content digest"}});
  for (std::size_t i = 0; i < selection.places.size(); ++i) {
    for (const ShardInfo& shard : selection.shards[i]) {
      table.row({printable(selection.places[i]->friendly), fmt::format("{}", shard.cell),
                 box_text(shard.box), fmt::format("{}", shard.writer), shard.file,
                 fmt::format("{}", shard.offset), human_bytes(shard.raw_bytes),
                 human_bytes(shard.stored_bytes), fmt::format("{}", shard.blocks),
                 options.digests && shard.content ? shard.content->to_string() : ""});
    }
  }
  table.print();
}

void print_text(const Checkpoint& checkpoint, const Selection& selection,
                const ShowOptions& options) {
  const bool records = options.metadata || options.graph || options.compat;
  const bool places = options.layout || options.digests;
  print_head(checkpoint);
  if (options.metadata) {
    print_record("metadata", checkpoint.metadata());
    print_record("metrics", checkpoint.metrics());
  }
  if (options.graph) print_graph(checkpoint);
  if (options.compat) print_record("compat", checkpoint.compat());
  if (options.layout) {
    print_files(checkpoint.files());
    print_line();
  }
  if (places) print_shards(selection, options);
  if (!records && !places) {
    if (options.glob.empty()) {
      print_tree(checkpoint.tree(), selection);
    } else {
      print_selected(checkpoint.tree(), selection);
    }
  }
  if (!records) print_totals(checkpoint, selection.totals);
}

ExitCode run(const ShowOptions& options) {
  const Result<Checkpoint> checkpoint = open_checkpoint(options.path);
  if (!checkpoint) return report(checkpoint.error(), options.json);
  const Result<Selection> selection = select(*checkpoint, options);
  if (!selection) return report(selection.error(), options.json);
  if (options.json) {
    print_show_json(*checkpoint, *selection, options);
  } else {
    print_text(*checkpoint, *selection, options);
  }
  return kYes;
}

}  // namespace

void print_record(std::string_view title, std::string_view canonical) {
  const std::string text =
      canonical.empty() ? "none" : printable(json_text(value_json(canonical)), true);
  print_line(fmt::format("{}: {}", paint(Colour::kBold, title), text));
}

Result<Selection> select(const Checkpoint& checkpoint, const ShowOptions& options) {
  Selection selection;
  const Glob glob(options.glob);
  for (const LeafPlace& place : checkpoint.places()) {
    if (options.glob.empty() || options.glob == place.typed || glob.selects(place.friendly)) {
      selection.places.push_back(&place);
    }
  }
  if (selection.places.empty() && !options.glob.empty()) {
    return make_error(ErrorClass::kNotFound, "no-such-leaf",
                      fmt::format("no leaf of {} fits '{}'; list them with `treering show {}`",
                                  options.path, options.glob, options.path));
  }
  selection.totals = totals_of(checkpoint.tree(), selection.places);
  if (!options.layout && !options.digests) return selection;
  for (const LeafPlace* place : selection.places) {
    Result<std::vector<ShardInfo>> shards = checkpoint.shards(place->leaf);
    if (!shards) return std::move(shards).error();
    selection.shards.push_back(*std::move(shards));
  }
  return selection;
}

void add_show(CLI::App& app, ExitCode& code) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand("show", "Show the tree of a checkpoint");
  command->add_option("CKPT", options->path, "Directory of a checkpoint")->required();
  command->add_option("GLOB", options->glob,
                      "Only the leaves whose friendly path it fits: ? * ** [a-z]; "
                      "'model' also selects all below it");
  command->add_flag("--metadata", options->metadata, "Show the metadata and the metrics instead");
  command->add_flag("--graph", options->graph,
                    "Show the graph record and its fingerprints instead");
  command->add_flag("--compat", options->compat, "Show the compatibility record instead");
  command->add_flag("--layout", options->layout,
                    "Show files, writers, shards and their blocks instead");
  command->add_flag("--digests", options->digests, "Show the shards' content digests");
  command->add_flag("--json", options->json, "Print JSON (tools/cli/README.md)");
  command->footer(
      fmt::format("Example:\n"
                  "  $ treering show runs/mnist/step-00000300 'model/**/kernel'\n"
                  "  path            kind   dtype    shape           bytes\n"
                  "  model/0/kernel  array  float32  (784, 128)  392.0 KiB\n"
                  "\n{}",
                  kExitCodes));
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace treering::cli
