// SPDX-License-Identifier: Apache-2.0
// Spec: 07-record.md, section "Versions and features" for the types that can occur.
#include <capnp/schema.h>
#include <commit.capnp.h>
#include <index.capnp.h>
#include <manifest.capnp.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "format/record_schema.h"

namespace treering {
namespace {

using Structs = std::map<std::string, SchemaStruct, std::less<>>;
using Which = capnp::schema::Type::Which;

// Bytes and sign of the integer types; 0 bytes for every other type.
std::pair<std::uint32_t, bool> integer_form(Which type) {
  switch (type) {
    case Which::UINT8:
      return {1, false};
    case Which::UINT16:
      return {2, false};
    case Which::UINT32:
      return {4, false};
    case Which::UINT64:
      return {8, false};
    case Which::INT8:
      return {1, true};
    case Which::INT16:
      return {2, true};
    case Which::INT32:
      return {4, true};
    case Which::INT64:
      return {8, true};
    default:
      return {0, false};
  }
}

const SchemaStruct* add_struct(Structs& structs, const capnp::StructSchema& schema);

void set_list(Structs& structs, SchemaField& field, const capnp::Type& element) {
  if (element.isStruct()) {
    field.type = SchemaField::Type::kStructs;
    field.inner = add_struct(structs, element.asStruct());
    return;
  }
  std::tie(field.bytes, field.is_signed) = integer_form(element.which());
  if (field.bytes != 0) field.type = SchemaField::Type::kIntegers;
}

SchemaField read_field(Structs& structs, const capnp::StructSchema::Field& from) {
  SchemaField field;
  if (!from.getProto().isSlot()) return field;  // A group cannot occur.
  field.name = from.getProto().getName().cStr();
  field.place = from.getProto().getSlot().getOffset();
  const capnp::Type type = from.getType();
  if (type.isStruct()) {
    field.type = SchemaField::Type::kStruct;
    field.inner = add_struct(structs, type.asStruct());
  } else if (type.isList()) {
    set_list(structs, field, type.asList().getElementType());
  } else if (type.isData()) {
    field.type = SchemaField::Type::kBytes;
    field.bytes = 1;
  } else {
    std::tie(field.bytes, field.is_signed) = integer_form(type.which());
    // The schema counts an integer's place in units of its size.
    field.place *= field.bytes;
    if (field.bytes != 0) field.type = SchemaField::Type::kInteger;
  }
  return field;
}

const SchemaStruct* add_struct(Structs& structs, const capnp::StructSchema& schema) {
  const std::string name = schema.getUnqualifiedName().cStr();
  const auto [at, is_new] = structs.try_emplace(name);
  SchemaStruct& out = at->second;
  if (!is_new) return &out;
  out.name = name;
  out.data_words = schema.getProto().getStruct().getDataWordCount();
  out.pointers.resize(schema.getProto().getStruct().getPointerCount());
  for (const auto& one : schema.getFields()) {
    SchemaField field = read_field(structs, one);
    field.note = note_of(name, field.name);
    if (field.type == SchemaField::Type::kInteger) {
      out.integers.push_back(std::move(field));
    } else if (field.type != SchemaField::Type::kNone) {
      const std::size_t number = field.place;
      out.pointers[number] = std::move(field);
    }
  }
  std::sort(out.integers.begin(), out.integers.end(),
            [](const SchemaField& a, const SchemaField& b) { return a.place < b.place; });
  return &out;
}

}  // namespace

RecordSchema RecordSchema::load() {
  RecordSchema schema;
  add_struct(schema.structs_, capnp::Schema::from<schema::Manifest>());
  add_struct(schema.structs_, capnp::Schema::from<schema::Index>());
  add_struct(schema.structs_, capnp::Schema::from<schema::Plan>());
  add_struct(schema.structs_, capnp::Schema::from<schema::End>());
  return schema;
}

const SchemaStruct* RecordSchema::root_of(RecordKind kind) const {
  const auto named = [&](std::string_view name) { return &structs_.find(name)->second; };
  switch (kind) {
    case RecordKind::kCommit:
      return named("Manifest");
    case RecordKind::kIndex:
      return named("Index");
    case RecordKind::kPlan:
      return named("Plan");
    case RecordKind::kAbort:
    case RecordKind::kTombstone:
      return named("End");
    case RecordKind::kData:
      break;
  }
  return nullptr;
}

}  // namespace treering
