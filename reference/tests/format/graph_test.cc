// SPDX-License-Identifier: Apache-2.0
// Reading graph records and fingerprints.
#include "treering/graph.h"

#include <random>

#include "format/checksum.h"
#include "graph_samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(graph_test)

using namespace treering;
using namespace treering::testing;

namespace {

constexpr GraphLevel kLevels[] = {GraphLevel::kArrays, GraphLevel::kStructure,
                                  GraphLevel::kProgram};

std::string print_of(const std::string& json, GraphLevel level) {
  const Result<GraphRecord> record = parse_graph(json);
  BOOST_REQUIRE_MESSAGE(record.ok(), (record.ok() ? "" : record.error().to_string()) << json);
  return fingerprint(*record, level).to_string();
}

void check_refused(const std::string& json, std::string_view rule,
                   ErrorClass cls = ErrorClass::kInvalid) {
  BOOST_TEST_CONTEXT(json.substr(0, 200)) { TREERING_CHECK_ERROR(parse_graph(json), cls, rule); }
}

void check_accepted(const std::string& json) {
  BOOST_TEST_CONTEXT(json.substr(0, 200)) { TREERING_REQUIRE_OK(parse_graph(json)); }
}

// A record whose second entry has this description.
std::string described(const std::string& description) {
  return graph_json({{"", kDict}, {"a", description}});
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_example_of_the_spec_has_its_fingerprints) {  // [GC-16]
  const std::string json = spec_graph();
  BOOST_TEST(print_of(json, GraphLevel::kArrays) == "6e7b2fa5f3080c81263e345342061cdd");
  BOOST_TEST(print_of(json, GraphLevel::kStructure) == "6c13acc185d180ada114c80b28b89c87");
  BOOST_TEST(print_of(json, GraphLevel::kProgram) == "87de43471eef60ba0147d4cfe6b92430");
}

BOOST_AUTO_TEST_CASE(entries_know_their_parents_and_targets) {
  const GraphRecord record = *parse_graph(spec_graph());
  BOOST_REQUIRE(record.entries.size() == 6);
  BOOST_TEST((record.entries[0].kind == GraphKind::kModule && record.entries[0].path.empty()));
  BOOST_TEST((record.entries[3].kind == GraphKind::kArray && record.entries[3].parent == 2));
  BOOST_TEST((record.entries[4].kind == GraphKind::kAlias && record.entries[4].target == 2));
  BOOST_TEST(record.entries[5].path == ".width");
  const GraphRecord copy = record;
  BOOST_TEST(copy.entries[5].path.data() == record.entries[5].path.data());
}

BOOST_AUTO_TEST_CASE(accepts_every_kind_and_optional_key) {  // [GC-05]
  for (const char* description :
       {R"({"kind":"module","type":""})", R"({"kind":"pytree","type":"a.B"})",
        R"({"aux":{"$opaque":"x"},"fields":["a","b"],"kind":"pytree","type":"a.B"})",
        R"({"kind":"dict"})", R"({"kind":"list"})", R"({"kind":"tuple"})", R"({"kind":"none"})",
        R"({"bases":[],"kind":"variable","metadata":{},"type":"a.B"})",
        R"({"bases":["x"],"kind":"variable","metadata":{"$dict":[[1,2]]},"type":"a.B"})",
        R"({"dtype":"int4","kind":"array","shape":[]})",
        R"({"dtype":"uint32","impl":"rbg","kind":"array","shape":[0,9]})",
        R"({"dtype":"float32","kind":"array","shape":[{"$int":"9007199254740993"}],"weak":true})",
        R"({"kind":"static","value":{"$enum":["a.B","C"]}})", R"({"kind":"alias","of":""})"}) {
    check_accepted(described(description));
  }
}

BOOST_AUTO_TEST_CASE(refuses_another_shape) {  // [GC-05]
  for (const char* json :
       {"[]", "null", R"({"$dict":[[1,2]]})", "{}", R"({"nodes":[]})", R"({"version":1})",
        R"({"nodes":{},"version":1})", R"({"nodes":[],"version":1})",
        R"({"nodes":[["",{"kind":"dict"}]],"version":2})",
        R"({"nodes":[["",{"kind":"dict"}]],"version":"1"})",
        R"({"extra":1,"nodes":[["",{"kind":"dict"}]],"version":1})",
        R"({"nodes":[["",{"kind":"dict"}]],"version":1,"w":1})", R"({"nodes":[7],"version":1})",
        R"({"nodes":[[]],"version":1})", R"({"nodes":[[1,{"kind":"dict"}]],"version":1})",
        R"({"nodes":[[""]],"version":1})", R"({"nodes":[["",{"kind":"dict"},1]],"version":1})",
        R"({"nodes":[["a",{"kind":"dict"}]],"version":1})"}) {
    check_refused(json, "GC-05");
  }
  for (const char* description :
       {"null",
        "[]",
        R"({"$tuple":[]})",
        "{}",
        R"({"kind":7})",
        R"({"kind":"state"})",
        R"({"kind":"dict","type":"a"})",
        R"({"kind":"module"})",
        R"({"kind":"module","type":1})",
        R"({"fields":"a","kind":"pytree","type":"a"})",
        R"({"fields":[1],"kind":"pytree","type":"a"})",
        R"({"aux":1,"kind":"pytree"})",
        R"({"bases":[],"kind":"variable","metadata":{}})",
        R"({"bases":[],"kind":"variable","metadata":[],"type":"a"})",
        R"({"kind":"variable","metadata":{},"type":"a"})",
        R"({"bases":[7],"kind":"variable","metadata":{},"type":"a"})",
        R"({"dtype":"float33","kind":"array","shape":[]})",
        R"({"dtype":"float32","kind":"array"})",
        R"({"kind":"array","shape":[]})",
        R"({"dtype":"float32","kind":"array","shape":4})",
        R"({"dtype":"float32","kind":"array","shape":[-1]})",
        R"({"dtype":"float32","kind":"array","shape":[{"$int":"-9007199254740993"}]})",
        R"({"dtype":"float32","kind":"array","shape":["4"]})",
        R"({"dtype":"float32","kind":"array","shape":[],"weak":false})",
        R"({"dtype":"float32","impl":"rbg","kind":"array","shape":[]})",
        R"({"dtype":"uint32","impl":1,"kind":"array","shape":[]})",
        R"({"kind":"static"})",
        R"({"kind":"alias"})",
        R"({"kind":"alias","of":1})",
        R"({"kind":"static","name":"x","value":1})"}) {
    check_refused(described(description), "GC-05");
  }
  for (const char* path : {"#07", "~41", "/a", "a/", "[x]", "!2", "~"}) {
    check_refused(graph_json({{"", kDict}, {path, kDict}}), "GC-05");
  }
}

BOOST_AUTO_TEST_CASE(refuses_entries_that_do_not_fit_together) {  // [GC-14, GC-21]
  const std::string array = array_of("float32", "[1]");
  check_refused(graph_json({{"", kDict}, {"a/b", array}, {"a", kDict}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"a/b", array}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"a", kDict}, {"a//b", array}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"a", array}, {"a", array}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"", kDict}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"a", alias_of("b")}, {"b", array}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"a", alias_of("a")}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"a", alias_of("#07")}}), "GC-14");
  check_refused(graph_json({{"", kDict}, {"a", array}, {"b", alias_of("a")}, {"c", alias_of("b")}}),
                "GC-14");
  for (const std::string& leaf :
       {array, static_of("1"), alias_of(""), std::string(R"({"kind":"none"})")}) {
    check_refused(graph_json({{"", kDict}, {"a", leaf}, {"a/b", array}}), "GC-21");
  }
  check_refused(graph_json({{"", variable_of("Param")}, {".value", array}, {".w", array}}),
                "GC-21");
  check_refused(graph_json({{"", kDict}, {"a", array}, {".a", array}}), "GC-21");
  check_refused(graph_json({{"", kDict}, {"#1", array}, {"<1>", array}}), "GC-21");
  check_refused(graph_json({{"", kDict}, {"a~2fb", array}, {".a~2fb", array}}), "GC-21");
  check_refused(graph_json({{"", kDict}, {"~0", array}, {".~0", array}}), "GC-21");
  check_accepted(graph_json({{"", kDict}, {"1", array}, {"#1", array}, {"!1", array}}));
  check_accepted(graph_json({{"", kDict}, {"~2ea", array}, {".a", array}}));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_too_large_or_too_deep) {  // [GC-02, KP-11, KP-12, VA-08]
  Limits limits;
  limits.graph_bytes = 30;
  const std::string small = graph_json({{"", kDict}});
  TREERING_CHECK_ERROR(parse_graph(small, limits), ErrorClass::kLimit, "GC-02");
  limits.graph_bytes = small.size();
  TREERING_REQUIRE_OK(parse_graph(small, limits));

  GraphRows rows{{"", kDict}};
  std::string path;
  for (int i = 0; i < 256; ++i) rows.emplace_back(path += i == 0 ? "a" : "/a", kDict);
  check_accepted(graph_json(rows));
  rows.emplace_back(path + "/a", kDict);
  check_refused(graph_json(rows), "KP-12", ErrorClass::kLimit);
  check_accepted(graph_json({{"", kDict}, {std::string(4096, 'a'), kDict}}));
  check_refused(graph_json({{"", kDict}, {std::string(4097, 'a'), kDict}}), "KP-11",
                ErrorClass::kLimit);
  check_refused(described(static_of(std::string(61, '[') + std::string(61, ']'))), "VA-08",
                ErrorClass::kLimit);
}

