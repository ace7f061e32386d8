// SPDX-License-Identifier: Apache-2.0
// What can go wrong, as a value. Spec: B-errors.md.
#include "treering/error.h"

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

}  // namespace

std::string Error::to_string() const {  // [ER-04]
  std::string text(error_class_name(cls));
  if (!code.empty() || !rule.empty()) {
    text += " (" + code + (code.empty() || rule.empty() ? "" : ", ") + rule + ")";
  }
  const std::string place = format_where(where);
  if (!place.empty()) text += ": " + place;
  if (!message.empty()) text += ": " + message;
  return text;
}

}  // namespace treering
