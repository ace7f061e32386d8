// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <string>

#include "samples.h"

BOOST_AUTO_TEST_SUITE(layout_test)

using namespace treering;
using treering::testing::sample_id;

namespace {
const std::string kHex = "000102030405060708090a0b0c0d0e0f";
}  // namespace

BOOST_AUTO_TEST_CASE(names_are_those_of_the_specification) {  // [LY-06]
  const Id id = sample_id(0);
  BOOST_TEST(data_name(id, 0, 0) == "data-" + kHex + "-0-0");
  BOOST_TEST(data_name(id, 4294967295, 12) == "data-" + kHex + "-4294967295-12");
  BOOST_TEST(index_name(id, 7) == "index-" + kHex + "-7");
  BOOST_TEST(plan_name(id) == "plan-" + kHex);
  BOOST_TEST(candidate_name(id) == "candidate-" + kHex);
  BOOST_TEST(candidate_index_name(id, 7) == "candidate-" + kHex + "-index-7");
  BOOST_TEST(candidate_plan_name(id) == "candidate-" + kHex + "-plan");
  BOOST_TEST(step_name(100, 0) == "step-00000100");
  BOOST_TEST(step_name(100, 1) == "step-00000100.1");
  BOOST_TEST(step_name(123456789, 0) == "step-123456789");
  BOOST_TEST(trash_name(id) == ".trash-" + kHex);
}

BOOST_AUTO_TEST_CASE(parses_every_name_that_it_formats) {
  const Id id = sample_id(3);
  const auto data = parse_checkpoint_name(data_name(id, 5, 6));
  BOOST_REQUIRE(data.has_value());
  BOOST_CHECK(data->role == NameRole::kData && data->id == id && data->writer == 5 &&
              data->number == 6);
  const auto index = parse_checkpoint_name(index_name(id, 9));
  BOOST_CHECK(index && index->role == NameRole::kIndex && index->id == id && index->writer == 9);
  const auto candidate = parse_checkpoint_name(candidate_index_name(id, 9));
  BOOST_CHECK(candidate && candidate->role == NameRole::kCandidateIndex && candidate->writer == 9);
  BOOST_CHECK(parse_checkpoint_name(plan_name(id))->role == NameRole::kPlan);
  BOOST_CHECK(parse_checkpoint_name(candidate_name(id))->role == NameRole::kCandidate);
  BOOST_CHECK(parse_checkpoint_name(candidate_plan_name(id))->role == NameRole::kCandidatePlan);
  BOOST_CHECK(parse_checkpoint_name("lease-" + kHex)->role == NameRole::kLease);
  BOOST_CHECK(parse_checkpoint_name("pin-eval7")->role == NameRole::kPin);
  BOOST_CHECK(parse_checkpoint_name("MANIFEST")->role == NameRole::kSlot);
  for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{99999999},
                                   std::uint64_t{100000000}, (std::uint64_t{1} << 63) - 1}) {
    for (const std::uint32_t k : {0u, 1u, 4294967295u}) {
      const auto parsed = parse_series_name(step_name(step, k));
      BOOST_CHECK(parsed && parsed->role == NameRole::kStep && parsed->step == step &&
                  parsed->incarnation == k);
    }
  }
  BOOST_CHECK(parse_series_name(trash_name(id))->role == NameRole::kTrash);
  BOOST_CHECK(parse_series_name(".new-" + kHex)->id == sample_id(0));
}

BOOST_AUTO_TEST_CASE(refuses_hostile_names_in_a_checkpoint) {
  using namespace std::string_literals;
  const std::string upper = "000102030405060708090A0B0C0D0E0F";
  for (const std::string& name : {""s,
                                  "."s,
                                  ".."s,
                                  "/"s,
                                  "manifest"s,
                                  "MANIFEST "s,
                                  "MANIFEST\0"s,
                                  "MANIFEST/"s,
                                  "MANIFEST.tmp"s,
                                  "data-" + kHex,
                                  "data-" + kHex + "-0",
                                  "data-" + kHex + "-0-",
                                  "data-" + kHex + "-00-0",
                                  "data-" + kHex + "-0-01",
                                  "data-" + kHex + "--1-0",
                                  "data-" + kHex + "-+1-0",
                                  "data-" + kHex + "-0-0 ",
                                  "data-" + kHex + "-4294967296-0",
                                  "data-" + kHex + "-0-99999999999999999999",
                                  "data-" + upper + "-0-0",
                                  "data-" + kHex + "-0-0/../../x",
                                  "data-" + kHex.substr(1) + "-0-0",
                                  "data-" + kHex + "0-0-0",
                                  "data-" + kHex + "-0-0\n",
                                  "data-" + kHex + "-0x1-0",
                                  "../data-" + kHex + "-0-0",
                                  "data-../../etc/passwd"s,
                                  "index-" + kHex,
                                  "index-" + kHex + "-",
                                  "index-" + kHex + "-01",
                                  "plan-" + kHex + "-0",
                                  "plan-"s,
                                  "candidate-" + kHex + "-",
                                  "candidate-" + kHex + "-plan-",
                                  "candidate-" + kHex + "-index-",
                                  "candidate-" + kHex + "-index",
                                  "candidate-" + kHex + "-data-0",
                                  "lease-" + kHex + "x",
                                  "lease-run"s,
                                  "pin-"s,
                                  "pin-A"s,
                                  "pin-a_b"s,
                                  "pin-a/b"s,
                                  "pin-" + std::string(65, 'a'),
                                  "step-00000100"s,
                                  ".trash-" + kHex,
                                  "\xef\xbc\xad"
                                  "ANIFEST"s}) {
    BOOST_TEST(!parse_checkpoint_name(name).has_value(), "accepted " << name);
  }
  BOOST_CHECK(parse_checkpoint_name("pin-" + std::string(64, 'a')).has_value());
}

BOOST_AUTO_TEST_CASE(refuses_hostile_names_in_a_series) {
  using namespace std::string_literals;
  for (const std::string& name : {""s,
                                  "."s,
                                  ".."s,
                                  "step-"s,
                                  "step-100"s,
                                  "step-000000100"s,
                                  "step-00000100."s,
                                  "step-00000100.0"s,
                                  "step-00000100.01"s,
                                  "step-00000100.1.1"s,
                                  "step-00000100.4294967296"s,
                                  "Step-00000100"s,
                                  "step-0000010a"s,
                                  "step--0000100"s,
                                  "step-+0000100"s,
                                  "step-00000100/"s,
                                  "step-00000100\0"s,
                                  "step-9223372036854775808"s,
                                  "step-99999999999999999999999"s,
                                  ".trash-"s,
                                  ".trash-" + kHex + "0",
                                  "trash-" + kHex,
                                  ".new-"s,
                                  ".new-" + kHex + ".1",
                                  "MANIFEST"s}) {
    BOOST_TEST(!parse_series_name(name).has_value(), "accepted " << name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
