// SPDX-License-Identifier: Apache-2.0
// Texts of a graph record: match texts for fingerprints, and what people read. Spec: 06-graph.md.
// Internal, pure. Entry numbers are in range.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "treering/graph.h"
#include "treering/key_path.h"

namespace treering {

// The key that leads to an entry that is not the root.
Key graph_key(const GraphRecord& record, std::size_t entry);

// Match text of the entry's path below `base`, which is above it or the entry itself.
std::string graph_match_text(const GraphRecord& record, std::size_t entry, std::size_t base = 0);

// What the level arrays keeps of an array or alias, as canonical JSON.
std::string arrays_description(const GraphRecord& record, std::size_t entry);
// The text with every $code and $opaque replaced by null.
void append_without_code(std::string& out, std::string_view json);

// The path of an entry as code spells it: "layers[2].linear", "mu['a b']". Without the key below a
// variable. Long ones lose their beginning.
std::string graph_place(const GraphRecord& record, std::size_t entry);
// Is the key spelled as ".name"?
bool is_name_key(const Key& key) noexcept;
// As Python writes a string; control characters as \xNN.
std::string quoted(std::string_view text);
// The key as it follows a place: ".name", "[7]", "['a b']".
std::string spelled_key(const Key& key);

// A value as Python would write it, names in full or only their last part.
std::string shown_value(std::string_view json, bool full_names);
// A shape, as "[4,2]".
std::string shown_shape(std::string_view json);
// Both sides of a difference in few characters that still differ. Empty stays empty.
std::pair<std::string, std::string> shown_sides(std::string_view left, std::string_view right);
// Two texts cut to the part around their first difference, where they are long.
std::pair<std::string, std::string> excerpts(std::string left, std::string right);

}  // namespace treering
