// SPDX-License-Identifier: Apache-2.0
#include "save/save_plan.h"

#include <boost/test/unit_test.hpp>

#include "save/sample_tree.h"
#include "testing/memory_vfs.h"
#include "testing/results.h"

namespace treering::testing {
namespace {

using Bytes = std::vector<std::byte>;

Result<SavePlan> plan_with(const SaveTree& tree, const SaveOptions& options = {}) {
  return plan_save(tree, options, SaveIdentity{});
}

SaveTree one_array(Sample& sample, Dtype dtype, std::size_t elements) {
  return sample.array("w", dtype, {elements}, Bytes(elements * info_of(dtype).host_bytes)).finish();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(save_plan_test)

BOOST_AUTO_TEST_CASE(gives_each_leaf_with_elements_one_cell_of_writer_0) {  // [GR-22] [GR-24]
  Sample sample;
  const SaveTree tree = sample.bytes("a", 10)
                            .scalar("b", "7")
                            .array("c", Dtype::kFloat32, {4, 0}, {})
                            .array("d", Dtype::kFloat64, {}, Bytes(8))
                            .finish();
  const auto plan = plan_with(tree);
  TREERING_REQUIRE_OK(plan);
  const Tree& planned = plan->manifest.tree;
  BOOST_CHECK((planned.leaf_grids == std::vector<std::uint32_t>{1, 0, 0, 1}));
  BOOST_REQUIRE_EQUAL(planned.grids.size(), 1u);
  BOOST_CHECK((planned.grids[0] == Grid{.run_writers = {0}, .run_counts = {1}}));
  BOOST_CHECK_EQUAL(plan->shards, 2u);
  BOOST_CHECK_EQUAL(plan->blocks, 2u);
  BOOST_CHECK_EQUAL(plan->raw_bytes, 18u);
}

BOOST_AUTO_TEST_CASE(places_shards_by_size) {  // [DF-04] [DF-09] [DF-15]
  Placer placer(1u << 20);
  const auto place = [&](std::uint64_t raw) {
    const Placer::Place found = placer.place(raw);
    placer.taken(raw);
    return found;
  };
  BOOST_CHECK_EQUAL(place(1).offset, 128u);
  BOOST_CHECK_EQUAL(place(64).offset, 192u);
  BOOST_CHECK_EQUAL(place(65535).offset, 256u);
  BOOST_CHECK_EQUAL(place(65536).offset, 69632u);
  BOOST_CHECK_EQUAL(place(1).offset, 135168u);
  BOOST_CHECK_EQUAL(place(65537).offset, 139264u);
  BOOST_CHECK_EQUAL(placer.files(), 1u);
}

BOOST_AUTO_TEST_CASE(begins_a_file_only_where_a_shard_would_pass_the_size) {  // [DF-12] [DF-16]
  Placer placer(4096 + 65536);
  BOOST_CHECK_EQUAL(placer.place(65536).file, 0u);
  placer.taken(65536);
  const Placer::Place next = placer.place(1);
  BOOST_CHECK_EQUAL(next.file, 1u);
  BOOST_CHECK_EQUAL(next.offset, 128u);
  placer.taken(1);
  // One that fits no file has one of its own.
  BOOST_CHECK_EQUAL(placer.place(1u << 20).file, 2u);
  placer.taken(1u << 20);
  BOOST_CHECK_EQUAL(placer.place(1).file, 3u);
  BOOST_CHECK_EQUAL(placer.files(), 4u);
}

BOOST_AUTO_TEST_CASE(a_shard_that_was_shortened_leaves_room) {
  Placer placer(200'000);
  placer.place(100'000);
  placer.taken(10);
  const Placer::Place next = placer.place(100'000);
  BOOST_CHECK_EQUAL(next.file, 0u);
  BOOST_CHECK_EQUAL(next.offset, 8192u);
}

BOOST_AUTO_TEST_CASE(pads_to_pages) {
  BOOST_CHECK_EQUAL(padded_size(0), 0u);
  BOOST_CHECK_EQUAL(padded_size(129), 4096u);
  BOOST_CHECK_EQUAL(padded_size(4096), 4096u);
}

BOOST_AUTO_TEST_CASE(sets_the_bit_of_the_codec) {  // [DF-21] [RC-23]
  Sample sample;
  const SaveTree tree = one_array(sample, Dtype::kUint8, 3);
  SaveOptions options;
  BOOST_CHECK_EQUAL(plan_with(tree)->required, 0u);
  options.codec = Codec::kLz4;
  BOOST_CHECK_EQUAL(plan_with(tree, options)->required, kFeatureLz4);
  options.codec = Codec::kBitshuffleLz4;
  BOOST_CHECK_EQUAL(plan_with(tree, options)->required, kFeatureBitshuffleLz4);
}

BOOST_AUTO_TEST_CASE(refuses_bytes_of_another_length) {
  Sample sample;
  SaveTree tree = one_array(sample, Dtype::kFloat32, 3);
  tree.bytes[0] = tree.bytes[0].first(11);
  const auto plan = plan_with(tree);
  TREERING_CHECK_ERROR(plan, ErrorClass::kUsage, "");
  BOOST_CHECK_EQUAL(plan.error().where.key_path, "w");
  tree.bytes.clear();
  TREERING_CHECK_ERROR(plan_with(tree), ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_CASE(refuses_what_a_reader_would_refuse) {
  Sample bools;
  SaveTree tree = bools.array("b", Dtype::kBool, {2}, {std::byte{1}, std::byte{2}}).finish();
  TREERING_CHECK_ERROR(plan_with(tree), ErrorClass::kInvalid, "DT-07");

  Sample text;
  const std::string words(5000, 'x');
  text.builder().string(Sample::key("s"), words);
  tree = text.finish();
  TREERING_REQUIRE_OK(plan_with(tree));
  const Bytes bad(5000, std::byte{0xff});
  tree.bytes[0] = bad;
  TREERING_CHECK_ERROR(plan_with(tree), ErrorClass::kInvalid, "TR-38");

  Sample good;
  tree = one_array(good, Dtype::kUint8, 1);
  tree.tree.leaf_specs[0] = 9;
  BOOST_CHECK(!plan_with(tree).ok());
  tree.tree.leaf_specs[0] = 0;
  BOOST_CHECK(!plan_with(tree).ok());
  TREERING_CHECK_ERROR(plan_with(SaveTree{}), ErrorClass::kInvalid, "TR-01");
}

BOOST_AUTO_TEST_CASE(refuses_bad_options) {  // [BL-02]
  Sample sample;
  const SaveTree tree = one_array(sample, Dtype::kUint8, 3);
  for (const std::uint32_t block : {0u, 2048u, 4097u, 8u << 20}) {
    TREERING_CHECK_ERROR(plan_with(tree, {.block_bytes = block}), ErrorClass::kUsage, "");
  }
  TREERING_CHECK_ERROR(plan_with(tree, {.file_bytes = 0}), ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(plan_with(tree, {.step = std::uint64_t{1} << 63}), ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(plan_with(tree, {.producer = "\xff"}), ErrorClass::kInvalid, "BY-11");
  TREERING_REQUIRE_OK(plan_with(tree, {.step = (std::uint64_t{1} << 63) - 1}));
}

BOOST_AUTO_TEST_CASE(refuses_values_that_are_not_canonical) {
  Sample sample;
  const SaveTree tree = one_array(sample, Dtype::kUint8, 3);
  BOOST_CHECK(!plan_with(tree, {.metrics = "{ }"}).ok());
  const auto plan = plan_with(tree, {.metadata = "1.5"});
  BOOST_REQUIRE(!plan.ok());
  BOOST_CHECK(plan.error().cls == ErrorClass::kInvalid);
  BOOST_CHECK(plan.error().message.starts_with("metadata: "));
  TREERING_CHECK_ERROR(plan_with(tree, {.graph = "[]"}), ErrorClass::kInvalid, "GC-01");
  TREERING_CHECK_ERROR(plan_with(tree, {.compat = "7"}), ErrorClass::kInvalid, "GC-01");
  TREERING_REQUIRE_OK(plan_with(tree, {.graph = "{}", .compat = R"({"$dict":[[1,2]]})"}));
}

BOOST_AUTO_TEST_CASE(keeps_to_the_limits) {
  Sample sample;
  const SaveTree tree = one_array(sample, Dtype::kUint8, 100'000);
  const std::string big = '"' + std::string((std::size_t{16} << 20) - 1, 'x') + '"';
  TREERING_CHECK_ERROR(plan_with(tree, {.metadata = big}), ErrorClass::kLimit, "GC-03");
  // Larger limits of the caller do not help: a default reader must accept the checkpoint.
  TREERING_CHECK_ERROR(
      plan_with(tree, {.metadata = big, .limits = {.value_bytes = std::uint64_t{1} << 40}}),
      ErrorClass::kLimit, "GC-03");
  TREERING_CHECK_ERROR(plan_with(tree, {.graph = R"({"a":1})", .limits = {.graph_bytes = 3}}),
                       ErrorClass::kLimit, "GC-07");
  TREERING_CHECK_ERROR(plan_with(tree, {.block_bytes = 4096, .limits = {.index_bytes = 100}}),
                       ErrorClass::kLimit, "MF-13");
  TREERING_CHECK_ERROR(plan_with(tree, {.limits = {.manifest_bytes = 10}}), ErrorClass::kLimit, "");
  TREERING_CHECK_ERROR(plan_with(tree, {.limits = {.block_bytes = 4096}}), ErrorClass::kLimit, "");
  TREERING_CHECK_ERROR(plan_with(tree, {.limits = {.leaves = 0}}), ErrorClass::kLimit, "TR-23");
}

BOOST_AUTO_TEST_CASE(keeps_to_the_limit_of_files) {
  Sample sample;
  const SaveTree tree = sample.bytes("a", 1).bytes("b", 1).finish();
  TREERING_CHECK_ERROR(plan_with(tree, {.file_bytes = 1, .limits = {.files = 1}}),
                       ErrorClass::kLimit, "");
  TREERING_REQUIRE_OK(plan_with(tree, {.file_bytes = 1, .limits = {.files = 2}}));
}

BOOST_AUTO_TEST_CASE(the_bound_of_all_bytes_holds) {
  for (const std::size_t leaves : {0u, 1u, 1000u}) {
    Sample sample;
    for (std::size_t i = 0; i < leaves; ++i) sample.bytes("leaf" + std::to_string(i), 5000, i);
    const SaveTree tree = sample.finish();
    MemoryVfs vfs;
    SaveOptions options = fixed_options(vfs);
    options.block_bytes = 4096;
    const auto plan = plan_with(tree, options);
    TREERING_REQUIRE_OK(plan);
    const auto report = save("ckpt", tree, options);
    TREERING_REQUIRE_OK(report);
    BOOST_CHECK_LE(report->bytes, plan->most_bytes);
    BOOST_CHECK_LE(plan->most_bytes, 2 * report->bytes + 20'000);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
