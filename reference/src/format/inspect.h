// SPDX-License-Identifier: Apache-2.0
// What a header says, read without a check. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "treering/record.h"

namespace treering {

// Empty below 64 bytes.
std::optional<RecordFacts> record_facts(std::span<const std::byte> bytes, std::uint64_t file_bytes);

}  // namespace treering
