// SPDX-License-Identifier: Apache-2.0
// Is it UTF-8? Spec: 01-bytes.md.
#pragma once

#include <string_view>

namespace treering {

// Well-formed UTF-8 of Unicode's table 3-7: shortest forms only, no surrogates, nothing above
// U+10FFFF. NUL is a character like any other. ASCII goes at memory speed.
bool is_utf8(std::string_view text) noexcept;

}  // namespace treering
