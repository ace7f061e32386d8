// SPDX-License-Identifier: Apache-2.0
#include "treering/value.h"

#include <string>
#include <vector>

#include "testing/results.h"

namespace treering {
namespace {

struct Refused {
  std::string json;
  std::string_view rule;
};

void check_refused(const std::vector<Refused>& cases) {
  for (const auto& [json, rule] : cases) {
    BOOST_TEST_CONTEXT(json) {
      TREERING_CHECK_ERROR(check_value(json, Limits{}), ErrorClass::kInvalid, rule);
    }
  }
}

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string json;
  for (std::size_t i = 0; i < depth; ++i) json += open;
  json += "null";
  for (std::size_t i = 0; i < depth; ++i) json += close;
  return json;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(value)

BOOST_AUTO_TEST_CASE(accepts_every_form) {
  for (const char* json : {"null",
                           "true",
                           "false",
                           "0",
                           "-1",
                           "7",
                           "9007199254740992",
                           "-9007199254740992",
                           "\"\"",
                           "\"a\\\"b\\\\c\\u0000\\u001f/é😀\x7f\"",
                           "[]",
                           "[null,1,\"a\",[[]],{}]",
                           "{}",
                           "{\"\":1,\"a\":2,\"aa\":3,\"b\":4}",
                           R"({"\"":1,"#":2})",
                           R"({"\u0001":1,"!":2})",
                           R"({"a$":1,"b":{"$int":"-9007199254740993"}})",
                           R"({"$int":"9007199254740993"})",
                           R"({"$int":"123456789012345678901234567890"})",
                           R"({"$float":"3f50624dd2f1a9fc"})",
                           R"({"$complex":["3ff0000000000000","c000000000000000"]})",
                           R"({"$bytes":""})",
                           R"({"$bytes":"00ff"})",
                           R"({"$tuple":[]})",
                           R"({"$tuple":[1,"x",{"$tuple":[]}]})",
                           R"({"$dict":[["$k","b"],[1,"a"]]})",
                           R"({"$dict":[[1,"a"]]})",
                           R"({"$dict":[["$k",1]]})",
                           R"({"$dict":[["a",1],[null,2],[true,{}]]})",
                           R"({"$dict":[[{"$tuple":[1,2]},3]]})",
                           R"({"$dtype":"bfloat16"})",
                           R"({"$type":"flax.nnx.Param"})",
                           R"({"$code":"a.b"})",
                           R"({"$opaque":"a.B"})",
                           R"({"$enum":["a.B","C"]})",
                           R"({"$spec":[]})",
                           R"({"$spec":[null,"x",{"$tuple":["x","y"]}]})"}) {
    BOOST_TEST_CONTEXT(json) { TREERING_REQUIRE_OK(check_value(json, Limits{})); }
  }
}

BOOST_AUTO_TEST_CASE(rejects_what_is_around_a_value) {  // [VA-02]
  check_refused({{"", "VA-02"},
                 {" 1", "VA-02"},
                 {"1 ", "VA-02"},
                 {"1\n", "VA-02"},
                 {"nullnull", "VA-02"},
                 {"{}[]", "VA-02"},
                 {std::string("1\0", 2), "VA-02"},
                 {"1,", "VA-02"},
                 {"00", "VA-04"}});
}

BOOST_AUTO_TEST_CASE(rejects_what_is_no_json) {  // [VA-01]
  check_refused({{"nul", "VA-01"},
                 {"True", "VA-01"},
                 {"[", "VA-01"},
                 {"[1", "VA-01"},
                 {"[1,]", "VA-01"},
                 {"[,1]", "VA-01"},
                 {"{", "VA-01"},
                 {"{\"a\"", "VA-01"},
                 {"{\"a\":", "VA-01"},
                 {"{\"a\":1", "VA-01"},
                 {"{\"a\":1,}", "VA-01"},
                 {"{1:2}", "VA-01"},
                 {"\"", "VA-01"},
                 {"\"a", "VA-01"},
                 {"-", "VA-01"},
                 {"NaN", "VA-01"},
                 {"Infinity", "VA-01"},
                 {"-Infinity", "VA-01"},
                 {"'a'", "VA-01"},
                 {"]", "VA-01"},
                 {"[1}", "VA-01"},
                 {"{\"a\";1}", "VA-01"},
                 {".5", "VA-01"},
                 {"\xef\xbb\xbf"
                  "1",
                  "VA-01"},
                 {std::string(1, '\0'), "VA-01"}});
}

