// SPDX-License-Identifier: Apache-2.0
#include "format/canonical.h"

#include <array>

#include "base/bytes.h"

namespace treering {
namespace {

constexpr std::uint64_t kStructPointer = 0;
constexpr std::uint64_t kListPointer = 1;
constexpr std::uint32_t kComposite = 7;
// Objects inside one another, the root being the first; the schema itself needs three.
constexpr int kMaxNesting = 16;

// Bytes of one element, by element size code; 0 for the codes that do not occur.
constexpr std::array<std::uint64_t, 7> kElementBytes{0, 0, 1, 2, 4, 8, 0};

struct Sections {
  std::uint64_t data = 0;      // words
  std::uint64_t pointers = 0;  // words
  std::uint64_t words() const { return data + pointers; }
};
Sections sections_of(std::uint64_t pointer_or_tag) {
  return {(pointer_or_tag >> 32) & 0xffff, pointer_or_tag >> 48};
}

class Check {
 public:
  Check(std::span<const std::byte> segment, bool exact)
      : words_(segment.data()), size_(segment.size() / 8), exact_(exact) {}

  std::optional<FormFault> run(const Shape& root) {
    if (size_ == 0 || word(0) == 0 || (word(0) & 3) != kStructPointer) {
      return FormFault{0, "RC-28", "the message has no root struct"};
    }
    next_ = 1;
    if (!struct_pointer(0, &root, 1)) return fault_;
    if (next_ != size_)
      return FormFault{next_, "RC-35", "there are words that belong to no object"};
    return std::nullopt;
  }

 private:
  std::uint64_t word(std::uint64_t at) const { return load_le<std::uint64_t>(words_ + 8 * at); }
  bool fail(std::uint64_t at, std::string_view rule, std::string_view message) {
    fault_ = {at, rule, message};
    return false;
  }
  // The next object takes `count` words.
  bool take(std::uint64_t at, std::uint64_t count) {
    if (count > size_ - next_) return fail(at, "RC-30", "a pointer leads beyond the end");
    next_ += count;
    return true;
  }
  // The target of the pointer at `at` must be the next object.
  bool in_order(std::uint64_t at) {
    const std::int64_t offset =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(word(at))) >> 2;
    if (static_cast<std::int64_t>(at) + 1 + offset == static_cast<std::int64_t>(next_)) return true;
    return fail(at, "RC-35", "an object does not stand directly behind the one before it");
  }

  bool pointer(std::uint64_t at, const PointerField* field, int depth) {
    const std::uint64_t value = word(at);
    if (value == 0) return true;
    if (depth > kMaxNesting) return fail(at, "RC-42", "objects are nested too deep");
    switch (value & 3) {
      case kStructPointer:
        if (field != nullptr && field->slot != Slot::kStruct)
          return fail(at, "RC-29", "a struct stands where a list belongs");
        return struct_pointer(at, field == nullptr ? nullptr : field->shape, depth);
      case kListPointer:
        return list_pointer(at, field, depth);
      default:
        return fail(at, "RC-27", "a pointer leads to another segment or a capability");
    }
  }

  bool struct_pointer(std::uint64_t at, const Shape* shape, int depth) {
    const Sections sections = sections_of(word(at));
    if (sections.words() == 0) return fail(at, "RC-32", "a struct without contents is not null");
    if (!in_order(at)) return false;
    const std::uint64_t start = next_;
    if (!take(at, sections.words()) || !fits(at, sections, shape)) return false;
    if (sections.data != 0 && word(start + sections.data - 1) == 0)
      return fail(at, "RC-36", "trailing zero words are stored");
    if (sections.pointers != 0 && word(start + sections.words() - 1) == 0) {
      return fail(at, "RC-36", "trailing null pointers are stored");
    }
    return unused_zero(start, sections, shape) &&
           pointers(start + sections.data, sections.pointers, shape, depth);
  }

