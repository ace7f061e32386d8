// SPDX-License-Identifier: Apache-2.0
#include "format/record_objects.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

namespace treering {
namespace {

using Kind = PointerWord::Kind;

constexpr int kMaxNesting = 16;  // [RC-42]
constexpr std::uint64_t kMostWords =
    std::numeric_limits<std::uint32_t>::max();  // as the framing says
constexpr std::uint32_t kComposite = 7;
// Bytes of one element, by element size code; 0 for the codes that do not occur.
constexpr std::array<std::uint32_t, 8> kElementBytes{0, 0, 1, 2, 4, 8, 0, 0};

// What the schema expects of the pointer: a root is a struct.
Kind kind_of(const RecordObject& object) {
  if (object.field == nullptr) return Kind::kStruct;
  return object.field->type == SchemaField::Type::kStructs ? Kind::kStructs : Kind::kStruct;
}

int depth_of(const RecordObject* object) {
  int depth = 0;
  for (; object != nullptr; object = object->parent) ++depth;
  return depth;
}

}  // namespace

std::uint64_t PointerWord::words() const noexcept {
  switch (kind) {
    case Kind::kStruct:
      return data + pointers;
    case Kind::kIntegers:
      return divide_up(count * element_bytes, 8);
    case Kind::kStructs:
      return count == 0 ? 0 : count + 1;
    default:
      return 0;
  }
}

PointerWord parse_pointer(std::uint64_t word) noexcept {
  PointerWord out;
  if (word == 0) return out;
  out.offset = static_cast<std::int32_t>(static_cast<std::uint32_t>(word)) >> 2;
  if ((word & 3) == 0) {
    out.kind = Kind::kStruct;
    out.data = (word >> 32) & 0xffff;
    out.pointers = word >> 48;
    return out;
  }
  const auto code = static_cast<std::uint32_t>(word >> 32) & 7;
  out.kind = Kind::kOther;
  if ((word & 3) != 1) return out;
  out.count = word >> 35;
  out.element_bytes = kElementBytes[code];
  if (code == kComposite) out.kind = Kind::kStructs;
  if (out.element_bytes != 0) out.kind = Kind::kIntegers;
  return out;
}

RecordObjects::RecordObjects(std::span<const std::byte> segment, const SchemaStruct* root)
    : segment_(segment), size_(std::min<std::uint64_t>(segment.size() / 8, kMostWords)) {
  if (size_ == 0) return;
  RecordObject object;
  object.shape = root;
  follow(object, 1);
}

// Null where the object would not lie in the segment, or where another one stands already.
const RecordObject* RecordObjects::claim(const RecordObject& object) {
  const auto after = objects_.lower_bound(object);
  if (after != objects_.end() && after->start - object.start < object.words) return nullptr;
  if (after != objects_.begin()) {
    const auto before = std::prev(after);
    if (object.start - before->start < before->words) return nullptr;
  }
  return &*objects_.insert(after, object);
}

void RecordObjects::follow(RecordObject object, int depth) {
  const PointerWord to = parse_pointer(word(object.pointer));
  const std::int64_t start = std::int64_t{object.pointer} + 1 + to.offset;
  const std::uint64_t words = to.words();
  if (words == 0 || depth > kMaxNesting || start < 1 || static_cast<std::uint64_t>(start) > size_ ||
      words > size_ - static_cast<std::uint64_t>(start)) {
    return;
  }
  object.start = static_cast<std::uint32_t>(start);
  object.words = static_cast<std::uint32_t>(words);
  if (to.kind != kind_of(object)) object.shape = nullptr;
  const RecordObject* claimed = claim(object);
  if (claimed == nullptr) return;
  if (strings_ == nullptr && object.shape != nullptr && object.shape->name == "Strings")
    strings_ = claimed;
  follow_rows(*claimed, depth);
}

void RecordObjects::follow_rows(const RecordObject& object, int depth) {
  const RecordRows rows = rows_of(object);
  if (rows.pointers == 0) return;
  for (std::uint64_t row = 0; row < rows.count; ++row) {
    const std::uint64_t first = rows.first + row * rows.words() + rows.data;
    for (std::uint64_t i = 0; i < rows.pointers; ++i) {
      if (word(first + i) == 0) continue;
      RecordObject next;
      next.pointer = static_cast<std::uint32_t>(first + i);
      next.number = static_cast<std::uint32_t>(i);
      next.row = static_cast<std::uint32_t>(row);
      next.parent = &object;
      if (object.shape != nullptr && i < object.shape->pointers.size()) {
        next.field = &object.shape->pointers[i];
        next.shape = next.field->inner;
      }
      follow(next, depth + 1);
    }
  }
}

std::span<const std::byte> RecordObjects::bytes_of(const RecordObject& object) const noexcept {
  return segment_.subspan(8 * std::size_t{object.start}, 8 * std::size_t{object.words});
}

RecordRows RecordObjects::rows_of(const RecordObject& object) const noexcept {
  const PointerWord to = pointer_of(object);
  if (to.kind == Kind::kStruct) return {object.start, 1, to.data, to.pointers};
  if (to.kind != Kind::kStructs) return {};
  const std::uint64_t tag = word(object.start);
  const RecordRows each{std::uint64_t{object.start} + 1, (tag & 0xffffffffu) >> 2,
                        (tag >> 32) & 0xffff, tag >> 48};
  if ((tag & 3) != 0 || each.words() == 0) return {};
  RecordRows rows = each;
  rows.count = std::min(each.count, (std::uint64_t{object.words} - 1) / each.words());
  return rows;
}

const RecordObject* RecordObjects::behind(std::uint64_t pointer) const {
  const PointerWord to = parse_pointer(word(pointer));
  const std::int64_t start = static_cast<std::int64_t>(pointer) + 1 + to.offset;
  if (to.words() == 0 || start < 1 || static_cast<std::uint64_t>(start) >= size_) return nullptr;
  RecordObject wanted;
  wanted.start = static_cast<std::uint32_t>(start);
  const auto found = objects_.find(wanted);
  return found != objects_.end() && found->pointer == pointer ? &*found : nullptr;
}

const RecordObject* RecordObjects::child(const RecordObject& parent, std::string_view field) const {
  const RecordRows rows = rows_of(parent);
  if (rows.count == 0 || parent.shape == nullptr) return nullptr;
  for (const SchemaField& one : parent.shape->pointers) {
    if (one.name != field || one.place >= rows.pointers) continue;
    return behind(rows.first + rows.data + one.place);
  }
  return nullptr;
}

std::string_view RecordObjects::reason(std::uint64_t pointer, const RecordObject* parent) const {
  const PointerWord to = parse_pointer(word(pointer));
  if (to.kind == Kind::kOther) return "no pointer that can occur";
  if (to.words() == 0) return "leads to an object without contents";
  const std::int64_t start = static_cast<std::int64_t>(pointer) + 1 + to.offset;
  if (start < 0 || static_cast<std::uint64_t>(start) > size_ ||
      to.words() > size_ - static_cast<std::uint64_t>(start)) {
    return "leads beyond the segment";
  }
  if (depth_of(parent) >= kMaxNesting) return "leads deeper than objects may be nested";
  return "leads to where another object stands";
}

}  // namespace treering
