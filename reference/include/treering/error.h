// SPDX-License-Identifier: Apache-2.0
// What can go wrong, as a value. Spec: B-errors.md.
// The class is normative and asserted by the conformance suite; code and message are for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace treering {

enum class ErrorClass : std::uint8_t {
  kMalformed,    // bytes that cannot be parsed
  kCorrupt,      // bytes that are not those that were written
  kUnsupported,  // a version, feature or codec that this reader does not know; the message names it
  kInvalid,      // well formed, but against a rule
  kLimit,        // larger than this reader's limits; the message names the limit
  kNotFound,     // no such checkpoint, step or leaf
  kConflict,     // somebody else's checkpoint stands there
  kMismatch,     // template and checkpoint differ
  kEnvironment,  // the operating system said no
  kUsage,        // the caller's mistake
  kInternal,     // a bug of this library
};

// The word that spec B-errors.md, JSON output and Python use: "malformed", "not-found", ...
std::string_view error_class_name(ErrorClass cls) noexcept;

// Where it went wrong. Empty or kNoOffset where it does not apply.
struct Where {
  static constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};
  std::string file{};
  std::uint64_t offset = kNoOffset;  // bytes from the start of the file
  std::string key_path{};            // typed text, spec 02
  bool operator==(const Where&) const = default;
};

struct Error {
  ErrorClass cls = ErrorClass::kInternal;
  std::string code{};     // short word of spec/registry/errors.csv, e.g. "block-digest"
  std::string rule{};     // id of the rule that it enforces, e.g. "BL-07"; empty if none
  Where where{};
  std::string message{};  // one sentence that says what to do
  // "corrupt (block-digest, BL-07): data-… at byte 4096, leaf model/kernel: …"
  std::string to_string() const;
};

}  // namespace treering
