// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <random>
#include <vector>

#include "testing/results.h"
#include "treering/box.h"

namespace treering {
namespace {

using Point = std::vector<std::uint64_t>;

std::uint64_t offset_of(const Box& box, const Point& point) {
  std::uint64_t offset = 0;
  for (std::size_t axis = 0; axis < box.rank(); ++axis) {
    offset = offset * (box.stop[axis] - box.start[axis]) + point[axis] - box.start[axis];
  }
  return offset;
}

// Element by element, as the definition says.
void copy_slowly(const Box& part, const Box& from_box, const std::vector<std::byte>& from,
                 const Box& to_box, std::vector<std::byte>& to, std::size_t element_bytes) {
  const std::uint64_t count = volume(part);
  for (std::uint64_t i = 0; i < count; ++i) {
    Point point(part.rank());
    std::uint64_t rest = i;
    for (std::size_t axis = part.rank(); axis-- > 0;) {
      const std::uint64_t length = part.stop[axis] - part.start[axis];
      point[axis] = part.start[axis] + rest % length;
      rest /= length;
    }
    for (std::size_t b = 0; b < element_bytes; ++b) {
      to[offset_of(to_box, point) * element_bytes + b] =
          from[offset_of(from_box, point) * element_bytes + b];
    }
  }
}

struct Case {
  Box part{}, from{}, to{};
};

// Margins of 0 are frequent, so that runs of every length come up.
Case random_case(std::mt19937& random, std::size_t rank, std::uint64_t most) {
  Case made;
  const auto margin = [&] { return random() % 2 == 0 ? 0 : random() % 3; };
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::uint64_t start = 5 + random() % 3;
    const std::uint64_t stop = start + 1 + random() % most;
    made.part.start.push_back(start);
    made.part.stop.push_back(stop);
    made.from.start.push_back(start - margin());
    made.from.stop.push_back(stop + margin());
    made.to.start.push_back(start - margin());
    made.to.stop.push_back(stop + margin());
  }
  return made;
}

void check_case(const Case& made, std::size_t element_bytes, std::mt19937& random) {
  std::vector<std::byte> from(volume(made.from) * element_bytes);
  for (std::byte& byte : from) byte = static_cast<std::byte>(random());
  std::vector<std::byte> to(volume(made.to) * element_bytes, std::byte{0x5a});
  std::vector<std::byte> wanted = to;
  copy_slowly(made.part, made.from, from, made.to, wanted, element_bytes);
  copy_box(made.part, made.from, from.data(), made.to, to.data(), element_bytes);
  BOOST_REQUIRE(to == wanted);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(copy_box_to_box)

BOOST_AUTO_TEST_CASE(agrees_with_copying_each_element) {
  std::mt19937 random(5);
  for (const std::size_t element_bytes : {1u, 2u, 3u, 4u, 8u, 16u}) {
    for (std::size_t rank = 0; rank < 6; ++rank) {
      for (int round = 0; round < 60; ++round)
        check_case(random_case(random, rank, 4), element_bytes, random);
    }
  }
}

BOOST_AUTO_TEST_CASE(any_rank_goes) {
  std::mt19937 random(6);
  Case made = random_case(random, 10, 2);
  for (std::size_t axis = 10; axis < 32; ++axis) {  // axes of one element between wider ones
    for (Box* const box : {&made.part, &made.from, &made.to}) {
      box->start.insert(box->start.begin() + 3, 7);
      box->stop.insert(box->stop.begin() + 3, 8);
    }
  }
  made.from = made.part;
  check_case(made, 2, random);
}

BOOST_AUTO_TEST_CASE(empty_parts_touch_nothing) {
  const Box part{{2, 1}, {2, 4}};
  copy_box(part, Box{{0, 0}, {4, 4}}, nullptr, Box{{0, 0}, {4, 4}}, nullptr, 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