BOOST_AUTO_TEST_CASE(a_level_sees_what_it_says) {
  const std::string base = spec_graph();
  struct Change {
    std::string from, to;
    bool arrays, structure;
  };
  for (const Change& change :
       {Change{"jax.nn.relu", "jax.nn.gelu", false, false},
        Change{"\"value\":4", "\"value\":5", false, true},
        Change{"{\"$code\":\"jax.nn.relu\"}", "null", false, false},
        Change{"lib.Param", "lib.Scale", false, true}, Change{"[4,2]", "[4,3]", true, true},
        Change{"\"metadata\":{}", "\"metadata\":{\"a\":{\"$opaque\":\"x\"}}", false, true},
        Change{"float32\"", "float64\"", true, true},
        Change{"\".width\"", "\"width\"", false, true},
        Change{"\".tied\"", "\"tied\"", false, true},
        Change{".head/.value", ".head/.v", false, true},
        Change{"\"shape\":[4,2]", "\"shape\":[4,2],\"weak\":true", false, true},
        Change{"\".tied\"", "\".top\"", true, true}}) {
    BOOST_TEST_CONTEXT(change.from << " to " << change.to) {
      std::string changed = base;
      changed.replace(changed.find(change.from), change.from.size(), change.to);
      const bool differs[] = {change.arrays, change.structure, true};
      for (const GraphLevel level : kLevels) {
        BOOST_TEST((print_of(base, level) != print_of(changed, level)) ==
                   differs[static_cast<std::size_t>(level)]);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(fingerprints_do_not_depend_on_the_order_of_entries) {
  const std::string array = array_of("int8", "[]");
  const std::string one = graph_json({{"", kDict}, {"a", array}, {"b", array}});
  const std::string other = graph_json({{"", kDict}, {"b", array}, {"a", array}});
  for (const GraphLevel level : kLevels) BOOST_TEST(print_of(one, level) == print_of(other, level));
}

BOOST_AUTO_TEST_CASE(texts_with_escapes_are_those_of_their_characters) {
  const std::string json = graph_json({{"", kDict},
                                       {R"(q\"\\)", array_of("int8", "[2]")},
                                       {"b", alias_of(R"(q\"\\)")},
                                       {R"(z\")", static_of(R"("{\"$code\":\"x\"}")")}});
  const GraphRecord record = *parse_graph(json);
  BOOST_TEST(record.entries[1].path == "q\"\\");
  BOOST_TEST(record.entries[2].target == 1u);
  const std::string list = R"([["b",{"kind":"alias","of":"q\"\\"}],)"
                           R"(["q\"\\",{"dtype":"int8","kind":"array","shape":[2]}]])";
  BOOST_TEST(print_of(json, GraphLevel::kArrays) ==
             xxh3_128(std::as_bytes(std::span(list))).to_string());
  // Text that looks like code is text.
  BOOST_TEST(print_of(json, GraphLevel::kStructure) == print_of(json, GraphLevel::kProgram));
}

BOOST_AUTO_TEST_CASE(damaged_records_are_refused_or_read_and_never_more) {
  const std::string base = spec_graph();
  std::mt19937 random(6);
  int accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string json = base;
    for (int i = 0; i < 1 + round % 3; ++i) {
      const std::size_t at = random() % json.size();
      switch (random() % 4) {
        case 0:
          json[at] = base[random() % base.size()];
          break;
        case 1:
          json.erase(at, 1 + random() % 8);
          break;
        case 2:
          json.insert(at, base.substr(random() % base.size(), random() % 20));
          break;
        default:
          json[at] = static_cast<char>(random());
      }
      if (json.empty()) json = "x";
    }
    const Result<GraphRecord> record = parse_graph(json);
    if (!record.ok()) {
      BOOST_TEST((record.error().cls == ErrorClass::kInvalid));
      continue;
    }
    ++accepted;
    for (const GraphLevel level : kLevels) fingerprint(*record, level);
    diff_graphs(*parse_graph(base), *record);
  }
  BOOST_TEST(accepted > 50);
}

BOOST_AUTO_TEST_SUITE_END()
