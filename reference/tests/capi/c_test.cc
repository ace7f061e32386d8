// SPDX-License-Identifier: Apache-2.0
#include "treering/c.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "testing/scratch_directory.h"
#include "treering/dtype.h"

namespace {

using treering::testing::ScratchDirectory;

const tr_key kRoot = {TR_KEY_NONE, nullptr, 0};
const tr_key kNext = {TR_KEY_SEQUENCE, nullptr, 0};
tr_key name(const char* text) { return {TR_KEY_STRING, text, 0}; }

const std::array<float, 6> kWeights{0, 1, 2, 3, 4, 5};
const std::array<std::uint64_t, 2> kShape{2, 3};

// {"w": [[0, 1, 2], [3, 4, 5]], "more": [3, None, "text"]}
void build(tr_builder* builder) {
  tr_builder_begin(builder, TR_NODE_DICT, kRoot);
  tr_builder_array(builder, name("w"), tr_dtype_find("float32"), 2, kShape.data(), kWeights.data(),
                   sizeof kWeights);
  tr_builder_begin(builder, TR_NODE_LIST, name("more"));
  tr_builder_scalar(builder, kNext, "3");
  tr_builder_none(builder, kNext);
  tr_builder_string(builder, kNext, "text");
  tr_builder_end(builder);
  tr_builder_end(builder);
}

struct Fixture {
  ScratchDirectory scratch;
  std::string path = scratch.path() + "/c";
  tr_builder* builder = tr_builder_new();
  tr_checkpoint* checkpoint = nullptr;
  tr_series* series = nullptr;
  tr_error* error = nullptr;