BOOST_AUTO_TEST_CASE(rejects_white_space_between_tokens) {  // [VA-03]
  check_refused({{"[1, 2]", "VA-03"},
                 {"[ ]", "VA-03"},
                 {"{\"a\": 1}", "VA-03"},
                 {"{ \"a\":1}", "VA-03"},
                 {"[1\n]", "VA-03"},
                 {"{\"a\" :1}", "VA-03"},
                 {"[1,\t2]", "VA-03"},
                 {"{\"a\":1\r}", "VA-03"}});
}

BOOST_AUTO_TEST_CASE(rejects_numbers_that_are_no_canonical_integers) {  // [VA-04] [VA-05]
  check_refused({{"1.0", "VA-04"},
                 {"1e3", "VA-04"},
                 {"1E3", "VA-04"},
                 {"-0", "VA-04"},
                 {"01", "VA-04"},
                 {"-01", "VA-04"},
                 {"+1", "VA-04"},
                 {"-0.0", "VA-04"},
                 {"9007199254740993", "VA-05"},
                 {"-9007199254740993", "VA-05"},
                 {"10000000000000000", "VA-05"},
                 {"18446744073709551616", "VA-05"}});
}

BOOST_AUTO_TEST_CASE(rejects_other_strings) {  // [VA-06]
  check_refused({{"\"\n\"", "VA-06"},
                 {R"("\n")", "VA-06"},
                 {R"("\u0041")", "VA-06"},
                 {R"("\u000A")", "VA-06"},
                 {R"("\u0020")", "VA-06"},
                 {R"("\u0022")", "VA-06"},
                 {R"("\/")", "VA-06"},
                 {R"("\u00")", "VA-06"},
                 {R"("\ud83d\ude00")", "VA-06"},
                 {R"("\U0001")", "VA-06"},
                 {"\"\\", "VA-06"},
                 {"\"\\\"", "VA-01"},
                 {"\"\xff\"", "VA-06"},
                 {"\"\xc3\"", "VA-06"},
                 {"\"\xed\xa0\x80\"", "VA-06"},
                 {"\"\xc0\x80\"", "VA-06"},
                 {std::string("\"\0\"", 3), "VA-06"}});
}

