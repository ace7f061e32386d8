// SPDX-License-Identifier: Apache-2.0
// Opening in two steps, for those who want to know what a directory is. Spec: 12-layout.md,
// 14-restore.md. Internal.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "format/record.h"
#include "store/directory.h"
#include "treering/checkpoint.h"

namespace treering {

// What stands in the slot.
struct SlotRecord {
  enum class Kind { kNone, kCommit, kAbort, kTombstone };
  Kind kind = Kind::kNone;
  Header header{};                // of a COMMIT
  std::vector<std::byte> file{};  // of a COMMIT: header and body, digests compared
};
// Checks of spec 07 up to the body digest. Memory: the manifest.
Result<SlotRecord> read_slot(const Directory& directory, const Limits& limits);

// Decodes the manifest and, if asked, checks presence and size of every file that it names.
// Precondition: slot.kind is kCommit.
Result<std::shared_ptr<const Checkpoint::State>> open_commit(Directory directory,
                                                             const std::string& path,
                                                             const SlotRecord& slot,
                                                             const Limits& limits,
                                                             bool check_files = true);

}  // namespace treering
