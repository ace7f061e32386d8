// SPDX-License-Identifier: Apache-2.0
// What a manifest must fulfil once its columns are read. Spec: 11-manifest.md. Pure.
#pragma once

#include <string>

#include "format/manifest.h"

namespace treering {

// Row ends and UTF-8 of the string and blob tables: what Table::at relies on.
Status check_tables(const Tree& tree, const std::string& file);
// The tree, the values and their sizes. Precondition: check_tables passed.
Status check_content(const Manifest& manifest, const Limits& limits, const std::string& file);

}  // namespace treering
