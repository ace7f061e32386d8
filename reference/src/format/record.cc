// SPDX-License-Identifier: Apache-2.0
#include "format/record.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "base/try.h"
#include "format/checksum.h"
#include "format/fail.h"
#include "treering/limits.h"
#include "treering/version.h"

namespace treering {
namespace {

constexpr std::string_view kMagic = "TREERING";
constexpr std::size_t kKindOffset = 8;
constexpr std::size_t kMajorOffset = 10;
constexpr std::size_t kMinorOffset = 12;
constexpr std::size_t kReservedOffset = 14;
constexpr std::size_t kRequiredOffset = 16;
constexpr std::size_t kOptionalOffset = 24;
constexpr std::size_t kBodySizeOffset = 32;
constexpr std::size_t kBodyDigestOffset = 40;
constexpr std::size_t kHeaderDigestOffset = 56;

Header load_header(const std::byte* in) noexcept {
  Header header;
  header.kind = static_cast<RecordKind>(load_le<std::uint16_t>(in + kKindOffset));
  header.major = load_le<std::uint16_t>(in + kMajorOffset);
  header.minor = load_le<std::uint16_t>(in + kMinorOffset);
  header.reserved = load_le<std::uint16_t>(in + kReservedOffset);
  header.required = load_le<std::uint64_t>(in + kRequiredOffset);
  header.optional = load_le<std::uint64_t>(in + kOptionalOffset);  // [RC-21]
  header.body_size = load_le<std::uint64_t>(in + kBodySizeOffset);
  header.body_digest = load_digest(in + kBodyDigestOffset);
  return header;
}

Error unknown_feature(std::uint64_t bits, const std::string& file) {
  const int bit = std::countr_zero(bits);  // [IN-04]
  std::string message =
      "needs feature bit " + std::to_string(bit) + ", which this version does not know";
  if (bit == 63) message += " (an extension of the header)";
  return fail(ErrorClass::kUnsupported, "unknown-feature", "RC-10", file,
              message + "; read it with a newer version", kRequiredOffset);
}

Status check_known(const Header& header, const std::string& file) {
  if (header.major != kFormatMajor) {  // [RC-08] [RC-20]
    return fail(ErrorClass::kUnsupported, "unknown-major", "RC-08", file,
                "has format version " + std::to_string(header.major) +
                    ", and this library reads version " + std::to_string(kFormatMajor) +
                    "; use a library that reads it",
                kMajorOffset);
  }
  if (record_kind_name(header.kind).empty()) {  // [RC-09]
    return fail(ErrorClass::kUnsupported, "unknown-kind", "RC-09", file,
                "is a record of kind " + std::to_string(static_cast<unsigned>(header.kind)) +
                    ", which this version does not know; read it with a newer version",
                kKindOffset);
  }
  const std::uint64_t unknown = header.required & ~kKnownFeatures;  // [RC-22]
  if (unknown != 0) return unknown_feature(unknown, file);          // [RC-10]
  return {};
}

std::string_view limit_name(RecordKind kind) {
  if (kind == RecordKind::kCommit) return "manifest_bytes";
  return kind == RecordKind::kIndex ? "index_bytes" : "record_bytes";
}

}  // namespace

std::string_view record_kind_name(RecordKind kind) noexcept {
  switch (kind) {
    case RecordKind::kCommit:
      return "commit";
    case RecordKind::kIndex:
      return "index";
    case RecordKind::kPlan:
      return "plan";
    case RecordKind::kData:
      return "data";
    case RecordKind::kAbort:
      return "abort";
    case RecordKind::kTombstone:
      return "tombstone";
  }
  return {};
}

std::array<std::byte, kHeaderBytes> encode_header(const Header& header) {  // [RC-01]
  std::array<std::byte, kHeaderBytes> out{};
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  // [BY-01]
  store_le<std::uint16_t>(out.data() + kKindOffset, static_cast<std::uint16_t>(header.kind));
  store_le<std::uint16_t>(out.data() + kMajorOffset, header.major);
  store_le<std::uint16_t>(out.data() + kMinorOffset, header.minor);
  store_le<std::uint16_t>(out.data() + kReservedOffset, header.reserved);
  store_le<std::uint64_t>(out.data() + kRequiredOffset, header.required);
  store_le<std::uint64_t>(out.data() + kOptionalOffset, header.optional);
  store_le<std::uint64_t>(out.data() + kBodySizeOffset, header.body_size);
  store_digest(header.body_digest, out.data() + kBodyDigestOffset);
  store_le<std::uint64_t>(out.data() + kHeaderDigestOffset,  // [BY-19]
                          xxh3_64(std::span(out).first(kHeaderDigestOffset)));
  return out;
}

Result<Header> decode_header(std::span<const std::byte> bytes, std::span<const RecordKind> allowed,
                             const std::string& file) {
  if (bytes.size() < kHeaderBytes) {  // [RC-06]
    return fail(ErrorClass::kMalformed, "truncated", "RC-06", file,
                "has " + std::to_string(bytes.size()) +
                    " bytes, fewer than a header; it is no record, or its end is lost: restore it "
                    "from a copy");
  }
  if (text_of(bytes.first(kMagic.size())) != kMagic) {  // [RC-06]
    return fail(ErrorClass::kMalformed, "bad-magic", "RC-06", file,
                "does not begin with TREERING; it is not a file of this format", 0);
  }
  if (load_le<std::uint64_t>(bytes.data() + kHeaderDigestOffset) !=
      xxh3_64(bytes.first(kHeaderDigestOffset))) {
    return fail(ErrorClass::kCorrupt, "header-digest", "RC-07", file,  // [RC-07]
                "has a header that does not match its digest; restore it from a copy",
                kHeaderDigestOffset);
  }
  const Header header = load_header(bytes.data());
  TREERING_CHECK(check_known(header, file));
  if (std::find(allowed.begin(), allowed.end(), header.kind) == allowed.end()) {  // [RC-11]
    return fail(ErrorClass::kInvalid, "wrong-kind", "RC-11", file,
                "holds a record of kind " + std::string(record_kind_name(header.kind)) +
                    ", which does not belong in this file; put back the right file",
                kKindOffset);
  }
  return header;
}

Result<RecordView> decode_record(std::span<const std::byte> bytes,
                                 std::span<const RecordKind> allowed, std::uint64_t body_limit,
                                 const std::string& file) {
  TREERING_TRY(const Header header, decode_header(bytes, allowed, file));
  const bool is_end = header.kind == RecordKind::kAbort || header.kind == RecordKind::kTombstone;
  const std::uint64_t most = is_end ? std::min(body_limit, Limits{}.record_bytes) : body_limit;
  if (header.body_size > most) {  // [RC-12]
    return in_file(refuse_limit(limit_name(header.kind), "RC-12", header.body_size, most), file,
                   kBodySizeOffset);
  }
  const std::span<const std::byte> body = bytes.subspan(kHeaderBytes);
  if (header.body_size != body.size()) {  // [RC-13]
    return fail(ErrorClass::kMalformed, "body-size", "RC-13", file,
                "has " + std::to_string(body.size()) +
                    " bytes after the header, and the header says " +
                    std::to_string(header.body_size) + "; restore it from a copy",
                kBodySizeOffset);
  }
  if (xxh3_128(body) != header.body_digest) {  // [RC-15]
    return fail(ErrorClass::kCorrupt, "body-digest", "RC-15", file,
                "has a body that does not match its digest; restore it from a copy", kHeaderBytes);
  }
  return RecordView{.header = header, .body = body};
}

std::vector<std::byte> encode_record(RecordKind kind, std::uint64_t required,
                                     std::span<const std::byte> body) {
  Header header;
  header.kind = kind;          // [RC-02]
  header.required = required;  // [IN-10]
  header.body_size = body.size();
  header.body_digest = xxh3_128(body);
  const auto head = encode_header(header);
  std::vector<std::byte> out;
  out.reserve(head.size() + body.size());
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Status check_reserved(const Header& header, const std::string& file) {
  if (header.reserved == 0) return {};
  return fail(ErrorClass::kInvalid, "reserved-bytes", "RC-18", file,  // [RC-18]
              "has other bytes than zero at 14 and 15; its writer was wrong: save it again",
              kReservedOffset);
}

}  // namespace treering
