// SPDX-License-Identifier: Apache-2.0
#include "restore/leaf_names.h"

#include <boost/test/unit_test.hpp>

#include "testing/results.h"
#include "treering/builder.h"

namespace treering {
namespace {

Key name(const std::string& text) { return {KeyKind::kString, text, 0}; }

// model/{dense,conv}/kernel, model/bias, and two keys with one friendly text.
Tree sample() {
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  builder.begin(NodeKind::kDict, name("model"));
  builder.begin(NodeKind::kDict, name("dense"));
  builder.scalar(name("kernel"), "1");
  builder.end();
  builder.begin(NodeKind::kDict, name("conv"));
  builder.scalar(name("kernel"), "2");
  builder.end();
  builder.scalar(name("bias"), "3");
  builder.scalar(name("1"), "4");
  builder.scalar({KeyKind::kInteger, "", 1}, "5");
  builder.end();
  builder.end();
  auto tree = builder.finish();
  TREERING_REQUIRE_OK(tree);
  return tree->tree;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leaf_names_test)

BOOST_AUTO_TEST_CASE(finds_by_typed_and_by_friendly_text) {
  const LeafNames names(sample());
  BOOST_CHECK_EQUAL(names.find("model/conv/kernel").value(), 1u);
  BOOST_CHECK_EQUAL(names.find("model/#1").value(), 4u);
  BOOST_CHECK_EQUAL(names.place_of(4).typed, "model/#1");
}

BOOST_AUTO_TEST_CASE(takes_typed_text_before_friendly_text) {  // [KP-17]
  // "model/1" is the typed text of the string key and the friendly text of both.
  BOOST_CHECK_EQUAL(LeafNames(sample()).find("model/1").value(), 3u);
}

BOOST_AUTO_TEST_CASE(lists_the_typed_paths_of_an_ambiguous_text) {  // [KP-19]
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  builder.scalar({KeyKind::kBool, "", 1}, "1");
  builder.begin(NodeKind::kDict, name("x/y"));
  builder.scalar(name("z"), "2");
  builder.end();
  builder.begin(NodeKind::kDict, name("x"));
  builder.scalar(name("y/z"), "3");
  builder.end();
  builder.end();
  const auto tree = builder.finish();
  TREERING_REQUIRE_OK(tree);
  const auto found = LeafNames(tree->tree).find("x/y/z");
  BOOST_REQUIRE(!found.ok());
  BOOST_CHECK(found.error().cls == ErrorClass::kUsage);
  BOOST_CHECK_NE(found.error().message.find("x~2fy/z"), std::string::npos);
  BOOST_CHECK_NE(found.error().message.find("x/y~2fz"), std::string::npos);
}

BOOST_AUTO_TEST_CASE(suggests_near_names) {
  const LeafNames names(sample());
  const auto message = [&](std::string_view text) {
    const auto found = names.find(text);
    BOOST_REQUIRE(!found.ok());
    BOOST_CHECK(found.error().cls == ErrorClass::kNotFound);
    return found.error().message;
  };
  BOOST_CHECK_NE(message("model/dense/kernl").find("model/dense/kernel"), std::string::npos);
  BOOST_CHECK_NE(message("conv/kernel").find("model/conv/kernel"), std::string::npos);
  const std::string two = message("kernel");
  BOOST_CHECK_NE(two.find("model/conv/kernel"), std::string::npos);
  BOOST_CHECK_NE(two.find("model/dense/kernel"), std::string::npos);
  BOOST_CHECK_EQUAL(message("something/else/entirely").find("did you mean"), std::string::npos);
  BOOST_CHECK_EQUAL(message(std::string(100000, 'x')).find("did you mean"), std::string::npos);
}

BOOST_AUTO_TEST_CASE(measures_edits) {
  BOOST_CHECK_EQUAL(edit_distance("", "", 3), 0u);
  BOOST_CHECK_EQUAL(edit_distance("kernel", "kernel", 3), 0u);
  BOOST_CHECK_EQUAL(edit_distance("kernel", "kernl", 3), 1u);
  BOOST_CHECK_EQUAL(edit_distance("kitten", "sitting", 3), 3u);
  BOOST_CHECK_EQUAL(edit_distance("kitten", "sitting", 2), 3u);
  BOOST_CHECK_EQUAL(edit_distance("a", "bcdefgh", 3), 4u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
