// SPDX-License-Identifier: Apache-2.0
#include "treering/key_path.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "base/utf8.h"
#include "model/key_text.h"
#include "testing/results.h"

namespace treering {
namespace {

Key name(std::string text) { return {KeyKind::kString, std::move(text), 0}; }
Key attribute(std::string text) { return {KeyKind::kAttribute, std::move(text), 0}; }
Key integer(std::int64_t number) { return {KeyKind::kInteger, {}, number}; }
Key boolean(bool value) { return {KeyKind::kBool, {}, value ? 1 : 0}; }
Key real(double value) { return {KeyKind::kFloat, {}, std::bit_cast<std::int64_t>(value)}; }
Key sequence(std::int64_t index) { return {KeyKind::kSequence, {}, index}; }
Key flattened(std::int64_t index) { return {KeyKind::kFlattened, {}, index}; }

// All names of up to three characters of an alphabet of everything special, and some of each other
// kind.
std::vector<Key> generated_keys() {
  const std::string alphabet[] = {"a", "/", "~", ".",    "#",    "[", "<", "!",  "=", "]",
                                  "0", "2", "f", "\x01", "\x7f", "é", "1", "\n", " "};
  std::vector<std::string> names = {""};
  for (std::size_t from = 0, round = 0; round < 3; ++round) {
    const std::size_t to = names.size();
    for (; from < to; ++from) {
      for (const std::string& next : alphabet) names.push_back(names[from] + next);
    }
  }
  std::vector<Key> keys;
  for (const std::string& text : names) {
    keys.push_back(name(text));
    keys.push_back(attribute(text));
  }
  for (std::int64_t number = -300; number < 300; ++number) keys.push_back(integer(number));
  keys.push_back(integer(std::numeric_limits<std::int64_t>::max()));
  keys.push_back(integer(std::numeric_limits<std::int64_t>::min()));
  for (std::int64_t index = 0; index < 300; ++index) {
    keys.push_back(sequence(index));
    keys.push_back(flattened(index));
    keys.push_back(real(static_cast<double>(index) / 8));
  }
  keys.push_back(real(-0.0));
  keys.push_back(real(std::nan("")));
  keys.push_back(boolean(false));
  keys.push_back(boolean(true));
  return keys;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_path)

BOOST_AUTO_TEST_CASE(formats_the_examples_of_the_spec) {  // [KP-09]
  BOOST_TEST(format_key_path({}) == "");
  BOOST_TEST(format_key_path({name("a/b")}) == "a~2fb");
  BOOST_TEST(format_key_path({name(".x"), attribute(".x")}) == "~2ex/..x");
  BOOST_TEST(format_key_path({name("~"), name("")}) == "~7e/~0");
  BOOST_TEST(format_key_path({name("é"), integer(-1), sequence(0)}) == "é/#-1/[0]");
  BOOST_TEST(format_key_path({boolean(true), real(1.5), flattened(2)}) ==
             "!1/=3ff8000000000000/<2>");
  BOOST_TEST(format_key_path({name("a.b#")}) == "a.b#");
  BOOST_TEST(format_key_path({name("\n")}) == "~0a");
  BOOST_TEST(format_key_path({attribute(""), boolean(false)}) == ".~0/!0");
}

BOOST_AUTO_TEST_CASE(typed_text_is_injective_and_parses_back) {  // [KP-10]
  std::set<std::string> texts;
  const std::vector<Key> keys = generated_keys();
  for (const Key& key : keys) {
    const std::string text = format_key(key);
    BOOST_REQUIRE_MESSAGE(texts.insert(text).second, text);
    BOOST_REQUIRE(text.find('/') == std::string::npos);
    const auto back = parse_key(text);
    TREERING_REQUIRE_OK(back);
    BOOST_REQUIRE_MESSAGE(*back == key, text);
    if (key.kind == KeyKind::kString || key.kind == KeyKind::kAttribute) {
      BOOST_REQUIRE_EQUAL(typed_name_size(view_of(key)), text.size());
      BOOST_REQUIRE(!is_surely_short(key.text.size(), text.size() - 1));
    }
  }
  BOOST_TEST(texts.size() == keys.size());
}

BOOST_AUTO_TEST_CASE(paths_parse_back) {
  const std::vector<Key> keys = generated_keys();
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    KeyPath path;
    for (std::size_t length = random() % 5; length > 0; --length) {
      path.push_back(keys[random() % keys.size()]);
    }
    const auto back = parse_key_path(format_key_path(path));
    TREERING_REQUIRE_OK(back);
    BOOST_REQUIRE(*back == path);
  }
}

BOOST_AUTO_TEST_CASE(every_accepted_text_is_what_formatting_gives) {  // [KP-10]
  const std::string_view alphabet = "a/~.#[<!=]>0123456789abcdef-\x01\x7f\xc3\xa9";
  std::mt19937 random(13);
  int accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    for (std::size_t length = random() % 7; length > 0; --length) {
      text += alphabet[random() % alphabet.size()];
    }
    const auto path = parse_key_path(text);
    if (!path.ok()) continue;
    ++accepted;
    BOOST_REQUIRE_MESSAGE(format_key_path(*path) == text, text);
    BOOST_REQUIRE(is_utf8(text));
  }
  BOOST_TEST(accepted > 1000);
}

