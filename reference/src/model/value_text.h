// SPDX-License-Identifier: Apache-2.0
// Questions about a value that need no full parse. Spec: 01-bytes.md (rules VA-). Pure.
#pragma once

#include <string_view>

namespace treering {

// Decimal digits with an optional minus sign, no leading zero, no "-0". Any length.
bool is_integer_text(std::string_view text) noexcept;
// Is it within 2^53, so that it stands without a tag? Precondition: is_integer_text.
bool is_plain_integer(std::string_view text) noexcept;
// A plain object or a $dict. Precondition: check_value accepted it.
bool is_dict_value(std::string_view json) noexcept;

}  // namespace treering
