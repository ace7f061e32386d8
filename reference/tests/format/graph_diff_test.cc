// SPDX-License-Identifier: Apache-2.0
// The words of differences between graph records.
#include <random>

#include "graph_samples.h"
#include "testing/results.h"
#include "treering/graph.h"

BOOST_AUTO_TEST_SUITE(graph_diff_test)

using namespace treering;
using namespace treering::testing;

namespace {

GraphRows net(const std::string& width = "64") {
  return {{"", module_of("app.Net")},
          {".layers", module_of("flax.nnx.helpers.List")},
          {".layers/[0]", module_of("app.Block")},
          {".layers/[0]/.linear", module_of("flax.nnx.nn.linear.Linear")},
          {".layers/[0]/.linear/.kernel", variable_of("Param", R"({"out_sharding":null})")},
          {".layers/[0]/.linear/.kernel/.value", array_of("float32", "[32," + width + "]")},
          {".layers/[0]/.linear/.out_features", static_of(width)},
          {".layers/[1]", static_of(R"({"$code":"jax._src.nn.functions.relu"})")},
          {".tied", alias_of(".layers/[0]/.linear/.kernel")}};
}

std::string& description(GraphRows& rows, const std::string& path) {
  for (auto& [at, text] : rows) {
    if (at == path) return text;
  }
  BOOST_FAIL("no entry " << path);
  return rows.front().second;
}

struct Told {
  std::vector<std::string> lines{};
  std::vector<GraphLevel> levels{};
};
Told diff(const GraphRows& left, const GraphRows& right) {
  const Result<GraphRecord> a = parse_graph(graph_json(left));
  const Result<GraphRecord> b = parse_graph(graph_json(right));
  TREERING_REQUIRE_OK(a);
  TREERING_REQUIRE_OK(b);
  Told told;
  for (const GraphDifference& difference : diff_graphs(*a, *b)) {
    told.lines.push_back(to_string(difference));
    told.levels.push_back(difference.level);
  }
  return told;
}

void check_lines(const GraphRows& right, const std::vector<std::string>& lines,
                 GraphLevel level = GraphLevel::kStructure) {
  const Told told = diff(net(), right);
  BOOST_TEST(told.lines == lines, boost::test_tools::per_element());
  BOOST_TEST((!told.levels.empty() && told.levels.front() == level));
}

}  // namespace

BOOST_AUTO_TEST_CASE(equal_records_have_no_difference) {
  BOOST_TEST(diff(net(), net()).lines.empty());
}

BOOST_AUTO_TEST_CASE(a_wider_layer_reads_like_a_review) {
  const Told told = diff(net(), net("32"));
  const std::vector<std::string> lines = {
      "layers[0].linear.kernel: shape [32,64] → [32,32]",
      "layers[0].linear: out_features 64 → 32",
  };
  BOOST_TEST(told.lines == lines, boost::test_tools::per_element());
  BOOST_TEST((told.levels[0] == GraphLevel::kArrays && told.levels[1] == GraphLevel::kStructure));
}

BOOST_AUTO_TEST_CASE(code_is_told_by_its_short_name) {
  GraphRows right = net();
  description(right, ".layers/[1]") = static_of(R"({"$code":"jax._src.nn.functions.gelu"})");
  check_lines(right, {"layers[1]: relu → gelu"}, GraphLevel::kProgram);
  // Names that end alike are told in full.
  description(right, ".layers/[1]") = static_of(R"({"$code":"app.relu"})");
  check_lines(right, {"layers[1]: jax._src.nn.functions.relu → app.relu"}, GraphLevel::kProgram);
}

BOOST_AUTO_TEST_CASE(types_and_metadata_are_told) {
  GraphRows right = net();
  description(right, ".layers/[0]/.linear/.kernel") =
      variable_of("Scale", R"({"note":{"k":[1,{"$float":"3fe0000000000000"}]},)"
                           R"("out_sharding":{"$tuple":[null,"x"]}})");
  check_lines(right, {"layers[0].linear.kernel: type Param → Scale",
                      "layers[0].linear.kernel: note nothing → {'k': [1, 0.5]}",
                      "layers[0].linear.kernel: out_sharding None → (None, 'x')"});
  right = net();
  description(right, "") = module_of("other.Net");
  check_lines(right, {"(the root): type app.Net → other.Net"});
}

