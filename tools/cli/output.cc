// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>

#include "command.h"

namespace treering::cli {
namespace {

std::string_view colour_sequence(Colour colour) {
  switch (colour) {
    case Colour::kPlain:
      return "";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
  }
  return "";
}

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: no UTF-8 here
};

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return {};
  std::uint32_t value = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {};
    value = (value << 6) | (byte(at + i) & 0x3fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  return {value, length};
}

// What could move the cursor, start a sequence, or reorder what stands on the line.
bool drives_terminal(std::uint32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || (value >= 0x200e && value <= 0x200f) ||
         (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
}

}  // namespace

bool use_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return ::isatty(::fileno(stream)) == 1;
}

std::string paint(Colour colour, std::string_view text) {
  static const bool enabled = use_colour(stdout);
  if (!enabled || colour == Colour::kPlain) return std::string(text);
  return fmt::format("{}{}\x1b[0m", colour_sequence(colour), text);
}

std::string printable(std::string_view text, bool keep_newlines) {  // [ER-06]
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    if (point.bytes == 0) {
      out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[at++]));
      continue;
    }
    if (keep_newlines && point.value == '\n') {
      out += '\n';
    } else if (drives_terminal(point.value)) {
      out += point.value < 0x100 ? fmt::format("\\x{:02x}", point.value)
                                 : fmt::format("\\u{{{:x}}}", point.value);
    } else {
      out += text.substr(at, point.bytes);
    }
    at += point.bytes;
  }
  return out;
}

std::size_t display_width(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<std::uint8_t>(c) & 0xc0) != 0x80;
  }));
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // Below the next unit as it is printed, so that 1023.96 KiB is not shown as 1024.0 KiB.
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_count(std::uint64_t count, std::string_view noun) {
  std::string digits = fmt::format("{}", count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  if (count == 1) return fmt::format("{} {}", digits, noun);
  if (noun == "leaf") return fmt::format("{} leaves", digits);
  return fmt::format("{} {}s", digits, noun);
}

std::string human_time(std::uint64_t utc_ns) {
  const auto seconds = static_cast<std::time_t>(utc_ns / 1'000'000'000);
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return "?";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  if (shape.size() == 1) return fmt::format("({},)", shape[0]);
  return fmt::format("({})", fmt::join(shape, ", "));
}

std::string hex_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
  return out;
}

std::string error_line(const Error& error) {
  std::string place = error.where.file;
  if (error.where.offset != Where::kNoOffset) {
    place += fmt::format("{}at byte {}", place.empty() ? "" : " ", error.where.offset);
  }
  if (!error.where.key_path.empty()) {
    place += fmt::format("{}leaf {}", place.empty() ? "" : ", ", error.where.key_path);
  }
  std::string tags = error.code;
  if (!error.rule.empty()) tags += (tags.empty() ? "" : ", ") + error.rule;
  return printable(fmt::format("{}: {}{}{}{}", error_class_name(error.cls), place,
                               place.empty() ? "" : ": ", error.message,
                               tags.empty() ? "" : " [" + tags + "]"));
}

void print(std::string_view text) {
  if (!text.empty()) std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_line(std::string_view text) {
  print(text);
  print("\n");
}

bool flush_output() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

void Table::row(std::vector<std::string> cells, Colour colour) {
  cells.resize(columns_.size());
  rows_.push_back({std::move(cells), colour});
}

void Table::print() const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row.cells[i]));
    }
  }
  const auto line = [&](const auto& cell, Colour colour) {
    std::string text;
    std::size_t owed = 0;  // blanks that stand only where something follows
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] == 0) continue;
      const std::size_t width = std::max(widths[i], display_width(columns_[i].title));
      const std::size_t blanks = width - display_width(cell(i));
      if (columns_[i].right) owed += blanks;
      if (!cell(i).empty()) {
        text.append(owed, ' ');
        text += cell(i);
        owed = 0;
      }
      owed += 2 + (columns_[i].right ? 0 : blanks);
    }
    print_line(paint(colour, text));
  };
  line([&](std::size_t i) -> const std::string& { return columns_[i].title; }, Colour::kDim);
  for (const Row& row : rows_) {
    line([&](std::size_t i) -> const std::string& { return row.cells[i]; }, row.colour);
  }
}

}  // namespace treering::cli
