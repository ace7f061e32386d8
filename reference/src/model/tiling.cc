// SPDX-License-Identifier: Apache-2.0
// Do listed boxes cover an array exactly once? Spec: 05-sharding.md.
//
// Comparing boxes pairwise is quadratic, and sweeping is exponential in the rank. Instead: give
// each coordinate x of each axis i a weight w(i, x), and each box the product over the axes of w(i,
// stop) - w(i, start). Multiplied out, that is one term for each corner of the box. How often an
// element is covered is a step function, fixed by its signed corners, so boxes tile the array if
// and only if their sum equals the array's product as polynomials in the weights. Two different
// ones agree on random weights of a field of size 2^61 - 1 with probability below rank / 2^60; two
// sets of weights are tried. The weights come from a digest of the boxes, so that the answer is
// repeatable.
#include "model/tiling.h"

#include <xxhash.h>

namespace treering {
namespace {

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a) * b;
  const std::uint64_t sum =
      static_cast<std::uint64_t>(product & kPrime) + static_cast<std::uint64_t>(product >> 61);
  return sum >= kPrime ? sum - kPrime : sum;
}
std::uint64_t subtract(std::uint64_t a, std::uint64_t b) noexcept {
  return a >= b ? a - b : a + kPrime - b;
}
std::uint64_t add(std::uint64_t a, std::uint64_t b) noexcept { return subtract(a, kPrime - b); }

std::uint64_t weight(std::uint64_t axis, std::uint64_t coordinate, std::uint64_t seed) noexcept {
  const std::uint64_t key[2] = {axis, coordinate};
  return XXH3_64bits_withSeed(key, sizeof key, seed) % kPrime;
}

std::uint64_t edge(std::uint64_t axis, std::uint64_t start, std::uint64_t stop,
                   std::uint64_t seed) noexcept {
  return subtract(weight(axis, stop, seed), weight(axis, start, seed));
}

bool weighs_the_same(std::span<const std::uint64_t> boxes, std::span<const std::uint64_t> shape,
                     std::uint64_t seed) noexcept {
  std::uint64_t whole = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    whole = multiply(whole, edge(axis, 0, shape[axis], seed));
  }
  std::uint64_t sum = 0;
  for (; !boxes.empty(); boxes = boxes.subspan(2 * shape.size())) {
    std::uint64_t product = 1;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      product = multiply(product, edge(axis, boxes[2 * axis], boxes[2 * axis + 1], seed));
    }
    sum = add(sum, product);
  }
  return sum == whole;
}

}  // namespace

bool tiles_exactly(std::span<const std::uint64_t> boxes,
                   std::span<const std::uint64_t> shape) noexcept {
  const XXH128_hash_t seed = XXH3_128bits(boxes.data(), boxes.size_bytes());
  return weighs_the_same(boxes, shape, seed.low64) && weighs_the_same(boxes, shape, seed.high64);
}

}  // namespace treering
