// SPDX-License-Identifier: Apache-2.0
#include "format/annotate_body.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "format/checksum.h"
#include "format/record_objects.h"
#include "format/record_values.h"
#include "treering/key_path.h"

namespace treering {
namespace {

constexpr std::uint64_t kSegment = kHeaderBytes + 8;  // offset of word 0
constexpr std::uint64_t kRowBytes = 16;               // of ids and digests

using Kind = PointerWord::Kind;
using Type = SchemaField::Type;

std::uint64_t offset_of(std::uint64_t word) { return kSegment + 8 * word; }

std::string range_text(std::uint64_t first, std::uint64_t last) {
  return "[" + std::to_string(first) + ":" + std::to_string(last) + "]";
}
std::string row_text(std::uint64_t row) { return "[" + std::to_string(row) + "]"; }

// How an entry of `keys` is read, by its key kind. Spec: 02-key-path.md.
Meaning meaning_of_key(std::byte kind) {
  switch (static_cast<KeyKind>(kind)) {
    case KeyKind::kString:
    case KeyKind::kAttribute:
    case KeyKind::kInteger:
    case KeyKind::kFloat:
      return Meaning::kString;
    default:
      return Meaning::kNumber;
  }
}

class Body {
 public:
  Body(const FieldWriter& out, const SchemaStruct* root, std::uint16_t minor)
      : out_(out), minor_(minor), objects_(out.bytes().subspan(kSegment), root) {
    const RecordObject* table = objects_.strings();
    if (table != nullptr) strings_ = rows_beside(objects_.child(*table, "bytes"));
  }

  void write() {
    if (objects_.words() == 0) return;
    write_pointer(0, nullptr, "root", false);
    std::uint64_t next = 1;
    for (const RecordObject& object : objects_.all()) {
      unclaimed(next, object.start);
      next = std::uint64_t{object.start} + object.words;
      if (!is_hidden(object)) write_object(object);
    }
    unclaimed(next, objects_.words());
    flush();
  }
  std::uint64_t end() const { return offset_of(objects_.words()); }

 private:
  struct HiddenRun {
    const RecordObject* list = nullptr;
    std::uint64_t from = 0;
    std::uint64_t to = 0;  // words
    std::uint64_t objects = 0;
  };

  void unclaimed(std::uint64_t from, std::uint64_t to) {
    if (from == to) return;
    flush();
    out_.run(offset_of(from), offset_of(to), "unclaimed", "no pointer leads here", "07");
  }

  // --- names

  std::string name_of(const RecordObject& object) const {
    if (object.parent == nullptr) {
      // The fields of a root that is a struct, as it must be, have no prefix.
      return objects_.pointer_of(object).kind == Kind::kStruct ? "" : "root";
    }
    return prefix_of(*object.parent, object.row) + pointer_name(*object.parent, object.number);
  }
  // What stands before the names of the fields of a row.
  std::string prefix_of(const RecordObject& object, std::uint64_t row) const {
    std::string name = name_of(object);
    if (objects_.pointer_of(object).kind == Kind::kStructs) name += row_text(row);
    return name.empty() ? name : name + ".";
  }
  static std::string pointer_name(const RecordObject& parent, std::uint64_t number) {
    if (parent.shape == nullptr) return "pointers" + row_text(number);
    const std::uint64_t known = parent.shape->pointers.size();
    if (number < known) return parent.shape->pointers[number].name;
    return "appended" + row_text(number - known);
  }
  std::string_view section_of(const RecordObject& object) const {
    return object.field == nullptr ? "07" : object.field->note.section;
  }
  std::string appended_text() const {
    return minor_ == 0 ? "larger than minor version 0 defines it"
                       : "appended field, unknown to this version";
  }

  // --- rows that are left out, with all that hangs below them

