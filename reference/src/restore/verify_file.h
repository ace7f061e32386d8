// SPDX-License-Identifier: Apache-2.0
// Reads every byte of a data file behind its head and says what is damaged. Spec: 14-restore.md.
// Internal.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "restore/block_reader.h"
#include "restore/state.h"

namespace treering {

// What verify() knows about one writer.
struct WriterContents {
  std::shared_ptr<const LoadedIndex> loaded{};
  std::vector<std::uint64_t> elements{};  // of each live shard
  std::vector<std::uint64_t> by_place{};  // shards by file, then offset
};
WriterContents contents_of(const Checkpoint::State& state, std::uint32_t writer,
                           std::shared_ptr<const LoadedIndex> loaded);

// Damage in the order in which it is reported.
struct FileDamage {
  std::vector<Damage> blocks{};
  std::vector<Damage> gaps{};
};

// `file` is a row of the manifest's table, `row` its row in the writer's index. `progress` is given
// the bytes that were read since its last call, on the calling thread.
FileDamage verify_file(const Checkpoint::State& state, const WriterContents& contents,
                       std::size_t file, std::uint32_t row, const Descriptor& descriptor,
                       const std::function<void(std::uint64_t)>& progress);

}  // namespace treering
