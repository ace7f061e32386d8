// SPDX-License-Identifier: Apache-2.0
// What the schema files of spec/schema do not say in a way that a program can read: the section
// that defines a field, and how its numbers are read. One row a field; tests compare the table with
// the compiled schema.
#pragma once

#include <cstdint>
#include <string_view>

namespace treering {

enum class Meaning : std::uint8_t {
  kNumber,
  kStepFlags,  // bit 0: step is set
  kSpecFlags,  // bit 0: weak type
  kTime,       // UTC nanoseconds
  kString,     // number of a string
  kBlob,       // number of a blob
  kKey,        // as the field keyKinds beside it says (spec 02)
  kNodeKind,   // numbers of registry/kinds.csv
  kKeyKind,
  kLeafKind,
  kAxisType,
  kDtype,
  kCodec,
  kId,         // Data of 16 bytes a row
  kDigest,     // the same
  kText,       // Data of UTF-8
  kTableRows,  // Data whose rows end where the field `ends` beside it says
};

struct FieldNote {
  std::string_view field{};    // "Manifest.step"
  std::string_view section{};  // empty where the table has no row
  Meaning meaning = Meaning::kNumber;
};

// A note without a section where the field is not in the table.
FieldNote note_of(std::string_view struct_name, std::string_view field_name) noexcept;

}  // namespace treering
