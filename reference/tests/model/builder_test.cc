// SPDX-License-Identifier: Apache-2.0
#include "treering/builder.h"

#include <array>
#include <string>

#include "base/bytes.h"
#include "testing/results.h"

namespace treering {
namespace {

using Shape = std::vector<std::uint64_t>;

Key name(std::string text) { return {KeyKind::kString, std::move(text), 0}; }
Key attribute(std::string text) { return {KeyKind::kAttribute, std::move(text), 0}; }
const Key kIndex{KeyKind::kSequence, {}, 0};
const std::array<std::byte, 64> kBytes{};

HostBytes some(std::size_t count) { return HostBytes(kBytes).first(count); }

std::vector<std::string> rows_of(const Table& table) {
  std::vector<std::string> rows;
  for (std::uint32_t number = 1; number <= table.rows(); ++number)
    rows.emplace_back(table.at(number));
  return rows;
}

// A tree of one leaf.
template <class Add>
Result<SaveTree> built(Add add) {
  TreeBuilder builder;
  add(builder);
  return builder.finish();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(builder)

BOOST_AUTO_TEST_CASE(builds_the_tree_of_the_spec) {  // [TR-26]
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  const std::uint32_t w = builder.array(name("w"), Dtype::kFloat32, Shape{4, 2}, some(32));
  builder.begin(NodeKind::kTuple, name("opt"));
  builder.none(kIndex);
  const std::uint32_t seven = builder.scalar(kIndex, "7");
  builder.end();
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  BOOST_TEST(w == 0u);
  BOOST_TEST(seven == 1u);
  const Tree& tree = saved->tree;
  BOOST_TEST((tree.nodes.kinds == std::vector<std::uint8_t>{3, 1, 5, 2, 1}));
  BOOST_TEST((tree.nodes.key_kinds == std::vector<std::uint8_t>{0, 1, 1, 6, 6}));
  BOOST_TEST((tree.nodes.keys == std::vector<std::uint32_t>{0, 1, 2, 0, 0}));
  BOOST_TEST((tree.nodes.children == std::vector<std::uint32_t>{2, 0, 2, 0, 0}));
  BOOST_TEST((tree.nodes.details == std::vector<std::uint32_t>{0, 1, 0, 0, 2}));
  BOOST_TEST((rows_of(tree.strings) == std::vector<std::string>{"w", "opt"}));
  BOOST_TEST((rows_of(tree.blobs) == std::vector<std::string>{"7"}));
  BOOST_TEST((tree.leaf_specs == std::vector<std::uint32_t>{1, 2}));
  BOOST_TEST((tree.leaf_grids == std::vector<std::uint32_t>{0, 0}));
  BOOST_TEST((tree.specs[0].shape == Shape{4, 2}));
  BOOST_TEST(tree.specs[1].value == 1u);
  BOOST_REQUIRE(saved->bytes.size() == 2u);
  BOOST_TEST(saved->bytes[0].data() == kBytes.data());
  BOOST_TEST(saved->bytes[1].empty());
}

BOOST_AUTO_TEST_CASE(interns_in_the_normative_order) {  // [MF-26] [MF-27]
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  builder.begin(NodeKind::kVariable, name("key"),
                {.name = "T", .metadata = "{\"m\":1}", .bases = {"B1", "B2"}});
  builder.prng_key(attribute("value"), "fry", Shape{2}, some(8));
  builder.end();
  builder.begin(NodeKind::kNamedtuple, name("nt"),
                {.name = "N", .metadata = "{}", .fields = {"f", "value"}});
  builder.scalar(attribute("f"), "7");
  builder.string(attribute("value"), "7");
  builder.end();
  builder.begin(NodeKind::kVariable, name("again"),
                {.name = "T", .metadata = "{\"m\":1}", .bases = {"B1", "B2"}});
  builder.prng_key(attribute("value"), "fry", Shape{2}, some(8));
  builder.end();
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  const Tree& tree = saved->tree;
  BOOST_TEST((rows_of(tree.strings) == std::vector<std::string>{"key", "T", "B1", "B2", "value",
                                                                "nt", "N", "f", "again", "fry"}));
  BOOST_TEST((rows_of(tree.blobs) == std::vector<std::string>{"{\"m\":1}", "{}", "7"}));
  BOOST_TEST(tree.types.size() == 2u);
  BOOST_TEST(tree.specs.size() == 3u);
  BOOST_TEST((tree.leaf_specs == std::vector<std::uint32_t>{1, 2, 3, 1}));
  BOOST_TEST(tree.specs[1].value == tree.specs[2].value);  // one blob, two kinds of leaf
}

BOOST_AUTO_TEST_CASE(types_that_differ_in_anything_are_two) {
  const TreeBuilder::TypeInfo base{.name = "T"};
  TreeBuilder builder;
  builder.begin(NodeKind::kList, {});
  for (const TreeBuilder::TypeInfo& type :
       {base, TreeBuilder::TypeInfo{.name = "T", .metadata = "{}"},
        TreeBuilder::TypeInfo{.name = "T", .bases = {"T"}},
        TreeBuilder::TypeInfo{.name = "T", .bases = {"T", "T"}}, TreeBuilder::TypeInfo{.name = "U"},
        base}) {
    builder.begin(NodeKind::kVariable, kIndex, type);
    builder.none(attribute("value"));
    builder.end();
  }
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  BOOST_TEST(saved->tree.types.size() == 5u);
}

BOOST_AUTO_TEST_CASE(sequences_take_their_index_from_the_position) {
  TreeBuilder builder;
  builder.begin(NodeKind::kList, {});
  builder.none({KeyKind::kSequence, {}, 0});
  builder.none({KeyKind::kSequence, {}, 1});
  builder.end();
  const auto saved = builder.finish();
  TREERING_REQUIRE_OK(saved);
  BOOST_TEST(key_of(saved->tree, 2, 1).number == 1);
}

BOOST_AUTO_TEST_CASE(short_text_goes_inline_and_long_text_is_borrowed) {  // [TR-44]
  const std::string edge(4096, 'x');
  const std::string longer(4097, 'x');
  for (const bool is_string : {true, false}) {
    const auto add = [&](const std::string& text) {
      return built([&](TreeBuilder& builder) {
        is_string ? builder.string({}, text) : builder.bytes({}, bytes_of(text));
      });
    };
    const auto shorter = add(edge);
    TREERING_REQUIRE_OK(shorter);
    BOOST_TEST(shorter->tree.blobs.at(shorter->tree.specs[0].value) == edge);
    BOOST_TEST(shorter->bytes[0].empty());
    const auto stored = add(longer);
    TREERING_REQUIRE_OK(stored);
    BOOST_TEST(stored->tree.specs[0].value == 0u);
    BOOST_TEST((stored->tree.specs[0].shape == Shape{4097}));
    BOOST_TEST(stored->bytes[0].data() == bytes_of(longer).data());
    const auto empty = add("");
    TREERING_REQUIRE_OK(empty);
    BOOST_TEST(empty->tree.specs[0].value == 1u);
    BOOST_TEST(empty->tree.blobs.rows() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(numpy_scalars_are_kept_as_stored_bytes) {
  const std::array<std::byte, 2> minus_two{std::byte{0xfe}, std::byte{0xff}};
  const auto wide =
      built([&](TreeBuilder& builder) { builder.numpy_scalar({}, Dtype::kInt16, minus_two); });
  TREERING_REQUIRE_OK(wide);
  BOOST_TEST(wide->tree.blobs.at(1) == "\xfe\xff");
  const auto narrow = built([&](TreeBuilder& builder) {
    builder.numpy_scalar({}, Dtype::kInt4, std::span(minus_two).first(1));
  });
  TREERING_REQUIRE_OK(narrow);
  BOOST_TEST(narrow->tree.blobs.at(1) == "\x0e");
  TREERING_CHECK_ERROR(
      built([&](TreeBuilder& builder) { builder.numpy_scalar({}, Dtype::kInt32, minus_two); }),
      ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_CASE(weak_type_is_kept) {
  const auto saved =
      built([](TreeBuilder& builder) { builder.array({}, Dtype::kFloat32, {}, some(4), true); });
  TREERING_REQUIRE_OK(saved);
  BOOST_TEST(saved->tree.specs[0].flags == Spec::kWeakType);
}

BOOST_AUTO_TEST_CASE(arrays_need_exactly_their_bytes) {
  TREERING_REQUIRE_OK(built([](TreeBuilder& b) { b.array({}, Dtype::kFloat32, Shape{2, 0}, {}); }));
  TREERING_REQUIRE_OK(built([](TreeBuilder& b) { b.array({}, Dtype::kInt4, Shape{3}, some(3)); }));
  for (const std::size_t count : {std::size_t{0}, std::size_t{15}, std::size_t{17}}) {
    TREERING_CHECK_ERROR(
        built([&](TreeBuilder& b) { b.array({}, Dtype::kFloat32, Shape{4}, some(count)); }),
        ErrorClass::kUsage, "");
  }
  const Shape wraps = {std::uint64_t{1} << 32, std::uint64_t{1} << 32};
  TREERING_CHECK_ERROR(built([&](TreeBuilder& b) { b.array({}, Dtype::kInt8, wraps, {}); }),
                       ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(
      built([&](TreeBuilder& b) { b.array({}, static_cast<Dtype>(99), {}, some(1)); }),
      ErrorClass::kInvalid, "DT-03");
}

BOOST_AUTO_TEST_CASE(only_what_has_a_buffer_is_an_alias) {  // [TR-28]
  const auto with_alias = [](auto add) {
    return built([&](TreeBuilder& builder) {
      builder.begin(NodeKind::kList, {});
      builder.alias(kIndex, add(builder));
      builder.end();
    });
  };
  TREERING_REQUIRE_OK(
      with_alias([](TreeBuilder& b) { return b.prng_key(kIndex, "fry", Shape{2}, some(8)); }));
  TREERING_CHECK_ERROR(with_alias([](TreeBuilder& b) { return b.scalar(kIndex, "7"); }),
                       ErrorClass::kInvalid, "TR-28");
  TREERING_CHECK_ERROR(with_alias([](TreeBuilder& b) { return b.string(kIndex, "7"); }),
                       ErrorClass::kInvalid, "TR-28");
  TREERING_CHECK_ERROR(with_alias([](TreeBuilder& b) { return b.bytes(kIndex, {}); }),
                       ErrorClass::kInvalid, "TR-28");
  TREERING_CHECK_ERROR(with_alias([](TreeBuilder&) { return 5u; }), ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_CASE(begin_and_end_have_to_match) {
  TREERING_CHECK_ERROR(built([](TreeBuilder&) {}), ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(built([](TreeBuilder& b) { b.begin(NodeKind::kDict, {}); }),
                       ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(built([](TreeBuilder& b) { b.end(); }), ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(built([](TreeBuilder& b) { b.none({}), b.none({}); }), ErrorClass::kUsage,
                       "");
  TREERING_CHECK_ERROR(built([](TreeBuilder& b) { b.begin(NodeKind::kLeaf, {}); }),
                       ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(built([](TreeBuilder& b) { b.begin(NodeKind::kNone, {}); }),
                       ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_CASE(the_first_error_is_kept) {
  const auto saved = built([](TreeBuilder& builder) {
    builder.begin(NodeKind::kDict, {});
    builder.string(name("a"), "\xff");
    builder.array(name("b"), Dtype::kFloat32, Shape{4}, some(3));
    builder.end();
    builder.end();
  });
  TREERING_CHECK_ERROR(saved, ErrorClass::kInvalid, "BY-13");
}

BOOST_AUTO_TEST_CASE(refuses_what_a_reader_would_refuse) {  // [KP-15] [IN-09]
  const auto in_dict = [](auto add) {
    return built([&](TreeBuilder& builder) {
      builder.begin(NodeKind::kDict, {});
      add(builder);
      builder.end();
    });
  };
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) { b.none(name("a")), b.none(name("a")); }),
                       ErrorClass::kInvalid, "KP-14");
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) { b.none(attribute("a")); }),
                       ErrorClass::kInvalid, "TR-06");
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) { b.none(name("\xff")); }), ErrorClass::kInvalid,
                       "BY-13");
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) { b.scalar(name("a"), "1.0"); }),
                       ErrorClass::kInvalid, "VA-04");
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) { b.scalar(name("a"), "[]"); }),
                       ErrorClass::kInvalid, "TR-35");
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) { b.none(name(std::string(5000, 'x'))); }),
                       ErrorClass::kLimit, "KP-11");
  TREERING_CHECK_ERROR(built([](TreeBuilder& b) { b.none(name("a")); }), ErrorClass::kInvalid,
                       "TR-07");
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) {
                         b.begin(NodeKind::kCustom, name("c"));
                         b.end();
                       }),
                       ErrorClass::kInvalid, "TR-08");
  TREERING_CHECK_ERROR(in_dict([](TreeBuilder& b) {
                         b.begin(NodeKind::kCustom, name("c"), {.name = "T", .metadata = "[1, 2]"});
                         b.end();
                       }),
                       ErrorClass::kInvalid, "VA-03");
}

