// SPDX-License-Identifier: Apache-2.0
// Values: metadata, metrics, records and static fields as canonical JSON. Spec: 01-bytes.md (rules VA-).
#pragma once

#include <cstdint>
#include <string_view>

#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

// Accepts exactly the canonical form, so that equal values are equal bytes. Class invalid; limit for depth.
Status check_value(std::string_view json, const Limits& limits);

enum class ScalarKind : std::uint8_t { kBool, kInt, kFloat, kComplex };
// What a scalar leaf's value is; fails (invalid) for any other value. Precondition: check_value accepted it.
Result<ScalarKind> scalar_kind(std::string_view json);

}  // namespace treering
