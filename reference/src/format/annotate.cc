// SPDX-License-Identifier: Apache-2.0
// The header, the head of a data file, and what comes after them. Spec: 07-record.md,
// 09-data-file.md.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/bytes.h"
#include "format/annotate_body.h"
#include "format/checksum.h"
#include "format/field_writer.h"
#include "format/files.h"
#include "format/inspect.h"
#include "format/record.h"
#include "format/record_schema.h"
#include "treering/record.h"

namespace treering {
namespace {

// Which bytes stand where; spec 07, section "Header", and section 9.1.
struct Place {
  std::string_view name{};
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};
constexpr std::array kHeaderPlaces = std::to_array<Place>({
    {"header.magic", 0, 8},
    {"header.kind", 8, 10},
    {"header.major", 10, 12},
    {"header.minor", 12, 14},
    {"header.reserved", 14, 16},
    {"header.required", 16, 24},
    {"header.optional", 24, 32},
    {"header.bodySize", 32, 40},
    {"header.bodyDigest", 40, 56},
    {"header.headerDigest", 56, 64},
});
constexpr std::array kDataPlaces = std::to_array<Place>({
    {"attempt", 64, 80},
    {"writer", 80, 84},
    {"k", 84, 88},
    {"zero", 88, 128},
});
constexpr std::string_view kCutOff = "the file ends within it";

class Annotation {
 public:
  Annotation(std::span<const std::byte> bytes, std::uint64_t file_bytes,
             const RecordOptions& options, const std::function<void(const RecordField&)>& show)
      : file_bytes_(file_bytes),
        facts_(record_facts(bytes, file_bytes)),
        out_(bytes, options.all, show) {}

  void write() const {
    for (const Place& place : kHeaderPlaces) {
      write_place(place, "07", [&] { return header_value(place); });
    }
    if (!facts_) return;
    if (facts_->kind == static_cast<std::uint16_t>(RecordKind::kData)) return write_data();
    const bool is_known = !facts_->kind_name.empty();
    if (!is_known || out_.bytes().size() != file_bytes_) {
      return out_.hidden(kHeaderBytes, file_bytes_, "body",
                         count_text(file_bytes_ - kHeaderBytes, "byte") +
                             (is_known ? ", more than is read" : " of a kind that is unknown"),
                         "07");
    }
    const RecordSchema schema = RecordSchema::load();
    annotate_body(out_, schema.root_of(static_cast<RecordKind>(facts_->kind)), facts_->minor);
  }

 private:
  template <class Value>
  void write_place(const Place& place, std::string_view section, Value value) const {
    const std::uint64_t size = out_.bytes().size();
    if (place.from >= size) return;
    const bool is_whole = place.to <= size;
    out_.field(place.from, std::min(place.to, size), std::string(place.name),
               is_whole ? value() : std::string(kCutOff), section);
  }

  void write_data() const {
    for (const Place& place : kDataPlaces) {
      if (place.name == "zero") {
        const std::uint64_t size = out_.bytes().size();
        out_.zeros(std::min(place.from, size), std::min(place.to, size), "09.1");
      } else {
        write_place(place, "09.1", [&] { return data_value(place); });
      }
    }
    if (file_bytes_ <= kDataHeadBytes) return;
    out_.hidden(kDataHeadBytes, file_bytes_, "blocks",
                count_text(file_bytes_ - kDataHeadBytes, "byte") +
                    " of blocks, and zeros between them; the index says where each stands",
                "09.2");
  }

  std::string number_of(const Place& place) const {
    std::uint64_t value = 0;
    std::memcpy(&value, out_.bytes().data() + place.from, place.to - place.from);
    return std::to_string(value);
  }
  std::string data_value(const Place& place) const {
    return place.name == "attempt" ? plain_hex(out_.bytes(place.from, place.to)) : number_of(place);
  }

  std::string header_value(const Place& place) const {
    const std::string_view name = place.name.substr(place.name.find('.') + 1);
    if (name == "magic") return quoted_text(out_.bytes(place.from, place.to));
    // A header that is cut off has no facts; its whole fields are numbers and a digest.
    if (!facts_) {
      return name == "bodyDigest" ? load_digest(out_.bytes().data() + place.from).to_string()
                                  : number_of(place);
    }
    if (name == "kind") {
      return number_of(place) + (facts_->kind_name.empty() ? ", which is not in the registry"
                                                           : " " + std::string(facts_->kind_name));
    }
    if (name == "required") return required_text(facts_->required);
    if (name == "optional") return optional_text(facts_->optional);
    if (name == "bodySize") return body_size_value();
    if (name == "bodyDigest") {
      if (!facts_->body_computed) return facts_->body_digest.to_string();
      return digest_value(facts_->body_digest.to_string(), facts_->body_computed->to_string());
    }
    if (name == "headerDigest")
      return digest_value(hex64_text(facts_->header_digest), hex64_text(facts_->header_computed));
    return number_of(place);
  }
  std::string body_size_value() const {
    const bool is_data = facts_->kind == static_cast<std::uint16_t>(RecordKind::kData);
    const std::uint64_t there = file_bytes_ - kHeaderBytes;
    std::string text = std::to_string(facts_->body_bytes);
    const std::uint64_t wanted = is_data ? kDataHeadBytes - kHeaderBytes : there;
    if (facts_->body_bytes == wanted) return text;
    return text + ", and " +
           (is_data ? "64 must stand here" : std::to_string(there) + " are there");
  }
  static std::string digest_value(const std::string& stored, const std::string& computed) {
    return stored == computed ? stored + ", as computed"
                              : "stored " + stored + ", computed " + computed;
  }

  std::uint64_t file_bytes_;
  std::optional<RecordFacts> facts_;
  FieldWriter out_;
};

}  // namespace

void annotate_record(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                     const RecordOptions& options,
                     const std::function<void(const RecordField&)>& show) {
  Annotation(bytes, file_bytes, options, show).write();
}

}  // namespace treering
