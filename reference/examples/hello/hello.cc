// SPDX-License-Identifier: Apache-2.0
// Saves two arrays as a checkpoint, opens it, and reads one back.
//   hello NEW_DIRECTORY
#include <array>
#include <cstdio>
#include <span>

#include "treering/treering.h"

namespace {

using namespace treering;

int report(const Error& error) {
  std::fprintf(stderr, "hello: %s\n", error.to_string().c_str());
  return 1;
}

Key name(const char* text) { return {.kind = KeyKind::kString, .text = text}; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: hello NEW_DIRECTORY\n", stderr);
    return 2;
  }
  // The arrays stay ours: the tree borrows them until save() has returned.
  const std::array<float, 6> kernel{0, 1, 2, 3, 4, 5};
  const std::array<std::uint64_t, 2> kernel_shape{2, 3};
  const std::array<std::int32_t, 2> count{7, 9};
  const std::array<std::uint64_t, 1> count_shape{2};

  TreeBuilder builder;  // {"layer": {"kernel": ..}, "count": .., "step": 300}
  builder.begin(NodeKind::kDict, {});
  builder.begin(NodeKind::kDict, name("layer"));
  builder.array(name("kernel"), Dtype::kFloat32, kernel_shape, std::as_bytes(std::span(kernel)));
  builder.end();
  builder.array(name("count"), Dtype::kInt32, count_shape, std::as_bytes(std::span(count)));
  builder.scalar(name("step"), "300");
  builder.end();
  const auto tree = builder.finish();
  if (!tree) return report(tree.error());

  const auto saved = save(argv[1], *tree, {.step = 300, .metadata = R"({"by":"hello"})"});
  if (!saved) return report(saved.error());
  std::printf("saved %llu leaves in %s\n", static_cast<unsigned long long>(saved->leaves), argv[1]);

  const auto checkpoint = open(argv[1]);
  if (!checkpoint) return report(checkpoint.error());
  const auto leaf = checkpoint->leaf("layer/kernel");
  if (!leaf) return report(leaf.error());
  const auto read = leaf->read<float>();
  if (!read) return report(read.error());
  for (const float value : read->values) std::printf(" %g", static_cast<double>(value));
  std::printf("\n");
  return 0;
}
