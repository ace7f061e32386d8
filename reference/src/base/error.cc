// SPDX-License-Identifier: Apache-2.0
// What can go wrong, as a value. Spec: B-errors.md.
#include "treering/error.h"

#include <span>

#include "base/hex.h"
#include "base/utf8.h"

namespace treering {

std::string_view error_class_name(ErrorClass cls) noexcept {  // [ER-01]
  switch (cls) {
    case ErrorClass::kMalformed:
      return "malformed";
    case ErrorClass::kCorrupt:
      return "corrupt";
    case ErrorClass::kUnsupported:
      return "unsupported";
    case ErrorClass::kInvalid:
      return "invalid";
    case ErrorClass::kLimit:
      return "limit";
    case ErrorClass::kNotFound:
      return "not-found";
    case ErrorClass::kConflict:
      return "conflict";
    case ErrorClass::kMismatch:
      return "mismatch";
    case ErrorClass::kEnvironment:
      return "environment";
    case ErrorClass::kUsage:
      return "usage";
    case ErrorClass::kInternal:
      return "internal";
  }
  return "internal";
}

namespace {

// "data-… at byte 4096, leaf model/kernel", as much of it as is known.
std::string format_where(const Where& where) {
  std::string text = where.file;
  if (where.offset != Where::kNoOffset) {
    text += (text.empty() ? "at byte " : " at byte ") + std::to_string(where.offset);
  }
  if (!where.key_path.empty()) text += (text.empty() ? "leaf " : ", leaf ") + where.key_path;
  return text;
}

// [ER-06] Paths, and names out of directories, may hold anything.
void append_shown(std::string& out, std::string_view text) {
  const bool good = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool control = byte < 0x20 || byte == 0x7f;
    // U+0080 to U+009F are controls too.
    const bool high_control =
        good && byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (!control && !high_control && (good || byte < 0x80)) {
      out += text[i];
      continue;
    }
    for (const std::size_t end = i + (high_control ? 2 : 1); i < end; ++i) {
      out += "\\x";
      append_hex(out, std::as_bytes(std::span(&text[i], 1)));
    }
    --i;
  }
}

}  // namespace

std::string Error::to_string() const {  // [ER-04]
  std::string text(error_class_name(cls));
  if (!code.empty() || !rule.empty()) {
    text += " (" + code + (code.empty() || rule.empty() ? "" : ", ") + rule + ")";
  }
  const std::string place = format_where(where);
  if (!place.empty()) append_shown(text += ": ", place);
  if (!message.empty()) append_shown(text += ": ", message);
  return text;
}

}  // namespace treering
