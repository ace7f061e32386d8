// SPDX-License-Identifier: Apache-2.0
#include "format/canonical.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(canonical_test)

using namespace treering;
using Words = std::vector<std::uint64_t>;

namespace {

std::uint64_t struct_at(std::int64_t offset, std::uint64_t data, std::uint64_t pointers) {
  return (static_cast<std::uint64_t>(offset) << 2 & 0xffffffffu) | data << 32 | pointers << 48;
}
std::uint64_t list_at(std::int64_t offset, std::uint64_t code, std::uint64_t count) {
  return struct_at(offset, 0, 0) | 1 | code << 32 | count << 35;
}
std::uint64_t tag(std::uint64_t rows, std::uint64_t data, std::uint64_t pointers) {
  return rows << 2 | data << 32 | pointers << 48;
}

// The rule that a segment breaks, or "".
std::string rule_of(const Words& words, const Shape& root, bool exact = true) {
  const auto fault = check_canonical(std::as_bytes(std::span(words)), root, exact);
  return fault ? std::string(fault->rule) : std::string();
}

// A struct with one pointer to a list of three Sharding structs: the example of chapter 07.
constexpr std::array kOneList{PointerField{Slot::kStructs, &shapes::kSharding}};
constexpr Shape kHolder{0, kOneList};
Words example() {
  return {struct_at(0, 0, 1),
          list_at(0, 7, 9),
          tag(3, 1, 2),
          1,
          list_at(7, 4, 2),
          list_at(7, 4, 2),
          1 | std::uint64_t{3} << 32,
          list_at(6, 4, 1),
          list_at(6, 4, 1),
          1,
          0,
          0,
          2,
          std::uint64_t{1} << 32,
          1,
          1};
}
// A plan: three data words, three Data of 16 bytes.
Words plan() {
  return {struct_at(0, 3, 3),
          100,
          0,
          1 | std::uint64_t{4} << 32,
          list_at(2, 2, 16),
          list_at(3, 2, 16),
          list_at(4, 2, 16),
          1,
          2,
          3,
          4,
          5,
          6};
}
template <class Change>
Words changed(Words words, Change change) {
  change(words);
  return words;
}

}  // namespace

BOOST_AUTO_TEST_CASE(accepts_the_examples_of_the_specification) {
  BOOST_TEST(rule_of(example(), kHolder) == "");
  BOOST_TEST(rule_of(plan(), shapes::kPlan) == "");
}

BOOST_AUTO_TEST_CASE(refuses_every_truncation_and_extension) {
  for (const auto& [words, shape] :
       {std::pair(example(), &kHolder), std::pair(plan(), &shapes::kPlan)}) {
    for (std::size_t size = 0; size < words.size(); ++size) {
      const Words cut(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(size));
      BOOST_TEST(rule_of(cut, *shape) != "");
    }
    BOOST_TEST(rule_of(changed(words, [](Words& w) { w.push_back(0); }), *shape) == "RC-35");
    BOOST_TEST(rule_of(changed(words, [](Words& w) { w.push_back(7); }), *shape, false) == "RC-35");
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_root_that_is_no_struct) {
  BOOST_TEST(rule_of({}, kHolder) == "RC-28");
  BOOST_TEST(rule_of({0}, kHolder) == "RC-28");
  BOOST_TEST(rule_of({list_at(0, 5, 1), 1}, kHolder) == "RC-28");
  BOOST_TEST(rule_of({struct_at(-1, 0, 0)}, kHolder) == "RC-32");
  BOOST_TEST(rule_of({struct_at(0, 0, 0)}, kHolder) == "RC-28");  // the null pointer
}

BOOST_AUTO_TEST_CASE(refuses_pointers_of_other_kinds) {
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[4] = 2; }), shapes::kPlan) == "RC-27");
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[4] = 3; }), shapes::kPlan) == "RC-27");
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[4] = struct_at(2, 2, 0); }), shapes::kPlan) ==
             "RC-29");
  BOOST_TEST(rule_of(changed(example(), [](Words& w) { w[1] = struct_at(0, 9, 1); }), kHolder) ==
             "RC-29");
}

