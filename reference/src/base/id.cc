// SPDX-License-Identifier: Apache-2.0
// 128-bit names and digests. Spec: 01-bytes.md.
#include "treering/id.h"

#include <xxhash.h>

#include <span>

#include "base/bytes.h"
#include "base/hex.h"
#include "base/refusal.h"

namespace treering {

std::string Id::to_string() const {
  std::string text;
  append_hex(text, std::as_bytes(std::span(bytes)));
  return text;
}

Result<Id> parse_id(std::string_view text) {
  Id id;
  if (!parse_hex(text, std::as_writable_bytes(std::span(id.bytes)))) {
    return refuse_use("bad-argument", "BY-15",
                      "an id is 32 lowercase hex digits; give it as it is printed");
  }
  return id;
}

Id id_of_text(std::string_view text) noexcept {  // [BY-17]
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  Id id;
  const auto stored = std::as_writable_bytes(std::span(id.bytes));
  store_le<std::uint64_t>(stored.data(), hash.low64);
  store_le<std::uint64_t>(stored.data() + 8, hash.high64);
  return id;
}

std::string Digest::to_string() const {
  std::string text;
  append_hex64(text, high);  // [BY-21]
  append_hex64(text, low);
  return text;
}

}  // namespace treering
