// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "model/handmade.h"
#include "testing/results.h"
#include "treering/tree.h"

namespace treering {
namespace {

Status check(const Tree& tree) { return check_tree(tree, 1, Limits{}); }

#define CHECK_INVALID(tree, rule) TREERING_CHECK_ERROR(check(tree), ErrorClass::kInvalid, rule)

Tree key_tree(std::vector<std::uint64_t> shape) {
  Tree tree = array_tree(std::move(shape), whole_grid(), Dtype::kUint32);
  tree.specs[0].kind = static_cast<std::uint8_t>(LeafKind::kPrngKey);
  tree.specs[0].impl = add_row(tree.strings, "fry");
  return tree;
}

Tree stored_tree(LeafKind kind, std::vector<std::uint64_t> shape) {
  Tree tree = array_tree(std::move(shape), whole_grid(), Dtype::kUint8);
  tree.specs[0].kind = static_cast<std::uint8_t>(kind);
  return tree;
}

// An array of rank 2 with a sharding over the mesh (x: 2, y: 4).
Tree sharded_tree() {
  Tree tree = array_tree({8, 4}, whole_grid());
  const std::uint32_t x = add_row(tree.strings, "x");
  const std::uint32_t y = add_row(tree.strings, "y");
  tree.meshes = {{.axis_names = {x, y}, .axis_sizes = {2, 4}, .axis_types = {1, 3}}};
  tree.shardings = {{.mesh = 1, .memory_kind = 0, .axis_counts = {2, 0}, .axes = {1, 0}}};
  tree.specs[0].sharding = 1;
  return tree;
}

template <class Change>
Tree changed(Tree tree, Change change) {
  change(tree.specs[0]);
  return tree;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_specs)

BOOST_AUTO_TEST_CASE(accepts_every_form) {
  TREERING_REQUIRE_OK(check(array_tree({}, whole_grid())));
  TREERING_REQUIRE_OK(check(array_tree({3, 4}, whole_grid(), Dtype::kInt4)));
  TREERING_REQUIRE_OK(
      check(changed(array_tree({}, whole_grid()), [](Spec& spec) { spec.flags = 1; })));
  TREERING_REQUIRE_OK(check(key_tree({2})));
  TREERING_REQUIRE_OK(check(key_tree({5, 2})));
  for (const char* json :
       {"true", "7", R"({"$int":"9007199254740993"})", R"({"$float":"3ff0000000000000"})"}) {
    TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kScalar, json)));
  }
  TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kScalar, "\xfe\xff", Dtype::kInt16)));
  TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kString, "")));
  TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kString, "é")));
  TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kBytes, "\xff")));
  TREERING_REQUIRE_OK(check(stored_tree(LeafKind::kString, {9})));
  TREERING_REQUIRE_OK(check(stored_tree(LeafKind::kBytes, {1})));
  TREERING_REQUIRE_OK(check(stored_tree(LeafKind::kProcessBlob, {9})));
  TREERING_REQUIRE_OK(check(sharded_tree()));
}

BOOST_AUTO_TEST_CASE(rejects_unknown_kinds_dtypes_and_flags) {  // [TR-30] [TR-32] [TR-33] [DT-01]
  const Tree good = array_tree({2}, whole_grid());
  CHECK_INVALID(changed(good, [](Spec& spec) { spec.kind = 0; }), "TR-30");
  CHECK_INVALID(changed(good, [](Spec& spec) { spec.kind = 7; }), "TR-30");
  CHECK_INVALID(changed(good, [](Spec& spec) { spec.dtype = 35; }), "DT-01");
  CHECK_INVALID(changed(good, [](Spec& spec) { spec.flags = 2; }), "TR-32");
  CHECK_INVALID(changed(key_tree({2}), [](Spec& spec) { spec.flags = 1; }), "TR-33");
  CHECK_INVALID(changed(inline_tree(LeafKind::kScalar, "7"), [](Spec& spec) { spec.flags = 1; }),
                "TR-33");
}

