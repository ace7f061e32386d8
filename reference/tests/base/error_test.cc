// SPDX-License-Identifier: Apache-2.0
#include "treering/error.h"

#include <set>

#include "base/refusal.h"
#include "testing/results.h"

namespace treering {

BOOST_AUTO_TEST_SUITE(error)

BOOST_AUTO_TEST_CASE(each_class_has_its_own_word) {  // [ER-01]
  std::set<std::string_view> words;
  for (int cls = 0; cls <= static_cast<int>(ErrorClass::kInternal); ++cls) {
    words.insert(error_class_name(static_cast<ErrorClass>(cls)));
  }
  BOOST_TEST(words.size() == 11u);
  BOOST_TEST(error_class_name(ErrorClass::kNotFound) == "not-found");
}

BOOST_AUTO_TEST_CASE(text_holds_all_that_is_known) {  // [ER-04]
  Error error;
  error.cls = ErrorClass::kCorrupt;
  BOOST_TEST(error.to_string() == "corrupt");
  error.code = "block-digest";
  BOOST_TEST(error.to_string() == "corrupt (block-digest)");
  error.rule = "BL-07";
  error.message = "restore another copy";
  BOOST_TEST(error.to_string() == "corrupt (block-digest, BL-07): restore another copy");
  error.where.key_path = "model/kernel";
  BOOST_TEST(error.to_string() ==
             "corrupt (block-digest, BL-07): leaf model/kernel: restore another copy");
  error.where.file = "data-0";
  error.where.offset = 4096;
  BOOST_TEST(error.to_string() ==
             "corrupt (block-digest, BL-07): data-0 at byte 4096, leaf model/kernel: restore "
             "another copy");
}

BOOST_AUTO_TEST_CASE(text_shows_control_characters_and_bad_bytes_without_effect) {  // [ER-06]
  Error error;
  error.cls = ErrorClass::kNotFound;
  error.where.file = "runs\n\x1b[2J\x7f";
  error.message = "gr\xc3\xbc\xc3\x9f dich \xc2\x9b";
  BOOST_TEST(error.to_string() ==
             "not-found: runs\\x0a\\x1b[2J\\x7f: gr\xc3\xbc\xc3\x9f dich \\xc2\\x9b");
  error.where.file = "caf\xe9";
  error.message = "\xc2";
  BOOST_TEST(error.to_string() == "not-found: caf\\xe9: \\xc2");
}

BOOST_AUTO_TEST_CASE(a_limit_is_named_in_code_and_message) {  // [IN-05] [LM-03]
  const Error error = refuse_limit("key_bytes", "KP-11", 5000, 4096);
  BOOST_TEST((error.cls == ErrorClass::kLimit));
  BOOST_TEST(error.code == "limit-key-bytes");
  BOOST_TEST(error.message.find("key_bytes is 4096 and 5000") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
