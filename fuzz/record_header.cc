// SPDX-License-Identifier: Apache-2.0
// A header that is accepted is re-encoded to the same 64 bytes; a record that is accepted is its
// header and its body.
#include <algorithm>
#include <array>
#include <string>

#include "base/bytes.h"
#include "format/files.h"
#include "support/allocation_bound.h"
#include "support/harness.h"
#include "support/mutate.h"

namespace treering::fuzz {
namespace {

constexpr std::array kAll{RecordKind::kCommit, RecordKind::kIndex, RecordKind::kPlan,
                          RecordKind::kData,   RecordKind::kAbort, RecordKind::kTombstone};
constexpr std::uint64_t kBodyLimit = 4096;

void check_header(std::span<const std::byte> bytes) {
  const auto header = decode_header(bytes, kAll, "record");
  if (!accepted(header)) return;
  const auto again = encode_header(*header);
  FUZZ_CHECK(std::equal(again.begin(), again.end(), bytes.begin()));
  const std::array other{header->kind == RecordKind::kPlan ? RecordKind::kCommit
                                                           : RecordKind::kPlan};
  FUZZ_CHECK(!decode_header(bytes, other, "record").ok());
  FUZZ_CHECK(accepted(check_reserved(*header, "record")) == (header->reserved == 0));
  FUZZ_CHECK(header->major == 1 && (header->required & ~kKnownFeatures) == 0);
}

void check_record(std::span<const std::byte> bytes) {
  const auto record = decode_record(bytes, kAll, kBodyLimit, "record");
  if (!accepted(record)) return;
  const Header& header = record->header;
  FUZZ_CHECK(record->body.data() == bytes.data() + kHeaderBytes);
  FUZZ_CHECK(record->body.size() == bytes.size() - kHeaderBytes &&
             record->body.size() <= kBodyLimit);
  if (header.minor != 0 || header.optional != 0 || header.reserved != 0) return;
  const auto again = encode_record(header.kind, header.required, record->body);
  FUZZ_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

// As a data file whose name and manifest say what the head says.
void check_data_file(std::span<const std::byte> bytes) {
  DataFile file{.size = bytes.size()};
  DataHead head;
  if (bytes.size() >= kDataHeadBytes) {
    std::copy_n(bytes.begin() + kHeaderBytes, 16,
                std::as_writable_bytes(std::span(file.attempt.bytes)).begin());
    file.writer = load_le<std::uint32_t>(bytes.data() + kHeaderBytes + 16);
    file.number = load_le<std::uint32_t>(bytes.data() + kHeaderBytes + 20);
    head = {file.attempt, file.writer, file.number, load_le<std::uint64_t>(bytes.data() + 16)};
  }
  const Header manifest{.minor = 0xffff, .required = ~std::uint64_t{0}};
  const auto start = bytes.first(std::min<std::size_t>(bytes.size(), kDataHeadBytes));
  if (!accepted(check_data_head(start, bytes.size(), file, manifest, "data"))) return;
  FUZZ_CHECK(!check_data_head(start, bytes.size() + 1, file, manifest, "data").ok());
  ++file.writer;
  FUZZ_CHECK(!check_data_head(start, bytes.size(), file, manifest, "data").ok());
  const auto optional = load_le<std::uint64_t>(bytes.data() + 24);
  if (optional != 0 || load_le<std::uint16_t>(bytes.data() + 12) != 0) return;
  const auto again = encode_data_head(head);
  FUZZ_CHECK(std::equal(again.begin(), again.end(), bytes.begin()));
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering::fuzz;
  const AllocationBound bound(size, 4, 64 << 10);
  const auto bytes = bytes_of_input(data, size);
  check_header(bytes);
  check_record(bytes);
  check_data_file(bytes);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  using namespace treering::fuzz;
  return mutate_in_place(
      data, size, max_size, seed,
      [](Bytes& bytes, std::size_t most, Random& random) { mutate_record(bytes, most, random); });
}
