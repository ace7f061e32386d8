// SPDX-License-Identifier: Apache-2.0
// A directory of checkpoints, one per step. Spec: 12-layout.md, 13-commit.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "treering/checkpoint.h"
#include "treering/result.h"
#include "treering/save.h"

namespace treering {

enum class StepState : std::uint8_t {
  kCommitted,   // a valid COMMIT, every file there with its size
  kUnfinished,  // no slot: a save is running, or died
  kAborted,     // ABORT or TOMBSTONE in the slot
  kDamaged,     // a slot that cannot be read, or files missing or of another size
};
std::string_view step_state_name(StepState state) noexcept;

// One directory step-<step>[.k] of a series.
struct StepEntry {
  std::uint64_t step = 0;
  std::uint32_t incarnation = 0;  // k
  std::string name{};             // of the directory
  StepState state = StepState::kUnfinished;
  Error error{};            // kDamaged: why
  std::uint64_t bytes = 0;  // committed: of all files
  std::uint64_t leaves = 0;
  std::uint32_t writers = 0;
  std::uint64_t saved_at = 0;  // UTC nanoseconds
};

struct SeriesOptions {
  bool create = true;  // make the directory (and its parents) where it is missing
  Limits limits{};
  Vfs* vfs = nullptr;
};

// Reads storage at every call; nothing is cached. Not for use by several threads at once.
class Series {
 public:
  // not-found where the directory is missing and options.create is false.
  static Result<Series> open(const std::string& path, const SeriesOptions& options = {});

  const std::string& path() const noexcept { return path_; }

  // Every step directory, ascending by step, then incarnation. Other names are not listed.
  Result<std::vector<StepEntry>> entries() const;
  // Steps whose highest taken incarnation (spec 12) is undamaged, ascending.
  Result<std::vector<std::uint64_t>> steps() const;
  // The newest committed step; none where there is none. corrupt, malformed … where that step is
  // damaged: the error names it. With fallback the newest undamaged one, and `skipped` lists the
  // others.
  Result<std::optional<std::uint64_t>> latest(bool fallback = false,
                                              std::vector<StepEntry>* skipped = nullptr) const;
  // The directory of a committed or damaged step: its highest taken incarnation. not-found where
  // there is none.
  Result<std::string> path_of(std::uint64_t step) const;
  Result<Checkpoint> open_step(std::uint64_t step) const;

  // Saves as the step; conflict where it is committed already or damaged. options.step is set here.
  Result<SaveReport> save(std::uint64_t step, const SaveTree& tree, SaveOptions options = {});

  // Takes the step out of the series, lowest incarnation first: rename to trash, fsync, then
  // delete. usage for the newest committed step; not-found where no incarnation is taken. An
  // unfinished incarnation stays: a save may be at work in it. Fails before it has changed anything
  // where the newest committed step is not sound. Trash that holds names outside the grammar keeps
  // them; `left` gets their paths. Without `left` they are an error (conflict), although the step
  // is retired.
  Status retire(std::uint64_t step, std::vector<std::string>* left = nullptr);
  // Deletes the trash that an interrupted retire has left. `left` as above.
  Status clean_trash(std::vector<std::string>* left = nullptr);

 private:
  Series(std::string path, SeriesOptions options) : path_(std::move(path)), options_(options) {}
  std::string path_;
  SeriesOptions options_{};
};

// Retention: which of the committed `steps` (ascending) go, so that the newest `max_to_keep` stay
// and every multiple of `keep_period` stays. Pure. The newest is never among them.
std::vector<std::uint64_t> steps_to_retire(const std::vector<std::uint64_t>& steps,
                                           std::optional<std::uint64_t> max_to_keep,
                                           std::optional<std::uint64_t> keep_period);

}  // namespace treering