  ~Fixture() {
    tr_checkpoint_close(checkpoint);
    tr_series_close(series);
    tr_builder_free(builder);
    tr_error_free(error);
  }
  void save(const tr_save_options* options = nullptr) {
    build(builder);
    BOOST_REQUIRE_EQUAL(tr_save(path.c_str(), builder, options, &error), TR_OK);
  }
  void open() { BOOST_REQUIRE_EQUAL(tr_checkpoint_open(path.c_str(), &checkpoint, &error), TR_OK); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(c_test, Fixture)

BOOST_AUTO_TEST_CASE(gives_back_what_was_saved) {
  tr_save_options options = TR_STRUCT(tr_save_options);
  options.has_step = 1;
  options.step = 7;
  options.codec = TR_LZ4;
  options.metadata = "{\"run\":\"a\"}";
  options.has_identity = 1;
  options.attempt[0] = 1;
  options.run_id[15] = 2;
  options.saved_at = 5;
  save(&options);
  open();

  tr_checkpoint_info info = TR_STRUCT(tr_checkpoint_info);
  tr_checkpoint_get_info(checkpoint, &info);
  BOOST_CHECK_EQUAL(info.has_step, 1);
  BOOST_CHECK_EQUAL(info.step, 7);
  BOOST_CHECK_EQUAL(info.saved_at, 5);
  BOOST_CHECK_EQUAL(info.attempt[0], 1);
  BOOST_CHECK_EQUAL(info.run_id[15], 2);
  BOOST_CHECK_EQUAL(info.places, 3);
  BOOST_CHECK_EQUAL(info.metadata, options.metadata);
  BOOST_CHECK(info.graph == nullptr);

  std::vector<std::string> paths, values;
  for (std::size_t place = 0; place < info.places; ++place) {
    tr_leaf leaf = TR_STRUCT(tr_leaf);
    BOOST_REQUIRE_EQUAL(tr_checkpoint_leaf(checkpoint, place, &leaf, &error), TR_OK);
    paths.emplace_back(leaf.path, leaf.path_bytes);
    if (leaf.inline_value != nullptr)
      values.emplace_back(leaf.inline_value, leaf.inline_value_bytes);
  }
  BOOST_TEST(paths == (std::vector<std::string>{"w", "more/0", "more/2"}),
             boost::test_tools::per_element());
  BOOST_TEST(values == (std::vector<std::string>{"3", "text"}), boost::test_tools::per_element());

  tr_leaf leaf = TR_STRUCT(tr_leaf);
  BOOST_REQUIRE_EQUAL(tr_checkpoint_find(checkpoint, "w", &leaf, &error), TR_OK);
  BOOST_CHECK_EQUAL(leaf.kind, TR_LEAF_ARRAY);
  BOOST_CHECK_EQUAL(tr_dtype_name(leaf.dtype), "float32");
  BOOST_CHECK_EQUAL(leaf.rank, 2);
  BOOST_CHECK_EQUAL(leaf.shape[1], 3);
  BOOST_CHECK_EQUAL(leaf.bytes, sizeof kWeights);
  std::array<float, 6> whole{};
  BOOST_REQUIRE_EQUAL(tr_leaf_read(checkpoint, leaf.row, whole.data(), sizeof whole, &error),
                      TR_OK);
  BOOST_CHECK(whole == kWeights);
  std::array<float, 2> column{};
  const std::array<std::uint64_t, 2> start{0, 1}, stop{2, 2};
  BOOST_REQUIRE_EQUAL(tr_leaf_read_box(checkpoint, leaf.row, start.data(), stop.data(),
                                       column.data(), sizeof column, &error),
                      TR_OK);
  BOOST_CHECK(column == (std::array<float, 2>{1, 4}));
}

BOOST_AUTO_TEST_CASE(hands_errors_out_as_structs) {
  BOOST_CHECK_EQUAL(tr_checkpoint_open(path.c_str(), &checkpoint, nullptr), TR_NOT_FOUND);
  BOOST_REQUIRE_EQUAL(tr_checkpoint_open(path.c_str(), &checkpoint, &error), TR_NOT_FOUND);
  BOOST_CHECK(checkpoint == nullptr);
  BOOST_CHECK_EQUAL(error->status, TR_NOT_FOUND);
  BOOST_CHECK_EQUAL(error->offset, TR_NO_OFFSET);
  BOOST_CHECK(std::string(error->text).find(path) != std::string::npos);
  BOOST_CHECK(std::string(error->text).starts_with(tr_status_name(error->status)));
}

BOOST_AUTO_TEST_CASE(refuses_places_rows_buffers_and_boxes_that_are_not_there) {
  save();
  open();
  tr_leaf leaf = TR_STRUCT(tr_leaf);
  std::array<float, 6> buffer{};
  BOOST_CHECK_EQUAL(tr_checkpoint_leaf(checkpoint, 3, &leaf, nullptr), TR_USAGE);
  BOOST_CHECK_EQUAL(tr_checkpoint_find(checkpoint, "v", &leaf, nullptr), TR_NOT_FOUND);
  BOOST_CHECK_EQUAL(tr_leaf_read(checkpoint, 99, buffer.data(), sizeof buffer, nullptr), TR_USAGE);
  BOOST_CHECK_EQUAL(tr_leaf_read(checkpoint, 0, buffer.data(), sizeof buffer - 1, nullptr),
                    TR_USAGE);
  const std::array<std::uint64_t, 2> start{0, 2}, stop{2, 4};
  BOOST_CHECK_EQUAL(
      tr_leaf_read_box(checkpoint, 0, start.data(), stop.data(), buffer.data(), 16, nullptr),
      TR_USAGE);
}

BOOST_AUTO_TEST_CASE(fills_no_more_than_the_callers_struct) {
  save();
  open();
  tr_leaf leaf;
  std::memset(static_cast<void*>(&leaf), 0x5a, sizeof leaf);
  leaf.struct_bytes = offsetof(tr_leaf, kind);
  BOOST_REQUIRE_EQUAL(tr_checkpoint_leaf(checkpoint, 1, &leaf, nullptr), TR_OK);
  BOOST_CHECK_EQUAL(leaf.row, 1);
  unsigned char next = 0;
  std::memcpy(&next, &leaf.kind, 1);
  BOOST_CHECK_EQUAL(next, 0x5a);
}

BOOST_AUTO_TEST_CASE(reads_no_more_than_the_callers_options) {
  tr_save_options options;
  std::memset(static_cast<void*>(&options), 0x5a, sizeof options);
  options.struct_bytes = offsetof(tr_save_options, codec);
  options.has_step = 1;
  options.step = 3;
  save(&options);
}

BOOST_AUTO_TEST_CASE(reports_every_damaged_place) {
  tr_save_options options = TR_STRUCT(tr_save_options);
  options.has_identity = 1;
  save(&options);
  {
    std::fstream file(path + "/data-" + std::string(32, '0') + "-0-0",
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(140);
    file.put('\x7f');
    BOOST_REQUIRE(file.good());
  }
  open();
  std::size_t damaged = 0;
  std::vector<std::string> seen;
  const auto remember = [](const tr_damage* damage, void* context) {
    static_cast<std::vector<std::string>*>(context)->push_back(
        std::string(tr_status_name(damage->error->status)) + " " + damage->leaf);
  };
  BOOST_REQUIRE_EQUAL(tr_checkpoint_verify(checkpoint, remember, &seen, &damaged, &error), TR_OK);
  BOOST_CHECK_EQUAL(damaged, 1);
  BOOST_REQUIRE_EQUAL(seen.size(), 1);
  BOOST_CHECK(seen[0].starts_with("corrupt"));
}

BOOST_AUTO_TEST_CASE(keeps_the_first_error_of_a_builder) {
  tr_builder_begin(builder, tr_node_kind{7}, kRoot);
  tr_builder_end(builder);
  BOOST_CHECK_EQUAL(tr_save(path.c_str(), builder, nullptr, &error), TR_USAGE);
  BOOST_CHECK(std::string(error->message).find("dict") != std::string::npos);
  // The builder is empty again.
  tr_builder_none(builder, {99, nullptr, 0});
  BOOST_CHECK_EQUAL(tr_save(path.c_str(), builder, nullptr, nullptr), TR_USAGE);
  build(builder);
  tr_save_options options = TR_STRUCT(tr_save_options);
  options.codec = tr_codec{3};
  BOOST_CHECK_EQUAL(tr_save(path.c_str(), builder, &options, nullptr), TR_USAGE);
  build(builder);
  tr_builder_end(builder);
  BOOST_CHECK_EQUAL(tr_save(path.c_str(), builder, nullptr, nullptr), TR_USAGE);
  BOOST_CHECK_EQUAL(tr_checkpoint_open(path.c_str(), &checkpoint, nullptr), TR_NOT_FOUND);
}

BOOST_AUTO_TEST_CASE(refuses_to_save_twice) {
  save();
  build(builder);
  BOOST_CHECK_EQUAL(tr_save(path.c_str(), builder, nullptr, nullptr), TR_CONFLICT);
}

BOOST_AUTO_TEST_CASE(lists_the_steps_of_a_series) {
  BOOST_CHECK_EQUAL(tr_series_open(path.c_str(), &series, nullptr), TR_NOT_FOUND);
  BOOST_REQUIRE_EQUAL(tr_series_open(scratch.path().c_str(), &series, &error), TR_OK);
  int found = 1;
  std::uint64_t step = 0;
  BOOST_REQUIRE_EQUAL(tr_series_latest(series, &found, &step, &error), TR_OK);
  BOOST_CHECK_EQUAL(found, 0);
  for (const std::uint64_t at : {1u, 5u, 3u}) {
    build(builder);
    BOOST_REQUIRE_EQUAL(tr_series_save(series, at, builder, nullptr, &error), TR_OK);
  }
  BOOST_REQUIRE_EQUAL(tr_series_latest(series, &found, &step, &error), TR_OK);
  BOOST_CHECK_EQUAL(found, 1);
  BOOST_CHECK_EQUAL(step, 5);
  std::array<std::uint64_t, 2> steps{};
  std::size_t count = 0;
  BOOST_REQUIRE_EQUAL(tr_series_steps(series, steps.data(), steps.size(), &count, &error), TR_OK);
  BOOST_CHECK_EQUAL(count, 3);
  BOOST_CHECK(steps == (std::array<std::uint64_t, 2>{1, 3}));
  BOOST_REQUIRE_EQUAL(tr_series_open_step(series, 3, &checkpoint, &error), TR_OK);
  BOOST_CHECK_EQUAL(tr_series_open_step(series, 4, &checkpoint, nullptr), TR_NOT_FOUND);
}

BOOST_AUTO_TEST_CASE(takes_null_where_it_takes_back) {
  tr_error_free(nullptr);
  tr_builder_free(nullptr);
  tr_checkpoint_close(nullptr);
  tr_series_close(nullptr);
}

BOOST_AUTO_TEST_CASE(knows_every_dtype_by_name_and_number) {
  for (std::uint16_t number = 1; number <= treering::kDtypeCount; ++number) {
    BOOST_CHECK_EQUAL(tr_dtype_find(tr_dtype_name(number)), number);
    BOOST_CHECK_EQUAL(tr_dtype_bytes(number), treering::find_dtype(number)->host_bytes);
  }
  BOOST_CHECK_EQUAL(tr_dtype_find("float7"), 0);
  BOOST_CHECK(tr_dtype_name(999) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
