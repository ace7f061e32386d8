// SPDX-License-Identifier: Apache-2.0
// Taking a directory out of a series and deleting it, and nothing else. Spec: 13-commit.md
// (retention). Internal.
#pragma once

#include <string>
#include <vector>

#include "store/directory.h"
#include "treering/limits.h"
#include "treering/result.h"

namespace treering {

// Renames the directory `name` of the series to a fresh trash name and fsyncs the series: from here
// on it is gone.
Result<std::string> move_to_trash(const Directory& series, const std::string& name);

// Deletes a trashed directory: regular files whose names follow the grammar, one by one, never
// descending, never following a link; then the directory. What else it holds stays, and its paths
// are added to `left`.
Status delete_trash(const Directory& series, const std::string& trash, const Limits& limits,
                    std::vector<std::string>& left);

// The trash directories of a series.
Result<std::vector<std::string>> list_trash(const Directory& series, const Limits& limits);

}  // namespace treering
