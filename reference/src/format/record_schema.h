// SPDX-License-Identifier: Apache-2.0
// The structs of spec/schema as plain values, read from the compiled schema: a field that is
// appended there is here without a line of code.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "format/field_notes.h"
#include "format/record.h"

namespace treering {

struct SchemaStruct;

struct SchemaField {
  enum class Type : std::uint8_t { kNone, kInteger, kIntegers, kBytes, kStruct, kStructs };
  std::string name{};
  Type type = Type::kNone;  // kNone: a pointer of the struct that belongs to no field known here
  std::uint32_t place = 0;  // an integer's byte in the data words; else the pointer's number
  std::uint32_t bytes = 0;  // of an integer, or of an element of kIntegers and kBytes
  bool is_signed = false;
  const SchemaStruct* inner = nullptr;  // of kStruct and kStructs
  FieldNote note{};
};

struct SchemaStruct {
  std::string name{};
  std::vector<SchemaField> integers{};  // ascending by place
  std::vector<SchemaField> pointers{};  // field i is pointer i
  std::uint32_t data_words = 0;
};

class RecordSchema {
 public:
  static RecordSchema load();
  // Null for kinds whose body is no message.
  const SchemaStruct* root_of(RecordKind kind) const;
  const std::map<std::string, SchemaStruct, std::less<>>& structs() const { return structs_; }

 private:
  std::map<std::string, SchemaStruct, std::less<>> structs_{};  // by name; addresses stay
};

}  // namespace treering