  // No section is larger than minor version 0 defines it.
  bool fits(std::uint64_t at, const Sections& sections, const Shape* shape) {
    if (!exact_ || shape == nullptr) return true;  // [RC-40]
    if (sections.data <= shape->data_words() && sections.pointers <= shape->pointers.size())
      return true;
    return fail(at, "RC-38", "a struct is larger than its version defines");
  }
  // Bytes of the last data word that no field uses.
  bool unused_zero(std::uint64_t start, const Sections& sections, const Shape* shape) {
    if (!exact_ || shape == nullptr || shape->data_bytes % 8 == 0 ||
        sections.data < shape->data_words())
      return true;
    const std::uint64_t last = start + shape->data_words() - 1;
    if (word(last) >> (8 * (shape->data_bytes % 8)) == 0) return true;
    return fail(last, "RC-39", "bytes that no field uses are not zero");
  }
  bool pointers(std::uint64_t start, std::uint64_t count, const Shape* shape, int depth) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool known = shape != nullptr && i < shape->pointers.size();
      if (!pointer(start + i, known ? &shape->pointers[i] : nullptr, depth + 1)) return false;
    }
    return true;
  }

  bool list_pointer(std::uint64_t at, const PointerField* field, int depth) {
    const auto code = static_cast<std::uint32_t>(word(at) >> 32) & 7;
    const std::uint64_t count = word(at) >> 35;
    if (field != nullptr && code != static_cast<std::uint32_t>(field->slot)) {
      return fail(at, "RC-29", "a list has another element size than its field");
    }
    if (!in_order(at)) return false;
    if (count == 0) return fail(at, "RC-31", "an empty list is not null");
    if (code == kComposite)
      return composite(at, count, field == nullptr ? nullptr : field->shape, depth);
    if (kElementBytes[code] == 0)
      return fail(at, "RC-41", "a list has an element size that does not occur");
    return integers(at, count * kElementBytes[code]);
  }

  bool integers(std::uint64_t at, std::uint64_t bytes) {
    if (!take(at, divide_up(bytes, 8))) return false;
    if (bytes % 8 == 0 || word(next_ - 1) >> (8 * (bytes % 8)) == 0) return true;
    return fail(next_ - 1, "RC-34", "the padding behind a list is not zero");
  }

  bool composite(std::uint64_t at, std::uint64_t words, const Shape* shape, int depth) {
    const std::uint64_t tag_at = next_;
    if (!take(at, 1)) return false;
    const std::uint64_t tag = word(tag_at);
    const std::uint64_t rows = (tag & 0xffffffffu) >> 2;
    const Sections sections = sections_of(tag);
    if ((tag & 3) != kStructPointer)
      return fail(tag_at, "RC-33", "the tag of a list of structs is no struct pointer");
    if (sections.words() == 0)
      return fail(tag_at, "RC-32", "a list of structs has rows without contents");
    // Both factors are below 2^31, so the product cannot wrap; words is not 0, so neither is rows.
    if (rows * sections.words() != words)
      return fail(at, "RC-33", "a list of structs has another size than its tag says");
    const std::uint64_t start = next_;
    if (!take(at, words) || !fits(tag_at, sections, shape)) return false;
    if (!least_size(tag_at, start, rows, sections)) return false;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::uint64_t first = start + row * sections.words();
      if (!unused_zero(first, sections, shape)) return false;
      if (!pointers(first + sections.data, sections.pointers, shape, depth)) return false;
    }
    return true;
  }

  // Some row needs the last word of each section.
  bool least_size(std::uint64_t tag_at, std::uint64_t start, std::uint64_t rows,
                  const Sections& sections) {
    std::uint64_t last_data = 0;
    std::uint64_t last_pointer = 0;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::uint64_t first = start + row * sections.words();
      if (sections.data != 0) last_data |= word(first + sections.data - 1);
      if (sections.pointers != 0) last_pointer |= word(first + sections.words() - 1);
      if ((sections.data == 0 || last_data != 0) && (sections.pointers == 0 || last_pointer != 0))
        return true;
    }
    return fail(tag_at, "RC-37", "the rows of a list of structs are larger than any of them needs");
  }

  const std::byte* words_;
  std::uint64_t size_;
  bool exact_;
  std::uint64_t next_ = 0;  // the word at which the next object must stand
  FormFault fault_{};
};

}  // namespace

std::optional<FormFault> check_canonical(std::span<const std::byte> segment, const Shape& root,
                                         bool exact) {
  return Check(segment, exact).run(root);
}

}  // namespace treering
