// SPDX-License-Identifier: Apache-2.0
// Rules between files: does an index agree with the manifest that names it? Spec: 11-manifest.md.
// Pure.
#pragma once

#include <string>

#include "format/index.h"
#include "format/manifest.h"
#include "restore/shard_map.h"
#include "treering/result.h"

namespace treering {

// Both were accepted by themselves; `index_header` and `manifest_header` are those of their
// records, `file` the name of the index, `shards` what the manifest gives to the writer. After it
// every live row is the shard of its cell.
Status validate_index(const Index& index, const Header& index_header, const Manifest& manifest,
                      const Header& manifest_header, std::uint32_t writer,
                      const WriterShards& shards, const std::string& file);

}  // namespace treering
