// SPDX-License-Identifier: Apache-2.0
// Comparing compatibility records.
#include "treering/compat.h"

#include <string>
#include <vector>

#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(compat_test)

using namespace treering;

namespace {

std::vector<std::string> compare(std::string_view expected, std::string_view recorded) {
  const auto found = compare_compat(expected, recorded);
  TREERING_REQUIRE_OK(found);
  std::vector<std::string> lines;
  for (const CompatDifference& difference : *found) {
    lines.push_back(difference.path + "|" + difference.expected + "|" + difference.recorded);
  }
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_example_of_the_spec_has_its_differences) {  // [GC-18]
  const std::vector<std::string> lines = {"model/name|\"mlp\"|\"cnn\"", "x|1|"};
  BOOST_TEST(compare(R"({"model":{"name":"mlp"},"x":1})",
                     R"({"model":{"name":"cnn","version":"2"}})") == lines,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(further_recorded_keys_are_no_difference) {
  BOOST_TEST(compare("{}", R"({"a":1})").empty());
  BOOST_TEST(compare(R"({"b":{"c":1}})", R"({"a":0,"b":{"a":0,"c":1,"d":2},"z":0})").empty());
}

BOOST_AUTO_TEST_CASE(values_are_equal_where_their_canonical_forms_are) {
  BOOST_TEST(compare(R"({"a":1})", R"({"a":{"$float":"3ff0000000000000"}})").size() == 1u);
  BOOST_TEST(compare(R"({"a":1})", R"({"a":true})").size() == 1u);
  BOOST_TEST(compare(R"({"a":[1,2]})", R"({"a":{"$tuple":[1,2]}})").size() == 1u);
  BOOST_TEST(compare(R"({"a":{}})", R"({"a":null})").size() == 1u);
  BOOST_TEST(compare(R"({"a":{"b":1}})", R"({"a":[{"b":1}]})").size() == 1u);
  BOOST_TEST(compare(R"({"$dict":[[1,2]]})", R"({"$dict":[[1,2]]})").empty());
  BOOST_TEST(compare(R"({"$dict":[[1,2]]})", R"({"a":1})").size() == 1u);
}

BOOST_AUTO_TEST_CASE(keys_are_compared_by_their_characters) {
  // As bytes of the file '\' comes after 'A', as a character the escape 0x01 comes before it.
  const std::vector<std::string> lines = {"A|2|3"};
  BOOST_TEST(compare(R"({"\u0001":1,"A":2})", R"({"\u0001":1,"A":3})") == lines,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_record_is_one_difference) {
  BOOST_TEST(compare("{}", "").empty());
  BOOST_TEST(compare(R"({"a":1,"b":2})", "").size() == 1u);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_dict) {  // [GC-01]
  TREERING_CHECK_ERROR(compare_compat("[]", "{}"), ErrorClass::kInvalid, "GC-01");
  TREERING_CHECK_ERROR(compare_compat("{}", "1"), ErrorClass::kInvalid, "GC-01");
  TREERING_CHECK_ERROR(compare_compat("{ }", "{}"), ErrorClass::kInvalid, "VA-03");
}

BOOST_AUTO_TEST_SUITE_END()