BOOST_AUTO_TEST_CASE(refuses_another_element_size) {
  for (const std::uint64_t code : {0u, 1u, 3u, 4u, 5u, 6u, 7u}) {
    BOOST_TEST(rule_of(changed(plan(), [&](Words& w) { w[4] = list_at(2, code, 2); }),
                       shapes::kPlan) == "RC-29");
  }
  BOOST_TEST(rule_of(changed(example(), [](Words& w) { w[1] = list_at(0, 5, 14); }), kHolder) ==
             "RC-29");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_empty_and_not_null) {
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[6] = list_at(4, 2, 0); }), shapes::kPlan) ==
             "RC-31");
  BOOST_TEST(rule_of({struct_at(0, 0, 1), list_at(0, 7, 0), tag(0, 1, 2)}, kHolder) == "RC-31");
  // Millions of rows that take no bytes are no bytes.
  BOOST_TEST(rule_of({struct_at(0, 0, 1), list_at(0, 7, 0), tag(1u << 29, 0, 0)}, kHolder) ==
             "RC-31");
  BOOST_TEST(rule_of({struct_at(0, 0, 1), list_at(0, 7, 1), tag(1u << 29, 0, 0), 1}, kHolder) ==
             "RC-32");
  static constexpr std::array kStructField{PointerField{Slot::kStruct, &shapes::kTable}};
  constexpr Shape kOuter{0, kStructField};
  BOOST_TEST(rule_of({struct_at(0, 0, 1), struct_at(-1, 0, 0)}, kOuter) == "RC-32");
}

BOOST_AUTO_TEST_CASE(refuses_pointers_beyond_the_end) {
  BOOST_TEST(rule_of({struct_at(0, 3, 3)}, shapes::kPlan) == "RC-30");
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[6] = list_at(4, 2, 17); }), shapes::kPlan) ==
             "RC-30");
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[6] = list_at(4, 2, (1u << 29) - 1); }),
                     shapes::kPlan) == "RC-30");
  BOOST_TEST(rule_of({struct_at(0, 0, 1), list_at(0, 7, 3)}, kHolder) == "RC-30");
  BOOST_TEST(
      rule_of(changed(example(), [](Words& w) { w[1] = list_at(0, 7, 30), w[2] = tag(10, 1, 2); }),
              kHolder) == "RC-30");
}

BOOST_AUTO_TEST_CASE(refuses_a_tag_that_contradicts_its_list) {
  BOOST_TEST(rule_of(changed(example(), [](Words& w) { w[2] |= 1; }), kHolder) == "RC-33");
  BOOST_TEST(rule_of(changed(example(), [](Words& w) { w[2] = tag(2, 1, 2); }), kHolder) ==
             "RC-33");
  BOOST_TEST(rule_of(changed(example(), [](Words& w) { w[1] = list_at(0, 7, 10); }), kHolder) ==
             "RC-33");
}

BOOST_AUTO_TEST_CASE(refuses_padding_that_is_not_zero) {
  BOOST_TEST(rule_of(changed(example(), [](Words& w) { w[14] |= std::uint64_t{1} << 32; }),
                     kHolder) == "RC-34");
  BOOST_TEST(
      rule_of(changed(plan(),
                      [](Words& w) { w[6] = list_at(4, 2, 15), w[12] = std::uint64_t{1} << 56; }),
              shapes::kPlan) == "RC-34");
}

