// SPDX-License-Identifier: Apache-2.0
#include "format/checksum.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/bytes.h"

namespace treering {
namespace {

Digest digest_of(const XXH128_hash_t& hash) noexcept {
  return {.low = hash.low64, .high = hash.high64};
}

}  // namespace

std::uint64_t xxh3_64(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());  // [BY-18]
}

Digest xxh3_128(std::span<const std::byte> bytes) noexcept {
  return digest_of(XXH3_128bits(bytes.data(), bytes.size()));  // [BY-18]
}

void store_digest(const Digest& digest, std::byte* out) noexcept {  // [BY-20]
  store_le<std::uint64_t>(out, digest.low);
  store_le<std::uint64_t>(out + 8, digest.high);
}

Digest load_digest(const std::byte* in) noexcept {
  return {.low = load_le<std::uint64_t>(in), .high = load_le<std::uint64_t>(in + 8)};
}

struct ContentDigest::Impl {
  XXH3_state_t* piece = XXH3_createState();   // of the raw bytes of the piece that is being filled
  XXH3_state_t* pieces = XXH3_createState();  // of the stored digests of the pieces before it
  std::size_t filled = 0;

  Impl() {
    if (piece == nullptr || pieces == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(pieces);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    XXH3_freeState(piece);
    XXH3_freeState(pieces);
  }
  void push(const Digest& digest) noexcept {
    std::array<std::byte, 16> stored{};
    store_digest(digest, stored.data());
    XXH3_128bits_update(pieces, stored.data(), stored.size());
  }
  void close_piece() noexcept {
    push(digest_of(XXH3_128bits_digest(piece)));
    filled = 0;
  }
};

ContentDigest::ContentDigest() : impl_(new Impl) {}
ContentDigest::~ContentDigest() { delete impl_; }

void ContentDigest::add(std::span<const std::byte> raw) noexcept {
  while (!raw.empty()) {
    if (impl_->filled == 0 && raw.size() >= kContentPiece) {
      impl_->push(xxh3_128(raw.first(kContentPiece)));
      raw = raw.subspan(kContentPiece);
      continue;
    }
    if (impl_->filled == 0) XXH3_128bits_reset(impl_->piece);
    const std::size_t part = std::min(raw.size(), kContentPiece - impl_->filled);
    XXH3_128bits_update(impl_->piece, raw.data(), part);
    impl_->filled += part;
    raw = raw.subspan(part);
    if (impl_->filled == kContentPiece) impl_->close_piece();
  }
}

void ContentDigest::add_piece(const Digest& digest) noexcept { impl_->push(digest); }

Digest ContentDigest::finish() noexcept {
  if (impl_->filled != 0) impl_->close_piece();
  return digest_of(XXH3_128bits_digest(impl_->pieces));
}

}  // namespace treering
