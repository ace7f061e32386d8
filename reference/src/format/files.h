// SPDX-License-Identifier: Apache-2.0
// The table of data files that indexes and manifests share, and the data file's own head.
// Spec: 09-data-file.md, 10-index.md, 11-manifest.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "format/record.h"
#include "treering/id.h"
#include "treering/result.h"

namespace treering {

inline constexpr std::uint64_t kDataHeadBytes = 128;  // header and body; shards start here or later
inline constexpr std::uint64_t kShardAlignment = 64;
inline constexpr std::uint64_t kLargeShard = 65536;  // from here on shards start on kLargeAlignment
inline constexpr std::uint64_t kLargeAlignment = 4096;
inline constexpr std::uint32_t kMinBlockBytes = 4096;
inline constexpr std::uint32_t kMaxBlockBytes = std::uint32_t{4} << 20;

struct DataFile {
  std::uint64_t size = 0;
  std::uint32_t number = 0;  // k
  Id attempt{};              // the file's own
  std::uint32_t writer = 0;  // the file's own
  std::uint32_t block_bytes = 0;
  bool operator==(const DataFile&) const = default;
};

// The first 128 bytes of a data file.
struct DataHead {
  Id attempt{};
  std::uint32_t writer = 0;
  std::uint32_t number = 0;
  std::uint64_t required = 0;
};
std::array<std::byte, kDataHeadBytes> encode_data_head(const DataHead& head);
// `bytes` are the file's first min(128, size) bytes. Checks in the order of spec 07, and that the
// head says what the name and the manifest's header say. `manifest` is the manifest's header.
Status check_data_head(std::span<const std::byte> bytes, std::uint64_t file_size,
                       const DataFile& file, const Header& manifest, const std::string& name);

}  // namespace treering
