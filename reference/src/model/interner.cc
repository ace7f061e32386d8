// SPDX-License-Identifier: Apache-2.0
// A table without equal rows, in order of first use. Spec: 11-manifest.md (order of first use).
#include "model/interner.h"

#include <xxhash.h>

#include <limits>

namespace treering {
namespace {

constexpr std::size_t kFirstSlots = 64;

std::size_t slot_of(std::uint64_t hash, std::size_t slots) noexcept { return hash & (slots - 1); }
std::uint32_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

// An address seeds the hash, so that nobody can prepare names that collide. The numbers depend on
// the order of use alone. [DF-19]
Interner::Interner(Table& table)
    : table_(table), slots_(kFirstSlots), seed_(reinterpret_cast<std::uintptr_t>(slots_.data())) {}

std::uint64_t Interner::hash_of(std::string_view bytes) const noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed_);
}

std::uint32_t Interner::intern(std::string_view bytes) {
  const std::uint64_t hash = hash_of(bytes);
  std::size_t at = slot_of(hash, slots_.size());
  for (; slots_[at].number != 0; at = slot_of(at + 1, slots_.size())) {
    if (slots_[at].tag == tag_of(hash) && table_.at(slots_[at].number) == bytes) {
      return slots_[at].number;
    }
  }
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (bytes.size() > kMost - table_.bytes.size() || table_.rows() >= kMost) return 0;
  table_.bytes += bytes;
  table_.ends.push_back(static_cast<std::uint32_t>(table_.bytes.size()));
  const auto number = static_cast<std::uint32_t>(table_.rows());
  slots_[at] = {number, tag_of(hash)};
  if (table_.rows() > slots_.size() / 2) grow();
  return number;
}

void Interner::grow() {
  slots_.assign(4 * slots_.size(), Slot{});
  for (std::size_t row = 0; row < table_.rows(); ++row) {
    const auto number = static_cast<std::uint32_t>(row + 1);
    const std::uint64_t hash = hash_of(table_.at(number));
    std::size_t at = slot_of(hash, slots_.size());
    while (slots_[at].number != 0) at = slot_of(at + 1, slots_.size());
    slots_[at] = {number, tag_of(hash)};
  }
}

}  // namespace treering
