// SPDX-License-Identifier: Apache-2.0
// The 64-byte header that all records share, and the normative order of checks. Spec: 07-record.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "treering/id.h"
#include "treering/result.h"

namespace treering {

inline constexpr std::size_t kHeaderBytes = 64;  // Frozen in every major version.

// NOTE: the numbers are part of the format and never change.
enum class RecordKind : std::uint16_t {
  kCommit = 1,
  kIndex = 2,
  kPlan = 3,
  kData = 4,
  kAbort = 5,
  kTombstone = 6,
};
std::string_view record_kind_name(RecordKind kind) noexcept;

// Required feature bits of version 1. registry/features.csv
inline constexpr std::uint64_t kFeatureLz4 = 1u << 0;
inline constexpr std::uint64_t kFeatureBitshuffleLz4 = 1u << 1;
inline constexpr std::uint64_t kKnownFeatures = kFeatureLz4 | kFeatureBitshuffleLz4;

struct Header {
  RecordKind kind = RecordKind::kCommit;
  std::uint16_t major = 1;
  std::uint16_t minor = 0;
  std::uint16_t reserved = 0;
  std::uint64_t required = 0;
  std::uint64_t optional = 0;
  std::uint64_t body_size = 0;
  Digest body_digest{};
  bool operator==(const Header&) const = default;
};

std::array<std::byte, kHeaderBytes> encode_header(const Header& header);

// Reads the header of a file of which `bytes` is the start (at least min(64, file size) bytes): all
// checks up to and including "known kind in the wrong file". `allowed` are the kinds that this file
// may hold.
Result<Header> decode_header(std::span<const std::byte> bytes, std::span<const RecordKind> allowed,
                             const std::string& file);

// Header and body of a whole file: decode_header, then body size against limit and file, body
// digest. The caller goes on with framing and field rules. Of `body_limit` and the limit of an
// abort or tombstone the lower one holds for these two kinds.
struct RecordView {
  Header header{};
  std::span<const std::byte> body{};  // of `bytes`
};
Result<RecordView> decode_record(std::span<const std::byte> bytes,
                                 std::span<const RecordKind> allowed, std::uint64_t body_limit,
                                 const std::string& file);

// Header (digests filled in) followed by the body.
std::vector<std::byte> encode_record(RecordKind kind, std::uint64_t required,
                                     std::span<const std::byte> body);

// [RC-18] bytes 14 and 15: checked last among the field rules.
Status check_reserved(const Header& header, const std::string& file);

}  // namespace treering
