// SPDX-License-Identifier: Apache-2.0
// Every bound that a reader puts on a checkpoint before it allocates. Spec: A-limits.md.
// The defaults are also the least that a conforming reader accepts, and the most that a writer writes.
#pragma once

#include <cstdint>

namespace treering {

struct Limits {
  std::uint64_t leaves = std::uint64_t{4} << 20;          // rows of the leaf table
  std::uint64_t nodes = std::uint64_t{16} << 20;          // nodes of the tree
  std::uint64_t cells = std::uint64_t{64} << 20;          // cells of all leaves together
  std::uint64_t boxes = 65536;                            // cells of one irregular grid
  std::uint64_t manifest_bytes = std::uint64_t{1} << 30;  // body of a manifest
  std::uint64_t index_bytes = std::uint64_t{1} << 30;     // body of one index
  std::uint64_t record_bytes = std::uint64_t{1} << 20;    // body of a plan, abort or tombstone
  std::uint64_t depth = 256;                              // keys of one key path: no stack to exhaust
  std::uint64_t rank = 32;                                // axes of one array
  std::uint64_t key_bytes = 4096;                         // one key
  std::uint64_t path_bytes = std::uint64_t{1} << 30;      // paths of all leaves together
  std::uint64_t value_depth = 64;                         // nesting of one value
  std::uint64_t value_bytes = std::uint64_t{16} << 20;    // metadata, metrics, compatibility together
  std::uint64_t graph_bytes = std::uint64_t{256} << 20;   // graph record
  std::uint64_t inline_bytes = 4096;                      // value of one inline leaf
  std::uint64_t writers = 65536;                          // writers of a checkpoint
  std::uint64_t files = std::uint64_t{1} << 20;           // data files of a checkpoint
  std::uint64_t block_bytes = std::uint64_t{4} << 20;     // one block, raw
  std::uint64_t entries = std::uint64_t{1} << 20;         // entries of one directory
};

}  // namespace treering