  // Objects of rows that are not shown stand together, and are written as one.
  bool is_hidden(const RecordObject& object) {
    const RecordObject* list = nullptr;
    for (const RecordObject* at = &object; at->parent != nullptr; at = at->parent) {
      const std::uint64_t rows = objects_.rows_of(*at->parent).count;
      if (out_.shortens(rows) && at->row >= kFirstRows && at->row < rows - kLastRows)
        list = at->parent;
    }
    if (list == nullptr || list != hidden_.list) flush();
    if (list == nullptr) return false;
    if (hidden_.list == nullptr) hidden_ = {list, object.start, object.start, 0};
    hidden_.to = std::uint64_t{object.start} + object.words;
    ++hidden_.objects;
    return true;
  }
  void flush() {
    if (hidden_.list == nullptr) return;
    const std::uint64_t rows = objects_.rows_of(*hidden_.list).count;
    out_.hidden(offset_of(hidden_.from), offset_of(hidden_.to),
                name_of(*hidden_.list) + range_text(kFirstRows, rows - kLastRows) + ".*",
                "what " + count_text(hidden_.objects, "pointer") + " of these rows lead to",
                section_of(*hidden_.list));
    hidden_ = {};
  }

  // --- objects

  void write_object(const RecordObject& object) {
    const PointerWord to = objects_.pointer_of(object);
    if (to.kind == Kind::kIntegers) return write_list(object, to);
    const RecordRows rows = objects_.rows_of(object);
    const std::string name = name_of(object);
    if (to.kind == Kind::kStructs) write_tag(object, name);
    out_.rows(
        rows.count, [&](std::uint64_t row) { write_row(object, rows, row); },
        [&](std::uint64_t first, std::uint64_t last) {
          out_.hidden(offset_of(rows.first + first * rows.words()),
                      offset_of(rows.first + last * rows.words()), name + range_text(first, last),
                      count_text(last - first, "more row"), section_of(object));
        });
    const std::uint64_t end = std::uint64_t{object.start} + object.words;
    const std::uint64_t rest = to.kind == Kind::kStructs && rows.count == 0
                                   ? std::uint64_t{object.start} + 1
                                   : rows.first + rows.count * rows.words();
    out_.run(offset_of(rest), offset_of(end), name, "words of no row: the tag says another number",
             "07");
  }

  void write_tag(const RecordObject& object, const std::string& name) {
    const PointerWord tag = parse_pointer(objects_.word(object.start));
    const std::uint64_t rows = (objects_.word(object.start) & 0xffffffffu) >> 2;
    const std::string value = tag.kind == Kind::kStruct
                                  ? count_text(rows, "row") + " of " +
                                        count_text(tag.data, "data word") + " and " +
                                        count_text(tag.pointers, "pointer")
                                  : "no tag";
    out_.field(offset_of(object.start), offset_of(std::uint64_t{object.start} + 1), name + ".tag",
               value, "07");
  }

  void write_row(const RecordObject& object, const RecordRows& rows, std::uint64_t row) {
    const std::string prefix = prefix_of(object, row);
    const std::uint64_t first = rows.first + row * rows.words();
    write_data(object, prefix, offset_of(first), 8 * rows.data);
    for (std::uint64_t i = 0; i < rows.pointers; ++i) {
      write_pointer(first + rows.data + i, &object, prefix + pointer_name(object, i),
                    object.shape != nullptr && i >= object.shape->pointers.size());
    }
  }

  // The data words of a struct: its fields, the bytes between them, and what is behind the last.
  void write_data(const RecordObject& object, const std::string& prefix, std::uint64_t at,
                  std::uint64_t size) {
    if (object.shape == nullptr) return out_.run(at, at + size, prefix + "data", {}, "07");
    std::uint64_t next = 0;
    const std::uint64_t known = std::min<std::uint64_t>(size, 8 * object.shape->data_words);
    for (const SchemaField& field : object.shape->integers) {
      if (std::uint64_t{field.place} + field.bytes > known) break;
      unused(at + next, at + field.place, prefix);
      next = std::uint64_t{field.place} + field.bytes;
      out_.field(at + field.place, at + next, prefix + field.name,
                 number_value(field, at + field.place), field.note.section);
    }
    unused(at + next, at + known, prefix);
    out_.run(at + known, at + size, prefix + "appended", appended_text(), "07");
  }
  // A later version may use the bytes.
  void unused(std::uint64_t from, std::uint64_t to, const std::string& prefix) {
    const auto bytes = out_.bytes(from, to);
    const bool zero = std::all_of(bytes.begin(), bytes.end(),
                                  [](std::byte byte) { return byte == std::byte{0}; });
    if (zero || minor_ == 0) return out_.zeros(from, to);
    out_.field(from, to, prefix + "appended", appended_text(), "07");
  }