BOOST_AUTO_TEST_CASE(errors_name_the_place) {
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  builder.begin(NodeKind::kList, name("layers"));
  builder.none(kIndex);
  builder.begin(NodeKind::kDict, kIndex);
  builder.array(name("w"), Dtype::kFloat32, Shape{4}, some(3));
  const auto saved = builder.finish();
  BOOST_REQUIRE(!saved.ok());
  BOOST_TEST(saved.error().where.key_path == "layers/[1]/w");
}

BOOST_AUTO_TEST_CASE(is_empty_after_finish) {
  TreeBuilder builder;
  builder.none({});
  TREERING_REQUIRE_OK(builder.finish());
  TREERING_CHECK_ERROR(builder.finish(), ErrorClass::kUsage, "");
  builder.scalar({}, "true");
  TREERING_REQUIRE_OK(builder.finish());
}

BOOST_AUTO_TEST_CASE(equal_input_gives_equal_trees) {
  const auto once = [] {
    return built([](TreeBuilder& builder) {
      builder.begin(NodeKind::kDict, {});
      for (int i = 0; i < 500; ++i)
        builder.scalar(name("k" + std::to_string(i * 7919 % 500)), std::to_string(i % 50));
      builder.end();
    });
  };
  const auto first = once();
  const auto second = once();
  TREERING_REQUIRE_OK(first);
  BOOST_TEST((first->tree == second->tree));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
