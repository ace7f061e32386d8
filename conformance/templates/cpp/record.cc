// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include <algorithm>
#include <bit>

#include "xxh3.h"

namespace {

// Bit 0 when codec lz4 is there, bit 1 for bitshuffle-lz4; claim codec.lz4, codec.bitshuffle-lz4 in hello then.
constexpr std::uint64_t kKnownRequired = 0;

}  // namespace

Header check_header(std::string_view head, std::uint64_t file_size, std::initializer_list<Kind> kinds) {
  if (head.size() < kHeaderSize || !head.starts_with("TREERING")) {
    throw Refused("malformed", "RC-06", "this is no record");
  }
  if (header_digest(head.substr(0, 56)) != little_endian(head, 56, 8)) {
    throw Refused("corrupt", "RC-07", "the header digest does not match");
  }
  Header header{};
  const auto u16_at = [&](std::size_t at) { return static_cast<std::uint16_t>(little_endian(head, at, 2)); };
  header.kind = u16_at(8);
  header.major = u16_at(10);
  header.minor = u16_at(12);
  header.reserved = u16_at(14);
  header.required = little_endian(head, 16, 8);
  header.optional = little_endian(head, 24, 8);
  header.body_size = little_endian(head, 32, 8);
  head.copy(header.body_digest.data(), header.body_digest.size(), 40);
  if (header.major != 1) {
    throw Refused("unsupported", "RC-08",
                  "version " + std::to_string(header.major) + "." + std::to_string(header.minor) + " is not known");
  }
  if (header.kind < kCommit || header.kind > kTombstone) {
    throw Refused("unsupported", "RC-09", "record kind " + std::to_string(header.kind) + " is not known");
  }
  if (const std::uint64_t unknown = header.required & ~kKnownRequired; unknown != 0) {
    const std::string bit = std::to_string(std::countr_zero(unknown));
    throw Refused("unsupported", "RC-10", "required feature bit " + bit + " is not known");
  }
  if (std::find(kinds.begin(), kinds.end(), header.kind) == kinds.end()) {
    throw Refused("invalid", "RC-11", "a record of kind " + std::to_string(header.kind) + " cannot stand here");
  }
  if (header.kind == kData) {
    if (header.body_size != 64 || file_size < 128) {
      throw Refused("malformed", "RC-14", "a data record has a body of 64 bytes");
    }
    return header;
  }
  const bool large = header.kind == kCommit || header.kind == kIndex;
  if (header.body_size > std::uint64_t{1} << (large ? 30 : 20)) {
    throw Refused("limit", "RC-12", "the body is larger than the limit of its kind");
  }
  if (file_size != kHeaderSize + header.body_size) {
    throw Refused("malformed", "RC-13", "the file is not exactly 64 bytes longer than its body");
  }
  return header;
}
