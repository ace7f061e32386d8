// SPDX-License-Identifier: Apache-2.0
// The struct Files as columns: what indexes and manifests have in common. Spec: 10-index.md,
// section 10.2.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "format/files.h"
#include "format/message_writer.h"
#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

struct FileColumns {
  std::vector<std::uint64_t> sizes{};
  std::vector<std::uint32_t> numbers{};
  std::string attempts{};                // 16 bytes a row, or empty
  std::vector<std::uint32_t> writers{};  // or empty
  std::vector<std::uint32_t> block_bytes{};
};

// `naming` is the writer of the naming record, row by row; `attempt` its attempt. Precondition:
// equal lengths.
FileColumns file_columns(std::span<const DataFile> files, const Id& attempt,
                         std::span<const std::uint32_t> naming);
// Borrows `columns`.
Fields file_fields(const FileColumns& columns);

// The rows, by rules IX-04 to IX-09. Precondition: `naming` has an entry for each of columns.sizes.
Result<std::vector<DataFile>> file_rows(const FileColumns& columns, const Id& attempt,
                                        std::span<const std::uint32_t> naming, const Limits& limits,
                                        const std::string& file);

}  // namespace treering
