// SPDX-License-Identifier: Apache-2.0
// The root record: tree, leaf table, writers, files. Spec: 11-manifest.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "format/files.h"
#include "format/record.h"
#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"
#include "treering/tree.h"

namespace treering {

struct WriterRow {
  std::uint64_t index_size = 0;
  Digest index_digest{};         // of the whole index file
  std::uint32_t first_file = 0;  // files [first_file, last_file) of the manifest are this writer's
  std::uint32_t last_file = 0;
  bool operator==(const WriterRow&) const = default;
};

struct Manifest {
  std::optional<std::uint64_t> step{};
  std::uint64_t saved_at = 0;
  std::uint32_t producer = 0;                                      // string number
  std::uint32_t metrics = 0, metadata = 0, graph = 0, compat = 0;  // blob numbers
  Id attempt{};
  Id run_id{};
  Tree tree{};
  std::vector<WriterRow> writers{};
  std::vector<DataFile> files{};
  Digest plan_digest{};  // all zero where there is one writer
  bool operator==(const Manifest&) const = default;
};

// Message body (framing included): the one canonical form. Column lengths must be consistent. Class
// limit where a default reader would refuse its size, or where a list is longer than a message can
// hold.
Result<std::vector<std::byte>> encode_manifest_body(const Manifest& manifest);
// Framing, canonical form, field rules of chapters 02 to 05 and 11 (check_tree, check_value
// included).
Result<Manifest> decode_manifest_body(std::span<const std::byte> body, const Header& header,
                                      const Limits& limits, const std::string& file);

}  // namespace treering
