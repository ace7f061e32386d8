// SPDX-License-Identifier: Apache-2.0
// What every record must refuse, whatever its kind. Spec: 07-record.md.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "format/checksum.h"
#include "format/record.h"
#include "testing/results.h"

namespace treering::testing {

using Bytes = std::vector<std::byte>;
using Open = std::function<Status(std::span<const std::byte>)>;

// Makes the digests of a header right again after a change.
inline void seal_header(Bytes& file) {
  store_le<std::uint64_t>(file.data() + 56, xxh3_64(std::span(file).first(56)));
}
inline void seal(Bytes& file, std::size_t body_bytes) {
  store_le<std::uint64_t>(file.data() + 32, body_bytes);
  store_digest(xxh3_128(std::span(file).subspan(kHeaderBytes, body_bytes)), file.data() + 40);
  seal_header(file);
}
inline void seal(Bytes& file) { seal(file, file.size() - kHeaderBytes); }

inline Bytes with_u16(Bytes file, std::size_t offset, std::uint16_t value) {
  store_le<std::uint16_t>(file.data() + offset, value);
  seal_header(file);
  return file;
}
inline Bytes flipped(Bytes file, std::size_t at) {
  file[at] ^= std::byte{0x10};
  return file;
}

// A decoder that gets anything else than what it was made for may not touch a byte beyond its
// input: each call gets a copy of exactly the right size, so that the address sanitizer sees every
// step too far.
inline Status open_copy(const Open& open, const Bytes& file) {
  const Bytes exact(file.begin(), file.end());
  return open(exact);
}

// `body_bytes` of the file are its body; `open` accepts it.
inline void check_litany(const Bytes& file, std::size_t body_bytes, const Open& open) {
  using enum ErrorClass;
  TREERING_REQUIRE_OK(open_copy(open, file));
  TREERING_CHECK_ERROR(open_copy(open, flipped(file, 0)), kMalformed, "RC-06");
  TREERING_CHECK_ERROR(open_copy(open, flipped(file, 40)), kCorrupt, "RC-07");
  TREERING_CHECK_ERROR(open_copy(open, with_u16(file, 10, 2)), kUnsupported, "RC-08");
  TREERING_CHECK_ERROR(open_copy(open, with_u16(file, 8, 7)), kUnsupported, "RC-09");
  for (const unsigned bit : {2u, 17u, 63u}) {
    Bytes needs = file;
    store_le<std::uint64_t>(needs.data() + 16, std::uint64_t{3} | std::uint64_t{1} << bit);
    seal_header(needs);
    const Status status = open_copy(open, needs);
    TREERING_CHECK_ERROR(status, kUnsupported, "RC-10");
    // [IN-04] [RC-22]
    BOOST_TEST(status.error().message.find("bit " + std::to_string(bit)) != std::string::npos);
  }
  TREERING_CHECK_ERROR(open_copy(open, flipped(file, kHeaderBytes + body_bytes - 1)), kCorrupt,
                       "RC-15");
  TREERING_CHECK_ERROR(open_copy(open, with_u16(file, 14, 1)), kInvalid, "RC-18");
  Bytes optional = file;
  store_le<std::uint64_t>(optional.data() + 24, ~std::uint64_t{0});
  seal_header(optional);
  TREERING_REQUIRE_OK(open_copy(open, optional));  // [RC-21]
  for (std::size_t i = 0; i < kHeaderBytes + body_bytes; ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes flip = file;
      flip[i] ^= static_cast<std::byte>(1u << bit);
      BOOST_REQUIRE_MESSAGE(!open_copy(open, flip).ok(), "accepted a flipped bit in byte " << i);
    }
  }
}

// Every shorter and longer file, resealed or not, of a record that is all of its file.
inline void check_lengths(const Bytes& file, const Open& open) {  // [RC-17]
  using enum ErrorClass;
  for (std::size_t size = 0; size < file.size(); ++size) {
    Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    const Status status = open_copy(open, cut);
    TREERING_CHECK_ERROR(status, kMalformed, (size < kHeaderBytes ? "RC-06" : "RC-13"));
    if (size < kHeaderBytes) continue;
    seal(cut);
    const Status sealed = open_copy(open, cut);
    BOOST_REQUIRE_MESSAGE(!sealed.ok() && sealed.error().cls == kMalformed,
                          "accepted a body cut at " << size);
  }
  Bytes longer = file;
  longer.push_back(std::byte{0});
  TREERING_CHECK_ERROR(open_copy(open, longer), kMalformed, "RC-13");
  seal(longer);
  TREERING_CHECK_ERROR(open_copy(open, longer), kMalformed, "RC-26");
  Bytes word = file;
  word.resize(file.size() + 8);
  seal(word);
  TREERING_CHECK_ERROR(open_copy(open, word), kMalformed, "RC-26");
  store_le<std::uint32_t>(word.data() + 68, load_le<std::uint32_t>(word.data() + 68) + 1);
  seal(word);
  TREERING_CHECK_ERROR(open_copy(open, word), kMalformed, "RC-35");
  Bytes segments = file;
  store_le<std::uint32_t>(segments.data() + 64, 1);
  seal(segments);
  TREERING_CHECK_ERROR(open_copy(open, segments), kMalformed, "RC-26");
}

}  // namespace treering::testing
