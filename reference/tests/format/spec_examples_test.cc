// SPDX-License-Identifier: Apache-2.0
// The annotated bytes of the specification are read, and written again byte for byte.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/hex.h"
#include "format/checksum.h"
#include "format/commit_records.h"
#include "format/files.h"
#include "format/layout.h"
#include "litany.h"
#include "samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(spec_examples_test)

using namespace treering;
using namespace treering::testing;

namespace {

// The pairs of hex digits at the start of `text`, each one blank apart.
Bytes leading_bytes(std::string_view text) {
  Bytes out;
  std::array<std::byte, 1> byte{};
  while (text.size() >= 2 && parse_hex(text.substr(0, 2), byte)) {
    out.push_back(byte[0]);
    text.remove_prefix(2);
    if (text.size() < 2 || text[0] != ' ' || text[1] == ' ') break;
    text.remove_prefix(1);
  }
  return out;
}

// A line "    0040  00 01 ..." or "| 0040 | `00 01 ...` |": the offset and the bytes.
struct Line {
  std::size_t offset = 0;
  Bytes bytes{};
};
std::optional<Line> parse_line(std::string_view line) {
  if (line.starts_with("    ")) {
    line.remove_prefix(4);
  } else if (line.starts_with("| ")) {
    line.remove_prefix(2);
  } else {
    return std::nullopt;
  }
  std::array<std::byte, 2> offset{};
  if (line.size() < 8 || !parse_hex(line.substr(0, 4), offset)) return std::nullopt;
  line.remove_prefix(4);
  while (!line.empty() && (line[0] == ' ' || line[0] == '|' || line[0] == '`'))
    line.remove_prefix(1);
  Line out{static_cast<std::size_t>(offset[0]) << 8 | static_cast<std::size_t>(offset[1]),
           leading_bytes(line)};
  return out.bytes.empty() ? std::nullopt : std::optional(out);
}

// The first listing of a chapter that begins at offset 0.
Bytes listing(const std::string& chapter) {
  std::ifstream file(std::string(TREERING_SOURCE_DIR) + "/spec/" + chapter);
  Bytes out;
  for (std::string text; std::getline(file, text);) {
    const auto line = parse_line(text);
    if (!line || (out.empty() && line->offset != 0)) continue;
    if (line->offset != out.size()) break;
    out.insert(out.end(), line->bytes.begin(), line->bytes.end());
  }
  BOOST_REQUIRE_MESSAGE(out.size() > 64, "no listing in " << chapter);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(plan_of_chapter_07) {  // [BY-19] [RC-01] [RC-02]
  const Bytes file = listing("07-record.md");
  constexpr std::array kKinds{RecordKind::kPlan};
  const auto view = decode_record(file, kKinds, 1000, "plan");
  TREERING_REQUIRE_OK(view);
  const auto plan = decode_plan_body(view->body, view->header, "plan");
  TREERING_REQUIRE_OK(plan);
  BOOST_CHECK(plan->step == 100u && plan->writers == 4 && plan->attempt == sample_id(0));
  BOOST_TEST(plan->run_id.to_string() == id_of_text("run-7").to_string());
  BOOST_CHECK(encode_record(RecordKind::kPlan, 0, encode_plan_body(*plan)) == file);
}

BOOST_AUTO_TEST_CASE(data_file_of_chapter_09) {  // [DF-01]
  Bytes file = listing("09-data-file.md");
  const DataFile row{
      .size = 4096, .number = 0, .attempt = sample_id(0), .writer = 0, .block_bytes = 1048576};
  file.resize(kDataHeadBytes);
  TREERING_REQUIRE_OK(check_data_head(file, 4096, row, Header{}, "data"));
  const auto head =
      encode_data_head({.attempt = row.attempt, .writer = 0, .number = 0, .required = 0});
  BOOST_CHECK(Bytes(head.begin(), head.end()) == file);
}

BOOST_AUTO_TEST_CASE(index_of_chapter_10) {
  const Bytes file = listing("10-index.md");
  BOOST_TEST(file.size() == 304u);
  const auto index = open_index(file);
  TREERING_REQUIRE_OK(index);
  BOOST_CHECK(index->files.size() == 1 && index->shards() == 1 && index->stored_sizes[0] == 12);
  BOOST_CHECK(index_file(*index, 0) == file);
  BOOST_TEST(index_name(index->attempt, index->writer) ==
             "index-000102030405060708090a0b0c0d0e0f-0");
}

BOOST_AUTO_TEST_CASE(manifest_of_chapter_11) {
  const Bytes file = listing("11-manifest.md");
  BOOST_TEST(file.size() == 704u);
  const auto manifest = open_manifest(file);
  TREERING_REQUIRE_OK(manifest);
  BOOST_CHECK(manifest->step == 100u && manifest->tree.leaves() == 2);
  BOOST_TEST(manifest->tree.strings.at(manifest->producer) == "treering 0.1.0");
  BOOST_CHECK(manifest->writers[0].index_digest == xxh3_128(listing("10-index.md")));
  BOOST_CHECK(manifest_file(*manifest, 0) == file);
}

BOOST_AUTO_TEST_CASE(abort_of_chapter_13) {
  const Bytes file = listing("13-commit.md");
  BOOST_TEST(file.size() == 184u);
  constexpr std::array kKinds{RecordKind::kAbort};
  const auto view = decode_record(file, kKinds, 1000, "MANIFEST");
  TREERING_REQUIRE_OK(view);
  const auto end = decode_end_body(view->body, view->header, "MANIFEST");
  TREERING_REQUIRE_OK(end);
  BOOST_TEST(end->reason == "superseded by step 200");
  BOOST_CHECK(encode_record(RecordKind::kAbort, 0, encode_end_body(*end)) == file);
}

BOOST_AUTO_TEST_SUITE_END()
