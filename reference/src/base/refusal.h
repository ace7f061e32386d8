// SPDX-License-Identifier: Apache-2.0
// The errors that rules end in. Spec: B-errors.md, A-limits.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "treering/error.h"

namespace treering {

// Well formed, but against the rule. The message says what is wrong and what to do.
Error refuse(std::string_view code, std::string_view rule, std::string message,
             std::string key_path = {});
// More than this reader takes. `limit` is the name that registry/limits.csv gives it. [LM-03]
Error refuse_limit(std::string_view limit, std::string_view rule, std::uint64_t found,
                   std::uint64_t allowed, std::string key_path = {});

// The caller asked for what cannot be meant.
Error refuse_use(std::string_view code, std::string_view rule, std::string message,
                 std::string key_path = {});

}  // namespace treering
