// SPDX-License-Identifier: Apache-2.0
#include "format/capnp_io.h"

#include "base/bytes.h"
#include "format/canonical.h"
#include "format/checksum.h"
#include "format/fail.h"

namespace treering {
namespace {

constexpr std::size_t kFramingBytes = 8;
constexpr std::size_t kWordBytes = 8;

Result<std::span<const std::byte>> parse_framing(std::span<const std::byte> body,
                                                 const std::string& file) {
  const auto segments = load_le<std::uint32_t>(body, 0);
  const auto words = load_le<std::uint32_t>(body, 4);
  if (!segments || !words || *segments != 0 ||
      body.size() != kFramingBytes + kWordBytes * std::uint64_t{*words}) {  // [RC-26]
    return fail(ErrorClass::kMalformed, "framing", "RC-26", file,
                "has a body that is not one segment of the length that it says; save it again",
                kHeaderBytes);
  }
  return body.subspan(kFramingBytes);
}

}  // namespace

Result<Segment> Segment::open(std::span<const std::byte> body, const Shape& root,
                              const Header& header, const std::string& file) {
  TREERING_TRY(const auto bytes, parse_framing(body, file));
  if (const auto fault = check_canonical(bytes, root, header.minor == 0)) {  // [RC-17]
    return fail(ErrorClass::kMalformed, "not-canonical", fault->rule, file,
                "has a body that is not in canonical form: " + std::string(fault->message) +
                    "; save it again",
                kHeaderBytes + kFramingBytes + kWordBytes * fault->word);
  }
  Segment segment;
  segment.count_ = bytes.size() / kWordBytes;
  const void* start = bytes.data();
  if (reinterpret_cast<std::uintptr_t>(start) % alignof(std::uint64_t) != 0) {
    segment.copy_.resize(segment.count_);
    std::memcpy(segment.copy_.data(), start, bytes.size());
    start = segment.copy_.data();
  }
  segment.data_ = static_cast<const capnp::word*>(start);
  return segment;
}

Error message_failure(const kj::Exception& exception, const std::string& file) {
  return fail(ErrorClass::kMalformed, "not-canonical", "RC-17", file,
              "has a body that cannot be decoded: " +
                  std::string(exception.getDescription().cStr()) + "; save it again",
              kHeaderBytes);
}

Result<Id> read_id(const capnp::Data::Reader& data, std::string_view field, std::string_view rule,
                   const std::string& file) {
  Id id;
  if (data.size() != id.bytes.size()) {
    return invalid_in(file, "bad-id", rule,
                      "has as " + std::string(field) + " " + std::to_string(data.size()) +
                          " bytes, and an id has 16; save it again");
  }
  std::memcpy(id.bytes.data(), data.begin(), id.bytes.size());
  return id;
}

Result<Digest> read_digest(const capnp::Data::Reader& data, bool wanted, std::string_view rule,
                           const std::string& file) {
  if (data.size() != (wanted ? sizeof(Digest) : 0)) {
    return invalid_in(file, "bad-plan-digest", rule,
                      std::string(wanted ? "lacks a plan digest of 16 bytes"
                                         : "has a plan digest with one writer") +
                          "; save it again");
  }
  return wanted ? load_digest(reinterpret_cast<const std::byte*>(data.begin())) : Digest{};
}

std::vector<Digest> copy_digests(const capnp::Data::Reader& data) {
  static_assert(sizeof(Digest) == 16);
  std::vector<Digest> out(data.size() / sizeof(Digest));
  if (!out.empty()) std::memcpy(out.data(), data.begin(), out.size() * sizeof(Digest));
  return out;
}

}  // namespace treering
