// SPDX-License-Identifier: Apache-2.0
// A value that is accepted is what an independent reader of JSON writes when it sorts keys and
// escapes by the spec; nothing may stand before or behind it, and it is accepted inside other
// values.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/allocation_bound.h"
#include "support/harness.h"
#include "treering/value.h"

namespace treering::fuzz {
namespace {

// Any JSON, spaces and all escapes included.
struct Json {
  char type = 'n';  // n null, t true, f false, 0 number, s string, [ array, { object
  std::string text{};
  std::vector<Json> items{};  // of an object: its values
  std::vector<std::string> keys{};
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  std::optional<Json> document() {
    Json json;
    if (!value(json)) return std::nullopt;
    skip();
    return at_ == text_.size() ? std::optional(std::move(json)) : std::nullopt;
  }

 private:
  void skip() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  bool value(Json& out) {
    skip();
    if (at_ == text_.size()) return false;
    const char first = text_[at_];
    out.type = first;
    if (first == '[') return array(out);
    if (first == '{') return object(out);
    if (first == 'n') return word("null");
    if (first == 't') return word("true");
    if (first == 'f') return word("false");
    out.type = first == '"' ? 's' : '0';
    return first == '"' ? string(out.text) : number(out.text);
  }
  bool array(Json& out) {
    take('[');
    if (take(']')) return true;
    do {
      if (!value(out.items.emplace_back())) return false;
    } while (take(','));
    return take(']');
  }
  bool object(Json& out) {
    take('{');
    if (take('}')) return true;
    do {
      skip();
      if (!string(out.keys.emplace_back()) || !take(':') || !value(out.items.emplace_back()))
        return false;
    } while (take(','));
    return take('}');
  }
  bool number(std::string& out) {
    while (at_ < text_.size() &&
           std::string_view("+-0123456789.eE").find(text_[at_]) != std::string_view::npos) {
      out += text_[at_++];
    }
    return !out.empty();
  }
  bool string(std::string& out) {
    if (!word("\"")) return false;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        out += text_[at_++];
        continue;
      }
      if (++at_ == text_.size() || !escape(text_[at_++], out)) return false;
    }
    return word("\"");
  }
  bool escape(char c, std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    if (const auto at = kLetters.find(c); at != std::string_view::npos) {
      out += kMeant[at];
      return true;
    }
    if (c != 'u' || text_.size() - at_ < 4) return false;
    const unsigned long code = std::strtoul(std::string(text_.substr(at_, 4)).c_str(), nullptr, 16);
    at_ += 4;
    if (code >= 0x80) return false;  // the canonical form has none of these
    out += static_cast<char>(code);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string joined(char open, std::vector<std::string> parts, char close) {
  std::string out(1, open);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += ',';
    out += parts[i];
  }
  return out + close;
}

std::string written(const Json& json);

std::string written_object(const Json& json) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < json.keys.size(); ++i) order.push_back(i);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return json.keys[a] < json.keys[b]; });
  std::vector<std::string> parts;
  for (const std::size_t i : order) {
    FUZZ_CHECK(parts.empty() || json.keys[i] != json.keys[order[parts.size() - 1]]);
    parts.push_back(quoted(json.keys[i]) + ":" + written(json.items[i]));
  }
  return joined('{', std::move(parts), '}');
}

std::string written(const Json& json) {
  std::vector<std::string> parts;
  switch (json.type) {
    case 'n':
      return "null";
    case 't':
      return "true";
    case 'f':
      return "false";
    case 's':
      return quoted(json.text);
    case '0': {
      const long long number = std::strtoll(json.text.c_str(), nullptr, 10);
      FUZZ_CHECK(number <= 1LL << 53 && number >= -(1LL << 53));
      return std::to_string(number);
    }
    case '{':
      return written_object(json);
    default:
      break;
  }
  for (const Json& item : json.items) parts.push_back(written(item));
  return joined('[', std::move(parts), ']');
}

// Every object with a $ key is a tagged form: alone, and $dict with its pairs in order.
void check_tags(const Json& json) {
  for (const Json& item : json.items) check_tags(item);
  const bool tagged = std::any_of(json.keys.begin(), json.keys.end(),
                                  [](const auto& key) { return key.starts_with('$'); });
  if (!tagged) return;
  FUZZ_CHECK(json.keys.size() == 1);
  if (json.keys[0] != "$dict") return;
  std::vector<std::string> pairs;
  bool needed = false;
  for (const Json& pair : json.items[0].items) {
    FUZZ_CHECK(pair.items.size() == 2);
    pairs.push_back(written(pair.items[0]));
    needed = needed || pair.items[0].type != 's' || pair.items[0].text.starts_with('$');
  }
  FUZZ_CHECK(needed && std::is_sorted(pairs.begin(), pairs.end()));
  FUZZ_CHECK(std::adjacent_find(pairs.begin(), pairs.end()) == pairs.end());
}

bool accepts(const std::string& text) { return accepted(check_value(text, Limits{})); }

void check(const std::string& text) {
  const Status status = check_value(text, Limits{});
  if (!accepted(status)) return;
  FUZZ_CHECK(is_utf8(text));
  const auto json = Reader(text).document();
  FUZZ_CHECK(json.has_value());
  FUZZ_CHECK(written(*json) == text);
  check_tags(*json);
  FUZZ_CHECK(!accepts(text + " ") && !accepts(" " + text) && !accepts(text + "null") &&
             !accepts(text + "]"));
  Limits deeper;
  deeper.value_depth = 67;
  for (const auto& [before, behind] :
       {std::pair("[", "]"), std::pair("[null,", ",0]"), std::pair("{\"k\":", "}"),
        std::pair("{\"$tuple\":[", "]}"), std::pair("{\"$dict\":[[0,", "]]}")}) {
    const std::string outer = before + text + behind;
    FUZZ_REQUIRE_OK(check_value(outer, deeper));
    const Status within = check_value(outer, Limits{});
    FUZZ_CHECK(within.ok() || within.error().cls == ErrorClass::kLimit);
  }
  if (const auto kind = scalar_kind(text); accepted(kind)) {
    FUZZ_CHECK(json->type == 't' || json->type == 'f' || json->type == '0' || json->type == '{');
  }
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering::fuzz;
  const AllocationBound bound(size, 1024, 64 << 10);  // mostly for the reader above
  check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
