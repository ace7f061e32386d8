// SPDX-License-Identifier: Apache-2.0
#include "treering/id.h"

#include "testing/results.h"

namespace treering {

BOOST_AUTO_TEST_SUITE(id)

BOOST_AUTO_TEST_CASE(text_begins_with_byte_0) {
  Id id;
  for (std::size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(i * 16 + 1);
  BOOST_TEST(id.to_string() ==
             "0111213141516171"
             "8191a1b1c1d1e1f1");
}

BOOST_AUTO_TEST_CASE(parse_reverses_format) {
  const std::string text = "87d2be06a5044ea5acbc7e0041237d33";
  const auto id = parse_id(text);
  TREERING_REQUIRE_OK(id);
  BOOST_TEST(id->to_string() == text);
}

BOOST_AUTO_TEST_CASE(refuses_anything_but_32_lowercase_digits) {
  for (const char* text :
       {"", "87d2be06a5044ea5acbc7e0041237d3", "87d2be06a5044ea5acbc7e0041237d333",
        "87D2be06a5044ea5acbc7e0041237d33", "87d2be06-5044ea5acbc7e0041237d33"}) {
    TREERING_CHECK_ERROR(parse_id(text), ErrorClass::kUsage, "BY-15");
  }
}

BOOST_AUTO_TEST_CASE(run_name_gives_the_id_of_the_spec) {  // [BY-17]
  BOOST_TEST(id_of_text("run-7").to_string() == "87d2be06a5044ea5acbc7e0041237d33");
}

BOOST_AUTO_TEST_CASE(digest_prints_high_half_first) {  // [BY-21]
  const Digest digest{.low = 0x1aac14507f362833u, .high = 0x30d4ee55eb56b51au};
  BOOST_TEST(digest.to_string() == "30d4ee55eb56b51a1aac14507f362833");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
