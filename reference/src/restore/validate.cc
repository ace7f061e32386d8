// SPDX-License-Identifier: Apache-2.0
// Does an index agree with the manifest that names it? Spec: 11-manifest.md.
#include "restore/validate.h"

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "restore/errors.h"
#include "treering/box.h"
#include "treering/codec.h"

namespace treering {
namespace {

constexpr std::string_view kRemedy = "; save the checkpoint again, its writer was wrong";

Error disagrees(std::string_view code, std::string_view rule, const std::string& file,
                std::string what) {
  return restore_error(ErrorClass::kInvalid, code, rule, {.file = file},
                       std::move(what).append(kRemedy));
}

Status check_names(const Index& index, const Manifest& manifest, std::uint32_t writer,
                   const std::string& file) {
  const char* what = nullptr;
  if (index.attempt != manifest.attempt) what = "has another attempt than the manifest";
  if (index.run_id != manifest.run_id) what = "has another run id than the manifest";
  if (index.writers != manifest.writers.size())
    what = "has another number of writers than the manifest";
  if (index.writer != writer) what = "is the index of another writer";
  if (index.plan_digest != manifest.plan_digest) what = "has another plan digest than the manifest";
  if (what != nullptr) return disagrees("index-identity", "MF-15", file, what);  // [MF-15]
  return {};
}

Status check_header(const Header& index, const Header& manifest, const std::string& file) {
  if (index.minor > manifest.minor) {  // [MF-16]
    return disagrees("index-version", "MF-16", file, "has a later version than the manifest");
  }
  if ((index.required & ~manifest.required) != 0) {  // [RC-24]
    return disagrees("index-feature", "RC-24", file,
                     "needs a feature that the manifest does not name");
  }
  return {};
}

// The blocks of one live shard of `raw` bytes.
class LiveShard {
 public:
  LiveShard(const Index& index, std::uint64_t shard, LeafKind kind, std::uint64_t raw,
            std::uint64_t first_block)
      : index_(index),
        kind_(kind),
        raw_(raw),
        first_(first_block),
        blocks_(index.shard_blocks[shard]),
        block_bytes_(index.files[index.shard_files[shard]].block_bytes) {}

  Status check(const std::string& file) const {
    if (blocks_ != raw_ / block_bytes_ + (raw_ % block_bytes_ != 0 ? 1 : 0)) {  // [MF-19]
      return disagrees("shard-blocks", "MF-19", file,
                       "has a shard whose number of blocks does not fit its cell");
    }
    for (std::uint64_t i = 0; i < blocks_; ++i) {
      const std::uint64_t raw = std::min<std::uint64_t>(block_bytes_, raw_ - i * block_bytes_);
      const std::uint64_t stored = index_.stored_sizes[first_ + i];
      const bool is_raw = index_.codecs[first_ + i] == static_cast<std::uint8_t>(Codec::kRaw);
      if (!is_raw && kind_ == LeafKind::kProcessBlob) {  // [TR-48]
        return disagrees("bad-codec", "TR-48", file, "has a coded block of a process blob");
      }
      if (is_raw && stored != raw) {  // [MF-20]
        return disagrees("block-size", "MF-20", file,
                         "has a raw block whose stored size is not its raw size");
      }
      if (!is_raw && stored >= raw) {  // [MF-21]
        return disagrees("block-size", "MF-21", file,
                         "has a coded block that is not smaller than its raw bytes");
      }
    }
    return {};
  }

 private:
  const Index& index_;
  LeafKind kind_;
  std::uint64_t raw_;
  std::uint64_t first_;
  std::uint64_t blocks_;
  std::uint64_t block_bytes_;
};

Status check_live(const Index& index, const Tree& tree, std::uint32_t writer,
                  const WriterShards& shards, const std::string& file) {
  std::uint64_t shard = 0;
  std::uint64_t block = 0;
  Status status;
  for (const std::uint32_t leaf : shards.leaves) {
    const auto kind = static_cast<LeafKind>(tree.spec_of(leaf).kind);
    for_each_cell_of(tree, leaf, writer, [&](std::uint64_t cell) {
      if (!status.ok()) return;
      status = LiveShard(index, shard, kind, raw_bytes_of(tree, leaf, cell), block).check(file);
      block += index.shard_blocks[shard++];
    });
  }
  return status;
}

}  // namespace

Status validate_index(const Index& index, const Header& index_header, const Manifest& manifest,
                      const Header& manifest_header, std::uint32_t writer,
                      const WriterShards& shards, const std::string& file) {
  TREERING_CHECK(check_names(index, manifest, writer, file));
  TREERING_CHECK(check_header(index_header, manifest_header, file));
  const WriterRow& row = manifest.writers[writer];
  if (!std::equal(index.files.begin(), index.files.end(), manifest.files.begin() + row.first_file,
                  manifest.files.begin() + row.last_file)) {  // [MF-17]
    return disagrees("index-files", "MF-17", file, "has other data files than the manifest says");
  }
  if (index.shards() - index.dead_shards != shards.live()) {  // [MF-18]
    return disagrees("shard-count", "MF-18", file,
                     "has " + std::to_string(index.shards() - index.dead_shards) +
                         " live shards, and the manifest gives its writer " +
                         std::to_string(shards.live()) + " cells");
  }
  return check_live(index, manifest.tree, writer, shards, file);
}

}  // namespace treering
