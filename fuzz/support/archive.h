// SPDX-License-Identifier: Apache-2.0
// A directory as one input.
// An entry: name length u8, name, file size u32, stored size u32, stored bytes; what is not stored
// is zero.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace treering::fuzz {

using Bytes = std::vector<std::byte>;
using Files = std::map<std::string, Bytes>;
inline constexpr std::size_t kMostArchiveBytes = std::size_t{4} << 20;  // of all files

// Takes entries until one does not parse or is too large; every input is some directory.
Files unpack(std::span<const std::byte> archive);
// Zeros at the end of a file are left out. Names of more than 255 bytes are, too.
Bytes pack(const Files& files);

}  // namespace treering::fuzz
