// SPDX-License-Identifier: Apache-2.0
// XXH3 with seed 0. Spec: 01-bytes.md, 08-block.md (content digest).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "treering/id.h"

namespace treering {

std::uint64_t xxh3_64(std::span<const std::byte> bytes) noexcept;
Digest xxh3_128(std::span<const std::byte> bytes) noexcept;

// 16 bytes, low half first.
void store_digest(const Digest& digest, std::byte* out) noexcept;
Digest load_digest(const std::byte* in) noexcept;

// XXH3-128 over the stored digests of the raw bytes' 1 MiB pieces. Feed the shard's raw bytes in
// order.
inline constexpr std::size_t kContentPiece = std::size_t{1} << 20;
class ContentDigest {
 public:
  ContentDigest();
  ~ContentDigest();
  ContentDigest(const ContentDigest&) = delete;
  ContentDigest& operator=(const ContentDigest&) = delete;
  void add(std::span<const std::byte> raw) noexcept;
  // A whole piece whose digest is known already. Precondition: at a piece's start.
  void add_piece(const Digest& digest) noexcept;
  Digest finish() noexcept;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace treering
