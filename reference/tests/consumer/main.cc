// SPDX-License-Identifier: Apache-2.0
// Saves an array, opens it, reads it back. Exit code 0 only if the values are the same.
#include <array>
#include <cstdio>
#include <span>

#include <treering/treering.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::array<float, 3> values{1.5f, -2.0f, 0.25f};
  const std::array<std::uint64_t, 1> shape{3};
  treering::TreeBuilder builder;
  builder.begin(treering::NodeKind::kDict, {});
  builder.array({.kind = treering::KeyKind::kString, .text = "x"}, treering::Dtype::kFloat32, shape,
                std::as_bytes(std::span(values)));
  builder.end();
  auto tree = builder.finish();
  if (!tree) return std::puts(tree.error().to_string().c_str()), 1;
  if (auto saved = treering::save(argv[1], *tree); !saved) {
    return std::puts(saved.error().to_string().c_str()), 1;
  }
  auto opened = treering::open(argv[1]);
  if (!opened) return std::puts(opened.error().to_string().c_str()), 1;
  auto leaf = opened->leaf("x");
  if (!leaf) return std::puts(leaf.error().to_string().c_str()), 1;
  auto array = leaf->read<float>();
  if (!array) return std::puts(array.error().to_string().c_str()), 1;
  return array->values == std::vector<float>(values.begin(), values.end()) ? 0 : 1;
}
