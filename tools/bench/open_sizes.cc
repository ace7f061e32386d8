// SPDX-License-Identifier: Apache-2.0
// Sizes and times of the two records that opening reads, at a million leaves: open_sizes [leaves].
// Built in memory; no file is touched. Memory is the peak of resident memory while a record is
// decoded.
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "format/index.h"
#include "format/manifest.h"
#include "format/record.h"
#include "treering/tree.h"

namespace {

using namespace treering;

constexpr std::uint32_t kGroup = 1000;  // leaves of one dict

struct Case {
  const char* name;
  bool variables;      // a variable node above each leaf
  bool distinct_keys;  // of 11 bytes, one string a leaf
  bool own_specs;      // each leaf its own 2-d shape
  bool coded;          // lz4, stored content digests, several files
};
constexpr Case kCases[] = {
    {"plain pytree, repeated keys, raw", false, false, false, false},
    {"NNX, distinct 11-byte keys, raw", true, true, false, false},
    {"NNX, lz4, several files", true, true, false, true},
    {"NNX, lz4, several files, own spec per leaf", true, true, true, true},
};

std::uint32_t add_row(Table& table, const std::string& row) {
  table.bytes += row;
  table.ends.push_back(static_cast<std::uint32_t>(table.bytes.size()));
  return static_cast<std::uint32_t>(table.ends.size());
}

void add_node(Nodes& nodes, NodeKind kind, KeyKind key_kind, std::uint32_t key,
              std::uint32_t children, std::uint32_t detail) {
  nodes.kinds.push_back(static_cast<std::uint8_t>(kind));
  nodes.key_kinds.push_back(static_cast<std::uint8_t>(key_kind));
  nodes.keys.push_back(key);
  nodes.children.push_back(children);
  nodes.details.push_back(detail);
}

std::string padded(const char* prefix, std::uint32_t number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%s_%06u", prefix, number);
  return text.data();
}

void add_leaf(Tree& tree, const Case& what, std::uint32_t leaf, std::uint32_t key,
              std::uint32_t value_key) {
  if (what.variables) {
    add_node(tree.nodes, NodeKind::kVariable, KeyKind::kString, key, 1, 1);
    add_node(tree.nodes, NodeKind::kLeaf, KeyKind::kAttribute, value_key, 0, leaf + 1);
  } else {
    add_node(tree.nodes, NodeKind::kLeaf, KeyKind::kString, key, 0, leaf + 1);
  }
  if (what.own_specs) {
    tree.specs.push_back(
        {1, 0, static_cast<std::uint16_t>(Dtype::kFloat32), 0, 0, 0, {leaf + 1u, 8}});
  }
  tree.leaf_specs.push_back(what.own_specs ? leaf + 1 : leaf % 16 + 1);
  tree.leaf_grids.push_back(1);
}

Tree make_tree(const Case& what, std::uint32_t leaves) {
  Tree tree;
  const std::uint32_t groups = (leaves + kGroup - 1) / kGroup;
  add_node(tree.nodes, NodeKind::kDict, KeyKind::kNone, 0, groups, 0);
  const std::uint32_t value = add_row(tree.strings, "value");
  tree.types.push_back({add_row(tree.strings, "flax.nnx.Param"),
                        0,
                        {},
                        {add_row(tree.strings, "flax.nnx.Variable")}});
  tree.grids.push_back({{}, {}, {}, {}, {0}, {1}});
  for (std::uint32_t spec = 0; spec < 16 && !what.own_specs; ++spec) {
    tree.specs.push_back(
        {1, 0, static_cast<std::uint16_t>(Dtype::kFloat32), 0, 0, 0, {8u + spec, 8}});
  }
  std::vector<std::uint32_t> shared;
  for (std::uint32_t k = 0; k < kGroup; ++k)
    shared.push_back(add_row(tree.strings, padded("leaf", k)));
  for (std::uint32_t group = 0; group < groups; ++group) {
    const std::uint32_t first = group * kGroup;
    const std::uint32_t count = std::min(kGroup, leaves - first);
    add_node(tree.nodes, NodeKind::kDict, KeyKind::kString,
             add_row(tree.strings, padded("layer", group)), count, 0);
    for (std::uint32_t k = 0; k < count; ++k) {
      const bool own = what.distinct_keys;
      add_leaf(tree, what, first + k,
               own ? add_row(tree.strings, padded("weig", first + k)) : shared[k], value);
    }
  }
  return tree;
}

std::vector<DataFile> make_files(const Case& what, const Id& attempt) {
  std::vector<DataFile> files;
  for (std::uint32_t k = 0; k < (what.coded ? 4u : 1u); ++k) {
    files.push_back({.size = std::uint64_t{1} << 40,
                     .number = k,
                     .attempt = attempt,
                     .writer = 0,
                     .block_bytes = 1u << 20});
  }
  return files;
}

Manifest make_manifest(const Case& what, std::uint32_t leaves) {
  Manifest manifest;
  manifest.step = 100;
  manifest.saved_at = 1700000000000000000;
  manifest.attempt.bytes.fill(7);
  manifest.run_id.bytes.fill(9);
  manifest.tree = make_tree(what, leaves);
  manifest.producer = add_row(manifest.tree.strings, "treering 0.1.0");
  manifest.files = make_files(what, manifest.attempt);
  manifest.writers.push_back({.index_size = 1u << 20,
                              .index_digest = {1, 2},
                              .first_file = 0,
                              .last_file = static_cast<std::uint32_t>(manifest.files.size())});
  return manifest;
}

Index make_index(const Case& what, std::uint32_t leaves) {
  Index index;
  index.attempt.bytes.fill(7);
  index.run_id.bytes.fill(9);
  index.files = make_files(what, index.attempt);
  const std::uint32_t a_file = leaves / static_cast<std::uint32_t>(index.files.size()) + 1;
  for (std::uint32_t leaf = 0; leaf < leaves; ++leaf) {
    index.shard_files.push_back(leaf / a_file);
    index.shard_offsets.push_back(128 + std::uint64_t{leaf % a_file} * 4096);
    index.shard_blocks.push_back(1);
    index.codecs.push_back(what.coded ? 1 : 0);
    index.stored_sizes.push_back(256 + leaf % 1000);
    index.digests.push_back({leaf * 0x9e3779b97f4a7c15u, leaf});
    if (what.coded) index.contents.push_back({leaf, 1});
  }
  return index;
}

// A field of /proc/self/status in bytes, or 0.
double status_bytes(const char* field) {
  double bytes = 0;
  std::array<char, 256> line{};
  std::FILE* status = std::fopen("/proc/self/status", "r");
  if (status == nullptr) return 0;
  while (std::fgets(line.data(), static_cast<int>(line.size()), status) != nullptr) {
    if (std::strncmp(line.data(), field, std::strlen(field)) == 0) {
      bytes = 1024 * std::strtod(line.data() + std::strlen(field), nullptr);
    }
  }
  std::fclose(status);
  return bytes;
}
// How far resident memory rises above where it was.
double peak_of(const std::function<void()>& run) {
  malloc_trim(0);  // memory that malloc kept would be used again without a rise
  if (std::FILE* reset = std::fopen("/proc/self/clear_refs", "w")) {
    std::fputs("5", reset);  // VmHWM starts again from here
    std::fclose(reset);
  }
  const double before = status_bytes("VmRSS:");
  run();
  return status_bytes("VmHWM:") - before;
}

// The best of a few runs, in milliseconds of processor time: all of it is one thread without I/O,
// and so a busy machine disturbs less.
double best_of(const std::function<void()>& run) {
  double best = 1e300;
  for (int i = 0; i < 9; ++i) {
    const std::clock_t start = std::clock();
    run();
    best = std::min(best, 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

template <class T>
T must(Result<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "open_sizes: %s\n", result.error().to_string().c_str());
  std::exit(1);
}

struct Row {
  double encode = 0;
  double decode = 0;
  std::size_t bytes = 0;
  double memory = 0;  // peak while decoding, in sizes of the file, which is counted too
};

template <class Encode, class Decode>
Row measure(RecordKind kind, Encode encode, Decode decode) {
  Row row;
  std::vector<std::byte> file;
  row.encode = best_of([&] { file = encode_record(kind, kKnownFeatures, must(encode())); });
  row.bytes = file.size();
  const std::array kinds{kind};
  const auto open = [&] {
    const RecordView view = must(decode_record(file, kinds, Limits{}.manifest_bytes, "file"));
    must(decode(view));
  };
  row.memory = 1 + peak_of(open) / static_cast<double>(file.size());
  row.decode = best_of(open);
  return row;
}

void print(const char* what, const Row& row, std::uint32_t leaves) {
  std::printf(
      "  %-9s %6.1f MB  %5.1f bytes a leaf  encode %6.1f ms  decode %6.1f ms  memory %.2f x\n",
      what, static_cast<double>(row.bytes) / 1e6, static_cast<double>(row.bytes) / leaves,
      row.encode, row.decode, row.memory);
}

void run(const Case& what, std::uint32_t leaves) {
  Row rows[2];
  double tree_check = 0;
  {
    const Manifest manifest = make_manifest(what, leaves);
    rows[0] = measure(
        RecordKind::kCommit, [&] { return encode_manifest_body(manifest); },
        [](const RecordView& view) {
          return decode_manifest_body(view.body, view.header, Limits{}, "MANIFEST");
        });
    tree_check = best_of([&] {
      if (!check_tree(manifest.tree, 1, Limits{}).ok()) std::abort();
    });
  }
  {
    const Index index = make_index(what, leaves);
    rows[1] = measure(
        RecordKind::kIndex, [&] { return encode_index_body(index); },
        [](const RecordView& view) {
          return decode_index_body(view.body, view.header, Limits{}, "index");
        });
  }
  std::printf("%s: %.1f bytes a leaf\n", what.name,
              static_cast<double>(rows[0].bytes + rows[1].bytes) / leaves);
  print("manifest", rows[0], leaves);
  std::printf("  %-9s of these decode, check_tree takes %.1f ms\n", "", tree_check);
  print("index", rows[1], leaves);
}

}  // namespace

int main(int argc, char** argv) {
  const auto leaves =
      static_cast<std::uint32_t>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000000);
  mallopt(M_MMAP_THRESHOLD, 1 << 17);  // so that memory goes back when it is freed
  if (leaves == 0 || leaves > Limits{}.leaves) {
    std::fprintf(stderr, "usage: open_sizes [leaves], 1 to %llu\n",
                 static_cast<unsigned long long>(Limits{}.leaves));
    return 2;
  }
  for (const Case& what : kCases) run(what, leaves);
  return 0;
}
