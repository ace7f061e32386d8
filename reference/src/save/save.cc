// SPDX-License-Identifier: Apache-2.0
// plan -> write -> index -> publish. Spec: 09-data-file.md to 13-commit.md.
#include "treering/save.h"

#include <chrono>
#include <utility>

#include "base/try.h"
#include "commit/commit.h"
#include "format/record.h"
#include "save/block_writer.h"
#include "save/save_plan.h"
#include "store/vfs.h"

namespace treering {
namespace {

Result<Id> random_id(Vfs& vfs) {
  Id id;
  const int failed =
      retried([&] { return vfs.random(std::as_writable_bytes(std::span(id.bytes))); });
  if (failed < 0) return system_error(failed, "draw", "random bytes");
  return id;
}

Result<SaveIdentity> identity_of(const SaveOptions& options, Vfs& vfs) {
  SaveIdentity identity;
  if (options.attempt) {
    identity.attempt = *options.attempt;
  } else {
    TREERING_TRY(identity.attempt, random_id(vfs));  // [CM-08] [BY-16]
  }
  if (options.run_id) {
    identity.run_id = *options.run_id;
  } else {
    TREERING_TRY(identity.run_id, random_id(vfs));
  }
  identity.saved_at = options.saved_at ? *options.saved_at : vfs.now_utc();
  return identity;
}

Result<Index> write_shards(Attempt& attempt, const SavePlan& plan, const SaveTree& tree,
                           const Progress& progress) {
  BlockWriter writer(attempt, plan, progress);
  const Tree& planned = plan.manifest.tree;
  for (std::size_t leaf = 0; leaf < planned.leaves(); ++leaf) {  // [DF-10] [IX-23]
    if (planned.leaf_grids[leaf] == 0) continue;
    TREERING_CHECK(writer.write_shard(planned.spec_of(leaf), tree.bytes[leaf]));
  }
  return writer.finish();
}

Result<std::vector<std::byte>> index_file(const Index& index, std::uint64_t required) {
  TREERING_TRY(const std::vector<std::byte> body, encode_index_body(index));
  return encode_record(RecordKind::kIndex, required, body);
}

Result<std::vector<std::byte>> manifest_file(const Manifest& manifest, std::uint64_t required) {
  TREERING_TRY(const std::vector<std::byte> body, encode_manifest_body(manifest));
  return encode_record(RecordKind::kCommit, required, body);
}

SaveReport report_of(const SavePlan& plan) {
  SaveReport report{.data_bytes = plan.raw_bytes,
                    .leaves = plan.manifest.tree.leaves(),
                    .files = plan.manifest.files.size()};
  for (const DataFile& file : plan.manifest.files) report.bytes += file.size;
  for (const WriterRow& writer : plan.manifest.writers) report.bytes += writer.index_size;
  return report;
}

Result<SaveReport> execute(Attempt& attempt, SavePlan& plan, const SaveTree& tree,
                           const Progress& progress) {
  Manifest& manifest = plan.manifest;
  {
    TREERING_TRY(Index index, write_shards(attempt, plan, tree, progress));
    TREERING_TRY(const std::vector<std::byte> file, index_file(index, plan.required));
    TREERING_CHECK(attempt.publish_index(index.writer, file));  // [IX-22]
    manifest.files = std::move(index.files);
    manifest.writers = {WriterRow{.index_size = file.size(),
                                  .index_digest = xxh3_128(file),
                                  .last_file = static_cast<std::uint32_t>(manifest.files.size())}};
  }
  SaveReport report = report_of(plan);
  TREERING_TRY(const std::vector<std::byte> file, manifest_file(manifest, plan.required));
  report.bytes += file.size();
  TREERING_CHECK(attempt.publish(file));
  if (progress) progress(plan.raw_bytes, plan.raw_bytes);
  return report;
}

}  // namespace

Result<SaveReport> save(const std::string& path, const SaveTree& tree, const SaveOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  Vfs& vfs = vfs_or_posix(options.vfs);
  TREERING_TRY(const SaveIdentity identity, identity_of(options, vfs));
  TREERING_TRY(SavePlan plan, plan_save(tree, options, identity));
  auto attempt = Attempt::begin(vfs, path, identity.attempt);
  if (!attempt.ok()) return with_path(std::move(attempt).error(), "saving to", path);
  Result<SaveReport> report = execute(*attempt, plan, tree, options.progress);
  if (!report.ok()) {
    Error error = std::move(report).error();
    if (error.code == "no-space") {
      error.message += "; saving to " + path + " needs up to " + std::to_string(plan.most_bytes) +
                       " bytes in all";
    }
    return with_path(std::move(error), "saving to", path);
  }
  report->path = path;
  report->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return report;
}

}  // namespace treering
