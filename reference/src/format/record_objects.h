// SPDX-License-Identifier: Apache-2.0
// Where the objects of a message stand, found by following its pointers. Spec: 07-record.md,
// section "Messages". For messages that may break every rule of it: nothing is followed beyond the
// segment, twice, or deeper than RC-42 allows, and objects never overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "base/bytes.h"
#include "format/record_schema.h"

namespace treering {

// What a pointer, or the tag of a list of structs, says.
struct PointerWord {
  enum class Kind : std::uint8_t { kNull, kStruct, kIntegers, kStructs, kOther };
  Kind kind = Kind::kNull;
  std::int64_t offset = 0;          // words from the word behind the pointer; of a tag: elements
  std::uint64_t data = 0;           // words, of kStruct
  std::uint64_t pointers = 0;       // words, of kStruct
  std::uint64_t count = 0;          // elements of kIntegers; words of kStructs, the tag not counted
  std::uint32_t element_bytes = 0;  // of kIntegers
  std::uint64_t words() const noexcept;  // of the object; 0 where it would have no contents
};
PointerWord parse_pointer(std::uint64_t word) noexcept;

struct RecordObject {
  std::uint32_t start = 0;    // word of the segment
  std::uint32_t words = 0;    // above 0; the tag of a list of structs is counted
  std::uint32_t pointer = 0;  // word of the pointer that leads here
  std::uint32_t number = 0;   // of that pointer in its struct
  std::uint32_t row = 0;      // of the parent, where that is a list of structs
  const RecordObject* parent = nullptr;
  const SchemaField* field = nullptr;   // null for the root and behind appended pointers
  const SchemaStruct* shape = nullptr;  // null where the schema says nothing of its fields
  bool operator<(const RecordObject& other) const noexcept { return start < other.start; }
};

// The structs in an object: one, those of a list, or none.
struct RecordRows {
  std::uint64_t first = 0;  // word
  std::uint64_t count = 0;
  std::uint64_t data = 0;      // words of each
  std::uint64_t pointers = 0;  // words of each
  std::uint64_t words() const noexcept { return data + pointers; }
};

class RecordObjects {
 public:
  // Whole words; what is left of `segment` is not looked at. Borrows both. Memory: up to 100 bytes
  // for each pointer that leads to an object, and an object with its pointer takes 16.
  RecordObjects(std::span<const std::byte> segment, const SchemaStruct* root);

  // In the order in which they stand.
  const std::set<RecordObject>& all() const noexcept { return objects_; }
  std::uint64_t words() const noexcept { return size_; }
  std::uint64_t word(std::uint64_t at) const noexcept {
    return load_le<std::uint64_t>(segment_.data() + 8 * at);
  }
  std::span<const std::byte> bytes_of(const RecordObject& object) const noexcept;
  PointerWord pointer_of(const RecordObject& object) const noexcept {
    return parse_pointer(word(object.pointer));
  }
  RecordRows rows_of(const RecordObject& object) const noexcept;
  // The object that was found by following the pointer in this word; null where it was not
  // followed.
  const RecordObject* behind(std::uint64_t pointer) const;
  // The object behind a pointer field of the first struct of this object; null where there is none.
  const RecordObject* child(const RecordObject& parent, std::string_view field) const;
  // The string table that was found first, or null.
  const RecordObject* strings() const noexcept { return strings_; }
  // Why the pointer in this word of `parent` (null: the root's) was not followed.
  std::string_view reason(std::uint64_t pointer, const RecordObject* parent) const;

 private:
  void follow(RecordObject object, int depth);
  void follow_rows(const RecordObject& object, int depth);
  const RecordObject* claim(const RecordObject& object);

  std::span<const std::byte> segment_;
  std::uint64_t size_ = 0;
  std::set<RecordObject> objects_{};
  const RecordObject* strings_ = nullptr;
};

}  // namespace treering