BOOST_AUTO_TEST_CASE(rejects_numbers_of_rows_that_are_not_there) {  // [BY-08] [BY-09]
  CHECK_INVALID(changed(key_tree({2}), [](Spec& spec) { spec.impl = 9; }), "BY-08");
  CHECK_INVALID(changed(inline_tree(LeafKind::kBytes, ""), [](Spec& spec) { spec.value = 2; }),
                "BY-08");
  CHECK_INVALID(changed(sharded_tree(), [](Spec& spec) { spec.sharding = 2; }), "BY-08");
  Tree tree = array_tree({2}, whole_grid());
  tree.leaf_specs[0] = 2;
  CHECK_INVALID(tree, "BY-08");
  tree.leaf_specs[0] = 0;
  CHECK_INVALID(tree, "BY-09");
  tree = array_tree({2}, whole_grid());
  tree.leaf_grids[0] = 2;
  CHECK_INVALID(tree, "BY-08");
}

BOOST_AUTO_TEST_CASE(rejects_every_other_form) {  // [TR-31]
  const auto set_dtype = [](Dtype dtype) {
    return [dtype](Spec& spec) { spec.dtype = static_cast<std::uint16_t>(dtype); };
  };
  const auto set_value = [](Spec& spec) { spec.value = 1; };
  const auto set_impl = [](Spec& spec) { spec.impl = 1; };
  const auto set_shape = [](Spec& spec) { spec.shape = {1}; };
  const auto with_rows = [](Tree tree) {
    add_row(tree.strings, "fry");
    add_row(tree.blobs, "7");
    return tree;
  };
  const Tree array = with_rows(array_tree({2}, whole_grid()));
  CHECK_INVALID(changed(array, set_dtype(Dtype::kNone)), "TR-31");
  CHECK_INVALID(changed(array, set_value), "TR-31");
  CHECK_INVALID(changed(array, set_impl), "TR-31");
  const Tree key = with_rows(key_tree({2}));
  CHECK_INVALID(changed(key, set_dtype(Dtype::kInt32)), "TR-31");
  CHECK_INVALID(changed(key, set_value), "TR-31");
  CHECK_INVALID(changed(key, [](Spec& spec) { spec.impl = 0; }), "TR-31");
  CHECK_INVALID(changed(key, [](Spec& spec) { spec.shape = {}; }), "TR-31");
  const Tree scalar = with_rows(inline_tree(LeafKind::kScalar, "7"));
  CHECK_INVALID(changed(scalar, [](Spec& spec) { spec.value = 0; }), "TR-31");
  CHECK_INVALID(changed(scalar, set_impl), "TR-31");
  CHECK_INVALID(changed(scalar, set_shape), "TR-31");
  for (const LeafKind kind : {LeafKind::kString, LeafKind::kBytes}) {
    const Tree inlined = with_rows(inline_tree(kind, "7"));
    CHECK_INVALID(changed(inlined, set_dtype(Dtype::kUint8)), "TR-31");
    CHECK_INVALID(changed(inlined, set_impl), "TR-31");
    CHECK_INVALID(changed(inlined, set_shape), "TR-31");
    const Tree stored = with_rows(stored_tree(kind, {9}));
    CHECK_INVALID(changed(stored, set_dtype(Dtype::kInt8)), "TR-31");
    CHECK_INVALID(changed(stored, set_dtype(Dtype::kNone)), "TR-31");
    CHECK_INVALID(changed(stored, set_impl), "TR-31");
    CHECK_INVALID(changed(stored, [](Spec& spec) { spec.shape = {}; }), "TR-31");
    CHECK_INVALID(changed(stored, [](Spec& spec) { spec.shape = {3, 3}; }), "TR-31");
    CHECK_INVALID(changed(stored, [](Spec& spec) { spec.shape = {0}; }), "TR-31");
  }
  const Tree blob = with_rows(stored_tree(LeafKind::kProcessBlob, {9}));
  CHECK_INVALID(changed(blob, set_dtype(Dtype::kInt8)), "TR-31");
  CHECK_INVALID(changed(blob, set_value), "TR-31");
  CHECK_INVALID(changed(blob, [](Spec& spec) { spec.shape = {3, 3}; }), "TR-31");
}