BOOST_AUTO_TEST_CASE(added_and_removed_parts_are_told_once) {
  GraphRows right = net();
  right.erase(right.begin() + 2, right.begin() + 7);
  right.pop_back();
  right.emplace_back(".layers/[2]", module_of("app.Block"));
  right.emplace_back(".layers/[2]/.bias", array_of("bfloat16", "[]"));
  check_lines(right,
              {"layers[0]: removed Block", "layers[2]: added Block",
               "tied: removed alias of layers[0].linear.kernel"},
              GraphLevel::kArrays);
}

BOOST_AUTO_TEST_CASE(tying_and_untying_are_told) {
  GraphRows right = net();
  description(right, ".tied") = variable_of("Param");
  right.emplace_back(".tied/.value", array_of("float32", "[32,64]"));
  check_lines(right, {"tied: alias of layers[0].linear.kernel → Param float32[32,64]"},
              GraphLevel::kArrays);
  right = net();
  description(right, ".tied") = alias_of(".layers/[0]/.linear");
  check_lines(right, {"tied: alias of layers[0].linear.kernel → alias of layers[0].linear"},
              GraphLevel::kArrays);
}

BOOST_AUTO_TEST_CASE(a_variable_and_a_plain_array_hold_the_same_arrays) {
  const std::string array = array_of("float32", "[2]");
  const Told told = diff({{"", kDict}, {"v", variable_of("Param")}, {"v/.value", array}},
                         {{"", kDict}, {"v", array}});
  BOOST_REQUIRE(told.lines.size() == 1);
  BOOST_TEST(told.lines[0] == "v: Param float32[2] → float32[2]");
  BOOST_TEST((told.levels[0] == GraphLevel::kStructure));
}

