// SPDX-License-Identifier: Apache-2.0
// The body of a record, where it is a message, as fields. Spec: 07-record.md. Internal.
#pragma once

#include <cstdint>

#include "format/field_writer.h"
#include "format/record_schema.h"

namespace treering {

// Writes the bytes from 64 to the end of out.bytes(), which are at least 64. `root` may be null:
// then pointers are followed and nothing is known of what they lead to.
void annotate_body(const FieldWriter& out, const SchemaStruct* root, std::uint16_t minor);

}  // namespace treering