BOOST_AUTO_TEST_CASE(refuses_every_other_text) {  // [KP-10]
  for (const char* text : {"/",
                           "a/",
                           "/a",
                           "a//b",
                           "~",
                           "~2",
                           "~2F",
                           "~61",
                           "a~0",
                           "~0~0",
                           "~0a~",
                           ".",
                           "./a",
                           ".~2ex",
                           "#",
                           "#+1",
                           "#01",
                           "#-0",
                           "#1.0",
                           "#9223372036854775808",
                           "#-9223372036854775809",
                           "# 1",
                           "[",
                           "[]",
                           "[-1]",
                           "[01]",
                           "[0",
                           "[0]x",
                           "<>",
                           "<1",
                           "<-1>",
                           "[1>",
                           "!",
                           "!2",
                           "!01",
                           "!true",
                           "=",
                           "=1.5",
                           "=3FF8000000000000",
                           "=3ff800000000000",
                           "=3ff80000000000000",
                           "\x7f",
                           "\n",
                           "a\nb",
                           "\xff",
                           "\xc3",
                           "~ff",
                           "~c3~a9",
                           "~2ea/~2",
                           "a~2f~"}) {
    TREERING_CHECK_ERROR(parse_key_path(text), ErrorClass::kUsage, "KP-10");
  }
  TREERING_CHECK_ERROR(parse_key(""), ErrorClass::kUsage, "KP-10");
  TREERING_CHECK_ERROR(parse_key("a/b"), ErrorClass::kUsage, "KP-10");
}

BOOST_AUTO_TEST_CASE(match_keys_join_spellings_and_part_kinds) {  // [KP-13]
  const Key a = name("1");
  const Key b = attribute("1");
  BOOST_TEST((match_key(a) == match_key(b)));
  BOOST_TEST((match_key(integer(1)) == match_key(sequence(1))));
  BOOST_TEST((match_key(integer(1)) == match_key(flattened(1))));
  BOOST_TEST((match_key(a) != match_key(integer(1))));
  BOOST_TEST((match_key(boolean(true)) != match_key(integer(1))));
  BOOST_TEST((match_key(real(1)) != match_key(integer(1))));
  BOOST_TEST((match_key(real(0.0)) != match_key(real(-0.0))));
  BOOST_TEST((match_key(boolean(true)) != match_key(boolean(false))));
}

BOOST_AUTO_TEST_CASE(match_text_writes_names_as_strings_and_numbers_as_integers) {
  const auto text = [](const Key& key) {
    std::string out;
    append_match(out, match_key(key));
    return out;
  };
  BOOST_TEST(text(attribute(".x")) == "~2ex");
  BOOST_TEST(text(attribute("")) == "~0");
  BOOST_TEST(text(sequence(7)) == "#7");
  BOOST_TEST(text(flattened(7)) == "#7");
  BOOST_TEST(text(boolean(true)) == "!1");
  BOOST_TEST(text(real(1.5)) == "=3ff8000000000000");
}

BOOST_AUTO_TEST_CASE(friendly_names_have_no_escapes) {
  BOOST_TEST(friendly_key(name("a/b~")) == "a/b~");
  BOOST_TEST(friendly_key(attribute(".x")) == ".x");
  BOOST_TEST(friendly_key(name("")) == "");
  BOOST_TEST(friendly_key(integer(-7)) == "-7");
  BOOST_TEST(friendly_key(sequence(7)) == "7");
  BOOST_TEST(friendly_key(flattened(7)) == "7");
  BOOST_TEST(friendly_key(boolean(true)) == "True");
  BOOST_TEST(friendly_key(boolean(false)) == "False");
}

BOOST_AUTO_TEST_CASE(friendly_floats_are_written_as_python_does) {
  const std::pair<double, const char*> examples[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {9999999999999998.0, "9999999999999998.0"},
      {123456789012345.6, "123456789012345.6"},
      {9007199254740993.0, "9007199254740992.0"},
      {1e22, "1e+22"},
      {1.5e300, "1.5e+300"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.00001, "1e-05"},
      {1.25e-7, "1.25e-07"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1.0 / 3, "0.3333333333333333"},
      {100.0, "100.0"},
      {1e100, "1e+100"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {std::nan(""), "nan"},
      {-std::nan(""), "nan"}};
  for (const auto& [value, text] : examples) BOOST_TEST(friendly_key(real(value)) == text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
