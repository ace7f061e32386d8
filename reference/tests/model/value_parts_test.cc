// SPDX-License-Identifier: Apache-2.0
#include "model/value_parts.h"

#include <string>
#include <vector>

#include "testing/results.h"
#include "treering/value.h"

BOOST_AUTO_TEST_SUITE(value_parts_test)

using namespace treering;

BOOST_AUTO_TEST_CASE(a_value_ends_where_it_ends) {
  for (const std::string json : {"null", "-12", "\"\"", R"("a\"],\\")", "[]", "{}",
                                 R"([1,[2,"]"],{"a":"}"}])", R"({"a":[{"b":"\\"}]})"}) {
    TREERING_REQUIRE_OK(check_value(json, Limits{}));
    for (const char* after : {"", ",1", "]", "}"})
      BOOST_TEST(value_size(json + after) == json.size());
  }
}

BOOST_AUTO_TEST_CASE(the_parts_of_a_container_come_in_order) {
  std::vector<std::string> seen;
  for (ValueParts parts(R"({"a":1,"b\"":[2,3],"c":{"d":""}})"); parts.next();) {
    seen.push_back(std::string(parts.key()) + "=" + std::string(parts.value()));
  }
  const std::vector<std::string> wanted = {"a=1", "b\\\"=[2,3]", "c={\"d\":\"\"}"};
  BOOST_TEST(seen == wanted, boost::test_tools::per_element());
  BOOST_TEST(!ValueParts("[]").next());
  ValueParts list("[[],\"x\"]");
  BOOST_TEST((list.next() && list.value() == "[]" && list.next() && list.value() == "\"x\""));
  BOOST_TEST(!list.next());
}

BOOST_AUTO_TEST_CASE(strings_come_back_as_they_went) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "é→";
  std::string json;
  append_string_value(json, all);
  TREERING_REQUIRE_OK(check_value(json, Limits{}));
  BOOST_TEST(unescape_content(quoted_content(json)) == all);
}

BOOST_AUTO_TEST_CASE(a_value_is_found_under_its_key) {
  BOOST_TEST(value_under(R"({"a":1,"b":{"c":2},"c":3})", "c") == "3");
  BOOST_TEST(value_under(R"({"a":1})", "b").empty());
}

BOOST_AUTO_TEST_SUITE_END()
