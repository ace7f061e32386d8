// SPDX-License-Identifier: Apache-2.0
// Values: the one canonical JSON text of each. Spec: 01-bytes.md (rules VA-).
#include "treering/value.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/hex.h"
#include "base/refusal.h"
#include "base/utf8.h"
#include "model/value_parts.h"
#include "model/value_text.h"
#include "treering/dtype.h"

namespace treering {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Order of the keys' UTF-8 before escaping.
bool ascends(std::string_view a, std::string_view b) {
  if (a.find('\\') == std::string_view::npos && b.find('\\') == std::string_view::npos) {
    return a < b;
  }
  return unescape_content(a) < unescape_content(b);
}

// One pass over the text. Every method consumes what its name says, or keeps the error and returns
// false. The calls nest as deep as the value does, which `max_depth` bounds.
class Parser {
 public:
  Parser(std::string_view json, std::uint64_t max_depth) : json_(json), max_depth_(max_depth) {}

  bool document() {
    if (json_.empty()) return fail("VA-02", "is empty");
    if (!is_utf8(json_)) return fail("VA-06", "is not UTF-8");
    if (!value()) return false;
    return at_ == json_.size() || fail("VA-02", "goes on after its end");
  }
  Error take_error() { return *std::move(error_); }

 private:
  char peek() const noexcept { return at_ < json_.size() ? json_[at_] : '\0'; }
  bool next_is(char c) const noexcept { return at_ < json_.size() && json_[at_] == c; }
  bool take(char c) noexcept {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  bool expect(char c) { return take(c) || unexpected(); }

  bool fail(std::string_view rule, std::string_view what) {
    error_ = refuse("bad-value", rule,
                    "the value " + std::string(what) + " at its byte " + std::to_string(at_) +
                        "; write values in the canonical form of the spec");
    return false;
  }
  bool unexpected() {
    if (at_ == json_.size()) return fail("VA-01", "ends too early");
    if (is_space(peek())) return fail(at_ == 0 ? "VA-02" : "VA-03", "has white space");
    return fail("VA-01", "has a character that does not belong");
  }

  bool open(char bracket) {
    if (!expect(bracket)) return false;
    if (++depth_ <= max_depth_) return true;
    error_ = refuse_limit("value_depth", "VA-08", depth_, max_depth_);
    return false;
  }
  bool close(char bracket) {
    --depth_;
    return expect(bracket);
  }

  bool value() {
    switch (peek()) {
      case 'n':
        return word("null");
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case '"':
        return string();
      case '[':
        return list([this] { return value(); });
      case '{':
        return object();
      default:
        return plain_integer();
    }
  }

  bool word(std::string_view wanted) {
    if (json_.substr(at_, wanted.size()) != wanted) return fail("VA-01", "has an unknown word");
    at_ += wanted.size();
    return true;
  }

  template <class Element>
  bool list(Element&& element) {
    if (!open('[')) return false;
    if (next_is(']')) return close(']');
    do {
      if (!element()) return false;
    } while (take(','));
    return close(']');
  }

  bool plain_integer() {
    const std::size_t start = at_;
    if (!integer_token()) return false;
    return is_plain_integer(json_.substr(start, at_ - start)) ||
           fail("VA-05", "has a plain integer beyond 2^53, which needs $int,");
  }

  bool integer_token() {
    const std::size_t start = at_;
    if (next_is('+')) return fail("VA-04", "has a plus sign");
    take('-');
    if (!is_digit(peek())) return unexpected();
    while (is_digit(peek())) ++at_;
    if (!is_integer_text(json_.substr(start, at_ - start))) {
      return fail("VA-04", "has a leading zero or a negative zero");
    }
    if (next_is('.') || next_is('e') || next_is('E')) {
      return fail("VA-04", "has a number that is no integer, which needs $float,");
    }
    return true;
  }

  bool string() {
    std::string_view content;
    return string(content);
  }
  // `content` is what stands between the quotes, escapes and all.
  bool string(std::string_view& content) {
    if (!expect('"')) return false;
    const std::size_t start = at_;
    while (at_ < json_.size() && json_[at_] != '"') {
      if (static_cast<unsigned char>(json_[at_]) < 0x20) {
        return fail("VA-06", "has a control character in a string");
      }
      if (json_[at_] == '\\' && !escape_follows()) {
        return fail("VA-06", "has an escape that is not canonical");
      }
      at_ += json_[at_] != '\\' ? 1u : json_[at_ + 1] == 'u' ? 6u : 2u;
    }
    content = json_.substr(start, at_ - start);
    return expect('"');
  }
  bool escape_follows() const noexcept {
    const std::string_view rest = json_.substr(at_ + 1);
    if (rest.starts_with('"') || rest.starts_with('\\')) return true;
    return rest.size() >= 5 && rest.starts_with("u00") && (rest[3] == '0' || rest[3] == '1') &&
           hex_value(rest[4]) >= 0;
  }

  bool object() {
    if (!open('{')) return false;
    if (next_is('}')) return close('}');
    std::string_view key;
    if (!string(key) || !expect(':')) return false;
    if (key.starts_with('$')) return tagged(key) && close_tagged();
    if (!value()) return false;
    while (take(',')) {
      std::string_view next;
      if (!string(next) || !expect(':')) return false;
      if (next.starts_with('$')) return fail("VA-13", "has a $ key among others");
      if (!ascends(key, next)) return fail("VA-07", "has keys that do not ascend");
      if (!value()) return false;
      key = next;
    }
    return close('}');
  }
  bool close_tagged() {
    if (next_is(',')) return fail("VA-13", "has a $ key among others");
    return close('}');
  }

  bool tagged(std::string_view tag) {
    if (tag == "$int") return big_integer();
    if (tag == "$float") return float_bits();
    if (tag == "$complex") return pair([this] { return float_bits(); });
    if (tag == "$bytes") return hex_bytes();
    if (tag == "$tuple") return content('[') && list([this] { return value(); });
    if (tag == "$dict") return dict();
    if (tag == "$dtype") return dtype();
    if (tag == "$type" || tag == "$code" || tag == "$opaque") return text();
    if (tag == "$enum") return pair([this] { return text(); });
    if (tag == "$spec") return content('[') && list([this] { return spec_entry(); });
    return fail("VA-12", "has a $ key that no rule defines");
  }
  // The content of a tagged form must begin so.
  bool content(char first) {
    return next_is(first) || fail("VA-14", "has a tagged form with other content");
  }
  bool text() { return content('"') && string(); }
  template <class Part>
  bool pair(Part&& part) {
    if (!content('[') || !open('[') || !part()) return false;
    if (!take(',')) return fail("VA-14", "has a tagged form that lacks its second part");
    if (!part()) return false;
    if (!next_is(']')) return fail("VA-14", "has a tagged form with more than two parts");
    return close(']');
  }

  bool big_integer() {
    std::string_view digits;
    if (!content('"') || !string(digits)) return false;
    if (!is_integer_text(digits)) return fail("VA-14", "has a $int that is no integer");
    return !is_plain_integer(digits) || fail("VA-17", "has a $int within 2^53");
  }
  bool float_bits() {
    std::string_view digits;
    if (!content('"') || !string(digits)) return false;
    return parse_hex64(digits).has_value() ||
           fail("VA-14", "has a float that is not 16 lowercase hex digits");
  }
  bool hex_bytes() {
    std::string_view digits;
    if (!content('"') || !string(digits)) return false;
    for (const char c : digits) {
      if (hex_value(c) < 0) return fail("VA-14", "has $bytes that are not lowercase hex");
    }
    return digits.size() % 2 == 0 || fail("VA-14", "has $bytes with half a byte");
  }
  bool dtype() {
    std::string_view name;
    if (!content('"') || !string(name)) return false;
    return find_dtype(name) != nullptr || fail("VA-14", "has a $dtype that the registry lacks");
  }
  bool spec_entry() {
    if (next_is('n')) return word("null");
    if (!next_is('{')) return text();
    std::string_view key;
    if (!open('{') || !string(key)) return false;
    if (key != "$tuple") return fail("VA-14", "has a $spec with an entry of another kind");
    return expect(':') && content('[') && list([this] { return text(); }) && close_tagged();
  }

  bool dict() {
    std::string_view last;
    bool needed = false;
    const auto entry = [&] {
      std::string_view key;
      if (!dict_entry(key)) return false;
      if (!last.empty() && last >= key) return fail("VA-15", "has $dict keys that do not ascend");
      needed = needed || !key.starts_with('"') || key.starts_with("\"$");
      last = key;
      return true;
    };
    if (!content('[') || !list(entry)) return false;
    return needed || fail("VA-16", "has a $dict that a plain object could be");
  }
  // `key` is the canonical encoding of the pair's key.
  bool dict_entry(std::string_view& key) {
    if (!content('[') || !open('[')) return false;
    const std::size_t start = at_;
    if (!value()) return false;
    key = json_.substr(start, at_ - start);
    if (!take(',')) return fail("VA-14", "has a $dict entry without a value");
    if (!value()) return false;
    if (!next_is(']')) return fail("VA-14", "has a $dict entry with more than two parts");
    return close(']');
  }

  std::string_view json_;
  std::uint64_t max_depth_;
  std::uint64_t depth_ = 0;
  std::size_t at_ = 0;
  std::optional<Error> error_{};
};

}  // namespace

bool is_integer_text(std::string_view text) noexcept {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.front() == '0' && text != "0")) return false;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
  }
  return true;
}

bool is_plain_integer(std::string_view text) noexcept {
  constexpr std::string_view kLargest = "9007199254740992";  // 2^53
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  return digits.size() < kLargest.size() ||
         (digits.size() == kLargest.size() && digits <= kLargest);
}

bool is_dict_value(std::string_view json) noexcept {
  return json.starts_with('{') && (!json.starts_with("{\"$") || json.starts_with("{\"$dict\":"));
}

Status check_value(std::string_view json, const Limits& limits) {  // [VA-01]
  Parser parser(json, limits.value_depth);
  if (!parser.document()) return parser.take_error();
  return {};
}

Result<ScalarKind> scalar_kind(std::string_view json) {
  if (json == "true" || json == "false") return ScalarKind::kBool;
  if (is_integer_text(json) || json.starts_with("{\"$int\":")) return ScalarKind::kInt;
  if (json.starts_with("{\"$float\":")) return ScalarKind::kFloat;
  if (json.starts_with("{\"$complex\":")) return ScalarKind::kComplex;
  return refuse("bad-value", "TR-35",
                "a Python scalar is true, false, an integer, a $float or a $complex; "
                "save anything else as metadata");
}

}  // namespace treering
