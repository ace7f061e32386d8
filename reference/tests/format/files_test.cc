// SPDX-License-Identifier: Apache-2.0
#include "format/files.h"

#include <array>
#include <boost/test/unit_test.hpp>

#include "base/bytes.h"
#include "litany.h"
#include "samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(files_test)

using namespace treering;
using namespace treering::testing;
using enum ErrorClass;

namespace {

constexpr std::uint64_t kSize = 4096;
DataFile sample_file() {
  return {.size = kSize, .number = 3, .attempt = sample_id(0), .writer = 7, .block_bytes = 4096};
}
Header manifest_header() {
  Header header;
  header.required = kKnownFeatures;
  return header;
}
Bytes sample_head() {
  const auto head =
      encode_data_head({.attempt = sample_id(0), .writer = 7, .number = 3, .required = 1});
  return {head.begin(), head.end()};
}
Status check(std::span<const std::byte> head, const DataFile& file = sample_file(),
             const Header& manifest = manifest_header()) {
  return check_data_head(head, file.size, file, manifest, "data");
}
Bytes changed_body(std::size_t at) {
  Bytes head = sample_head();
  head[at] ^= std::byte{1};
  seal(head, 64);
  return head;
}

}  // namespace

BOOST_AUTO_TEST_CASE(head_is_what_every_record_is) {
  check_litany(sample_head(), 64, [](std::span<const std::byte> bytes) { return check(bytes); });
}

BOOST_AUTO_TEST_CASE(refuses_every_truncation) {
  const Bytes head = sample_head();
  for (std::size_t size = 0; size < head.size(); ++size) {
    const Bytes cut(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(size));
    TREERING_CHECK_ERROR(check(cut), kMalformed, (size < 64 ? "RC-06" : "RC-14"));
  }
}

BOOST_AUTO_TEST_CASE(size_of_the_file_comes_first) {
  TREERING_CHECK_ERROR(check_data_head({}, kSize - 1, sample_file(), manifest_header(), "data"),
                       kCorrupt, "RC-04");
}

BOOST_AUTO_TEST_CASE(refuses_another_body_size) {
  Bytes head = sample_head();
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{63}, std::uint64_t{65}, ~std::uint64_t{0}}) {
    store_le<std::uint64_t>(head.data() + 32, size);
    seal_header(head);
    TREERING_CHECK_ERROR(check(head), kMalformed, "RC-14");
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_head_of_another_file) {
  TREERING_CHECK_ERROR(check(changed_body(64)), kInvalid, "MF-24");  // attempt
  TREERING_CHECK_ERROR(check(changed_body(80)), kInvalid, "MF-24");  // writer
  TREERING_CHECK_ERROR(check(changed_body(84)), kInvalid, "MF-24");  // k
  for (std::size_t at = 88; at < 128; ++at)
    TREERING_CHECK_ERROR(check(changed_body(at)), kInvalid, "DF-03");
}

BOOST_AUTO_TEST_CASE(refuses_what_the_manifest_does_not_announce) {
  TREERING_CHECK_ERROR(check(with_u16(sample_head(), 12, 1)), kInvalid, "MF-23");
  Header newer = manifest_header();
  newer.minor = 1;
  TREERING_REQUIRE_OK(check(with_u16(sample_head(), 12, 1), sample_file(), newer));
  Header poorer = manifest_header();
  poorer.required = 2;
  TREERING_CHECK_ERROR(check(sample_head(), sample_file(), poorer), kInvalid, "RC-24");
}

BOOST_AUTO_TEST_SUITE_END()
