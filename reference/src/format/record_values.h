// SPDX-License-Identifier: Apache-2.0
// The values of fields in words, for annotated records. Total: every number and every byte has a
// text, in one line of UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "format/field_notes.h"
#include "format/record_objects.h"

namespace treering {

// Rows of a string table that may be broken.
class StringRows {
 public:
  StringRows() = default;
  // Borrows the columns; `ends` are u32.
  StringRows(std::span<const std::byte> bytes, std::span<const std::byte> ends) noexcept
      : bytes_(bytes), ends_(ends) {}
  std::uint64_t count() const noexcept { return ends_.size() / 4; }
  std::uint64_t end_of(std::uint64_t row) const noexcept {
    return load_le<std::uint32_t>(ends_.data() + 4 * row);
  }
  // No end lies before the one before it, and the last is that of the bytes.
  bool sound() const noexcept;
  // Of a string's number, quoted; empty where there is no such row.
  std::string quoted(std::uint64_t number) const;

 private:
  std::span<const std::byte> bytes_{};
  std::span<const std::byte> ends_{};
};

// One number alone: "3 dict", "17 float32", "2 \"w\"", "1: step is set".
std::string number_text(Meaning meaning, std::uint64_t value, const StringRows& strings);
// One of several on a line: "dict", "float32", "2 \"w\"".
std::string entry_text(Meaning meaning, std::uint64_t value, const StringRows& strings);

// The start of a text in double quotes; what is not UTF-8 or is a control character as \xNN.
std::string quoted_text(std::span<const std::byte> bytes);
std::string plain_hex(std::span<const std::byte> bytes);
// Required features: "3: lz4, bitshuffle-lz4". Of the optional ones none has a name.
std::string required_text(std::uint64_t bits);
std::string optional_text(std::uint64_t bits);
std::string hex64_text(std::uint64_t value);
// "1700000000000000000, 2023-11-14 22:13:20 UTC"
std::string time_text(std::uint64_t utc_ns);
// "26 bytes", "1 byte"
std::string count_text(std::uint64_t count, std::string_view noun);
// An offset as the listing prints it.
std::string offset_text(std::uint64_t offset);

}  // namespace treering
