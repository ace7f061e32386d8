// SPDX-License-Identifier: Apache-2.0
// The struct Files of a message. Only for the *_capnp.cc files. Spec: 10-index.md.
#pragma once

#include <files.capnp.h>

#include "format/capnp_io.h"
#include "format/file_table.h"

namespace treering {

static_assert(has_shape<schema::Files>(shapes::kFiles));

// Borrows the message.
inline FileLists read_file_lists(const schema::Files::Reader& files) {
  return {.sizes = list_bytes(files.getSizes()),
          .numbers = list_bytes(files.getNumbers()),
          .attempts = list_bytes(files.getAttempts()),
          .writers = list_bytes(files.getWriters()),
          .block_bytes = list_bytes(files.getBlockSizes())};
}

}  // namespace treering
