// SPDX-License-Identifier: Apache-2.0
#include "format/message_writer.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/try.h"
#include "format/fail.h"

namespace treering {
namespace {

constexpr std::uint64_t kMaxList =
    (std::uint64_t{1} << 29) - 1;  // entries, or words of a list of structs
constexpr std::uint64_t kFramingBytes = 8;
static_assert(sizeof(Digest) == 16 &&
              alignof(Digest) == 8);  // a vector of them is their stored form

std::uint64_t entry_bytes(Slot slot) { return slot == Slot::kU8 ? 1 : slot == Slot::kU32 ? 4 : 8; }
std::uint64_t words_of(const Column& column) {
  return divide_up(column.count * entry_bytes(column.slot), 8);
}

// Sizes of a struct's sections once trailing defaults are cut off.
struct Trimmed {
  std::uint64_t data = 0;
  std::uint64_t pointers = 0;
  std::uint64_t words() const { return data + pointers; }
};
Trimmed trim(const Fields& fields) {
  Trimmed size{fields.words.size(), fields.columns.size()};
  while (size.data > 0 && fields.words[size.data - 1] == 0) --size.data;
  while (size.pointers > 0 && fields.columns[size.pointers - 1].count == 0) --size.pointers;
  return size;
}
std::uint64_t column_words(const Fields& fields) {
  std::uint64_t words = 0;
  for (const Column& column : fields.columns) words += words_of(column);
  return words;
}

// What a pointer of the root leads to, measured.
struct Measure {
  Trimmed size{};             // of the struct, or of each row
  std::uint64_t words = 0;    // in all, the tag included
  std::uint64_t longest = 0;  // entries of the longest list, words of the rows
  void add(const Fields& fields) {
    words += column_words(fields);
    for (const Column& column : fields.columns)
      longest = std::max<std::uint64_t>(longest, column.count);
  }
};

Measure measure(const Column& column) { return {{}, words_of(column), column.count}; }
Measure measure(const Fields& fields) {
  Measure out{trim(fields), 0, 0};
  out.words = out.size.words();
  out.add(fields);
  return out;
}
Measure measure(const Rows& rows) {
  Measure out;
  if (rows.count == 0) return out;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const Fields fields = rows.row(i);
    const Trimmed size = trim(fields);
    out.size = {std::max(out.size.data, size.data), std::max(out.size.pointers, size.pointers)};
    out.add(fields);
  }
  const std::uint64_t row_words = rows.count * out.size.words();
  out.words += 1 + row_words;
  out.longest = std::max({out.longest, row_words, std::uint64_t{rows.count}});
  return out;
}

class Writer {
 public:
  explicit Writer(std::byte* segment) : segment_(segment) {}

  std::uint64_t take(std::uint64_t words) { return std::exchange(next_, next_ + words); }
  void set(std::uint64_t at, std::uint64_t value) {
    store_le<std::uint64_t>(segment_ + 8 * at, value);
  }

  // A pointer at `at` to the words that are taken next. `low` is its kind, `high` its upper half.
  void point(std::uint64_t at, std::uint32_t low, std::uint64_t high) {
    set(at, ((next_ - at - 1) << 2 & 0xffffffffu) | low | high << 32);
  }
  void struct_pointer(std::uint64_t at, const Trimmed& size) {
    point(at, 0, size.data | size.pointers << 16);
  }

  void put(std::uint64_t at, const Column& column, const Measure&) { put(at, column); }
  void put(std::uint64_t at, const Column& column) {
    if (column.count == 0) return;  // [RC-43]
    point(at, 1, static_cast<std::uint64_t>(column.slot) | std::uint64_t{column.count} << 3);
    std::byte* to = segment_ + 8 * take(words_of(column));
    std::memcpy(to, column.data, column.count * entry_bytes(column.slot));
  }
  void put(std::uint64_t at, const Fields& fields, const Measure& measured) {
    if (measured.size.words() == 0) return;
    struct_pointer(at, measured.size);
    put_section(take(measured.size.words()), fields, measured.size);
  }
  void put(std::uint64_t at, const Rows& rows, const Measure& measured) {
    if (rows.count == 0) return;
    const Trimmed& size = measured.size;
    point(at, 1, static_cast<std::uint64_t>(Slot::kStructs) | rows.count * size.words() << 3);
    set(take(1), std::uint64_t{rows.count} << 2 | size.data << 32 | size.pointers << 48);
    const std::uint64_t first = take(rows.count * size.words());
    for (std::size_t i = 0; i < rows.count; ++i)
      put_section(first + i * size.words(), rows.row(i), size);
  }

 private:
  void put_section(std::uint64_t at, const Fields& fields, const Trimmed& size) {
    for (std::size_t i = 0; i < size.data; ++i) set(at + i, fields.words[i]);
    for (std::size_t i = 0; i < size.pointers; ++i) put(at + size.data + i, fields.columns[i]);
  }

  std::byte* segment_;
  std::uint64_t next_ = 0;
};

}  // namespace

Column digest_column(const Digest& digest, bool present) noexcept {
  return present ? Column(Slot::kU8, sizeof digest, &digest) : Column();
}

Result<std::vector<std::byte>> encode_message(const Root& root, std::string_view limit,  // [RC-44]
                                              std::uint64_t most) {
  std::vector<Measure> measures;
  Trimmed size{root.words.size(), 0};
  while (size.data > 0 && root.words[size.data - 1] == 0) --size.data;
  std::uint64_t words = 0;
  std::uint64_t longest = 0;
  for (const auto& pointer : root.pointers) {
    measures.push_back(std::visit([](const auto& what) { return measure(what); }, pointer));
    words += measures.back().words;
    longest = std::max(longest, measures.back().longest);
    if (measures.back().words != 0) size.pointers = measures.size();
  }
  words += 1 + size.words();
  const std::uint64_t bytes = kFramingBytes + 8 * words;
  if (bytes > most) return refuse_limit(limit, "IN-08", bytes, most);
  if (longest > kMaxList) {
    Error error = refuse_limit(limit, "IN-08", longest, kMaxList);
    error.message = "a list would have " + std::to_string(longest) +
                    " entries, and a message holds " + std::to_string(kMaxList) +
                    "; save with more writers or larger blocks";
    return error;
  }
  std::vector<std::byte> out(bytes);
  store_le<std::uint32_t>(out.data() + 4, static_cast<std::uint32_t>(words));
  Writer writer(out.data() + kFramingBytes);
  const std::uint64_t pointer = writer.take(1);
  writer.struct_pointer(pointer, size);
  const std::uint64_t at = writer.take(size.words());
  for (std::size_t i = 0; i < size.data; ++i) writer.set(at + i, root.words[i]);
  for (std::size_t i = 0; i < size.pointers; ++i) {
    std::visit([&](const auto& what) { writer.put(at + size.data + i, what, measures[i]); },
               root.pointers[i]);
  }
  return out;
}

}  // namespace treering
