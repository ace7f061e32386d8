// SPDX-License-Identifier: Apache-2.0
// The struct Files as columns: what indexes and manifests have in common. Spec: 10-index.md,
// section 10.2.
#pragma once

#include <cstdint>
#include <functional>
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

// The lists of a message, borrowed as they lie there: little endian, back to back.
struct FileLists {
  std::span<const std::byte> sizes{};
  std::span<const std::byte> numbers{};
  std::span<const std::byte> attempts{};
  std::span<const std::byte> writers{};
  std::span<const std::byte> block_bytes{};
  std::size_t rows() const noexcept { return sizes.size() / sizeof(std::uint64_t); }
};
// The rows, by rules IX-04 to IX-09. naming(row) is the writer of the naming record; it is called
// for the rows in ascending order. Memory: the rows, and four bytes a row where they are not in
// order.
Result<std::vector<DataFile>> file_rows(const FileLists& lists, const Id& attempt,
                                        const std::function<std::uint32_t(std::size_t)>& naming,
                                        const Limits& limits, const std::string& file);

}  // namespace treering
