// SPDX-License-Identifier: Apache-2.0
// One attempt of one process: files appear whole, the slot is taken once. Spec: 13-commit.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/directory.h"
#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

// Destroyed without publish: abandoned, its own files are unlinked, best effort.
class Attempt {
 public:
  // Makes the directory if it is missing, opens it, fsyncs its parent, and fails (conflict) where
  // the slot is taken.
  static Result<Attempt> begin(Vfs& vfs, const std::string& path, const Id& attempt);
  Attempt(Attempt&&) noexcept;
  Attempt& operator=(Attempt&&) noexcept;
  ~Attempt();

  const Directory& directory() const noexcept;
  const Id& id() const noexcept;

  // A data file, open for writing. seal() fsyncs and closes it; only sealed files may be published.
  Result<Descriptor> create_data(std::uint32_t writer, std::uint32_t number);
  Status seal(Descriptor& data, std::uint32_t writer, std::uint32_t number);
  // Candidate, fsync, link: the index appears whole.
  Status publish_index(std::uint32_t writer, std::span<const std::byte> file);
  // Candidate, fsync, read back, decode with default limits, fsync directory, link to the slot,
  // fsync directory, check that the path still names this directory. environment/outcome-unknown
  // after the link.
  Status publish(std::span<const std::byte> manifest_file);

 private:
  struct State;
  explicit Attempt(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

// What stands in the slot of an open checkpoint directory.
enum class SlotState : std::uint8_t { kEmpty, kTaken };
Result<SlotState> slot_state(const Directory& directory);

}  // namespace treering
