// SPDX-License-Identifier: Apache-2.0
// A slow second look at a tree that was accepted, by the text of the spec and without its clever
// parts.
#pragma once

#include <cstdint>

#include "treering/tree.h"

namespace treering::fuzz {

// Nodes in preorder, keys and paths, the use of each leaf row, and the tiling of small arrays
// element by element.
void audit_tree(const Tree& tree, std::uint64_t writers);

// Each element of the array lies in exactly one cell, and every function on grids says the same
// about it. Looks only at arrays of up to 4096 elements and cells.
void audit_grid(const Grid& grid, const Spec& spec, std::uint64_t writers);

}  // namespace treering::fuzz
