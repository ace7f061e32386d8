// SPDX-License-Identifier: Apache-2.0
// Mutations of a whole directory that keep its digests right from the inside out.
#pragma once

#include "support/archive.h"
#include "support/mutate.h"

namespace treering::fuzz {

// Changes one file, then calls repair, mostly.
void mutate_files(Files& files, std::size_t max_size, Random& random);
// Makes digests and sizes agree: blocks, then indexes, then the manifest. `random` leaves out a
// step now and then.
void repair(Files& files, Random& random);

}  // namespace treering::fuzz
