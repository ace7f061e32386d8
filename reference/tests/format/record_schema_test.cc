// SPDX-License-Identifier: Apache-2.0
#include "format/record_schema.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

BOOST_AUTO_TEST_SUITE(record_schema_test)

using namespace treering;
using Type = SchemaField::Type;

namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream file(std::string(TREERING_SOURCE_DIR) + "/spec/" + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// "Manifest.step", "UInt64": each field as the schema files write it.
std::map<std::string, std::string> fields_of_the_spec() {
  std::map<std::string, std::string> fields;
  for (const char* name : {"commit", "files", "index", "manifest"}) {
    const std::string text = std::regex_replace(
        text_of_file("schema/" + std::string(name) + ".capnp"), std::regex("#[^\n]*"), "");
    const std::regex structs(R"(struct (\w+) \{([^}]*)\})");
    for (std::sregex_iterator one(text.begin(), text.end(), structs), end; one != end; ++one) {
      const std::string body = (*one)[2];
      const std::regex field(R"((\w+)\s+@\d+\s*:([\w()]+);)");
      for (std::sregex_iterator row(body.begin(), body.end(), field); row != end; ++row)
        fields[(*one)[1].str() + "." + (*row)[1].str()] = (*row)[2];
    }
  }
  return fields;
}

std::string type_text(const SchemaField& field) {
  const std::string integer = (field.is_signed ? "Int" : "UInt") + std::to_string(8 * field.bytes);
  switch (field.type) {
    case Type::kInteger:
      return integer;
    case Type::kIntegers:
      return "List(" + integer + ")";
    case Type::kBytes:
      return "Data";
    case Type::kStruct:
      return field.inner->name;
    case Type::kStructs:
      return "List(" + field.inner->name + ")";
    case Type::kNone:
      break;
  }
  return "a type that is not known";
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_field_of_the_schema_files_is_there) {
  const RecordSchema schema = RecordSchema::load();
  std::map<std::string, std::string> found;
  for (const auto& [name, one] : schema.structs()) {
    for (const auto* fields : {&one.integers, &one.pointers}) {
      for (const SchemaField& field : *fields) found[name + "." + field.name] = type_text(field);
    }
  }
  const auto wanted = fields_of_the_spec();
  BOOST_TEST(wanted.size() > 80u);
  BOOST_CHECK(found == wanted);
}

BOOST_AUTO_TEST_CASE(every_field_has_its_section) {
  for (const auto& [name, type] : fields_of_the_spec()) {
    const std::size_t dot = name.find('.');
    const FieldNote note = note_of(name.substr(0, dot), name.substr(dot + 1));
    BOOST_TEST(!note.section.empty(), name << " has no row in format/field_notes.cc");
  }
}

BOOST_AUTO_TEST_CASE(every_section_is_a_heading) {
  const std::map<std::string, std::string> chapters{
      {"03", "03-tree.md"},      {"05", "05-sharding.md"}, {"07", "07-record.md"},
      {"09", "09-data-file.md"}, {"10", "10-index.md"},    {"11", "11-manifest.md"},
      {"13", "13-commit.md"}};
  std::set<std::string> sections{"07", "09.1", "09.2"};
  for (const auto& [name, type] : fields_of_the_spec()) {
    const std::size_t dot = name.find('.');
    sections.emplace(note_of(name.substr(0, dot), name.substr(dot + 1)).section);
  }
  for (const std::string& section : sections) {
    const std::string text = text_of_file(chapters.at(section.substr(0, 2)));
    const std::string number = section[0] == '0' ? section.substr(1) : section;
    const std::string heading = section.size() == 2 ? "# " + section + " " : "\n## " + number + " ";
    BOOST_TEST(text.find(heading) != std::string::npos, "no section " << section);
  }
}

BOOST_AUTO_TEST_CASE(places_are_those_of_the_chapters) {
  const RecordSchema schema = RecordSchema::load();
  const SchemaStruct& spec = schema.structs().find("Spec")->second;
  BOOST_TEST(spec.data_words == 2u);
  BOOST_REQUIRE_EQUAL(spec.integers.size(), 6u);
  BOOST_TEST(spec.integers[2].name == "dtype");
  BOOST_TEST(spec.integers[2].place == 2u);
  BOOST_TEST(spec.integers[2].bytes == 2u);
  BOOST_TEST(spec.integers[5].place == 12u);
  const SchemaStruct* manifest = schema.root_of(RecordKind::kCommit);
  BOOST_REQUIRE(manifest != nullptr && manifest->pointers.size() == 15);
  BOOST_TEST(manifest->pointers[6].inner == &spec);
  BOOST_TEST(schema.root_of(RecordKind::kData) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