  void write_pointer(std::uint64_t word, const RecordObject* parent, const std::string& name,
                     bool is_appended) {
    std::string value = pointer_value(word, parent);
    if (is_appended) value += "; " + appended_text();
    out_.field(offset_of(word), offset_of(word + 1), name + ".pointer", std::move(value), "07");
  }

  std::string pointer_value(std::uint64_t word, const RecordObject* parent) const {
    const PointerWord to = parse_pointer(objects_.word(word));
    if (to.kind == Kind::kNull) return "null";
    const RecordObject* object = objects_.behind(word);
    if (object == nullptr) return std::string(objects_.reason(word, parent));
    const std::string at = " at " + offset_text(offset_of(object->start));
    if (to.kind == Kind::kStruct) {
      return "struct of " + count_text(to.data, "data word") + " and " +
             count_text(to.pointers, "pointer") + at;
    }
    if (to.kind == Kind::kStructs)
      return "list of structs, " + count_text(to.count, "word") + ", tag" + at;
    if (object->field != nullptr && object->field->type == Type::kBytes && to.element_bytes == 1)
      return count_text(to.count, "byte") + at;
    return "list of " + std::to_string(to.count) + " u" + std::to_string(8 * to.element_bytes) + at;
  }

  // --- lists

  void write_list(const RecordObject& object, const PointerWord& to) {
    const std::uint64_t from = offset_of(object.start);
    const std::uint64_t end = from + to.count * to.element_bytes;
    const SchemaField* field = object.field;
    if (field != nullptr && field->type == Type::kBytes && to.element_bytes == 1) {
      write_bytes(object, *field, from, end);
    } else if (field == nullptr && to.element_bytes == 1) {
      out_.run(from, end, name_of(object), {}, "07");
    } else {
      const SchemaField unknown{.bytes = to.element_bytes};
      const bool fits =
          field != nullptr && field->type == Type::kIntegers && field->bytes == to.element_bytes;
      if (fits && field->note.meaning == Meaning::kKey)
        key_kinds_ = column_beside(object, "keyKinds");
      write_numbers(name_of(object), fits ? *field : unknown, section_of(object), from, to.count);
    }
    out_.zeros(end, offset_of(std::uint64_t{object.start} + object.words));
  }

  // Sixteen bytes a line.
  void write_numbers(const std::string& name, const SchemaField& field, std::string_view section,
                     std::uint64_t from, std::uint64_t count) {
    const std::uint64_t each = kLineBytes / field.bytes;
    const std::uint64_t lines = divide_up(count, each);
    const auto label = [&](std::uint64_t first, std::uint64_t last) {
      return lines == 1 ? name : name + range_text(first, std::min(last, count));
    };
    const auto at = [&](std::uint64_t element) {
      return from + std::min(element, count) * field.bytes;
    };
    out_.rows(
        lines,
        [&](std::uint64_t line) {
          const std::uint64_t first = line * each;
          std::string value;
          for (std::uint64_t i = first; i < std::min(first + each, count); ++i) {
            if (i != first) value += ", ";
            value += count == 1 ? number_value(field, at(i)) : entry_value(field, at(i), i);
          }
          out_.field(at(first), at(first + each), label(first, first + each), std::move(value),
                     section);
        },
        [&](std::uint64_t first, std::uint64_t last) {
          out_.hidden(at(first * each), at(last * each), label(first * each, last * each),
                      count_text((last - first) * each, "more element"), section);
        });
  }

  void write_bytes(const RecordObject& object, const SchemaField& field, std::uint64_t from,
                   std::uint64_t end) {
    const std::string name = name_of(object);
    const std::string_view section = field.note.section;
    switch (field.note.meaning) {
      case Meaning::kId:
      case Meaning::kDigest:
        if ((end - from) % kRowBytes != 0) break;
        return write_table(
            name, section, (end - from) / kRowBytes,
            [&](std::uint64_t row) { return from + row * kRowBytes; },
            [&](std::uint64_t row) { return id_value(field, from + row * kRowBytes); });
      case Meaning::kTableRows: {
        const StringRows rows = rows_beside(&object);
        if (!rows.sound() || rows.count() == 0) break;
        return write_table(
            name, section, rows.count(),
            [&](std::uint64_t row) { return row == 0 ? from : from + rows.end_of(row - 1); },
            [&](std::uint64_t row) { return rows.quoted(row + 1); });
      }
      case Meaning::kText:
        return out_.run(from, end, name, quoted_text(out_.bytes(from, end)), section);
      default:
        break;
    }
    out_.run(from, end, name, {}, section);
  }

