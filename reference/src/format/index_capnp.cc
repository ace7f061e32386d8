// SPDX-License-Identifier: Apache-2.0
// Decoding an index: one copy from the message into plain columns. Spec: 10-index.md.
#include <index.capnp.h>

#include <algorithm>

#include "format/capnp_io.h"
#include "format/fail.h"
#include "format/files_capnp.h"
#include "format/index.h"
#include "format/index_rules.h"

namespace treering {
namespace {

static_assert(has_shape<schema::Index>(shapes::kIndex));

Status check_writer(const Index& index, const Limits& limits, const std::string& file) {
  if (index.writers == 0)
    return invalid_in(file, "bad-writer", "IX-01", "names no writer; save it again");  // [IX-01]
  if (index.writer >= index.writers) {                                                 // [IX-02]
    return invalid_in(file, "bad-writer", "IX-02",
                      "is of a writer that is not one of its writers; save it again");
  }
  if (index.writers > limits.writers) {
    return limit_in(file, "writers", "LM-02", index.writers, limits.writers);
  }
  return {};
}

Result<std::vector<DataFile>> read_files(const schema::Files::Reader& files, const Index& index,
                                         const Limits& limits, const std::string& file) {
  const auto naming = [&](std::size_t) { return index.writer; };
  return file_rows(read_file_lists(files), index.attempt, naming, limits, file);
}

template <class T>
bool all_zero(const std::vector<T>& column) {
  return std::all_of(column.begin(), column.end(), [](T entry) { return entry == 0; });
}

// A column that is null exactly when all its entries are 0; null is filled up to `rows` zeros.
template <class T>
Result<std::vector<T>> read_optional(std::vector<T> column, std::size_t rows,
                                     std::string_view length_rule, std::string_view zero_rule,
                                     const std::string& file) {
  if (column.empty()) return std::vector<T>(rows);
  if (column.size() != rows) {
    return invalid_in(file, "bad-column", length_rule,
                      "has columns that differ in length; save it again");
  }
  if (all_zero(column)) {
    return invalid_in(file, "bad-column", zero_rule,
                      "stores a column that says nothing; save it again");
  }
  return column;
}

Status read_shards(Index& index, const schema::Index::Reader& root, const std::string& file) {
  index.shard_offsets = copy_list<std::uint64_t>(root.getShardOffsets());
  index.shard_blocks = copy_list<std::uint32_t>(root.getShardBlocks());
  if (index.shard_blocks.size() != index.shards()) {  // [IX-12]
    return invalid_in(file, "bad-column", "IX-12",
                      "has columns of shards that differ in length; save it again");
  }
  TREERING_TRY(index.shard_files,
               read_optional(copy_list<std::uint32_t>(root.getShardFiles()), index.shards(),  //
                             "IX-10", "IX-10", file));  // [IX-10]
  return {};
}

Status read_blocks(Index& index, const schema::Index::Reader& root, const std::string& file) {
  index.stored_sizes = copy_list<std::uint32_t>(root.getStoredSizes());
  const std::size_t blocks = index.stored_sizes.size();
  if (root.getDigests().size() != sizeof(Digest) * blocks) {  // [IX-15]
    return invalid_in(file, "bad-column", "IX-15",
                      "has columns of blocks that differ in length; save it again");
  }
  index.digests = copy_digests(root.getDigests());
  TREERING_TRY(index.codecs, read_optional(copy_list<std::uint8_t>(root.getCodecs()), blocks,  //
                                           "IX-15", "IX-16", file));  // [IX-15] [IX-16]
  if (root.getContents().size() % sizeof(Digest) != 0) {              // [IX-19]
    return invalid_in(file, "bad-column", "IX-19",
                      "has content digests that are not 16 bytes each; save it again");
  }
  index.contents = copy_digests(root.getContents());
  return {};
}

Result<Index> read_index(const schema::Index::Reader& root, const Limits& limits,
                         const std::string& file) {
  Index index;
  index.writer = root.getWriter();
  index.writers = root.getWriters();
  index.dead_shards = root.getDeadShards();
  TREERING_CHECK(check_writer(index, limits, file));
  TREERING_TRY(index.attempt, read_id(root.getAttempt(), "attempt", "BY-14", file));  // [BY-14]
  TREERING_TRY(index.run_id, read_id(root.getRunId(), "run id", "BY-14", file));
  TREERING_TRY(index.plan_digest,
               read_digest(root.getPlanDigest(), index.writers > 1, "IX-03", file));  // [IX-03]
  TREERING_TRY(index.files, read_files(root.getFiles(), index, limits, file));
  TREERING_CHECK(read_shards(index, root, file));
  TREERING_CHECK(read_blocks(index, root, file));
  return index;
}

}  // namespace

Result<Index> decode_index_body(std::span<const std::byte> body, const Header& header,
                                const Limits& limits, const std::string& file) {
  TREERING_TRY(Index index, decode_message<schema::Index>(body, shapes::kIndex, header, file,
                                                          [&](const schema::Index::Reader& root) {
                                                            return read_index(root, limits, file);
                                                          }));
  TREERING_CHECK(check_reserved(header, file));
  TREERING_CHECK(check_shards(index, header.required, file));
  return index;
}

}  // namespace treering