BOOST_AUTO_TEST_CASE(refuses_another_order_of_objects) {
  // The same content with two objects changed about, a gap, an object that is used twice, a pointer
  // back.
  BOOST_TEST(
      rule_of(changed(plan(), [](Words& w) { w[4] = list_at(4, 2, 16), w[5] = list_at(1, 2, 16); }),
              shapes::kPlan) == "RC-35");
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[6] = list_at(5, 2, 16), w.push_back(0); }),
                     shapes::kPlan) == "RC-35");
  BOOST_TEST(rule_of(changed(plan(), [](Words& w) { w[5] = list_at(1, 2, 16); }), shapes::kPlan) ==
             "RC-35");
  BOOST_TEST(rule_of({struct_at(0, 0, 1), struct_at(-2, 0, 1)}, Shape{0, kOneList}, false) ==
             "RC-29");
  BOOST_TEST(rule_of({struct_at(0, 0, 1), struct_at(-2, 0, 1)}, Shape{0, {}}, false) == "RC-35");
}

BOOST_AUTO_TEST_CASE(refuses_sections_that_are_not_trimmed) {
  BOOST_TEST(rule_of({struct_at(0, 2, 0), 1, 0}, shapes::kPlan) == "RC-36");
  BOOST_TEST(rule_of({struct_at(0, 1, 1), 1, 0}, shapes::kPlan) == "RC-36");
  BOOST_TEST(rule_of({struct_at(0, 1, 0), 1}, shapes::kPlan) == "");
  BOOST_TEST(rule_of({struct_at(0, 0, 1), list_at(0, 7, 2), tag(1, 1, 1), 1, 0}, kHolder) ==
             "RC-37");
  BOOST_TEST(rule_of({struct_at(0, 0, 1), list_at(0, 7, 2), tag(1, 1, 1), 0, list_at(0, 4, 1), 5},
                     kHolder) == "RC-37");
}

BOOST_AUTO_TEST_CASE(higher_minor_may_append_and_minor_0_may_not) {
  const Words longer{struct_at(0, 4, 0), 1, 0, 0, 9};
  BOOST_TEST(rule_of(longer, shapes::kPlan) == "RC-38");
  BOOST_TEST(rule_of(longer, shapes::kPlan, false) == "");
  const Words more{struct_at(0, 0, 4), 0, 0, 0, list_at(0, 3, 4), 9};
  BOOST_TEST(rule_of(more, shapes::kPlan) == "RC-38");
  BOOST_TEST(rule_of(more, shapes::kPlan, false) == "");
  const Words bits{struct_at(0, 3, 0), 1, 0, 1 | std::uint64_t{1} << 32};
  BOOST_TEST(rule_of(bits, shapes::kEnd) == "RC-39");
  BOOST_TEST(rule_of(bits, shapes::kEnd, false) == "");
  const Words row{struct_at(0, 0, 1), list_at(0, 7, 2), tag(1, 2, 0), 1, 9};
  BOOST_TEST(rule_of(row, kHolder) == "RC-38");
  BOOST_TEST(rule_of(row, kHolder, false) == "");
}

BOOST_AUTO_TEST_CASE(unknown_pointers_are_held_to_the_form) {
  const auto unknown = [](Words tail) {
    tail.insert(tail.begin(), struct_at(0, 0, 1));
    return rule_of(tail, Shape{0, {}}, false);
  };
  BOOST_TEST(unknown({list_at(0, 5, 1), 4}) == "");
  BOOST_TEST(unknown({list_at(0, 0, 4)}) == "RC-41");
  BOOST_TEST(unknown({list_at(0, 1, 4), 15}) == "RC-41");
  BOOST_TEST(unknown({list_at(0, 6, 1), list_at(0, 5, 1), 4}) == "RC-41");
  BOOST_TEST(unknown({list_at(0, 5, 0)}) == "RC-31");
  BOOST_TEST(unknown({2}) == "RC-27");
  Words deep;
  for (int i = 0; i < 14; ++i) deep.push_back(struct_at(0, 0, 1));
  deep.insert(deep.end(), {struct_at(0, 1, 0), 1});
  BOOST_TEST(unknown(deep) == "");
  deep.insert(deep.begin(), struct_at(0, 0, 1));
  BOOST_TEST(unknown(deep) == "RC-42");
}

BOOST_AUTO_TEST_SUITE_END()
