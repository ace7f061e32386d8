// SPDX-License-Identifier: Apache-2.0
// Cap'n Proto's own canonical form, as a second opinion on what is written and on what is accepted.
#include <capnp/any.h>
#include <capnp/message.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <vector>

#include "format/canonical.h"
#include "format/message_writer.h"
#include "samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(canonical_capnp_test)

using namespace treering;
using treering::testing::below;
using treering::testing::Random;
using Words = std::vector<std::uint64_t>;

namespace {

// Memory for the columns of a random root.
struct Pool {
  std::vector<std::vector<std::uint64_t>> blocks{};
  const void* filled(Random& random, std::size_t bytes) {
    std::vector<std::uint64_t> block(bytes / 8 + 1);
    for (std::uint64_t& word : block) word = random();
    blocks.push_back(std::move(block));
    return blocks.back().data();
  }
};

Column random_column(Random& random, Pool& pool, Slot slot) {
  const std::size_t count = below(random, 2) == 0 ? 0 : below(random, 20);
  const std::size_t bytes = slot == Slot::kU8 ? 1 : slot == Slot::kU32 ? 4 : 8;
  return count == 0 ? Column() : Column(slot, count, pool.filled(random, count * bytes));
}
Fields random_fields(Random& random, Pool& pool, const Shape& shape) {
  Fields fields;
  for (std::size_t i = 0; i < shape.data_words(); ++i)
    fields.words[i] = below(random, 3) == 0 ? random() : 0;
  for (std::size_t i = 0; i < shape.pointers.size(); ++i) {
    fields.columns[i] = random_column(random, pool, shape.pointers[i].slot);
  }
  return fields;
}
// Rows of which at least one is not all default: such tables do not occur.
Rows random_rows(Random& random, Pool& pool, const Shape& shape) {
  std::vector<Fields> rows;
  for (std::uint64_t count = below(random, 4); count-- > 0;)
    rows.push_back(random_fields(random, pool, shape));
  if (!rows.empty())
    rows[below(random, rows.size())].columns[0] = Column(shape.pointers[0].slot, 1, "12345678");
  return {.count = rows.size(), .row = [rows](std::size_t i) { return rows[i]; }};
}
Root random_root(Random& random, Pool& pool, const Shape& shape) {
  Root root;
  for (std::size_t i = 0; i < shape.data_words(); ++i)
    root.words.push_back(below(random, 2) == 0 ? random() : 0);
  root.words[0] |= 1;
  if (shape.data_bytes % 8 != 0) root.words.back() &= 0xffffffffu;
  for (const PointerField& field : shape.pointers) {
    switch (field.slot) {
      case Slot::kStruct:
        root.pointers.emplace_back(random_fields(random, pool, *field.shape));
        break;
      case Slot::kStructs:
        root.pointers.emplace_back(random_rows(random, pool, *field.shape));
        break;
      default:
        root.pointers.emplace_back(random_column(random, pool, field.slot));
    }
  }
  return root;
}

Words segment_of(const std::vector<std::byte>& body) {
  Words words(body.size() / 8 - 1);
  std::memcpy(words.data(), body.data() + 8, 8 * words.size());
  return words;
}
bool accepted(const Words& words, const Shape& shape, bool exact = true) {
  return !check_canonical(std::as_bytes(std::span(words)), shape, exact).has_value();
}

// Cap'n Proto finds the message canonical, and writes the same bytes for its content.
bool capnp_agrees(const Words& words) {
  const auto segment =
      kj::arrayPtr(reinterpret_cast<const capnp::word*>(words.data()), words.size());
  try {
    capnp::SegmentArrayMessageReader message(kj::arrayPtr(&segment, 1));
    if (!message.isCanonical()) return false;
    const auto again = message.getRoot<capnp::AnyStruct>().canonicalize();
    return again.size() == words.size() &&
           std::memcmp(again.begin(), words.data(), 8 * words.size()) == 0;
  } catch (const kj::Exception&) {
    return false;
  }
}

constexpr const Shape* kRoots[] = {&shapes::kManifest, &shapes::kIndex, &shapes::kPlan,
                                   &shapes::kEnd};

}  // namespace

BOOST_AUTO_TEST_CASE(writes_what_capnp_writes) {  // [RC-43] [RC-44]
  Random random(3);
  for (int i = 0; i < 1200; ++i) {
    Pool pool;
    const Shape& shape = *kRoots[i % 4];
    const auto body = encode_message(random_root(random, pool, shape), "manifest_bytes", 1u << 20);
    TREERING_REQUIRE_OK(body);
    const Words words = segment_of(*body);
    BOOST_REQUIRE(accepted(words, shape));
    BOOST_REQUIRE(capnp_agrees(words));
  }
}

BOOST_AUTO_TEST_CASE(accepts_no_more_than_capnp) {
  Random random(4);
  std::size_t kept = 0;
  for (int i = 0; i < 300; ++i) {
    Pool pool;
    const Shape& shape = *kRoots[i % 4];
    const auto body = encode_message(random_root(random, pool, shape), "manifest_bytes", 1u << 20);
    const Words good = segment_of(body.value());
    for (int k = 0; k < 200; ++k) {
      Words bad = good;
      std::uint64_t& word = bad[below(random, std::min<std::size_t>(bad.size(), 40))];
      if (below(random, 3) == 0) {
        word = bad[below(random, bad.size())];
      } else {
        word ^= std::uint64_t{1} << below(random, 64);
      }
      const bool exact = below(random, 2) == 0;
      if (!accepted(bad, shape, exact)) continue;
      ++kept;
      BOOST_REQUIRE(capnp_agrees(bad));
    }
  }
  BOOST_TEST(kept > 300u);
}

BOOST_AUTO_TEST_CASE(refuses_a_body_above_the_limit) {
  const std::vector<std::uint64_t> column(100);
  const Root root{.words = {1}, .pointers = {Column(column)}};
  TREERING_REQUIRE_OK(encode_message(root, "index_bytes", 8 * 104));
  const auto refused = encode_message(root, "index_bytes", 8 * 104 - 1);
  TREERING_CHECK_ERROR(refused, ErrorClass::kLimit, "IN-08");
  BOOST_TEST(refused.error().code == "limit-index-bytes");
  // Nothing is read of a column that is too long.
  const Root endless{.words = {},
                     .pointers = {Column(Slot::kU8, std::size_t{1} << 29, column.data())}};
  TREERING_CHECK_ERROR(encode_message(endless, "index_bytes", std::uint64_t{1} << 30),
                       ErrorClass::kLimit, "IN-08");
}

BOOST_AUTO_TEST_SUITE_END()
