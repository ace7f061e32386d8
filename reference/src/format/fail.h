// SPDX-License-Identifier: Apache-2.0
// Errors of this floor: base/refusal.h with the file, and those of other classes. Internal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/refusal.h"

namespace treering {

inline Error in_file(Error error, const std::string& file,
                     std::uint64_t offset = Where::kNoOffset) {
  error.where.file = file;
  if (offset != Where::kNoOffset) error.where.offset = offset;
  return error;
}
inline Error fail(ErrorClass cls, std::string_view code, std::string_view rule,
                  const std::string& file, std::string message,
                  std::uint64_t offset = Where::kNoOffset) {
  Error error{.cls = cls,
              .code = std::string(code),
              .rule = std::string(rule),
              .message = std::move(message)};
  return in_file(std::move(error), file, offset);
}
inline Error invalid_in(const std::string& file, std::string_view code, std::string_view rule,
                        std::string message, std::uint64_t offset = Where::kNoOffset) {
  return in_file(refuse(code, rule, std::move(message)), file, offset);
}
inline Error limit_in(const std::string& file, std::string_view limit, std::string_view rule,
                      std::uint64_t found, std::uint64_t allowed) {
  return in_file(refuse_limit(limit, rule, found, allowed), file);
}

}  // namespace treering