BOOST_AUTO_TEST_CASE(grid_is_set_exactly_where_there_are_elements) {  // [TR-31]
  Tree tree = array_tree({2, 0}, whole_grid());
  CHECK_INVALID(tree, "TR-31");
  tree.leaf_grids[0] = 0;
  TREERING_REQUIRE_OK(check(tree));
  tree = array_tree({2, 2}, whole_grid());
  tree.leaf_grids[0] = 0;
  CHECK_INVALID(tree, "TR-31");
  tree = inline_tree(LeafKind::kScalar, "7");
  tree.grids = {whole_grid()};
  TREERING_REQUIRE_OK(check(tree));  // an unused row
  tree.leaf_grids[0] = 1;
  CHECK_INVALID(tree, "TR-31");
  tree = stored_tree(LeafKind::kProcessBlob, {0});
  tree.leaf_grids[0] = 0;
  TREERING_REQUIRE_OK(check(tree));
}

BOOST_AUTO_TEST_CASE(python_scalars_are_four_kinds_of_value) {  // [TR-35]
  for (const char* json : {"null", "\"a\"", "[]", "{}", R"({"$bytes":""})"}) {
    CHECK_INVALID(inline_tree(LeafKind::kScalar, json), "TR-35");
  }
  CHECK_INVALID(inline_tree(LeafKind::kScalar, "1.0"), "VA-04");
  CHECK_INVALID(inline_tree(LeafKind::kScalar, ""), "VA-02");
}

BOOST_AUTO_TEST_CASE(numpy_scalars_are_one_element) {  // [TR-36]
  CHECK_INVALID(inline_tree(LeafKind::kScalar, "\xfe", Dtype::kInt16), "TR-36");
  CHECK_INVALID(inline_tree(LeafKind::kScalar, "\xfe\xff\xff", Dtype::kInt16), "TR-36");
  CHECK_INVALID(inline_tree(LeafKind::kScalar, "", Dtype::kInt4), "TR-36");
  CHECK_INVALID(inline_tree(LeafKind::kScalar, "\x10", Dtype::kInt4), "TR-36");
  CHECK_INVALID(inline_tree(LeafKind::kScalar, "\x02", Dtype::kBool), "TR-36");
  CHECK_INVALID(inline_tree(LeafKind::kScalar, "\x40", Dtype::kFloat6E2m3fn), "TR-36");
  TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kScalar, "\x0f", Dtype::kInt4)));
  TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kScalar, "\x01", Dtype::kBool)));
  TREERING_REQUIRE_OK(
      check(inline_tree(LeafKind::kScalar, std::string(16, '\xff'), Dtype::kComplex128)));
}

BOOST_AUTO_TEST_CASE(inline_strings_are_utf8_and_short) {  // [TR-37] [TR-39]
  CHECK_INVALID(inline_tree(LeafKind::kString, "\xff"), "TR-37");
  TREERING_REQUIRE_OK(check(inline_tree(LeafKind::kBytes, std::string(4096, 'x'))));
  for (const LeafKind kind : {LeafKind::kString, LeafKind::kBytes, LeafKind::kScalar}) {
    TREERING_CHECK_ERROR(check(inline_tree(kind, std::string(4097, '1'))), ErrorClass::kLimit,
                         "TR-39");
  }
}

