// SPDX-License-Identifier: Apache-2.0
#include "format/record.h"

#include <array>
#include <boost/test/unit_test.hpp>

#include "base/bytes.h"
#include "litany.h"
#include "testing/results.h"
#include "treering/limits.h"

BOOST_AUTO_TEST_SUITE(record_test)

using namespace treering;
using namespace treering::testing;
using enum ErrorClass;

namespace {
constexpr std::array kPlanOnly{RecordKind::kPlan};
constexpr std::array kSlotKinds{RecordKind::kCommit, RecordKind::kAbort, RecordKind::kTombstone};

Status open_plan(std::span<const std::byte> file) {
  const auto view = decode_record(file, kPlanOnly, 1000, "plan");
  if (!view.ok()) return view.error();
  return check_reserved(view->header, "plan");
}
Bytes plan_file() { return encode_record(RecordKind::kPlan, 1, bytes_of("some body")); }
}  // namespace

BOOST_AUTO_TEST_CASE(round_trips_every_field) {
  Header header;
  header.kind = RecordKind::kIndex;
  header.minor = 9;
  header.required = 3;
  header.optional = 0x8000000000000001u;
  header.body_size = 77;
  header.body_digest = {5, 6};
  constexpr std::array kKinds{RecordKind::kIndex};
  const auto decoded = decode_header(encode_header(header), kKinds, "f");
  TREERING_REQUIRE_OK(decoded);
  BOOST_CHECK(*decoded == header);
}

BOOST_AUTO_TEST_CASE(refuses_what_every_record_refuses) { check_litany(plan_file(), 9, open_plan); }

BOOST_AUTO_TEST_CASE(refuses_every_truncation) {
  const Bytes file = plan_file();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    TREERING_CHECK_ERROR(open_plan(cut), kMalformed, (size < 64 ? "RC-06" : "RC-13"));
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_known_kind_in_the_wrong_file) {
  const Bytes file = encode_record(RecordKind::kIndex, 0, bytes_of("some body"));
  TREERING_CHECK_ERROR(decode_record(file, kPlanOnly, 1000, "plan"), kInvalid, "RC-11");
}

BOOST_AUTO_TEST_CASE(limit_comes_before_the_size_of_the_file) {
  Bytes file = plan_file();
  store_le<std::uint64_t>(file.data() + 32, ~std::uint64_t{0});
  seal_header(file);
  const auto refused = decode_record(file, kPlanOnly, 1000, "plan");
  TREERING_CHECK_ERROR(refused, kLimit, "RC-12");
  BOOST_TEST(refused.error().code == "limit-record-bytes");
  store_le<std::uint64_t>(file.data() + 32, 1000);
  seal_header(file);
  TREERING_CHECK_ERROR(decode_record(file, kPlanOnly, 1000, "plan"), kMalformed, "RC-13");
}

BOOST_AUTO_TEST_CASE(abort_in_the_slot_keeps_its_own_limit) {
  const Bytes body(Limits{}.record_bytes + 1);
  const auto file = encode_record(RecordKind::kAbort, 0, body);
  TREERING_CHECK_ERROR(decode_record(file, kSlotKinds, Limits{}.manifest_bytes, "MANIFEST"), kLimit,
                       "RC-12");
}

BOOST_AUTO_TEST_CASE(accepts_any_minor_and_names_the_lowest_unknown_feature) {  // [RC-20]
  TREERING_REQUIRE_OK(open_plan(with_u16(plan_file(), 12, 0xffff)));
  Bytes file = plan_file();
  store_le<std::uint64_t>(file.data() + 16, 0xf0);
  seal_header(file);
  const Status refused = open_plan(file);
  TREERING_CHECK_ERROR(refused, kUnsupported, "RC-10");
  BOOST_TEST(refused.error().message.find("bit 4,") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(corrupt_version_is_corrupt_and_not_unsupported) {
  TREERING_CHECK_ERROR(open_plan(flipped(plan_file(), 10)), kCorrupt, "RC-07");
}

BOOST_AUTO_TEST_SUITE_END()
