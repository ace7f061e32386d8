// SPDX-License-Identifier: Apache-2.0
#include "format/record_values.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/hex.h"
#include "base/utf8.h"
#include "format/record.h"
#include "treering/codec.h"
#include "treering/dtype.h"

namespace treering {
namespace {

constexpr std::size_t kMostQuoted = 48;  // bytes of a text that are shown

// registry/kinds.csv
constexpr std::array<std::string_view, 10> kNodeKinds{
    "", "leaf", "none", "dict", "list", "tuple", "namedtuple", "dataclass", "custom", "variable"};
constexpr std::array<std::string_view, 8> kKeyKinds{"none", "string", "attribute", "integer",
                                                    "bool", "float",  "sequence",  "flattened"};
constexpr std::array<std::string_view, 7> kLeafKinds{"",       "array", "prng-key",    "scalar",
                                                     "string", "bytes", "process-blob"};
constexpr std::array<std::string_view, 4> kAxisTypes{"", "auto", "explicit", "manual"};
constexpr std::array<std::string_view, 3> kCodecs{"raw", "lz4", "bitshuffle-lz4"};

std::string_view name_in(std::span<const std::string_view> names, std::uint64_t number) {
  return number < names.size() ? names[number] : std::string_view();
}

// Empty where the number has no name, or the meaning no registry.
std::string_view registered_name(Meaning meaning, std::uint64_t number) {
  switch (meaning) {
    case Meaning::kNodeKind:
      return name_in(kNodeKinds, number);
    case Meaning::kKeyKind:
      return name_in(kKeyKinds, number);
    case Meaning::kLeafKind:
      return name_in(kLeafKinds, number);
    case Meaning::kAxisType:
      return name_in(kAxisTypes, number);
    case Meaning::kCodec:
      return name_in(kCodecs, number);
    case Meaning::kDtype: {
      const DtypeInfo* info =
          number > 0xffff ? nullptr : find_dtype(static_cast<std::uint16_t>(number));
      return info == nullptr ? std::string_view() : info->name;
    }
    default:
      return {};
  }
}

bool is_registered(Meaning meaning) {
  return meaning == Meaning::kNodeKind || meaning == Meaning::kKeyKind ||
         meaning == Meaning::kLeafKind || meaning == Meaning::kAxisType ||
         meaning == Meaning::kCodec || meaning == Meaning::kDtype;
}

// What is known of the bits; the number alone where none is set.
std::string bits_text(std::uint64_t value, std::span<const std::string_view> names) {
  std::string text = std::to_string(value);
  std::string_view before = ": ";
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((value >> bit & 1) == 0) continue;
    text += before;
    before = ", ";
    if (const std::string_view name = name_in(names, bit); !name.empty()) {
      text += name;
    } else {
      text += "bit " + std::to_string(bit) + ", which is unknown";
    }
  }
  return text;
}

std::string two_digits(unsigned number) {
  return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

}  // namespace

bool StringRows::sound() const noexcept {
  std::uint64_t before = 0;
  for (std::uint64_t row = 0; row < count(); ++row) {
    if (end_of(row) < before) return false;
    before = end_of(row);
  }
  return before == bytes_.size();
}

std::string StringRows::quoted(std::uint64_t number) const {
  if (number == 0) return quoted_text({});
  if (number > count()) return {};
  const std::uint64_t from = number == 1 ? 0 : end_of(number - 2);
  const std::uint64_t to = end_of(number - 1);
  if (from > to || to > bytes_.size()) return {};
  return quoted_text(bytes_.subspan(from, to - from));
}

std::string number_text(Meaning meaning, std::uint64_t value, const StringRows& strings) {
  constexpr std::array<std::string_view, 1> kStep{"step is set"};
  constexpr std::array<std::string_view, 1> kWeak{"weak type"};
  switch (meaning) {
    case Meaning::kStepFlags:
      return bits_text(value, kStep);
    case Meaning::kSpecFlags:
      return bits_text(value, kWeak);
    case Meaning::kTime:
      return time_text(value);
    case Meaning::kString:
      return entry_text(meaning, value, strings);
    case Meaning::kBlob:
      return value == 0 ? "0 none" : std::to_string(value);
    default:
      break;
  }
  const std::string_view name = registered_name(meaning, value);
  if (!name.empty()) return std::to_string(value) + " " + std::string(name);
  if (!is_registered(meaning) || (meaning == Meaning::kDtype && value == 0))
    return std::to_string(value);
  return std::to_string(value) + ", which is not in the registry";
}

std::string entry_text(Meaning meaning, std::uint64_t value, const StringRows& strings) {
  if (meaning == Meaning::kString) {
    const std::string text = strings.quoted(value);
    return std::to_string(value) + " " + (text.empty() ? "(no such string)" : text);
  }
  const std::string_view name = registered_name(meaning, value);
  return name.empty() ? std::to_string(value) : std::string(name);
}

std::string quoted_text(std::span<const std::byte> bytes) {
  std::span<const std::byte> shown = bytes.first(std::min(bytes.size(), kMostQuoted));
  // Not in the middle of a character.
  if (shown.size() < bytes.size()) {
    std::size_t cut = shown.size();
    while (cut > 0 && (bytes[cut] & std::byte{0xc0}) == std::byte{0x80}) --cut;
    if (cut > 0) shown = bytes.first(cut);
  }
  const bool utf8 = is_utf8(text_of(shown));
  std::string out = "\"";
  for (const std::byte byte : shown) {
    const auto value = std::to_integer<unsigned>(byte);
    if (value < 0x20 || value == 0x7f || (value >= 0x80 && !utf8)) {
      out += "\\x";
      append_hex(out, std::span(&byte, 1));
    } else {
      if (value == '"' || value == '\\') out += '\\';
      out += static_cast<char>(value);
    }
  }
  out += '"';
  if (shown.size() < bytes.size()) out += "...";
  return out;
}

std::string plain_hex(std::span<const std::byte> bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

std::string required_text(std::uint64_t bits) {
  constexpr std::array<std::string_view, 2> kNames{"lz4", "bitshuffle-lz4"};
  static_assert(kFeatureLz4 == 1 && kFeatureBitshuffleLz4 == 2);
  return bits_text(bits, kNames);
}

std::string optional_text(std::uint64_t bits) { return bits_text(bits, {}); }

std::string hex64_text(std::uint64_t value) {
  std::string out;
  append_hex64(out, value);
  return out;
}

std::string time_text(std::uint64_t utc_ns) {
  using namespace std::chrono;
  const sys_seconds time{seconds(static_cast<std::int64_t>(utc_ns / 1'000'000'000))};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return std::to_string(utc_ns) + ", " + std::to_string(static_cast<int>(date.year())) + "-" +
         two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day())) + " " +
         two_digits(static_cast<unsigned>(clock.hours().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.minutes().count())) + ":" +
         two_digits(static_cast<unsigned>(clock.seconds().count())) + " UTC";
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string offset_text(std::uint64_t offset) {
  const std::string text = hex64_text(offset);
  constexpr std::size_t kLeast = 6;
  const std::size_t zeros = text.find_first_not_of('0');
  return text.substr(std::min(zeros, text.size() - kLeast));
}

}  // namespace treering