BOOST_AUTO_TEST_CASE(shapes_fit_63_bits_of_bytes) {  // [TR-40] [TR-41] [TR-42]
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 63) - 1;
  const auto shaped = [](std::vector<std::uint64_t> shape, Dtype dtype) {
    Tree tree = array_tree(std::move(shape), whole_grid(), dtype);
    for (const std::uint64_t length : tree.specs[0].shape) {
      if (length == 0) tree.leaf_grids[0] = 0;
    }
    return tree;
  };
  TREERING_REQUIRE_OK(check(shaped(std::vector<std::uint64_t>(32, 1), Dtype::kInt8)));
  TREERING_CHECK_ERROR(check(shaped(std::vector<std::uint64_t>(33, 1), Dtype::kInt8)),
                       ErrorClass::kLimit, "TR-40");
  TREERING_REQUIRE_OK(check(shaped({kMost}, Dtype::kInt8)));
  TREERING_REQUIRE_OK(check(shaped({kMost}, Dtype::kUint1)));
  TREERING_REQUIRE_OK(check(shaped({kMost, 0}, Dtype::kInt8)));
  CHECK_INVALID(shaped({kMost + 1}, Dtype::kInt8), "TR-41");
  CHECK_INVALID(shaped({0, ~std::uint64_t{0}}, Dtype::kInt8), "TR-41");
  CHECK_INVALID(shaped({kMost}, Dtype::kInt16), "TR-42");
  CHECK_INVALID(shaped({std::uint64_t{1} << 32, std::uint64_t{1} << 32}, Dtype::kInt8), "TR-42");
  CHECK_INVALID(shaped({0, kMost, 2}, Dtype::kInt8), "TR-42");
}

BOOST_AUTO_TEST_CASE(shardings_stand_on_arrays_and_keys_alone) {  // [TR-34] [SH-07]
  Tree tree = sharded_tree();
  tree.specs[0].kind = static_cast<std::uint8_t>(LeafKind::kPrngKey);
  tree.specs[0].dtype = static_cast<std::uint16_t>(Dtype::kUint32);
  tree.specs[0].impl = 1;
  CHECK_INVALID(tree, "SH-07");
  tree.specs[0].shape = {8, 4, 2};
  TREERING_REQUIRE_OK(check(tree));
  tree = sharded_tree();
  tree.specs[0].shape = {8};
  CHECK_INVALID(tree, "SH-07");
  tree.specs[0] = stored_tree(LeafKind::kBytes, {8}).specs[0];
  tree.specs[0].sharding = 1;
  CHECK_INVALID(tree, "TR-34");
}

BOOST_AUTO_TEST_CASE(rejects_meshes_that_contradict_themselves) {  // [SH-01] [SH-02] [SH-03]
  const auto with = [](auto change) {
    Tree tree = sharded_tree();
    change(tree.meshes[0], tree);
    return tree;
  };
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh = {}; }), "SH-01");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_sizes = {mesh.axis_sizes[0]}; }), "SH-01");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_types.push_back(1); }), "SH-01");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_sizes[0] = 0; }), "SH-02");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_sizes[0] = std::uint64_t{1} << 62; }),
                "SH-02");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_names[0] = mesh.axis_names[1]; }), "SH-02");
  CHECK_INVALID(
      with([](Mesh& mesh, Tree& tree) { mesh.axis_names[0] = add_row(tree.strings, "y"); }),
      "SH-02");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_types[0] = 0; }), "SH-03");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_types[0] = 4; }), "SH-03");
  CHECK_INVALID(with([](Mesh& mesh, Tree&) { mesh.axis_names[0] = 9; }), "BY-08");
}

BOOST_AUTO_TEST_CASE(rejects_shardings_that_contradict_themselves) {  // [SH-04] [SH-05] [SH-06]
  const auto with = [](auto change) {
    Tree tree = sharded_tree();
    change(tree.shardings[0]);
    return tree;
  };
  CHECK_INVALID(with([](Sharding& sharding) { sharding.mesh = 0; }), "SH-04");
  CHECK_INVALID(with([](Sharding& sharding) { sharding.mesh = 2; }), "BY-08");
  CHECK_INVALID(with([](Sharding& sharding) { sharding.memory_kind = 9; }), "BY-08");
  CHECK_INVALID(with([](Sharding& sharding) { sharding.axis_counts[0] = 1; }), "SH-05");
  CHECK_INVALID(with([](Sharding& sharding) { sharding.axes = {1, 2}; }), "SH-06");
  CHECK_INVALID(with([](Sharding& sharding) { sharding.axes = {1, 1}; }), "SH-06");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
