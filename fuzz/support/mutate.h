// SPDX-License-Identifier: Apache-2.0
// Mutations that get past the outer walls: they keep messages canonical and digests right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "support/message_tree.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace treering::fuzz {

using Bytes = std::vector<std::byte>;
using Random = std::minstd_rand;

// One in `of`.
inline bool chance(Random& random, unsigned of) { return random() % of == 0; }

// The engine's own mutation.
void mutate_bytes(Bytes& bytes, std::size_t max_size);
// One or a few changes of values, rows or columns.
void mutate_message(MessageNode& root, Random& random);
// A message body: mostly values, sometimes bytes behind a framing that fits again.
void mutate_body(Bytes& body, std::size_t max_size, Random& random);
// A record: header fields or body; size and digests then fit again, mostly.
void mutate_record(Bytes& record, std::size_t max_size, Random& random);

// Makes size and digests in the header of a whole record what they should be.
void fit_record(Bytes& record);
void fit_header_digest(Bytes& record);

// A custom mutator of one of the functions above: copies in, calls, copies out.
template <class Mutate>
std::size_t mutate_in_place(std::uint8_t* data, std::size_t size, std::size_t max_size,
                            unsigned seed, Mutate mutate) {
  Random random(seed);
  const auto* from = reinterpret_cast<const std::byte*>(data);
  Bytes bytes(from, from + size);
  mutate(bytes, max_size, random);
  if (bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  for (std::size_t i = 0; i < bytes.size(); ++i) data[i] = static_cast<std::uint8_t>(bytes[i]);
  return bytes.size();
}

}  // namespace treering::fuzz
