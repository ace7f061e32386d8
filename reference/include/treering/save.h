// SPDX-License-Identifier: Apache-2.0
// One checkpoint, durable and atomic. Spec: 08-block.md to 13-commit.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "treering/builder.h"
#include "treering/codec.h"
#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

class Vfs;  // the system calls, src/store/vfs.h; null means the real ones

struct SaveOptions {
  std::optional<std::uint64_t> step{};
  Codec codec = Codec::kRaw;
  std::uint32_t block_bytes = 1u << 20;  // power of two, 4 KiB to 4 MiB [BL-04] [DF-17]
  std::uint64_t file_bytes = std::uint64_t{1}
                             << 40;  // a new data file is begun where one would grow beyond
  // Values, each canonical JSON or empty.
  std::string metrics{}, metadata{}, graph{}, compat{};
  std::string producer{};  // empty: this library and its version
  // Given together they make the files a function of tree and options alone.
  std::optional<Id> attempt{};
  std::optional<Id> run_id{};
  std::optional<std::uint64_t> saved_at{};  // UTC nanoseconds
  // Called from the saving thread now and then with (bytes done, bytes in all).
  std::function<void(std::uint64_t, std::uint64_t)> progress{};
  Limits limits{};
  Vfs* vfs = nullptr;
};

struct SaveReport {
  std::string path{};            // of the checkpoint's directory
  std::uint64_t bytes = 0;       // of all files of the checkpoint
  std::uint64_t data_bytes = 0;  // of the leaves, before coding
  std::uint64_t leaves = 0;      // leaf rows
  std::uint64_t files = 0;       // data files
  double seconds = 0;
};

// Saves `tree` as the checkpoint directory `path`, created if missing; its parent must be there
// (not-found). On success it is committed and durable. usage, invalid, limit: a default reader
// would refuse what was given; nothing was touched. conflict: a checkpoint stands there.
// environment: the system refused; nothing is committed, and nothing that stood there before is
// touched (the empty directory may stay). environment with code outcome-unknown: the commit may
// have happened or may not be durable; open the path to see. Memory: tree + index + a few blocks.
// One thread may save to one path at a time; further ones (or other processes) get conflict.
Result<SaveReport> save(const std::string& path, const SaveTree& tree,
                        const SaveOptions& options = {});

}  // namespace treering
