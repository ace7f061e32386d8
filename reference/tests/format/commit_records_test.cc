// SPDX-License-Identifier: Apache-2.0
#include "format/commit_records.h"

#include <array>
#include <boost/test/unit_test.hpp>

#include "base/try.h"
#include "format/message_writer.h"
#include "litany.h"
#include "samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(commit_records_test)

using namespace treering;
using namespace treering::testing;
using enum ErrorClass;

namespace {

PlanRecord sample_plan() {
  return {.step = 100,
          .counter = 2,
          .writers = 4,
          .attempt = sample_id(0),
          .run_id = sample_id(16),
          .plan_digest = {1, 2}};
}
EndRecord sample_end() {
  return {.step = 0,
          .at = 17,
          .attempt = sample_id(0),
          .run_id = sample_id(16),
          .reason = "supersed\xc3\xa9"};
}
Bytes plan_file(const PlanRecord& plan) {
  return encode_record(RecordKind::kPlan, 0, encode_plan_body(plan));
}
Bytes end_file(const EndRecord& end) {
  return encode_record(RecordKind::kTombstone, 0, encode_end_body(end));
}

Result<PlanRecord> open_plan(std::span<const std::byte> file) {
  constexpr std::array kKinds{RecordKind::kPlan};
  TREERING_TRY(const RecordView view, decode_record(file, kKinds, Limits{}.record_bytes, "plan"));
  return decode_plan_body(view.body, view.header, "plan");
}
Result<EndRecord> open_end(std::span<const std::byte> file) {
  constexpr std::array kKinds{RecordKind::kAbort, RecordKind::kTombstone};
  TREERING_TRY(const RecordView view, decode_record(file, kKinds, Limits{}.record_bytes, "end"));
  return decode_end_body(view.body, view.header, "end");
}
Status plan_status(std::span<const std::byte> file) {
  const auto plan = open_plan(file);
  return plan.ok() ? Status() : Status(plan.error());
}
Status end_status(std::span<const std::byte> file) {
  const auto end = open_end(file);
  return end.ok() ? Status() : Status(end.error());
}
// Changes one byte of the body and makes the digests right again.
Bytes changed(Bytes file, std::size_t at, unsigned value) {
  file[at] = static_cast<std::byte>(value);
  seal(file);
  return file;
}

}  // namespace

BOOST_AUTO_TEST_CASE(plan_round_trips) {
  for (const auto& step : {std::optional<std::uint64_t>(100), std::optional<std::uint64_t>(0),
                           std::optional<std::uint64_t>()}) {
    PlanRecord plan = sample_plan();
    plan.step = step;
    const auto opened = open_plan(plan_file(plan));
    TREERING_REQUIRE_OK(opened);
    BOOST_CHECK(*opened == plan);
  }
}

BOOST_AUTO_TEST_CASE(end_round_trips) {
  for (const char* reason : {"", "x", "superseded by step 200"}) {
    EndRecord end = sample_end();
    end.reason = reason;
    const auto opened = open_end(end_file(end));
    TREERING_REQUIRE_OK(opened);
    BOOST_CHECK(*opened == end);
  }
}

BOOST_AUTO_TEST_CASE(plan_refuses_what_every_record_refuses) {
  const Bytes file = plan_file(sample_plan());
  check_litany(file, file.size() - 64, plan_status);
  check_lengths(file, plan_status);
}

BOOST_AUTO_TEST_CASE(end_refuses_what_every_record_refuses) {
  const Bytes file = end_file(sample_end());
  check_litany(file, file.size() - 64, end_status);
  check_lengths(file, end_status);
}

BOOST_AUTO_TEST_CASE(refuses_each_broken_field) {
  const Bytes plan = plan_file(sample_plan());
  TREERING_CHECK_ERROR(open_plan(changed(plan, 0x60, 3)), kInvalid, "CM-01");  // flags
  TREERING_CHECK_ERROR(open_plan(changed(plan, 0x60, 0)), kInvalid,
                       "CM-02");  // step without its flag
  TREERING_CHECK_ERROR(open_plan(changed(plan, 0x57, 0x80)), kInvalid, "CM-02");  // step of 2^63
  TREERING_CHECK_ERROR(open_plan(changed(plan, 0x64, 1)), kInvalid, "CM-03");     // one writer
  PlanRecord nobody = sample_plan();
  nobody.writers = 0;
  TREERING_CHECK_ERROR(open_plan(plan_file(nobody)), kInvalid, "CM-03");
  EndRecord end = sample_end();
  end.reason = "\xff";
  TREERING_CHECK_ERROR(open_end(end_file(end)), kInvalid, "CM-05");
  const Bytes short_id = changed(plan, 0x6c, 0x7a);  // 15 bytes: the next object no longer follows
  TREERING_CHECK_ERROR(open_plan(short_id), kMalformed, "RC-34");
}

BOOST_AUTO_TEST_CASE(fields_of_a_higher_minor_are_ignored) {  // [RC-40]
  const PlanRecord plan = sample_plan();
  const std::vector<std::uint32_t> added{1, 2, 3};
  const Root root{.words = {100, 2, 1 | std::uint64_t{4} << 32, 99},
                  .pointers = {Column(plan.attempt), Column(plan.run_id),
                               digest_column(plan.plan_digest, true), Column(added)}};
  const Bytes file =
      encode_record(RecordKind::kPlan, 0, encode_message(root, "record_bytes", 1000).value());
  TREERING_CHECK_ERROR(open_plan(file), kMalformed, "RC-38");
  const auto newer = open_plan(with_u16(file, 12, 1));
  TREERING_REQUIRE_OK(newer);
  BOOST_CHECK(*newer == plan);
}

BOOST_AUTO_TEST_CASE(accepted_bytes_encode_again_to_the_same_bytes) {
  Random random(9);
  for (const Bytes& file : {plan_file(sample_plan()), end_file(sample_end())}) {
    std::size_t accepted = 0;
    for (int i = 0; i < 3000; ++i) {
      Bytes bad = file;
      bad[64 + below(random, bad.size() - 64)] ^= static_cast<std::byte>(1u << below(random, 8));
      seal(bad);
      const auto plan = open_plan(bad);
      const auto end = open_end(bad);
      if (plan.ok()) BOOST_REQUIRE(plan_file(*plan) == bad);
      if (end.ok()) BOOST_REQUIRE(end_file(*end) == bad);
      if (plan.ok() || end.ok()) ++accepted;
    }
    BOOST_TEST(accepted > 100u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
