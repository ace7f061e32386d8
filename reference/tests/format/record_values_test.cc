// SPDX-License-Identifier: Apache-2.0
#include "format/record_values.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <string>

BOOST_AUTO_TEST_SUITE(record_values_test)

using namespace treering;

namespace {

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out(1);
  for (const char c : line) {
    if (c == ',') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::string number(Meaning meaning, std::uint64_t value) {
  return number_text(meaning, value, StringRows());
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_are_those_of_the_registries) {
  const std::map<std::string, Meaning> tables{{"node", Meaning::kNodeKind},
                                              {"key", Meaning::kKeyKind},
                                              {"leaf", Meaning::kLeafKind},
                                              {"axis", Meaning::kAxisType}};
  const std::string registry = std::string(TREERING_SOURCE_DIR) + "/spec/registry/";
  std::ifstream kinds(registry + "kinds.csv");
  std::map<std::string, std::uint64_t> most;
  for (std::string line; std::getline(kinds, line);) {
    const auto row = cells(line);
    if (!tables.contains(row[0])) continue;
    const std::uint64_t value = std::stoull(row[1]);
    BOOST_TEST(number(tables.at(row[0]), value) == row[1] + " " + row[2]);
    BOOST_TEST(entry_text(tables.at(row[0]), value, {}) == row[2]);
    most[row[0]] = std::max(most[row[0]], value);
  }
  BOOST_TEST(most.size() == tables.size());
  for (const auto& [table, value] : most)
    BOOST_TEST(number(tables.at(table), value + 1).ends_with(", which is not in the registry"));
  for (const auto& [name, meaning] :
       {std::pair("dtypes.csv", Meaning::kDtype), std::pair("codecs.csv", Meaning::kCodec)}) {
    std::ifstream file(registry + name);
    std::string line;
    std::getline(file, line);
    std::string last;
    while (std::getline(file, line)) {
      last = cells(line)[0];
      BOOST_TEST(number(meaning, std::stoull(last)) == last + " " + cells(line)[1]);
    }
    BOOST_TEST(number(meaning, std::stoull(last) + 1).ends_with("not in the registry"));
  }
  BOOST_TEST(number(Meaning::kDtype, 0) == "0");
  BOOST_TEST(number(Meaning::kDtype, 65536 + 17).ends_with("not in the registry"));
}

BOOST_AUTO_TEST_CASE(texts_are_quoted) {
  const auto quoted = [](std::string_view text) { return quoted_text(bytes_of(text)); };
  BOOST_TEST(quoted("a\"b\\c") == R"("a\"b\\c")");
  BOOST_TEST(quoted("a\nb\x7f") == R"("a\x0ab\x7f")");
  BOOST_TEST(quoted("\xc3\xa4") == "\"\xc3\xa4\"");
  BOOST_TEST(quoted("\xc3") == R"("\xc3")");
  BOOST_TEST(quoted(std::string(49, 'a')) == "\"" + std::string(48, 'a') + "\"...");
  // The cut is not within a character.
  BOOST_TEST(quoted(std::string(47, 'a') + "\xc3\xa4") == "\"" + std::string(47, 'a') + "\"...");
  // Where there is no character to keep whole, there still is a cut.
  BOOST_TEST(quoted(std::string(60, '\x80')).size() == 48 * 4 + 5);
}

BOOST_AUTO_TEST_CASE(string_rows_may_be_broken) {
  const auto rows = [](const std::string& bytes, const std::vector<std::uint32_t>& ends) {
    return StringRows(bytes_of(bytes), std::as_bytes(std::span(ends)));
  };
  const std::string bytes = "abc";
  const std::vector<std::uint32_t> good{1, 3};
  BOOST_TEST(rows(bytes, good).sound());
  BOOST_TEST(rows(bytes, good).quoted(0) == "\"\"");
  BOOST_TEST(rows(bytes, good).quoted(2) == "\"bc\"");
  BOOST_TEST(rows(bytes, good).quoted(3).empty());
  const std::vector<std::uint32_t> back{2, 1, 3};
  BOOST_TEST(!rows(bytes, back).sound());
  BOOST_TEST(rows(bytes, back).quoted(2).empty());
  const std::vector<std::uint32_t> far{1, 4};
  BOOST_TEST(!rows(bytes, far).sound());
  BOOST_TEST(rows(bytes, far).quoted(2).empty());
  BOOST_TEST(entry_text(Meaning::kString, 9, rows(bytes, good)) == "9 (no such string)");
}

BOOST_AUTO_TEST_CASE(numbers_of_all_sizes_have_a_text) {
  BOOST_TEST(time_text(~std::uint64_t{0}) == "18446744073709551615, 2554-07-21 23:34:33 UTC");
  BOOST_TEST(number(Meaning::kStepFlags, 3) == "3: step is set, bit 1, which is unknown");
  BOOST_TEST(number(Meaning::kBlob, 0) == "0 none");
  BOOST_TEST(required_text(std::uint64_t{1} << 63 | 2) ==
             "9223372036854775810: bitshuffle-lz4, bit 63, which is unknown");
  BOOST_TEST(optional_text(1) == "1: bit 0, which is unknown");
  BOOST_TEST(offset_text(0) == "000000");
  BOOST_TEST(offset_text(0x1234567) == "1234567");
}

BOOST_AUTO_TEST_SUITE_END()
