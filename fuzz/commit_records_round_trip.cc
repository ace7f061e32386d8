// SPDX-License-Identifier: Apache-2.0
// Plan and End: a body that is accepted at minor version 0 is encoded to the same bytes.
#include <algorithm>

#include "base/utf8.h"
#include "format/commit_records.h"
#include "support/allocation_bound.h"
#include "support/harness.h"
#include "support/mutate.h"

namespace treering::fuzz {
namespace {

Header header_of(RecordKind kind, std::size_t size, std::uint16_t minor) {
  Header header{.kind = kind, .minor = minor};
  header.body_size = size;
  return header;
}

template <class Record>
bool check(std::span<const std::byte> body, RecordKind kind,
           Result<Record> (*decode)(std::span<const std::byte>, const Header&, const std::string&),
           std::vector<std::byte> (*encode)(const Record&)) {
  const auto record = decode(body, header_of(kind, body.size(), 0), "record");
  const auto later = decode(body, header_of(kind, body.size(), 7), "record");
  FUZZ_CHECK(accepted(later) || !record.ok());
  if (!accepted(record)) return false;
  FUZZ_CHECK(*later == *record);
  FUZZ_CHECK(!record->step || *record->step < std::uint64_t{1} << 63);
  const auto again = encode(*record);
  FUZZ_CHECK(std::equal(again.begin(), again.end(), body.begin(), body.end()));
  return true;
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  using namespace treering::fuzz;
  const AllocationBound bound(size, 16, 64 << 10);
  const auto body = bytes_of_input(data, size);
  check<PlanRecord>(body, RecordKind::kPlan, decode_plan_body, encode_plan_body);
  const bool is_abort =
      check<EndRecord>(body, RecordKind::kAbort, decode_end_body, encode_end_body);
  const bool is_tombstone =
      check<EndRecord>(body, RecordKind::kTombstone, decode_end_body, encode_end_body);
  FUZZ_CHECK(is_abort == is_tombstone);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  using namespace treering::fuzz;
  return mutate_in_place(
      data, size, max_size, seed,
      [](Bytes& bytes, std::size_t most, Random& random) { mutate_body(bytes, most, random); });
}
