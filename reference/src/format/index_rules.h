// SPDX-License-Identifier: Apache-2.0
// What an index must fulfil by itself, once its columns are read. Spec: 10-index.md. Pure.
#pragma once

#include <string>

#include "format/index.h"

namespace treering {

// Rules IX-11 to IX-21. `required` are the required bits of the index's header.
// Precondition: the columns of shards, and those of blocks, have equal lengths.
Status check_shards(const Index& index, std::uint64_t required, const std::string& file);

}  // namespace treering
