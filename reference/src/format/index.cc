// SPDX-License-Identifier: Apache-2.0
#include "format/index.h"

#include <algorithm>

#include "format/file_table.h"
#include "format/message_writer.h"

namespace treering {
namespace {

// A column that is left out where all of it is 0.
template <class T>
Column optional_column(const std::vector<T>& column) {
  const bool zero = std::all_of(column.begin(), column.end(), [](T entry) { return entry == 0; });
  return zero ? Column() : Column(column);
}

}  // namespace

Result<std::vector<std::byte>> encode_index_body(const Index& index) {
  const std::vector<std::uint32_t> naming(index.files.size(), index.writer);
  const FileColumns files = file_columns(index.files, index.attempt, naming);
  const Root root{
      .words = {index.writer | std::uint64_t{index.writers} << 32, index.dead_shards},
      .pointers = {Column(index.attempt), Column(index.run_id),
                   digest_column(index.plan_digest, index.writers > 1), file_fields(files),
                   optional_column(index.shard_files), Column(index.shard_offsets),
                   Column(index.shard_blocks), optional_column(index.codecs),
                   Column(index.stored_sizes), Column(index.digests), Column(index.contents)}};
  return encode_message(root, "index_bytes", Limits{}.index_bytes);
}

}  // namespace treering
