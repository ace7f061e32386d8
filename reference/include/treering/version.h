// SPDX-License-Identifier: Apache-2.0
// Versions of the library and of the format that it writes.
#pragma once

#include <string_view>

#define TREERING_VERSION "0.1.0"

namespace treering {
inline constexpr std::string_view kLibraryVersion = TREERING_VERSION;
inline constexpr int kFormatMajor = 1;  // spec 07
inline constexpr int kFormatMinor = 0;
}  // namespace treering
