// SPDX-License-Identifier: Apache-2.0
#include "format/files.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/try.h"
#include "format/checksum.h"
#include "format/fail.h"

namespace treering {
namespace {

constexpr std::size_t kBodyBytes = kDataHeadBytes - kHeaderBytes;
constexpr std::size_t kAttemptOffset = 0;  // in the body
constexpr std::size_t kWriterOffset = 16;
constexpr std::size_t kNumberOffset = 20;
constexpr std::size_t kZeroOffset = 24;

Status check_name(std::span<const std::byte> body, const DataFile& file,
                  const std::string& name) {  // [MF-24]
  if (std::memcmp(body.data() + kAttemptOffset, file.attempt.bytes.data(),
                  sizeof file.attempt.bytes) == 0 &&
      load_le<std::uint32_t>(body.data() + kWriterOffset) == file.writer &&
      load_le<std::uint32_t>(body.data() + kNumberOffset) == file.number) {
    return {};
  }
  return fail(ErrorClass::kInvalid, "wrong-file", "MF-24", name,
              "says that it is another file than its name says; put back the right file",
              kHeaderBytes);
}

Status check_zeros(std::span<const std::byte> body, const std::string& name) {  // [DF-03]
  const auto zeros = body.subspan(kZeroOffset);
  const auto at =
      std::find_if(zeros.begin(), zeros.end(), [](std::byte b) { return b != std::byte{0}; });
  if (at == zeros.end()) return {};
  return fail(ErrorClass::kInvalid, "reserved-bytes", "DF-03", name,
              "has other bytes than zero behind its head; its writer was wrong: save it again",
              kHeaderBytes + kZeroOffset + static_cast<std::uint64_t>(at - zeros.begin()));
}

Status check_against(const Header& header, const Header& manifest,
                     const std::string& name) {  // [MF-23]
  if (header.minor > manifest.minor) {
    return invalid_in(name, "wrong-version", "MF-23",
                      "has a version that the manifest does not announce; put back the right file");
  }
  if ((header.required & ~manifest.required) == 0) return {};
  return invalid_in(name, "file-feature", "RC-24",
                    "has a feature that the manifest does not announce; put back the right file");
}

}  // namespace

std::array<std::byte, kDataHeadBytes> encode_data_head(const DataHead& head) {  // [DF-01]
  std::array<std::byte, kDataHeadBytes> out{};
  std::byte* body = out.data() + kHeaderBytes;
  std::memcpy(body + kAttemptOffset, head.attempt.bytes.data(), sizeof head.attempt.bytes);
  store_le<std::uint32_t>(body + kWriterOffset, head.writer);
  store_le<std::uint32_t>(body + kNumberOffset, head.number);
  Header header;
  header.kind = RecordKind::kData;
  header.required = head.required;
  header.body_size = kBodyBytes;
  header.body_digest = xxh3_128(std::span(body, kBodyBytes));
  const auto encoded = encode_header(header);
  std::copy(encoded.begin(), encoded.end(), out.begin());
  return out;
}

Status check_data_head(std::span<const std::byte> bytes, std::uint64_t file_size,
                       const DataFile& file, const Header& manifest, const std::string& name) {
  if (file_size != file.size) {  // [RC-04]
    return fail(ErrorClass::kCorrupt, "file-size", "RC-04", name,
                "has " + std::to_string(file_size) + " bytes, and the manifest says " +
                    std::to_string(file.size) + "; restore it from a copy");
  }
  constexpr std::array kAllowed{RecordKind::kData};
  TREERING_TRY(const Header header, decode_header(bytes, kAllowed, name));
  if (header.body_size != kBodyBytes || bytes.size() < kDataHeadBytes) {  // [RC-14]
    return fail(ErrorClass::kMalformed, "body-size", "RC-14", name,
                "has no whole head of a data file; restore it from a copy", kHeaderBytes);
  }
  const auto body = bytes.subspan(kHeaderBytes, kBodyBytes);
  if (xxh3_128(body) != header.body_digest) {  // [RC-15]
    return fail(ErrorClass::kCorrupt, "body-digest", "RC-15", name,
                "has a head that does not match its digest; restore it from a copy", kHeaderBytes);
  }
  TREERING_CHECK(check_name(body, file, name));
  TREERING_CHECK(check_zeros(body, name));
  TREERING_CHECK(check_against(header, manifest, name));
  return check_reserved(header, name);
}

}  // namespace treering
