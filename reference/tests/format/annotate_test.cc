// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/utf8.h"
#include "format/commit_records.h"
#include "format/files.h"
#include "format/layout.h"
#include "litany.h"
#include "samples.h"
#include "treering/record.h"

BOOST_AUTO_TEST_SUITE(annotate_test)

using namespace treering;
using namespace treering::testing;

namespace {

using Fields = std::vector<RecordField>;

// Annotates a copy of exactly the right size, so that the address sanitizer sees every step too
// far. Each byte of the file is covered once, in order.
Fields annotate(const Bytes& file, bool all = true) {
  const std::uint64_t wanted = record_bytes_wanted(
      std::span(file).first(std::min<std::size_t>(file.size(), 128)), file.size(), Limits{});
  BOOST_REQUIRE(wanted <= file.size());
  const Bytes exact(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(wanted));
  Fields fields;
  std::uint64_t next = 0;
  std::string broken;
  annotate_record(
      exact, file.size(), {.limits = {}, .all = all, .name = {}}, [&](const RecordField& field) {
        const bool good = field.offset == next && field.bytes > 0 && !field.name.empty() &&
                          !field.section.empty() && is_utf8(field.value) &&
                          (field.hidden || field.offset + field.bytes <= wanted);
        if (!good && broken.empty()) broken = field.name + " at " + std::to_string(next);
        next += field.bytes;
        fields.push_back(field);
      });
  BOOST_REQUIRE_EQUAL(broken, "");
  BOOST_REQUIRE_EQUAL(next, file.size());
  return fields;
}

const RecordField* at(const Fields& fields, std::uint64_t offset) {
  for (const RecordField& field : fields) {
    if (field.offset == offset) return &field;
  }
  return nullptr;
}
std::string value_of(const Fields& fields, std::string_view name) {
  for (const RecordField& field : fields) {
    if (field.name == name) return field.value;
  }
  BOOST_FAIL("there is no field " << name);
  return {};
}
bool has_name(const Fields& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const RecordField& field) { return field.name == name; });
}

Bytes plan_file() {
  const PlanRecord plan{7, 2, 2, sample_id(1), sample_id(2), Digest{1, 2}};
  return encode_record(RecordKind::kPlan, 0, encode_plan_body(plan));
}
Bytes end_file(RecordKind kind) {
  const EndRecord end{100, 1'700'000'000'000'000'000, sample_id(1), sample_id(2), "no fresh lease"};
  return encode_record(kind, 0, encode_end_body(end));
}
Bytes data_file() {
  const auto head = encode_data_head({sample_id(1), 3, 5, kFeatureLz4});
  Bytes file(head.begin(), head.end());
  file.resize(4096);
  return file;
}

// Of every kind.
std::vector<Bytes> samples(int rounds) {
  std::vector<Bytes> files{plan_file(), end_file(RecordKind::kAbort),
                           end_file(RecordKind::kTombstone), data_file()};
  Random random(1);
  for (int i = 0; i < rounds; ++i) {
    files.push_back(manifest_file(random_manifest(random)));
    files.push_back(index_file(random_index(random)));
  }
  return files;
}

// An END whose segment has these words.
Bytes message(const std::vector<std::uint64_t>& words, std::uint16_t minor = 0) {
  Bytes body(8 + 8 * words.size());
  store_le<std::uint32_t>(body.data() + 4, static_cast<std::uint32_t>(words.size()));
  for (std::size_t i = 0; i < words.size(); ++i)
    store_le<std::uint64_t>(body.data() + 8 + 8 * i, words[i]);
  return with_u16(encode_record(RecordKind::kAbort, 0, body), 12, minor);
}
constexpr std::uint64_t struct_pointer(std::int32_t offset, std::uint64_t data,
                                       std::uint64_t pointers) {
  return static_cast<std::uint32_t>(offset) << 2 | data << 32 | pointers << 48;
}
constexpr std::uint64_t bytes_pointer(std::int32_t offset, std::uint64_t count) {
  return static_cast<std::uint32_t>(offset) << 2 | 1u | (2 | count << 3) << 32;
}