BOOST_AUTO_TEST_CASE(keys_are_paired_by_what_they_match) {
  const std::string array = array_of("float32", "[2]");
  const Told told = diff({{"", kDict}, {".a b", array}, {"[3]", array}},
                         {{"", kDict}, {"a b", array}, {"#3", array}});
  const std::vector<std::string> lines = {"['a b']: key .a b → a b", "[3]: key [3] → #3"};
  BOOST_TEST(told.lines == lines, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(values_inside_objects_are_told_one_by_one) {
  const auto with = [](const std::string& value) {
    return GraphRows{{"", kDict}, {".config", static_of(value)}};
  };
  const Told told = diff(with(R"({"a":1,"b":{"c":2,"d":"x"},"e":null})"),
                         with(R"({"a":1,"b":{"c":3,"d":"\u001b"},"f":true})"));
  const std::vector<std::string> lines = {
      "(the root): config['b']['c'] 2 → 3", R"((the root): config['b']['d'] 'x' → '\x1b')",
      "(the root): config['e'] None → nothing", "(the root): config['f'] nothing → True"};
  BOOST_TEST(told.lines == lines, boost::test_tools::per_element());

  std::string many = "{\"k00\":0";
  for (int i = 1; i < 30; ++i) {
    const std::string number = std::to_string(i);
    many += ",\"k" + std::string(number.size() == 1 ? "0" : "") + number + "\":" + number;
  }
  BOOST_TEST(diff(with("{}"), with(many + "}")).lines.size() == 1);
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut_around_their_difference) {
  const std::string same(300, 's');
  const GraphRows left{{"", kDict}, {".t", static_of("\"" + same + "é1" + same + "\"")}};
  const GraphRows right{{"", kDict}, {".t", static_of("\"" + same + "é2" + same + "\"")}};
  const Told told = diff(left, right);
  BOOST_REQUIRE(told.lines.size() == 1);
  BOOST_TEST(told.lines[0].size() < 220);
  BOOST_TEST(told.lines[0].find("é1s") != std::string::npos);
  BOOST_TEST(told.lines[0].find("é2s") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_number_of_differences_is_bounded) {
  GraphRows right{{"", kDict}};
  for (int i = 0; i < 50; ++i) right.emplace_back("#" + std::to_string(i), kDict);
  const Result<GraphRecord> a = parse_graph(graph_json({{"", kDict}}));
  const Result<GraphRecord> b = parse_graph(graph_json(right));
  BOOST_TEST(diff_graphs(*a, *b, 7).size() == 7u);
  BOOST_TEST(diff_graphs(*a, *b).size() == 50u);
}

// Whatever changes, a level has differences up to itself exactly where its fingerprints differ.
BOOST_AUTO_TEST_CASE(differences_and_fingerprints_agree) {
  const std::vector<std::string> leaves = {
      array_of("float32", "[2]"),
      array_of("float32", "[3]"),
      R"({"dtype":"float32","kind":"array","shape":[2],"weak":true})",
      static_of("1"),
      static_of(R"({"$code":"f"})"),
      static_of(R"({"$opaque":"g"})"),
      static_of("null"),
      R"({"kind":"none"})",
      alias_of("a"),
      alias_of("")};
  const std::vector<std::string> inner = {kDict, module_of("m.A"), module_of("m.B"),
                                          R"({"aux":{"$code":"f"},"kind":"pytree","type":"t"})",
                                          R"({"aux":{"$code":"g"},"kind":"pytree","type":"t"})"};
  std::mt19937 random(66);
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[random() % from.size()];
  };
  const auto any = [&] {
    GraphRows rows{{"", kDict}};
    for (const std::string name : {"a", "b"}) {
      const std::string key = (random() % 4 == 0 ? "." : "") + name;
      const std::uint64_t form = random() % 3;
      if (form == 0 && name != "a") {
        rows.emplace_back(key, pick(leaves));
        if (rows.back().second == alias_of("a") && rows[1].first != "a") rows.pop_back();
      } else if (form == 1) {
        rows.emplace_back(key, variable_of(random() % 2 ? "Param" : "Stat"));
        rows.emplace_back(key + (random() % 2 ? "/.value" : "/v"),
                          pick({leaves.begin(), leaves.begin() + 8}));
      } else {
        rows.emplace_back(key, pick(inner));
        rows.emplace_back(key + "/x", pick({leaves.begin(), leaves.begin() + 8}));
      }
    }
    return rows;
  };
  std::size_t seen[4] = {};
  for (int round = 0; round < 3000; ++round) {
    const GraphRows left = any();
    const GraphRows right = round % 2 ? any() : [&] {
      GraphRows changed = left;
      auto& [path, text] = changed[1 + random() % (changed.size() - 1)];
      if (text.starts_with("{\"kind\":\"static") || text.find("array") != std::string::npos) {
        text = pick({leaves.begin(), leaves.begin() + 8});
      }
      return changed;
    }();
    const GraphRecord a = *parse_graph(graph_json(left));
    const GraphRecord b = *parse_graph(graph_json(right));
    std::size_t least = 3;
    for (const GraphDifference& difference : diff_graphs(a, b)) {
      least = std::min(least, static_cast<std::size_t>(difference.level));
    }
    std::size_t differs = 3;
    for (const GraphLevel level :
         {GraphLevel::kProgram, GraphLevel::kStructure, GraphLevel::kArrays}) {
      if (fingerprint(a, level) != fingerprint(b, level)) differs = static_cast<std::size_t>(level);
    }
    BOOST_TEST_CONTEXT(graph_json(left) << "\n" << graph_json(right)) {
      BOOST_TEST(least == differs);
    }
    ++seen[differs];
  }
  for (const std::size_t count : seen) BOOST_TEST(count > 20u);
}

BOOST_AUTO_TEST_SUITE_END()
