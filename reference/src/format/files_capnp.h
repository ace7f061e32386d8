// SPDX-License-Identifier: Apache-2.0
// The struct Files of a message. Only for the *_capnp.cc files. Spec: 10-index.md.
#pragma once

#include <files.capnp.h>

#include "format/capnp_io.h"
#include "format/file_table.h"

namespace treering {

static_assert(has_shape<schema::Files>(shapes::kFiles));

inline FileColumns read_file_columns(const schema::Files::Reader& files) {
  return {.sizes = copy_list<std::uint64_t>(files.getSizes()),
          .numbers = copy_list<std::uint32_t>(files.getNumbers()),
          .attempts = copy_bytes(files.getAttempts()),
          .writers = copy_list<std::uint32_t>(files.getWriters()),
          .block_bytes = copy_list<std::uint32_t>(files.getBlockSizes())};
}

}  // namespace treering