RecordReport inspect(const Bytes& file, const std::string& name = {}) {
  const std::uint64_t wanted = record_bytes_wanted(
      std::span(file).first(std::min<std::size_t>(file.size(), 128)), file.size(), Limits{});
  return inspect_record(std::span(file).first(static_cast<std::size_t>(wanted)), file.size(),
                        {.limits = {}, .all = false, .name = name});
}
Status status_of(const RecordReport& report) {
  return report.error ? Status(*report.error) : Status();
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_byte_of_every_kind_is_covered_once) {
  for (const Bytes& file : samples(20)) {
    const Fields fields = annotate(file);
    BOOST_TEST(!has_name(fields, "unclaimed"));
    BOOST_TEST(!has_name(fields, "surplus"));
    BOOST_TEST(!inspect(file).error);
    annotate(file, /*all=*/false);
  }
}

BOOST_AUTO_TEST_CASE(broken_records_are_covered_too) {
  for (const Bytes& file : samples(1)) {
    for (std::size_t size = 0; size < file.size(); ++size)
      annotate(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
    for (std::size_t i = 0; i < file.size(); ++i) {
      for (const unsigned bits : {1u << i % 8, 0xffu}) {
        Bytes broken = file;
        broken[i] ^= static_cast<std::byte>(bits);
        annotate(broken, i % 2 == 0);
        if (i < kHeaderBytes + 64) BOOST_REQUIRE(inspect(broken).error.has_value());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(lines_of_the_specification) {
  // "    0068  35 00 ...   attempt: 16 bytes at 00d8": the pointer, the list, or the tag.
  const std::regex line(R"(^    ([0-9a-f]{4})  (?:[0-9a-f]{2} )+ +([a-zA-Z.]+)(?::.*|$))");
  const std::pair<const char*, std::size_t> chapters[] = {{"10-index.md", 18},
                                                          {"11-manifest.md", 40}};
  for (const auto& [chapter, least] : chapters) {
    std::ifstream file(std::string(TREERING_SOURCE_DIR) + "/spec/" + chapter);
    std::vector<std::pair<std::uint64_t, std::string>> labels;
    Bytes bytes;
    for (std::string text; std::getline(file, text);) {
      if (!std::regex_search(text, std::regex("^    [0-9a-f]{4}  [0-9a-f]{2} "))) continue;
      for (std::size_t i = 10; i + 2 <= text.size() && std::isxdigit(text[i]) && text[i + 2] == ' ';
           i += 3)
        bytes.push_back(static_cast<std::byte>(std::stoul(text.substr(i, 2), nullptr, 16)));
      std::smatch match;
      if (std::regex_match(text, match, line))
        labels.emplace_back(std::stoull(match[1], nullptr, 16), match[2]);
    }
    const Fields fields = annotate(bytes);
    std::size_t compared = 0;
    for (const auto& [offset, label] : labels) {
      if (label == "framing") continue;
      const RecordField* field = at(fields, offset);
      BOOST_REQUIRE_MESSAGE(field != nullptr, chapter << " has " << label << " at " << offset);
      const std::string& name = field->name;
      const bool fits = name == label || name == label + ".pointer" ||
                        name.ends_with("." + label) || name.ends_with("." + label + ".pointer");
      BOOST_TEST(fits, chapter << " has " << label << " at " << offset << ", and not " << name);
      ++compared;
    }
    BOOST_TEST(compared >= least);
  }
}

BOOST_AUTO_TEST_CASE(values_are_read) {
  const Fields end = annotate(end_file(RecordKind::kAbort));
  BOOST_TEST(value_of(end, "header.kind") == "5 abort");
  BOOST_TEST(value_of(end, "step") == "100");
  BOOST_TEST(value_of(end, "at") == "1700000000000000000, 2023-11-14 22:13:20 UTC");
  BOOST_TEST(value_of(end, "flags") == "1: step is set");
  BOOST_TEST(value_of(end, "attempt") == sample_id(1).to_string());
  BOOST_TEST(value_of(end, "reason") == "\"no fresh lease\"");
  BOOST_TEST(value_of(end, "reason.pointer") == "14 bytes at 0000a0");
  const Fields plan = annotate(plan_file());
  BOOST_TEST(value_of(plan, "planDigest") == Digest(1, 2).to_string());
  const Fields data = annotate(data_file());
  BOOST_TEST(value_of(data, "writer") == "3");
  BOOST_TEST(value_of(data, "k") == "5");
  BOOST_TEST(value_of(data, "header.required") == "1: lz4");
  Random random(4);
  Manifest sample = random_manifest(random);
  sample.tree.nodes.keys.resize(sample.tree.nodes.rows());
  const Fields manifest = annotate(manifest_file(sample));
  BOOST_TEST(value_of(manifest, "specs[2].dtype") == "19 bfloat16");
  BOOST_TEST(value_of(manifest, "specs[1].flags") == "1: weak type");
  BOOST_TEST(value_of(manifest, "types[1].name") == "2 \"flax.nnx.Variable\"");
  BOOST_TEST(value_of(manifest, "meshes[0].axisTypes") == "auto, explicit");
  BOOST_TEST(value_of(manifest, "meshes[0].axisNames") == "1 \"flax.nnx.Param\", 3 \"value\"");
  BOOST_TEST(value_of(manifest, "strings.bytes[2]") == "\"value\"");
}

BOOST_AUTO_TEST_CASE(digests_that_do_not_match_are_shown) {
  Bytes file = flipped(plan_file(), 100);
  const Fields fields = annotate(file);
  BOOST_TEST(value_of(fields, "header.bodyDigest").starts_with("stored "));
  BOOST_TEST(value_of(fields, "header.headerDigest").ends_with(", as computed"));
  BOOST_TEST(value_of(annotate(flipped(file, 20)), "header.headerDigest").starts_with("stored "));
}

BOOST_AUTO_TEST_CASE(long_lists_are_shortened) {
  Random random(2);
  Manifest manifest = random_manifest(random);
  const Spec spec = manifest.tree.specs[2];
  manifest.tree.specs.resize(40, spec);
  const Bytes file = manifest_file(manifest);
  const Fields shown = annotate(file, /*all=*/false);
  const Fields all = annotate(file, /*all=*/true);
  BOOST_TEST(shown.size() < all.size());
  BOOST_TEST(std::none_of(all.begin(), all.end(), [](const auto& field) { return field.hidden; }));
  BOOST_TEST(value_of(shown, "specs[4:38]") == "34 more rows");
  BOOST_TEST(value_of(shown, "specs[4:38].*") == "what 34 pointers of these rows lead to");
  BOOST_TEST(value_of(shown, "specs[39].dtype") == "19 bfloat16");
  BOOST_TEST(has_name(shown, "specs[39].shape"));
  BOOST_TEST(!has_name(shown, "specs[20].dtype"));
  BOOST_TEST(has_name(all, "specs[20].shape"));
  const EndRecord end{std::nullopt, 0, sample_id(1), sample_id(2), std::string(1000, 'x')};
  const Fields text = annotate(encode_record(RecordKind::kAbort, 0, encode_end_body(end)), false);
  const auto reason = std::find_if(text.begin(), text.end(),
                                   [](const auto& field) { return field.name == "reason"; });
  BOOST_REQUIRE(reason != text.end() && text.end() - reason == 3);
  BOOST_TEST(reason[0].bytes == 64u);
  BOOST_TEST(reason[1].value == "904 more bytes");
  BOOST_TEST(reason[2].bytes == 32u);
}

BOOST_AUTO_TEST_CASE(pointers_that_lead_nowhere_are_not_followed) {
  // The root has three pointers: beyond the end, to itself, and to bytes that it shares.
  const Fields fields =
      annotate(message({struct_pointer(0, 1, 3), 5, bytes_pointer(100, 16), bytes_pointer(-2, 8),
                        bytes_pointer(0, 16), 0x1122, 0x3344, 0x5566}));
  BOOST_TEST(value_of(fields, "attempt.pointer") == "leads beyond the segment");
  BOOST_TEST(value_of(fields, "runId.pointer") == "leads to where another object stands");
  BOOST_TEST(value_of(fields, "reason.pointer") == "16 bytes at 000070");
  BOOST_TEST(value_of(fields, "unclaimed") == "no pointer leads here");
  BOOST_TEST(value_of(annotate(message({bytes_pointer(0, 0), 0})), "root.pointer") ==
             "leads to an object without contents");
  BOOST_TEST(value_of(annotate(message({2, 0})), "root.pointer") == "no pointer that can occur");
  TREERING_CHECK_ERROR(status_of(inspect(message({2, 0}))), ErrorClass::kMalformed, "RC-28");
}

BOOST_AUTO_TEST_CASE(objects_out_of_order_are_found) {
  // attempt stands behind runId.
  const Bytes file =
      message({struct_pointer(0, 1, 2), 5, bytes_pointer(3, 16), bytes_pointer(0, 16), 1, 1, 2, 2});
  const Fields fields = annotate(file);
  BOOST_TEST(at(fields, 72 + 32)->name == "runId");
  BOOST_TEST(at(fields, 72 + 48)->name == "attempt");
  BOOST_TEST(!has_name(fields, "unclaimed"));
  TREERING_CHECK_ERROR(status_of(inspect(file)), ErrorClass::kMalformed, "RC-35");
}

BOOST_AUTO_TEST_CASE(nesting_ends) {
  // Each struct is one pointer, to the struct behind it.
  std::vector<std::uint64_t> words(40, struct_pointer(0, 0, 1));
  words.back() = 0;
  const Fields fields = annotate(message(words));
  BOOST_TEST(has_name(fields, "unclaimed"));
  BOOST_TEST(std::any_of(fields.begin(), fields.end(), [](const RecordField& field) {
    return field.value == "leads deeper than objects may be nested";
  }));
}

BOOST_AUTO_TEST_CASE(appended_fields_are_named) {
  // One data word and one pointer more than END has, and a field in the hole of its third word.
  std::vector<std::uint64_t> words{
      struct_pointer(0, 4, 4), 5, 0, 1ull | 9ull << 32, 77, 0, 0, 0, bytes_pointer(0, 3), 0x030201};
  const Fields later = annotate(message(words, 1));
  constexpr std::string_view kAppended = "appended field, unknown to this version";
  BOOST_TEST(at(later, 72 + 28)->name == "appended");
  BOOST_TEST(at(later, 72 + 28)->value == kAppended);
  BOOST_TEST(at(later, 72 + 32)->value == kAppended);
  BOOST_TEST(value_of(later, "appended[0].pointer") ==
             "list of 3 u8 at " + std::string("000090; ") + std::string(kAppended));
  BOOST_TEST(at(later, 72 + 72)->name == "appended[0]");
  const Fields now = annotate(message(words, 0));
  BOOST_TEST(at(now, 72 + 28)->value == "not zero");
  BOOST_TEST(at(now, 72 + 32)->value == "larger than minor version 0 defines it");
}

BOOST_AUTO_TEST_CASE(the_reader_has_the_last_word) {
  using enum ErrorClass;
  const Bytes plan = plan_file();
  TREERING_REQUIRE_OK(status_of(inspect(plan, plan_name(sample_id(1)))));
  TREERING_CHECK_ERROR(status_of(inspect(plan, plan_name(sample_id(9)))), kInvalid, "CM-04");
  TREERING_CHECK_ERROR(status_of(inspect(plan, "MANIFEST")), kInvalid, "RC-11");
  TREERING_CHECK_ERROR(status_of(inspect(flipped(plan, 57))), kCorrupt, "RC-07");
  TREERING_CHECK_ERROR(status_of(inspect(flipped(plan, 90))), kCorrupt, "RC-15");
  TREERING_CHECK_ERROR(status_of(inspect({})), kMalformed, "RC-06");
  const Bytes data = data_file();
  TREERING_REQUIRE_OK(status_of(inspect(data, data_name(sample_id(1), 3, 5))));
  TREERING_CHECK_ERROR(status_of(inspect(data, data_name(sample_id(1), 3, 6))), kInvalid, "MF-24");
  Bytes longer = plan;
  longer.resize(longer.size() + 8);
  TREERING_CHECK_ERROR(status_of(inspect(longer)), kMalformed, "RC-13");
  BOOST_TEST(has_name(annotate(longer), "unclaimed"));
  TREERING_REQUIRE_OK(status_of(inspect(end_file(RecordKind::kTombstone), "MANIFEST")));
}

BOOST_AUTO_TEST_CASE(no_more_is_read_than_is_wanted) {
  const Bytes data = data_file();
  const auto wanted = [](const Bytes& file, std::uint64_t size) {
    return record_bytes_wanted(std::span(file).first(128), size, Limits{});
  };
  BOOST_TEST(wanted(data, 1ull << 40) == 128u);
  const Bytes plan = plan_file();
  BOOST_TEST(wanted(plan, plan.size()) == plan.size());
  BOOST_TEST(wanted(plan, 1ull << 40) == 128u);
  const auto report = inspect_record(std::span(plan).first(128), 1ull << 40, {});
  TREERING_CHECK_ERROR(status_of(report), ErrorClass::kMalformed, "RC-13");
  Bytes vast = plan;
  store_le<std::uint64_t>(vast.data() + 32, 1ull << 39);
  seal_header(vast);
  TREERING_CHECK_ERROR(status_of(inspect_record(std::span(vast).first(128), 1ull << 40, {})),
                       ErrorClass::kLimit, "RC-12");
  BOOST_TEST(wanted(with_u16(plan, 8, 99), plan.size()) == 128u);
}

BOOST_AUTO_TEST_SUITE_END()
