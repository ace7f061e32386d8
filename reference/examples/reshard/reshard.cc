// SPDX-License-Identifier: Apache-2.0
// Reads an array as PARTS processes would that cut it along one axis, whatever boxes it was saved
// in, and checks that the parts are the whole.
//   reshard CHECKPOINT LEAF PARTS [AXIS]
#include <cstdio>
#include <cstdlib>
#include <string>

#include "treering/treering.h"

namespace {

using namespace treering;

int report(const Error& error) {
  std::fprintf(stderr, "reshard: %s\n", error.to_string().c_str());
  return 1;
}

// The box of part `part` of `parts`; the last one is short where the axis cannot be cut evenly.
Box box_of(std::span<const std::uint64_t> shape, std::size_t axis, std::uint64_t part,
           std::uint64_t parts) {
  Box box = whole(shape);
  const std::uint64_t rows = (shape[axis] + parts - 1) / parts;
  box.start[axis] = std::min(part * rows, shape[axis]);
  box.stop[axis] = std::min(box.start[axis] + rows, shape[axis]);
  return box;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t parts = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  const std::size_t axis = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 0;
  if (argc < 4 || argc > 5 || parts == 0 || parts > 65536) {
    std::fputs("usage: reshard CHECKPOINT LEAF PARTS [AXIS]\n", stderr);
    return 2;
  }
  const auto checkpoint = open(argv[1]);
  if (!checkpoint) return report(checkpoint.error());
  const auto leaf = checkpoint->leaf(argv[2]);
  if (!leaf) return report(leaf.error());
  const auto shape = leaf->shape();
  if (leaf->is_inline() || axis >= shape.size()) {
    std::fprintf(stderr, "reshard: %s has no axis %zu\n", argv[2], axis);
    return 2;
  }
  const auto all = leaf->read_bytes();
  if (!all) return report(all.error());

  const std::size_t element_bytes = info_of(leaf->dtype()).host_bytes;
  std::vector<std::byte> together(all->size());
  for (std::uint64_t part = 0; part < parts; ++part) {
    const Box box = box_of(shape, axis, part, parts);
    std::vector<std::byte> mine(static_cast<std::size_t>(volume(box)) * element_bytes);
    if (const Status status = leaf->read_into(box, mine); !status) return report(status.error());
    std::printf("part %llu: %s %llu to %llu, %zu bytes\n", static_cast<unsigned long long>(part),
                argv[2], static_cast<unsigned long long>(box.start[axis]),
                static_cast<unsigned long long>(box.stop[axis]), mine.size());
    copy_box(box, box, mine.data(), whole(shape), together.data(), element_bytes);
  }
  const bool same = together == *all;
  std::printf("%llu parts %s the whole\n", static_cast<unsigned long long>(parts),
              same ? "are" : "are not");
  return same ? 0 : 1;
}
