// SPDX-License-Identifier: Apache-2.0
// Text for people: tables, colours, sizes, times. Nothing from a file reaches the terminal
// unescaped.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "treering/error.h"

namespace treering::cli {

enum class Colour : std::uint8_t { kPlain, kDim, kBold, kRed, kGreen, kYellow };

// True for a terminal, unless NO_COLOR is set or TERM is "dumb".
bool use_colour(std::FILE* stream);
// `text` between the escape sequences of `colour` where stdout takes colours.
std::string paint(Colour colour, std::string_view text);

// Control characters (C0, DEL, C1, line separators, direction marks) and bytes that are not UTF-8
// as \xNN or \u{...}.
std::string printable(std::string_view text, bool keep_newlines = false);
// Columns that `text` takes on a terminal, one a code point.
std::size_t display_width(std::string_view text) noexcept;

std::string human_bytes(std::uint64_t bytes);                         // "1.5 MiB"
std::string human_count(std::uint64_t count, std::string_view noun);  // "1 leaf", "2,000 leaves"
std::string human_time(std::uint64_t utc_ns);                         // "2025-06-15 15:06:40 UTC"
std::string shape_text(const std::vector<std::uint64_t>& shape);      // "(2, 3)", "(4,)", "()"
std::string hex_text(std::string_view bytes);

// "corrupt: data-… at byte 4096, leaf model/kernel: … [block-digest, BL-19]", in one line.
std::string error_line(const Error& error);

// Writes to stdout.
void print(std::string_view text);
void print_line(std::string_view text = {});
// False where something could not be written to stdout, as on a full disk.
bool flush_output();

// Left- or right-aligned columns with two blanks between. Cells must be printable().
class Table {
 public:
  struct Column {
    std::string title{};
    bool right = false;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void row(std::vector<std::string> cells, Colour colour = Colour::kPlain);
  // Columns that are empty in every row are left out.
  void print() const;

 private:
  struct Row {
    std::vector<std::string> cells{};
    Colour colour = Colour::kPlain;
  };
  std::vector<Column> columns_{};
  std::vector<Row> rows_{};
};

}  // namespace treering::cli
