// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"

#include <charconv>

#include "base/hex.h"

namespace treering {
namespace {

constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kStepDigits = 8;
constexpr std::uint64_t kMaxStep = (std::uint64_t{1} << 63) - 1;
constexpr std::size_t kMaxPinName = 64;

// Takes pieces from the front of a name; the grammar below is read with it from left to right.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool word(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool id(Id& out) {
    if (rest_.size() < kIdDigits) return false;
    if (!parse_hex(rest_.substr(0, kIdDigits), std::as_writable_bytes(std::span(out.bytes))))
      return false;
    rest_.remove_prefix(kIdDigits);
    return true;
  }
  // Decimal digits without a leading zero; `padded` counts the digits that may be zeros in front.
  template <class T>
  bool number(T& out, std::size_t padded = 1) {
    std::size_t length = 0;
    while (length < rest_.size() && rest_[length] >= '0' && rest_[length] <= '9') ++length;
    if (length < padded || (length > padded && rest_[0] == '0')) return false;
    const char* end = rest_.data() + length;
    const auto parsed = std::from_chars(rest_.data(), end, out);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return false;
    rest_.remove_prefix(length);
    return true;
  }

 private:
  std::string_view rest_;
};

bool is_pin_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxPinName) return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
  }
  return true;
}

// What follows "candidate-<attempt>".
bool parse_candidate(Cursor& cursor, ParsedName& out) {
  if (cursor.done()) {
    out.role = NameRole::kCandidate;
    return true;
  }
  if (cursor.word("-index-")) {
    out.role = NameRole::kCandidateIndex;
    return cursor.number(out.writer);
  }
  out.role = NameRole::kCandidatePlan;
  return cursor.word("-plan");
}

bool parse_in_checkpoint(Cursor& cursor, ParsedName& out) {
  if (cursor.word("data-")) {
    out.role = NameRole::kData;
    return cursor.id(out.id) && cursor.word("-") && cursor.number(out.writer) && cursor.word("-") &&
           cursor.number(out.number);
  }
  if (cursor.word("index-")) {
    out.role = NameRole::kIndex;
    return cursor.id(out.id) && cursor.word("-") && cursor.number(out.writer);
  }
  if (cursor.word("plan-")) {
    out.role = NameRole::kPlan;
    return cursor.id(out.id);
  }
  if (cursor.word("candidate-")) return cursor.id(out.id) && parse_candidate(cursor, out);
  out.role = NameRole::kLease;
  return cursor.word("lease-") && cursor.id(out.id);
}

bool parse_in_series(Cursor& cursor, ParsedName& out) {
  if (cursor.word("step-")) {
    out.role = NameRole::kStep;
    if (!cursor.number(out.step, kStepDigits) || out.step > kMaxStep) return false;
    if (cursor.done()) return true;
    return cursor.word(".") && cursor.number(out.incarnation) && out.incarnation >= 1;
  }
  if (cursor.word(".trash-")) {
    out.role = NameRole::kTrash;
    return cursor.id(out.id);
  }
  out.role = NameRole::kNew;
  return cursor.word(".new-") && cursor.id(out.id);
}

std::string joined(std::string_view prefix, const Id& id) {
  return std::string(prefix) + id.to_string();
}

}  // namespace

std::string data_name(const Id& attempt, std::uint32_t writer, std::uint32_t number) {
  return joined("data-", attempt) + "-" + std::to_string(writer) + "-" + std::to_string(number);
}
std::string index_name(const Id& attempt, std::uint32_t writer) {
  return joined("index-", attempt) + "-" + std::to_string(writer);
}
std::string plan_name(const Id& attempt) { return joined("plan-", attempt); }
std::string candidate_name(const Id& attempt) { return joined("candidate-", attempt); }
std::string candidate_index_name(const Id& attempt, std::uint32_t writer) {
  return candidate_name(attempt) + "-index-" + std::to_string(writer);
}
std::string candidate_plan_name(const Id& attempt) { return candidate_name(attempt) + "-plan"; }
std::string trash_name(const Id& id) { return joined(".trash-", id); }

std::string step_name(std::uint64_t step, std::uint32_t incarnation) {
  std::string digits = std::to_string(step);
  if (digits.size() < kStepDigits) digits.insert(0, kStepDigits - digits.size(), '0');
  std::string name = "step-" + digits;
  if (incarnation != 0) name += "." + std::to_string(incarnation);
  return name;
}

std::optional<ParsedName> parse_checkpoint_name(std::string_view name) {
  ParsedName parsed{};
  if (name == kSlotName) return parsed;
  Cursor cursor(name);
  if (cursor.word("pin-")) {
    if (!is_pin_name(cursor.rest())) return std::nullopt;
    parsed.role = NameRole::kPin;
    return parsed;
  }
  if (!parse_in_checkpoint(cursor, parsed) || !cursor.done()) return std::nullopt;
  return parsed;
}

std::optional<ParsedName> parse_series_name(std::string_view name) {
  ParsedName parsed{};
  Cursor cursor(name);
  if (!parse_in_series(cursor, parsed) || !cursor.done()) return std::nullopt;
  return parsed;
}

}  // namespace treering
