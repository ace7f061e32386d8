// SPDX-License-Identifier: Apache-2.0
// What a record makes a reader hold: for each list of the manifest and the index, with the least
// that its rows can be, no more than four times the record, itself included. [RS-37]
#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>

#include "format/index.h"
#include "format/manifest.h"
#include "samples.h"
#include "support/allocation_bound.h"
#include "testing/results.h"

namespace treering::testing {
namespace {

using fuzz::AllocationBound;

constexpr std::uint32_t kRows = 60'000;
constexpr std::uint64_t kConstant = 64 << 10;  // texts of errors, small tables

// The body lies in memory while it is decoded, so what it takes counts once more.
template <class Decode>
void check_held(const std::string& list, const std::vector<std::byte>& body, Decode decode) {
  BOOST_REQUIRE_GE(body.size(), 4 * kConstant);
  const AllocationBound bound(body.size(), 1 << 20, kConstant);
  decode(body);
  const std::uint64_t held = body.size() + bound.most_held();
  BOOST_CHECK_MESSAGE(held <= 4 * body.size() + kConstant,
                      list << ": " << static_cast<double>(held) / static_cast<double>(body.size())
                           << " times its " << body.size() << " bytes");
  BOOST_TEST_MESSAGE(list << ": " << static_cast<double>(held) / static_cast<double>(body.size()));
  // What is decoded is a copy, so that a meter that stands still is seen.
  if (AllocationBound::counts()) BOOST_CHECK_GT(bound.most_held(), 0u);
}

Manifest smallest() {
  Manifest manifest;
  manifest.attempt = sample_id(0);
  manifest.run_id = sample_id(100);
  Tree& tree = manifest.tree;
  add_row(tree.strings, "x");
  add_row(tree.blobs, "7");
  add_node(tree.nodes, NodeKind::kLeaf, KeyKind::kNone, 0, 0, 1);
  tree.specs = {Spec{.kind = 3, .value = 1}};
  tree.leaf_specs = {1};
  tree.leaf_grids = {0};
  manifest.writers = {WriterRow{.index_size = 64}};
  return manifest;
}

// `accepted`: whether the rules allow such a manifest. A refusal may come late.
void check_manifest(const std::string& list, const std::function<void(Manifest&)>& change,
                    bool accepted = true) {
  Manifest manifest = smallest();
  change(manifest);
  const auto body = encode_manifest_body(manifest);
  TREERING_REQUIRE_OK(body);
  Header header{.kind = RecordKind::kCommit, .required = kKnownFeatures};
  header.body_size = body->size();
  check_held(list, *body, [&](const std::vector<std::byte>& bytes) {
    const auto decoded = decode_manifest_body(bytes, header, Limits{}, "MANIFEST");
    BOOST_CHECK_MESSAGE(decoded.ok() == accepted,
                        list << ": " << (decoded.ok() ? "" : decoded.error().to_string()));
  });
}

// The same row again and again.
template <class Row>
void repeat(std::vector<Row>& table, Row row, std::uint32_t rows = kRows) {
  for (std::uint32_t i = 0; i < rows; ++i) table.push_back(row);
}
template <class T>
List<T> list_of(std::uint32_t count, const std::function<T(std::uint32_t)>& entry) {
  std::vector<T> list;
  for (std::uint32_t i = 0; i < count; ++i) list.push_back(entry(i));
  return list;
}

// A root with so many children.
void add_children(Tree& tree, NodeKind root, std::uint32_t children,
                  const std::function<void(std::uint32_t)>& child) {
  tree.nodes = {};
  add_node(tree.nodes, root, KeyKind::kNone, 0, children, 0);
  for (std::uint32_t i = 0; i < children; ++i) child(i);
  tree.specs = {};
  tree.leaf_specs = {};
  tree.leaf_grids = {};
}

void check_index(const std::string& list, const std::function<void(Index&)>& change) {
  Index index;
  index.attempt = sample_id(0);
  index.run_id = sample_id(100);
  index.files = {
      DataFile{.size = std::uint64_t{1} << 60, .attempt = index.attempt, .block_bytes = 1u << 20}};
  change(index);
  const auto body = encode_index_body(index);
  TREERING_REQUIRE_OK(body);
  Header header{.kind = RecordKind::kIndex, .required = kKnownFeatures};
  header.body_size = body->size();
  check_held(list, *body, [&](const std::vector<std::byte>& bytes) {
    TREERING_REQUIRE_OK(decode_index_body(bytes, header, Limits{}, "index"));
  });
}

void add_shard(Index& index, std::uint64_t offset, std::uint32_t blocks) {
  index.shard_files.push_back(0);
  index.shard_offsets.push_back(offset);
  index.shard_blocks.push_back(blocks);
  for (std::uint32_t i = 0; i < blocks; ++i) {
    index.codecs.push_back(0);
    index.stored_sizes.push_back(1);
    index.digests.push_back({i, offset});
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_memory_test)

BOOST_AUTO_TEST_CASE(strings_and_blobs) {
  check_manifest("empty strings", [](Manifest& m) {
    for (std::uint32_t i = 0; i < 4 * kRows; ++i) add_row(m.tree.strings, "");
  });
  check_manifest("strings of a byte", [](Manifest& m) {
    for (std::uint32_t i = 0; i < kRows; ++i) add_row(m.tree.strings, "a");
  });
  check_manifest("empty blobs", [](Manifest& m) {
    for (std::uint32_t i = 0; i < 4 * kRows; ++i) add_row(m.tree.blobs, "");
  });
  check_manifest("one long blob",
                 [](Manifest& m) { add_row(m.tree.blobs, std::string(1 << 20, 'x')); });
}

BOOST_AUTO_TEST_CASE(values) {
  const auto with_metadata = [](const std::string& json) {
    return [json](Manifest& m) { m.metadata = add_row(m.tree.blobs, json); };
  };
  std::string zeros = "[0";
  for (std::uint32_t i = 0; i < 4 * kRows; ++i) zeros += ",0";
  check_manifest("array of zeros", with_metadata(zeros + "]"));
  std::string escapes;
  for (std::uint32_t i = 0; i < 4 * kRows; ++i) escapes += R"(\")";
  check_manifest("two long keys with escapes",
                 with_metadata("{\"" + escapes + "\":0,\"" + escapes + "a\":0}"));
}

BOOST_AUTO_TEST_CASE(nodes) {
  check_manifest("list of nones", [](Manifest& m) {
    add_children(m.tree, NodeKind::kList, kRows, [&](std::uint32_t) {
      add_node(m.tree.nodes, NodeKind::kNone, KeyKind::kSequence, 0, 0, 0);
    });
  });
  check_manifest(
      "dict of one key",
      [](Manifest& m) {
        add_children(m.tree, NodeKind::kDict, kRows, [&](std::uint32_t) {
          add_node(m.tree.nodes, NodeKind::kNone, KeyKind::kString, 1, 0, 0);
        });
      },
      false);
  check_manifest("dict of keys that descend", [](Manifest& m) {
    add_children(m.tree, NodeKind::kDict, kRows, [&](std::uint32_t i) {
      const std::uint32_t key = add_row(m.tree.strings, std::to_string(kRows - i));
      add_node(m.tree.nodes, NodeKind::kNone, KeyKind::kString, key, 0, 0);
    });
  });
  // Names that cost so much to compare that they get numbers.
  check_manifest("dicts of long keys that descend", [](Manifest& m) {
    const std::uint32_t b = add_row(m.tree.strings, "b" + std::string(3500, 'x'));
    const std::uint32_t a = add_row(m.tree.strings, "a" + std::string(3500, 'x'));
    add_children(m.tree, NodeKind::kList, kRows, [&](std::uint32_t) {
      add_node(m.tree.nodes, NodeKind::kDict, KeyKind::kSequence, 0, 2, 0);
      add_node(m.tree.nodes, NodeKind::kNone, KeyKind::kString, b, 0, 0);
      add_node(m.tree.nodes, NodeKind::kNone, KeyKind::kString, a, 0, 0);
    });
    for (std::uint32_t i = 0; i < 4 * kRows; ++i) add_row(m.tree.strings, "");
  });
}

BOOST_AUTO_TEST_CASE(leaves) {
  const auto scalar = Spec{.kind = 3, .value = 1};
  check_manifest("leaf rows", [&](Manifest& m) {
    add_children(m.tree, NodeKind::kList, kRows, [&](std::uint32_t i) {
      add_node(m.tree.nodes, NodeKind::kLeaf, KeyKind::kSequence, 0, 0, i + 1);
    });
    m.tree.specs = {scalar};
    repeat(m.tree.leaf_specs, 1u);
    repeat(m.tree.leaf_grids, 0u);
  });
  check_manifest("aliases", [&](Manifest& m) {
    add_children(m.tree, NodeKind::kList, kRows, [&](std::uint32_t) {
      add_node(m.tree.nodes, NodeKind::kLeaf, KeyKind::kSequence, 0, 0, 1);
    });
    m.tree.specs = {scalar};
    m.tree.leaf_specs = {1};
    m.tree.leaf_grids = {0};
  });
}

BOOST_AUTO_TEST_CASE(types) {
  check_manifest("types", [](Manifest& m) { repeat(m.tree.types, Type{.name = 1}); });
  check_manifest("types with a field",
                 [](Manifest& m) { repeat(m.tree.types, Type{.name = 1, .fields = {1}}); });
  check_manifest("types with two lists", [](Manifest& m) {
    repeat(m.tree.types, Type{.name = 1, .fields = {1}, .bases = {1}});
  });
  check_manifest("type with many fields", [](Manifest& m) {
    m.tree.types = {
        Type{.name = 1, .fields = list_of<std::uint32_t>(4 * kRows, [](auto) { return 1; })}};
  });
}

BOOST_AUTO_TEST_CASE(specs) {
  const auto array = Spec{.kind = 1, .dtype = 17};
  check_manifest("specs of one word", [&](Manifest& m) {
    m.tree.specs = {};
    repeat(m.tree.specs, array);
    m.tree.grids = {Grid{.run_writers = {0}, .run_counts = {1}}};
    m.tree.leaf_grids = {1};
  });
  check_manifest("specs with a shape", [&](Manifest& m) {
    Spec spec = array;
    spec.shape = {1};
    repeat(m.tree.specs, spec);
  });
  check_manifest("specs with a value",
                 [&](Manifest& m) { repeat(m.tree.specs, Spec{.kind = 3, .value = 1}); });
}

BOOST_AUTO_TEST_CASE(grids) {
  const auto whole = Grid{.run_writers = {0}, .run_counts = {1}};
  check_manifest("grids", [&](Manifest& m) { repeat(m.tree.grids, whole); });
  check_manifest("grids of parts", [&](Manifest& m) {
    repeat(m.tree.grids, Grid{.parts = {2}, .run_writers = {0}, .run_counts = {2}});
  });
  check_manifest("grids of cuts", [&](Manifest& m) {
    repeat(m.tree.grids, Grid{.cuts = {1}, .cut_ends = {1}, .run_writers = {0}, .run_counts = {2}});
  });
  check_manifest(
      "grids without runs",
      [&](Manifest& m) {
        repeat(m.tree.grids, Grid{}, 4 * kRows);
        m.tree.grids[0].parts = {2};  // a row takes a word, since one of them has something in it
      },
      false);
  check_manifest("grid of many runs", [&](Manifest& m) {
    m.writers.push_back(m.writers[0]);
    m.plan_digest = {1, 2};
    m.tree.grids = {Grid{
        .parts = {2 * kRows},
        .run_writers = list_of<std::uint32_t>(2 * kRows, [](std::uint32_t i) { return i % 2; }),
        .run_counts = list_of<std::uint32_t>(2 * kRows, [](auto) { return 1; })}};
  });
  check_manifest("grid of many boxes", [&](Manifest& m) {
    Tree& tree = m.tree;
    tree.specs = {Spec{.kind = 1, .dtype = 17, .shape = {kRows}}};
    tree.leaf_grids = {1};
    tree.grids = {Grid{
        .boxes = list_of<std::uint64_t>(2 * kRows, [](std::uint32_t i) { return i / 2 + i % 2; }),
        .run_writers = {0},
        .run_counts = {kRows}}};
  });
}

BOOST_AUTO_TEST_CASE(meshes_and_shardings) {
  const auto mesh = Mesh{.axis_names = {1}, .axis_sizes = {2}, .axis_types = {1}};
  check_manifest("meshes", [&](Manifest& m) { repeat(m.tree.meshes, mesh); });
  check_manifest(
      "meshes without lists",
      [&](Manifest& m) {
        repeat(m.tree.meshes, Mesh{}, 4 * kRows);
        m.tree.meshes[0].axis_names = {1};
      },
      false);
  const auto many_axes = [](Manifest& m, std::uint32_t axes) {
    const auto names = static_cast<std::uint32_t>(m.tree.strings.rows());
    for (std::uint32_t i = 0; i < axes; ++i) add_row(m.tree.strings, std::to_string(i));
    m.tree.meshes = {
        Mesh{.axis_names = list_of<std::uint32_t>(axes, [&](auto i) { return names + i + 1; }),
             .axis_sizes = list_of<std::uint64_t>(axes, [](auto) { return 1; }),
             .axis_types = list_of<std::uint8_t>(axes, [](auto) { return std::uint8_t{1}; })}};
  };
  check_manifest("mesh of many axes", [&](Manifest& m) { many_axes(m, kRows); });
  check_manifest("shardings", [&](Manifest& m) {
    m.tree.meshes = {mesh};
    repeat(m.tree.shardings, Sharding{.mesh = 1});
  });
  check_manifest("shardings with an axis", [&](Manifest& m) {
    m.tree.meshes = {mesh};
    repeat(m.tree.shardings, Sharding{.mesh = 1, .axis_counts = {1}, .axes = {0}});
  });
  check_manifest("sharding of many axes", [&](Manifest& m) {
    many_axes(m, kRows);
    m.tree.shardings = {Sharding{.mesh = 1,
                                 .axis_counts = {kRows},
                                 .axes = list_of<std::uint32_t>(kRows, [](auto i) { return i; })}};
  });
}

BOOST_AUTO_TEST_CASE(writers_and_files) {
  check_manifest("writers", [](Manifest& m) {
    repeat(m.writers, m.writers[0], kRows);
    m.plan_digest = {1, 2};
  });
  const auto files = [](Manifest& m, bool ascending) {
    for (std::uint32_t i = 0; i < kRows; ++i) {
      m.files.push_back({.size = 128,
                         .number = ascending ? i : kRows - i,
                         .attempt = m.attempt,
                         .block_bytes = 4096});
    }
    m.writers[0].last_file = kRows;
  };
  check_manifest("files", [&](Manifest& m) { files(m, true); });
  check_manifest("files that descend", [&](Manifest& m) { files(m, false); });
  check_manifest("files of another save", [&](Manifest& m) {
    files(m, false);
    for (DataFile& file : m.files) file.attempt = sample_id(7);
  });
}

BOOST_AUTO_TEST_CASE(indexes) {
  check_index("shards of a block", [](Index& index) {
    for (std::uint64_t i = 0; i < kRows; ++i) add_shard(index, 128 + 64 * i, 1);
  });
  check_index("shards of a block that descend", [](Index& index) {
    for (std::uint64_t i = kRows; i-- > 0;) add_shard(index, 128 + 64 * i, 1);
  });
  check_index("dead shards", [](Index& index) {
    for (std::uint64_t i = 0; i < kRows; ++i) add_shard(index, 128 + 64 * i, 1);
    index.dead_shards = kRows;
  });
  check_index("blocks of a shard", [](Index& index) { add_shard(index, 128, kRows); });
  check_index("files of an index", [](Index& index) {
    index.files.clear();
    for (std::uint32_t i = 0; i < kRows; ++i) {
      index.files.push_back(
          {.size = 128, .number = kRows - i, .attempt = index.attempt, .block_bytes = 4096});
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
