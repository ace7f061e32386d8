// SPDX-License-Identifier: Apache-2.0
// A record by itself, as a reader of checkpoints takes it. Spec: 07-record.md, 12-layout.md.
#include "format/inspect.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.h"
#include "base/try.h"
#include "format/checksum.h"
#include "format/commit_records.h"
#include "format/fail.h"
#include "format/files.h"
#include "format/index.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "format/record.h"

namespace treering {
namespace {

constexpr std::uint64_t kBodySizeOffset = 32;

constexpr std::array kAllKinds{RecordKind::kCommit, RecordKind::kIndex, RecordKind::kPlan,
                               RecordKind::kData,   RecordKind::kAbort, RecordKind::kTombstone};
constexpr std::array kSlotKinds{RecordKind::kCommit, RecordKind::kAbort, RecordKind::kTombstone};
constexpr std::array kIndexKinds{RecordKind::kIndex};
constexpr std::array kPlanKinds{RecordKind::kPlan};
constexpr std::array kDataKinds{RecordKind::kData};

// What can stand in a file of this name; everything where the grammar does not know it.
std::span<const RecordKind> kinds_in(const std::optional<ParsedName>& name) {
  if (!name) return kAllKinds;
  switch (name->role) {
    case NameRole::kSlot:
    case NameRole::kCandidate:
      return kSlotKinds;
    case NameRole::kIndex:
    case NameRole::kCandidateIndex:
      return kIndexKinds;
    case NameRole::kPlan:
    case NameRole::kCandidatePlan:
      return kPlanKinds;
    case NameRole::kData:
      return kDataKinds;
    default:
      return kAllKinds;
  }
}

std::uint64_t body_limit(RecordKind kind, const Limits& limits) {
  if (kind == RecordKind::kCommit) return limits.manifest_bytes;
  return kind == RecordKind::kIndex ? limits.index_bytes : limits.record_bytes;
}

// What the manifest would say about the file is taken from its name, or from the head itself.
Status check_data(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                  const std::optional<ParsedName>& name, const std::string& file) {
  DataFile row{.size = file_bytes};
  if (name && name->role == NameRole::kData) {
    row.attempt = name->id;
    row.writer = name->writer;
    row.number = name->number;
  } else if (bytes.size() >= kDataHeadBytes) {
    const std::byte* body = bytes.data() + kHeaderBytes;
    std::memcpy(row.attempt.bytes.data(), body, row.attempt.bytes.size());
    row.writer = load_le<std::uint32_t>(body + 16);
    row.number = load_le<std::uint32_t>(body + 20);
  }
  const Header manifest{.minor = 0xffff, .required = ~std::uint64_t{0}};
  return check_data_head(bytes.first(std::min<std::size_t>(bytes.size(), kDataHeadBytes)),
                         file_bytes, row, manifest, file);
}

Status check_plan(const RecordView& view, const std::optional<ParsedName>& name,
                  const std::string& file) {
  TREERING_TRY(const PlanRecord plan, decode_plan_body(view.body, view.header, file));
  const bool is_named =
      name && (name->role == NameRole::kPlan || name->role == NameRole::kCandidatePlan);
  if (!is_named || plan.attempt == name->id) return {};
  return invalid_in(file, "wrong-file", "CM-04",  // [CM-04]
                    "announces another attempt than its name says; put back the right file");
}

Status check_message(const RecordView& view, const Limits& limits,
                     const std::optional<ParsedName>& name, const std::string& file) {
  switch (view.header.kind) {
    case RecordKind::kCommit:
      TREERING_CHECK(decode_manifest_body(view.body, view.header, limits, file));
      return {};
    case RecordKind::kIndex:
      TREERING_CHECK(decode_index_body(view.body, view.header, limits, file));
      return {};
    case RecordKind::kPlan:
      return check_plan(view, name, file);
    default:
      TREERING_CHECK(decode_end_body(view.body, view.header, file));
      return {};
  }
}

Status check_record(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                    const RecordOptions& options) {
  const std::string& file = options.name;
  const std::optional<ParsedName> name = parse_checkpoint_name(file);
  const std::span<const RecordKind> kinds = kinds_in(name);
  TREERING_TRY(const Header header, decode_header(bytes, kinds, file));
  if (header.kind == RecordKind::kData) return check_data(bytes, file_bytes, name, file);
  const std::uint64_t limit = body_limit(header.kind, options.limits);
  if (bytes.size() != file_bytes && header.body_size <= limit) {  // [RC-13]
    return fail(ErrorClass::kMalformed, "body-size", "RC-13", file,
                "has " + std::to_string(file_bytes - kHeaderBytes) +
                    " bytes after the header, and the header says " +
                    std::to_string(header.body_size) + "; restore it from a copy",
                kBodySizeOffset);
  }
  TREERING_TRY(const RecordView view, decode_record(bytes, kinds, limit, file));
  return check_message(view, options.limits, name, file);
}

}  // namespace

std::optional<RecordFacts> record_facts(std::span<const std::byte> bytes,
                                        std::uint64_t file_bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const std::byte* at = bytes.data();
  RecordFacts facts;
  facts.kind = load_le<std::uint16_t>(at + 8);
  facts.kind_name = record_kind_name(static_cast<RecordKind>(facts.kind));
  facts.major = load_le<std::uint16_t>(at + 10);
  facts.minor = load_le<std::uint16_t>(at + 12);
  facts.required = load_le<std::uint64_t>(at + 16);
  facts.optional = load_le<std::uint64_t>(at + 24);
  facts.body_bytes = load_le<std::uint64_t>(at + 32);
  facts.body_digest = load_digest(at + 40);
  facts.header_digest = load_le<std::uint64_t>(at + 56);
  facts.header_computed = xxh3_64(bytes.first(56));
  const bool is_data = facts.kind == static_cast<std::uint16_t>(RecordKind::kData);
  const std::span<const std::byte> body = bytes.subspan(kHeaderBytes);
  if (is_data) {
    facts.body_computed =
        xxh3_128(body.first(std::min<std::size_t>(body.size(), kDataHeadBytes - kHeaderBytes)));
  } else if (bytes.size() == file_bytes) {
    facts.body_computed = xxh3_128(body);
  }
  return facts;
}

std::uint64_t record_bytes_wanted(std::span<const std::byte> head, std::uint64_t file_bytes,
                                  const Limits& limits) {
  const std::uint64_t least = std::min(file_bytes, kDataHeadBytes);
  const auto facts = record_facts(head, file_bytes);
  if (!facts || facts->kind_name.empty()) return least;
  const auto kind = static_cast<RecordKind>(facts->kind);
  if (kind == RecordKind::kData || file_bytes - kHeaderBytes > body_limit(kind, limits))
    return least;
  return file_bytes;
}

RecordReport inspect_record(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                            const RecordOptions& options) {
  RecordReport report;
  report.facts = record_facts(bytes, file_bytes);
  Status status = check_record(bytes, file_bytes, options);
  if (!status.ok()) report.error = std::move(status).error();
  return report;
}

}  // namespace treering
