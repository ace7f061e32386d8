// SPDX-License-Identifier: Apache-2.0
// XXH3-64 of the 56 bytes before a header's digest: chapter 01, "Digests". Other lengths go other ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// The integer of `size` bytes at `at`.
std::uint64_t little_endian(std::string_view data, std::size_t at, std::size_t size);
std::uint64_t header_digest(std::string_view data);
