// SPDX-License-Identifier: Apache-2.0
// Shorthand for the errors of this floor. Internal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "treering/error.h"

namespace treering {

inline Error restore_error(ErrorClass cls, std::string_view code, std::string_view rule,
                           Where where, std::string message) {
  return Error{.cls = cls,
               .code = std::string(code),
               .rule = std::string(rule),
               .where = std::move(where),
               .message = std::move(message)};
}

}  // namespace treering
