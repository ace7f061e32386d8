// SPDX-License-Identifier: Apache-2.0
// The descriptions of a graph record. Spec: 06-graph.md. Internal, pure.
#pragma once

#include <string>
#include <string_view>

#include "treering/graph.h"
#include "treering/result.h"

namespace treering {

// The kind of a description that is of its shape (GC-05). Precondition: a value that was checked.
Result<GraphKind> check_description(std::string_view description, std::string_view path);

// The value under a key; empty where the description has none.
std::string_view graph_field(const GraphEntry& entry, std::string_view key) noexcept;
// The characters of a field that is a string.
std::string graph_text_field(const GraphEntry& entry, std::string_view key);

}  // namespace treering
