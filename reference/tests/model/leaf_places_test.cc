// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "model/handmade.h"
#include "testing/results.h"
#include "treering/builder.h"
#include "treering/tree.h"

namespace treering {
namespace {

Key name(std::string text) { return {KeyKind::kString, std::move(text), 0}; }
Key attribute(std::string text) { return {KeyKind::kAttribute, std::move(text), 0}; }
const Key kIndex{KeyKind::kSequence, {}, 0};

}  // namespace

BOOST_AUTO_TEST_SUITE(leaf_places_of_trees)

BOOST_AUTO_TEST_CASE(a_root_leaf_has_the_empty_path) {
  const std::vector<LeafPlace> places = leaf_places(array_tree({}, whole_grid()));
  BOOST_REQUIRE(places.size() == 1u);
  BOOST_TEST(places[0].typed == "");
  BOOST_TEST(places[0].match == "");
  BOOST_TEST(places[0].friendly == "");
}

BOOST_AUTO_TEST_CASE(a_tree_without_leaves_has_no_places) {
  Tree tree;
  add_root(tree, NodeKind::kDict, 0);
  BOOST_TEST(leaf_places(tree).empty());
}

BOOST_AUTO_TEST_CASE(texts_go_up_and_down_with_the_tree) {
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  builder.begin(NodeKind::kList, name("a/b"));
  builder.scalar(kIndex, "1");
  builder.begin(NodeKind::kTuple, kIndex);
  builder.none(kIndex);
  builder.scalar(kIndex, "2");
  builder.end();
  builder.begin(NodeKind::kDict, kIndex);
  builder.end();
  builder.scalar(kIndex, "3");
  builder.end();
  builder.begin(NodeKind::kDict, name(""));
  builder.scalar({KeyKind::kBool, {}, 1}, "4");
  builder.scalar({KeyKind::kFloat, {}, 0x3ff8000000000000}, "5");
  builder.scalar({KeyKind::kInteger, {}, -7}, "6");
  builder.end();
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  const std::vector<LeafPlace> places = leaf_places(saved->tree);
  const std::vector<std::string> typed = {"a~2fb/[0]", "a~2fb/[1]/[1]",        "a~2fb/[3]",
                                          "~0/!1",     "~0/=3ff8000000000000", "~0/#-7"};
  const std::vector<std::string> match = {"a~2fb/#0", "a~2fb/#1/#1",          "a~2fb/#3",
                                          "~0/!1",    "~0/=3ff8000000000000", "~0/#-7"};
  const std::vector<std::string> friendly = {"a/b/0", "a/b/1/1", "a/b/3", "/True", "/1.5", "/-7"};
  BOOST_REQUIRE(places.size() == typed.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    BOOST_TEST(places[i].typed == typed[i]);
    BOOST_TEST(places[i].match == match[i]);
    BOOST_TEST(places[i].friendly == friendly[i]);
    BOOST_TEST(places[i].leaf == i);
    BOOST_TEST(places[i].node > 0u);
  }
}

BOOST_AUTO_TEST_CASE(the_step_below_a_variable_is_dropped_from_match_and_friendly) {
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  builder.begin(NodeKind::kVariable, name("kernel"), {.name = "nnx.Param"});
  builder.begin(NodeKind::kDict, attribute("value"));
  builder.scalar(name("x"), "1");
  builder.scalar(name("value"), "2");  // only a name
  builder.end();
  builder.end();
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  const std::vector<LeafPlace> places = leaf_places(saved->tree);
  BOOST_REQUIRE(places.size() == 2u);
  BOOST_TEST(places[0].typed == "kernel/.value/x");
  BOOST_TEST(places[0].match == "kernel/x");
  BOOST_TEST(places[1].friendly == "kernel/value");
}

BOOST_AUTO_TEST_CASE(a_variable_at_the_root_leaves_no_slash) {
  TreeBuilder builder;
  builder.begin(NodeKind::kVariable, {}, {.name = "nnx.Param"});
  builder.begin(NodeKind::kDict, attribute("value"));
  builder.scalar(name("x"), "1");
  builder.end();
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  const std::vector<LeafPlace> places = leaf_places(saved->tree);
  BOOST_REQUIRE(places.size() == 1u);
  BOOST_TEST(places[0].typed == ".value/x");
  BOOST_TEST(places[0].match == "x");
  BOOST_TEST(places[0].friendly == "x");
}

BOOST_AUTO_TEST_CASE(aliases_are_places_of_one_leaf) {
  TreeBuilder builder;
  builder.begin(NodeKind::kList, {});
  const std::uint32_t leaf =
      builder.array(kIndex, Dtype::kFloat32, std::vector<std::uint64_t>{0}, {});
  builder.alias(kIndex, leaf);
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  const std::vector<LeafPlace> places = leaf_places(saved->tree);
  BOOST_REQUIRE(places.size() == 2u);
  BOOST_TEST(places[0].leaf == places[1].leaf);
  BOOST_TEST(places[1].typed == "[1]");
}

BOOST_AUTO_TEST_CASE(keys_are_read_back) {
  TreeBuilder builder;
  const std::vector<Key> keys = {name("x"),
                                 attribute("x2"),
                                 {KeyKind::kInteger, {}, -7},
                                 {KeyKind::kBool, {}, 1},
                                 {KeyKind::kFloat, {}, 0x3ff8000000000000},
                                 {KeyKind::kSequence, {}, 5},
                                 {KeyKind::kFlattened, {}, 6}};
  builder.begin(NodeKind::kCustom, {}, {.name = "a.B"});
  for (const Key& key : keys) builder.none(key);
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  for (std::uint32_t i = 0; i < keys.size(); ++i)
    BOOST_TEST((key_of(saved->tree, i + 1, i) == keys[i]));
}

BOOST_AUTO_TEST_CASE(host_bytes_are_those_of_all_elements) {
  BOOST_TEST(host_bytes(array_spec({3, 4}, Dtype::kFloat64)) == 96u);
  BOOST_TEST(host_bytes(array_spec({3}, Dtype::kInt4)) == 3u);
  BOOST_TEST(host_bytes(array_spec({}, Dtype::kBfloat16)) == 2u);
  BOOST_TEST(host_bytes(array_spec({3, 0})) == 0u);
  BOOST_TEST(host_bytes(inline_tree(LeafKind::kScalar, "7").specs[0]) == 0u);
  BOOST_TEST(host_bytes(inline_tree(LeafKind::kScalar, "\x07", Dtype::kInt8).specs[0]) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