  // start(row) for rows 0 to count.
  template <class Start, class Value>
  void write_table(const std::string& name, std::string_view section, std::uint64_t count,
                   Start start, Value value) {
    out_.rows(
        count,
        [&](std::uint64_t row) {
          out_.run(start(row), start(row + 1), count == 1 ? name : name + row_text(row), value(row),
                   section);
        },
        [&](std::uint64_t first, std::uint64_t last) {
          out_.hidden(start(first), start(last), name + range_text(first, last),
                      count_text(last - first, "more row"), section);
        });
  }

  // --- values

  std::uint64_t load(const SchemaField& field, std::uint64_t at) const {
    std::uint64_t value = 0;
    std::memcpy(&value, out_.bytes().data() + at, field.bytes);
    return value;
  }
  std::string signed_value(const SchemaField& field, std::uint64_t value) const {
    const unsigned unused_bits = 64 - 8 * field.bytes;
    return std::to_string(static_cast<std::int64_t>(value << unused_bits) >> unused_bits);
  }
  std::string number_value(const SchemaField& field, std::uint64_t at) const {
    const std::uint64_t value = load(field, at);
    return field.is_signed ? signed_value(field, value)
                           : number_text(field.note.meaning, value, strings_);
  }
  std::string entry_value(const SchemaField& field, std::uint64_t at, std::uint64_t row) const {
    const std::uint64_t value = load(field, at);
    if (field.is_signed) return signed_value(field, value);
    const bool is_key = field.note.meaning == Meaning::kKey && row < key_kinds_.size();
    return entry_text(is_key ? meaning_of_key(key_kinds_[row]) : field.note.meaning, value,
                      strings_);
  }
  std::string id_value(const SchemaField& field, std::uint64_t at) const {
    const auto bytes = out_.bytes(at, at + kRowBytes);
    return field.note.meaning == Meaning::kId ? plain_hex(bytes)
                                              : load_digest(bytes.data()).to_string();
  }

  // The rows of a Data whose ends stand in the field `ends` beside it.
  StringRows rows_beside(const RecordObject* bytes) const {
    if (bytes == nullptr) return {};
    const PointerWord to = objects_.pointer_of(*bytes);
    if (to.element_bytes != 1) return {};
    return {objects_.bytes_of(*bytes).first(to.count), column_beside(*bytes, "ends")};
  }
  // The elements of another list of the same struct; empty where it is not there, or not of the
  // schema's form.
  std::span<const std::byte> column_beside(const RecordObject& object,
                                           std::string_view name) const {
    const RecordObject* other =
        object.parent == nullptr ? nullptr : objects_.child(*object.parent, name);
    if (other == nullptr) return {};
    const PointerWord to = objects_.pointer_of(*other);
    if (to.kind != Kind::kIntegers || to.element_bytes != other->field->bytes) return {};
    return objects_.bytes_of(*other).first(to.count * to.element_bytes);
  }

  const FieldWriter& out_;
  std::uint16_t minor_;
  RecordObjects objects_;
  StringRows strings_{};
  std::span<const std::byte> key_kinds_{};  // of the keys that are being written
  HiddenRun hidden_{};
};

}  // namespace

void annotate_body(const FieldWriter& out, const SchemaStruct* root, std::uint16_t minor) {
  const std::uint64_t size = out.bytes().size();
  if (size < kSegment)
    return out.field(kHeaderBytes, size, "body", "ends before its framing does", "07");
  const auto segments = load_le<std::uint32_t>(out.bytes().data() + kHeaderBytes);
  const auto words = load_le<std::uint32_t>(out.bytes().data() + kHeaderBytes + 4);
  out.field(
      kHeaderBytes, kHeaderBytes + 4, "body.segments",
      std::to_string(segments) + (segments == 0 ? ": one segment" : ", and 0 must stand here"),
      "07");
  std::string text = count_text(words, "word");
  if (std::uint64_t{8} * words != size - kSegment)
    text += ", and " + count_text(size - kSegment, "byte") + " are there";
  out.field(kHeaderBytes + 4, kSegment, "body.words", std::move(text), "07");
  Body body(out, root, minor);
  body.write();
  out.run(body.end(), size, "surplus", "behind the last whole word", "07");
}

}  // namespace treering
