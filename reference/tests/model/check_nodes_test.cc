// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <string>

#include "model/handmade.h"
#include "testing/results.h"
#include "treering/tree.h"

namespace treering {
namespace {

Status check(const Tree& tree) { return check_tree(tree, 1, Limits{}); }

#define CHECK_INVALID(tree, rule) TREERING_CHECK_ERROR(check(tree), ErrorClass::kInvalid, rule)

// A dict of none nodes with these keys.
Tree none_dict(const std::vector<std::pair<KeyKind, std::string>>& keys,
               NodeKind kind = NodeKind::kDict) {
  Tree tree;
  std::uint32_t type = 0;
  if (kind != NodeKind::kDict) {
    tree.types.push_back({.name = add_row(tree.strings, "a.B")});
    type = 1;
  }
  add_root(tree, kind, static_cast<std::uint32_t>(keys.size()), type);
  for (const auto& [key_kind, text] : keys) {
    const bool has_text = key_kind == KeyKind::kString || key_kind == KeyKind::kAttribute ||
                          key_kind == KeyKind::kInteger || key_kind == KeyKind::kFloat;
    const std::uint32_t entry = has_text ? add_row(tree.strings, text) : text == "1" ? 1u : 0u;
    add_node(tree, NodeKind::kNone, key_kind, entry, 0, 0);
  }
  return tree;
}

// One node of each kind below a dict; types 1 to 4.
Tree every_kind() {
  Tree tree = array_tree({2}, whole_grid());
  tree.nodes = {};
  const auto name = [&](const char* text) { return add_row(tree.strings, text); };
  tree.types = {{.name = name("T"), .fields = {name("x"), name("y")}},
                {.name = name("D"), .metadata = add_row(tree.blobs, "[1]")},
                {.name = name("C")},
                {.name = name("V"), .metadata = add_row(tree.blobs, "{}"), .bases = {name("W")}}};
  add_root(tree, NodeKind::kDict, 8);
  add_node(tree, NodeKind::kNone, KeyKind::kString, name("none"), 0, 0);
  add_node(tree, NodeKind::kList, KeyKind::kInteger, name("-5"), 2, 0);
  add_node(tree, NodeKind::kNone, KeyKind::kSequence, 0, 0, 0);
  add_node(tree, NodeKind::kNone, KeyKind::kSequence, 0, 0, 0);
  add_node(tree, NodeKind::kTuple, KeyKind::kBool, 1, 0, 0);
  add_node(tree, NodeKind::kNamedtuple, KeyKind::kFloat, name("3ff8000000000000"), 2, 1);
  add_node(tree, NodeKind::kNone, KeyKind::kAttribute, name("x"), 0, 0);
  add_node(tree, NodeKind::kNone, KeyKind::kAttribute, name("y"), 0, 0);
  add_node(tree, NodeKind::kDataclass, KeyKind::kString, name("data"), 1, 2);
  add_node(tree, NodeKind::kNone, KeyKind::kAttribute, name("field"), 0, 0);
  add_node(tree, NodeKind::kCustom, KeyKind::kString, name("custom"), 2, 3);
  add_node(tree, NodeKind::kNone, KeyKind::kFlattened, 0, 0, 0);
  add_node(tree, NodeKind::kNone, KeyKind::kString, name("k"), 0, 0);
  add_node(tree, NodeKind::kVariable, KeyKind::kString, name("var"), 1, 4);
  add_node(tree, NodeKind::kLeaf, KeyKind::kAttribute, name("value"), 0, 1);
  add_node(tree, NodeKind::kLeaf, KeyKind::kString, 0, 0, 1);
  return tree;
}

// Breaks every_kind() in one place.
void check_broken(std::string_view rule, const std::function<void(Tree&)>& change) {
  Tree tree = every_kind();
  change(tree);
  CHECK_INVALID(tree, rule);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_nodes)

BOOST_AUTO_TEST_CASE(accepts_every_kind_of_node_and_key) {
  TREERING_REQUIRE_OK(check(every_kind()));
}

BOOST_AUTO_TEST_CASE(rejects_columns_that_differ_in_length) {  // [TR-01] [TR-02] [TR-22]
  CHECK_INVALID(Tree{}, "TR-01");
  check_broken("TR-02", [](Tree& tree) { tree.nodes.keys.pop_back(); });
  check_broken("TR-02", [](Tree& tree) { tree.nodes.key_kinds.push_back(0); });
  check_broken("TR-02", [](Tree& tree) { tree.nodes.children.pop_back(); });
  check_broken("TR-02", [](Tree& tree) { tree.nodes.details.pop_back(); });
  check_broken("TR-22", [](Tree& tree) { tree.leaf_grids.push_back(1); });
}

BOOST_AUTO_TEST_CASE(rejects_unknown_kinds) {  // [TR-03] [KP-01]
  check_broken("TR-03", [](Tree& tree) { tree.nodes.kinds[1] = 0; });
  check_broken("TR-03", [](Tree& tree) { tree.nodes.kinds[1] = 10; });
  check_broken("KP-01", [](Tree& tree) { tree.nodes.key_kinds[1] = 8; });
}

BOOST_AUTO_TEST_CASE(rejects_counts_that_are_no_tree) {                    // [TR-04] [TR-05]
  check_broken("TR-04", [](Tree& tree) { tree.nodes.children[1] = 1; });   // none
  check_broken("TR-04", [](Tree& tree) { tree.nodes.children[14] = 0; });  // variable
  check_broken("TR-04", [](Tree& tree) { tree.nodes.children[14] = 2; });
  check_broken("TR-04", [](Tree& tree) { tree.nodes.children[15] = 1; });  // leaf
  check_broken("TR-05", [](Tree& tree) { tree.nodes.children[0] = 7; });
  check_broken("TR-05", [](Tree& tree) { tree.nodes.children[0] = 9; });
  check_broken("TR-05", [](Tree& tree) { tree.nodes.children[0] = 0xffffffff; });
  Tree two_roots;
  add_root(two_roots, NodeKind::kNone, 0);
  add_root(two_roots, NodeKind::kNone, 0);
  CHECK_INVALID(two_roots, "TR-05");
}

BOOST_AUTO_TEST_CASE(rejects_a_key_of_the_root) {  // [TR-07] [KP-06]
  check_broken("TR-07", [](Tree& tree) { tree.nodes.key_kinds[0] = 1; });
  check_broken("KP-06", [](Tree& tree) { tree.nodes.keys[0] = 1; });
}

BOOST_AUTO_TEST_CASE(each_parent_allows_its_key_kinds_alone) {  // [TR-06]
  const auto allowed = [](NodeKind parent, KeyKind key) {
    switch (parent) {
      case NodeKind::kDict:
        return key == KeyKind::kString || key == KeyKind::kInteger || key == KeyKind::kBool ||
               key == KeyKind::kFloat;
      case NodeKind::kList:
      case NodeKind::kTuple:
        return key == KeyKind::kSequence;
      case NodeKind::kCustom:
        return key != KeyKind::kNone;
      default:
        return key == KeyKind::kAttribute;
    }
  };
  for (const NodeKind parent :
       {NodeKind::kDict, NodeKind::kList, NodeKind::kTuple, NodeKind::kNamedtuple,
        NodeKind::kDataclass, NodeKind::kCustom, NodeKind::kVariable}) {
    for (std::uint8_t kind = 0; kind < 8; ++kind) {
      const auto key = static_cast<KeyKind>(kind);
      Tree tree;
      const std::uint32_t seven = add_row(tree.strings, "7");
      const std::uint32_t bits = add_row(tree.strings, "3ff8000000000000");
      Type type{.name = seven};
      if (parent == NodeKind::kNamedtuple) type.fields = {seven};
      tree.types = {type};
      const bool typed =
          parent != NodeKind::kDict && parent != NodeKind::kList && parent != NodeKind::kTuple;
      add_root(tree, parent, 1, typed ? 1 : 0);
      const bool text =
          key == KeyKind::kString || key == KeyKind::kAttribute || key == KeyKind::kInteger;
      add_node(tree, NodeKind::kNone, key, text ? seven : key == KeyKind::kFloat ? bits : 0, 0, 0);
      if (allowed(parent, key)) {
        TREERING_REQUIRE_OK(check(tree));
      } else {
        CHECK_INVALID(tree, "TR-06");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(
    rejects_keys_that_are_not_canonical) {  // [KP-02] [KP-03] [KP-04] [KP-05] [KP-06]
  for (const char* text : {"", "-", "+1", "01", "-0", "1.0", "a", "1 "}) {
    CHECK_INVALID(none_dict({{KeyKind::kInteger, text}}), "KP-02");
  }
  for (const char* text :
       {"9223372036854775808", "-9223372036854775809", "10000000000000000000000"}) {
    CHECK_INVALID(none_dict({{KeyKind::kInteger, text}}), "KP-03");
  }
  TREERING_REQUIRE_OK(check(none_dict({{KeyKind::kInteger, "-9223372036854775808"}})));
  for (const char* text : {"", "1.5", "3FF8000000000000", "3ff800000000000", "3ff80000000000000"}) {
    CHECK_INVALID(none_dict({{KeyKind::kFloat, text}}), "KP-05");
  }
  check_broken("KP-04", [](Tree& tree) { tree.nodes.keys[5] = 2; });
  check_broken("KP-06", [](Tree& tree) { tree.nodes.keys[3] = 1; });
  check_broken("KP-06", [](Tree& tree) { tree.nodes.keys[12] = 1; });
}

BOOST_AUTO_TEST_CASE(rejects_numbers_of_rows_that_are_not_there) {  // [BY-08]
  check_broken("BY-08", [](Tree& tree) { tree.nodes.keys[1] = 1000; });
  check_broken("BY-08", [](Tree& tree) { tree.nodes.keys[2] = 1000; });
  check_broken("BY-08", [](Tree& tree) { tree.types[0].name = 1000; });
  check_broken("BY-08", [](Tree& tree) { tree.types[0].fields[1] = 1000; });
  check_broken("BY-08", [](Tree& tree) { tree.types[3].bases[0] = 1000; });
  check_broken("BY-08", [](Tree& tree) { tree.types[3].metadata = 1000; });
}

BOOST_AUTO_TEST_CASE(rejects_details_that_do_not_fit_the_kind) {  // [TR-08]
  for (const std::size_t node :
       {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {  // none, list, tuple
    check_broken("TR-08", [&](Tree& tree) { tree.nodes.details[node] = 3; });
  }
  for (const std::size_t node :
       {std::size_t{6}, std::size_t{9}, std::size_t{11}, std::size_t{14}, std::size_t{15}}) {
    check_broken("TR-08", [&](Tree& tree) { tree.nodes.details[node] = 0; });
    check_broken("TR-08", [&](Tree& tree) { tree.nodes.details[node] = 5; });
  }
  check_broken("TR-08", [](Tree& tree) { tree.nodes.details[0] = 5; });
  Tree mapping = every_kind();
  mapping.nodes.details[0] = 3;
  TREERING_REQUIRE_OK(check(mapping));
}

BOOST_AUTO_TEST_CASE(
    rejects_types_that_do_not_fit_their_nodes) {  // [TR-13] [TR-14] [TR-15] [TR-16]
  check_broken("TR-13", [](Tree& tree) { tree.types[2].name = 0; });
  check_broken("TR-13", [](Tree& tree) { tree.types[2].name = add_row(tree.strings, ""); });
  check_broken("TR-14", [](Tree& tree) { tree.types[0].fields = {tree.types[0].fields[0]}; });
  check_broken("TR-14",
               [](Tree& tree) { std::swap(tree.types[0].fields[0], tree.types[0].fields[1]); });
  check_broken("TR-14", [](Tree& tree) { tree.types[0].fields = {}; });
  check_broken("TR-15", [](Tree& tree) { tree.types[2].fields = {1}; });
  check_broken("TR-16", [](Tree& tree) { tree.types[0].bases = {1}; });
  check_broken("TR-16", [](Tree& tree) { tree.types[1].bases = {1}; });
}

BOOST_AUTO_TEST_CASE(metadata_is_a_value_and_mostly_a_dict) {  // [TR-17] [VA-01]
  const auto with = [](std::size_t type, const char* json) {
    Tree tree = every_kind();
    tree.types[type].metadata = add_row(tree.blobs, json);
    return tree;
  };
  for (const char* json : {"[]", "null", "7", R"({"$tuple":[]})", R"({"$type":"a"})"}) {
    CHECK_INVALID(with(0, json), "TR-17");      // namedtuple
    CHECK_INVALID(with(3, json), "TR-17");      // variable
    TREERING_REQUIRE_OK(check(with(1, json)));  // dataclass
    TREERING_REQUIRE_OK(check(with(2, json)));  // custom
  }
  for (const char* json : {"{}", R"({"a":1})", R"({"$dict":[[1,2]]})"})
    TREERING_REQUIRE_OK(check(with(3, json)));
  CHECK_INVALID(with(1, "[1, 2]"), "VA-03");
}

BOOST_AUTO_TEST_CASE(rejects_siblings_that_match) {  // [KP-14]
  using enum KeyKind;
  CHECK_INVALID(none_dict({{kString, "a"}, {kString, "a"}}), "KP-14");
  CHECK_INVALID(none_dict({{kString, "b"}, {kString, "a"}, {kString, "c"}, {kString, "b"}}),
                "KP-14");
  CHECK_INVALID(none_dict({{kInteger, "2"}, {kInteger, "1"}, {kInteger, "2"}}), "KP-14");
  CHECK_INVALID(none_dict({{kBool, "1"}, {kBool, "1"}}), "KP-14");
  CHECK_INVALID(
      none_dict({{kFloat, "3ff8000000000000"}, {kString, "x"}, {kFloat, "3ff8000000000000"}}),
      "KP-14");
  CHECK_INVALID(none_dict({{kString, ""}, {kString, "a"}, {kString, ""}}), "KP-14");
  CHECK_INVALID(none_dict({{kString, "a"}, {kAttribute, "a"}}, NodeKind::kCustom), "KP-14");
  CHECK_INVALID(none_dict({{kInteger, "1"}, {kFlattened, ""}}, NodeKind::kCustom), "KP-14");
  CHECK_INVALID(none_dict({{kSequence, ""}, {kString, "a"}, {kInteger, "0"}}, NodeKind::kCustom),
                "KP-14");
  TREERING_REQUIRE_OK(check(none_dict({{kString, "1"}, {kInteger, "1"}, {kBool, "1"}})));
  TREERING_REQUIRE_OK(
      check(none_dict({{kInteger, "3"}, {kInteger, "-3"}, {kString, "b"}, {kString, "a"}})));
  TREERING_REQUIRE_OK(
      check(none_dict({{kFlattened, ""}, {kSequence, ""}, {kString, "1"}}, NodeKind::kCustom)));
}

BOOST_AUTO_TEST_CASE(names_the_repeated_key) {
  const Status status = check(
      none_dict({{KeyKind::kString, "b/"}, {KeyKind::kString, "a"}, {KeyKind::kString, "b/"}}));
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST(status.error().where.key_path == "b~2f");
}

BOOST_AUTO_TEST_CASE(finds_repeats_among_many_long_names) {
  // So many bytes that names are replaced by ids; a twin of row 1 stands under another number.
  const auto dicts = [](bool repeat) {
    Tree tree;
    std::vector<std::uint32_t> names;
    for (int i = 0; i < 40; ++i)
      names.push_back(add_row(tree.strings, std::string(1300, 'x') + std::to_string(i)));
    const std::uint32_t twin = add_row(tree.strings, std::string(1300, 'x') + "0");
    const std::uint32_t rounds = 2000;
    add_root(tree, NodeKind::kList, rounds);
    for (std::uint32_t round = 0; round < rounds; ++round) {
      const bool last = repeat && round + 1 == rounds;
      add_node(tree, NodeKind::kDict, KeyKind::kSequence, 0, last ? 41 : 40, 0);
      for (std::size_t i = names.size(); i-- > 0;) {
        add_node(tree, NodeKind::kNone, KeyKind::kString, names[i], 0, 0);
      }
      if (last) add_node(tree, NodeKind::kNone, KeyKind::kString, twin, 0, 0);
    }
    return tree;
  };
  TREERING_REQUIRE_OK(check(dicts(false)));  // [BY-10]
  CHECK_INVALID(dicts(true), "KP-14");
}

BOOST_AUTO_TEST_CASE(every_leaf_row_is_named) {  // [TR-24]
  check_broken("TR-24", [](Tree& tree) {
    tree.leaf_specs.push_back(1);
    tree.leaf_grids.push_back(1);
  });
}

BOOST_AUTO_TEST_CASE(limits_are_limits) {  // [TR-09] [TR-23] [KP-11] [KP-12]
  Limits limits;
  limits.nodes = 16;
  TREERING_CHECK_ERROR(check_tree(every_kind(), 1, limits), ErrorClass::kLimit, "TR-09");
  limits = {};
  limits.leaves = 0;
  TREERING_CHECK_ERROR(check_tree(every_kind(), 1, limits), ErrorClass::kLimit, "TR-23");
  TREERING_REQUIRE_OK(check(none_dict({{KeyKind::kString, std::string(4096, 'x')}})));
  TREERING_CHECK_ERROR(check(none_dict({{KeyKind::kString, std::string(4097, 'x')}})),
                       ErrorClass::kLimit, "KP-11");
  // Escapes count: three bytes each.
  TREERING_REQUIRE_OK(check(none_dict({{KeyKind::kString, std::string(1365, '/')}})));
  TREERING_CHECK_ERROR(check(none_dict({{KeyKind::kString, std::string(1366, '/')}})),
                       ErrorClass::kLimit, "KP-11");
  // As an attribute the same name has one byte more.
  const std::string long_name(4096, 'x');
  TREERING_CHECK_ERROR(check(none_dict({{KeyKind::kAttribute, long_name}}, NodeKind::kCustom)),
                       ErrorClass::kLimit, "KP-11");
}

BOOST_AUTO_TEST_CASE(paths_of_all_leaves_together_are_bounded) {  // [KP-21]
  Tree tree = every_kind();
  Limits limits;
  limits.path_bytes = 0;
  TREERING_CHECK_ERROR(check_tree(tree, 1, limits), ErrorClass::kLimit, "KP-21");
  std::uint64_t least = 0;
  while (limits.path_bytes = ++least, !check_tree(tree, 1, limits).ok())
    BOOST_REQUIRE(least < 100000);
  std::uint64_t expected = 0;
  for (const LeafPlace& place : leaf_places(tree)) {
    const auto path = parse_key_path(place.typed);
    TREERING_REQUIRE_OK(path);
    for (const Key& key : *path) {
      const bool is_name = key.kind == KeyKind::kString || key.kind == KeyKind::kAttribute;
      expected += is_name ? 4 + key.text.size() : 24;
    }
  }
  BOOST_TEST(least == expected);
}

BOOST_AUTO_TEST_CASE(depth_is_the_number_of_keys) {  // [KP-12] [LM-01]
  const auto chain = [](std::uint32_t keys) {
    Tree tree;
    add_root(tree, NodeKind::kList, 1);
    for (std::uint32_t i = 1; i < keys; ++i)
      add_node(tree, NodeKind::kList, KeyKind::kSequence, 0, 1, 0);
    add_node(tree, NodeKind::kNone, KeyKind::kSequence, 0, 0, 0);
    return tree;
  };
  TREERING_REQUIRE_OK(check(chain(256)));
  TREERING_CHECK_ERROR(check(chain(257)), ErrorClass::kLimit, "KP-12");
  TREERING_CHECK_ERROR(check(chain(100000)), ErrorClass::kLimit, "KP-12");
}

BOOST_AUTO_TEST_CASE(where_is_the_typed_path) {
  Tree tree = every_kind();
  tree.nodes.details[15] = 7;
  const Status status = check(tree);
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST(status.error().where.key_path == "var/.value");
}

BOOST_AUTO_TEST_CASE(where_is_short_however_long_the_path_is) {  // [RS-37]
  Tree tree;
  const std::uint32_t name = add_row(tree.strings, std::string(1000, 'x'));
  const std::uint32_t last = add_row(tree.strings, "last");
  add_root(tree, NodeKind::kDict, 1);
  for (int i = 0; i < 200; ++i) add_node(tree, NodeKind::kDict, KeyKind::kString, name, 1, 0);
  add_node(tree, NodeKind::kLeaf, KeyKind::kString, last, 0, 0);
  const Status status = check(tree);
  TREERING_CHECK_ERROR(status, ErrorClass::kInvalid, "TR-08");
  const std::string xs(1000, 'x');
  BOOST_TEST(status.error().where.key_path == xs + "/" + xs + "/…/last");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