BOOST_AUTO_TEST_CASE(rejects_keys_that_do_not_ascend) {  // [VA-07]
  check_refused({{"{\"b\":1,\"a\":2}", "VA-07"},
                 {"{\"a\":1,\"a\":2}", "VA-07"},
                 {"{\"aa\":1,\"a\":2}", "VA-07"},
                 {"{\"é\":1,\"z\":2}", "VA-07"},
                 {R"({"#":1,"\"":2})", "VA-07"},
                 {R"({"!":1,"\u0001":2})", "VA-07"},
                 {R"({"a":{"y":1,"x":2}})", "VA-07"}});
  // "\\" is one byte 5c, above "Z" and below "a", whatever its escaped form looks like.
  TREERING_REQUIRE_OK(check_value(R"({"Z":1,"\\":2,"a":3})", Limits{}));
}

BOOST_AUTO_TEST_CASE(rejects_unknown_and_mixed_tags) {  // [VA-12] [VA-13]
  check_refused({{R"({"$set":[]})", "VA-12"},
                 {R"({"$":1})", "VA-12"},
                 {R"({"$Int":"9007199254740993"})", "VA-12"},
                 {R"({"$tuple":[],"x":1})", "VA-13"},
                 {R"({"!":1,"$tuple":[]})", "VA-13"},
                 {R"({"$int":"9007199254740993","x":1})", "VA-13"},
                 {R"({"#":1,"$":2})", "VA-13"},
                 {R"({"$spec":[{"$tuple":[],"a":1}]})", "VA-13"}});
}

BOOST_AUTO_TEST_CASE(rejects_other_content_of_tags) {  // [VA-14] [VA-17]
  check_refused(
      {{R"({"$int":5})", "VA-14"},
       {R"({"$int":"x"})", "VA-14"},
       {R"({"$int":""})", "VA-14"},
       {R"({"$int":"09007199254740993"})", "VA-14"},
       {R"({"$int":"+9007199254740993"})", "VA-14"},
       {R"({"$int":"5"})", "VA-17"},
       {R"({"$int":"9007199254740992"})", "VA-17"},
       {R"({"$int":"-9007199254740992"})", "VA-17"},
       {R"({"$float":"3FF0000000000000"})", "VA-14"},
       {R"({"$float":"3ff000000000000"})", "VA-14"},
       {R"({"$float":1})", "VA-14"},
       {R"({"$float":["3ff0000000000000"]})", "VA-14"},
       {R"({"$complex":["3ff0000000000000"]})", "VA-14"},
       {R"({"$complex":[]})", "VA-14"},
       {R"({"$complex":"3ff0000000000000"})", "VA-14"},
       {R"({"$complex":["3ff0000000000000","3ff0000000000000","3ff0000000000000"]})", "VA-14"},
       {R"({"$bytes":"0"})", "VA-14"},
       {R"({"$bytes":"0G"})", "VA-14"},
       {R"({"$bytes":"0A"})", "VA-14"},
       {R"({"$bytes":[]})", "VA-14"},
       {R"({"$tuple":{}})", "VA-14"},
       {R"({"$tuple":null})", "VA-14"},
       {R"({"$dtype":"float"})", "VA-14"},
       {R"({"$dtype":17})", "VA-14"},
       {R"({"$type":1})", "VA-14"},
       {R"({"$code":null})", "VA-14"},
       {R"({"$opaque":[]})", "VA-14"},
       {R"({"$enum":["a"]})", "VA-14"},
       {R"({"$enum":["a",1]})", "VA-14"},
       {R"({"$enum":["a","b","c"]})", "VA-14"},
       {R"({"$spec":null})", "VA-14"},
       {R"({"$spec":[1]})", "VA-14"},
       {R"({"$spec":[["x"]]})", "VA-14"},
       {R"({"$spec":[{"$tuple":[null]}]})", "VA-14"},
       {R"({"$spec":[{"$type":"a"}]})", "VA-14"},
       {R"({"$dict":{}})", "VA-14"},
       {R"({"$dict":[1]})", "VA-14"},
       {R"({"$dict":[[1]]})", "VA-14"},
       {R"({"$dict":[[1,2,3]]})", "VA-14"}});
}

BOOST_AUTO_TEST_CASE(rejects_dicts_out_of_order_or_without_need) {  // [VA-15] [VA-16]
  check_refused({{R"({"$dict":[[1,"a"],["$k","b"]]})", "VA-15"},
                 {R"({"$dict":[[1,2],[1,3]]})", "VA-15"},
                 {R"({"$dict":[[2,1],[10,1]]})", "VA-15"},
                 {R"({"$dict":[]})", "VA-16"},
                 {R"({"$dict":[["a",1]]})", "VA-16"},
                 {R"({"$dict":[["a",1],["b",2]]})", "VA-16"}});
  TREERING_REQUIRE_OK(check_value(R"({"$dict":[[10,1],[2,1]]})", Limits{}));
}

BOOST_AUTO_TEST_CASE(depth_counts_arrays_and_objects_of_tags_too) {  // [VA-08]
  TREERING_REQUIRE_OK(check_value(nested(64, "[", "]"), Limits{}));
  TREERING_CHECK_ERROR(check_value(nested(65, "[", "]"), Limits{}), ErrorClass::kLimit, "VA-08");
  TREERING_REQUIRE_OK(check_value(nested(32, "{\"$tuple\":[", "]}"), Limits{}));
  TREERING_CHECK_ERROR(check_value("[" + nested(32, "{\"$tuple\":[", "]}") + "]", Limits{}),
                       ErrorClass::kLimit, "VA-08");
  TREERING_REQUIRE_OK(check_value(nested(64, "{\"a\":", "}"), Limits{}));
  // Depth is of what is open at one place: siblings do not add up.
  std::string wide = "[[]";
  for (int i = 0; i < 100; ++i) wide += ",{\"$tuple\":[]}";
  TREERING_REQUIRE_OK(check_value(wide + "]", Limits{}));
  TREERING_CHECK_ERROR(check_value(nested(100000, "[", "]"), Limits{}), ErrorClass::kLimit,
                       "VA-08");
}

BOOST_AUTO_TEST_CASE(knows_what_scalars_are) {  // [TR-35]
  BOOST_TEST((*scalar_kind("true") == ScalarKind::kBool));
  BOOST_TEST((*scalar_kind("-7") == ScalarKind::kInt));
  BOOST_TEST((*scalar_kind(R"({"$int":"9007199254740993"})") == ScalarKind::kInt));
  BOOST_TEST((*scalar_kind(R"({"$float":"3ff0000000000000"})") == ScalarKind::kFloat));
  BOOST_TEST((*scalar_kind(R"({"$complex":["3ff0000000000000","3ff0000000000000"]})") ==
              ScalarKind::kComplex));
  for (const char* json : {"null", "\"1\"", "[]", "{}", R"({"$bytes":""})", R"({"$tuple":[]})"}) {
    TREERING_CHECK_ERROR(scalar_kind(json), ErrorClass::kInvalid, "TR-35");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
