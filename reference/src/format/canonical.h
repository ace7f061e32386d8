// SPDX-License-Identifier: Apache-2.0
// Is a message the one canonical form of what it says? Spec: 07-record.md. Pure, without Cap'n
// Proto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "format/schema_shapes.h"

namespace treering {

// Where the form is broken first.
struct FormFault {
  std::uint64_t word = 0;  // of the segment
  std::string_view rule{};
  std::string_view message{};
};

// Checks every pointer of a segment, in preorder: each object lies exactly behind the one before
// it; sections are trimmed; lists and structs are null where they are empty; lists have the element
// size of the schema; padding is zero; nothing is left over. So a reader can follow each pointer
// without a further check, and equal content has equal bytes. With `exact` (minor version 0)
// nothing may stand beyond the fields of the schema; otherwise what is beyond them is held against
// the same form, without a schema. The segment is a whole number of words.
std::optional<FormFault> check_canonical(std::span<const std::byte> segment, const Shape& root,
                                         bool exact);

}  // namespace treering
