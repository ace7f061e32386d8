// SPDX-License-Identifier: Apache-2.0
// A manifest's body that is accepted at minor version 0 is encoded to the same bytes, and all that
// its tree promises holds when it is looked at slowly. Decoding it holds no more than three times
// its size. The input is the body; the header is made to fit.
#include <algorithm>

#include "format/manifest.h"
#include "support/allocation_bound.h"
#include "support/harness.h"
#include "support/mutate.h"
#include "support/tree_audit.h"

namespace treering::fuzz {
namespace {

// The audit holds the texts of all paths, so these bound it.
const Limits kLimits{.path_bytes = 4 << 20};

Result<Manifest> decode(std::span<const std::byte> body, std::uint16_t minor) {
  // With the body itself four times [RS-37]; errors and the like have a fixed cost.
  const AllocationBound bound(body.size(), 3, 32 << 10);
  Header header{.kind = RecordKind::kCommit, .minor = minor, .required = kKnownFeatures};
  header.body_size = body.size();
  return decode_manifest_body(body, header, kLimits, "MANIFEST");
}

void check_rows(const Manifest& manifest) {
  std::uint32_t files = 0;
  for (const WriterRow& row : manifest.writers) {
    FUZZ_CHECK(row.first_file == files && row.last_file >= files);
    files = row.last_file;
  }
  FUZZ_CHECK(!manifest.writers.empty() && files == manifest.files.size());
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  using namespace treering::fuzz;
  const auto body = bytes_of_input(data, size);
  const auto manifest = decode(body, 0);
  const auto later = decode(body, 7);
  // What a later version adds is ignored, and what version 0 has means the same in it.
  FUZZ_CHECK(accepted(later) || !manifest.ok());
  if (!accepted(manifest)) {
    if (!later.ok()) return 0;
    check_rows(*later);
    audit_tree(later->tree, later->writers.size());
    return 0;
  }
  FUZZ_CHECK(*later == *manifest);
  const auto again = encode_manifest_body(*manifest);
  FUZZ_REQUIRE_OK(again);
  FUZZ_CHECK(std::equal(again->begin(), again->end(), body.begin(), body.end()));
  FUZZ_REQUIRE_OK(check_tree(manifest->tree, manifest->writers.size(), kLimits));
  check_rows(*manifest);
  const AllocationBound bound(size, 16, 64 << 20);
  audit_tree(manifest->tree, manifest->writers.size());
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  using namespace treering::fuzz;
  return mutate_in_place(
      data, size, max_size, seed,
      [](Bytes& bytes, std::size_t most, Random& random) { mutate_body(bytes, most, random); });
}
