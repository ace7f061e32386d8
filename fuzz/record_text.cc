// SPDX-License-Identifier: Apache-2.0
// Annotating any file hands over each of its bytes exactly once and in order, within its memory;
// of a record that a reader accepts every byte has a field. The first byte of the input chooses the
// file's name and whether all is shown, the rest is the file.
#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"
#include "support/allocation_bound.h"
#include "support/harness.h"
#include "support/mutate.h"
#include "treering/record.h"

namespace treering::fuzz {
namespace {

RecordOptions options_of(std::uint8_t choice) {
  constexpr std::array<std::string_view, 4> kNames{"", "MANIFEST",
                                                   "index-000102030405060708090a0b0c0d0e0f-0",
                                                   "data-000102030405060708090a0b0c0d0e0f-0-0"};
  RecordOptions options;
  options.all = (choice & 1) != 0;
  options.name = kNames[choice >> 1 & 3];
  return options;
}

// `bytes` are the start of a file of this size.
void check_annotation(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                      const RecordOptions& options, bool is_accepted) {
  std::uint64_t next = 0;
  annotate_record(bytes, file_bytes, options, [&](const RecordField& field) {
    FUZZ_CHECK(field.offset == next && field.bytes > 0 && field.bytes <= file_bytes - next);
    FUZZ_CHECK(field.hidden || field.bytes <= bytes.size() - next);
    FUZZ_CHECK(!field.name.empty() && !field.section.empty() && is_utf8(field.value));
    FUZZ_CHECK(!is_accepted || (field.name != "unclaimed" && field.name != "surplus"));
    FUZZ_CHECK(!field.hidden || !options.all || field.name == "blocks" || field.name == "body");
    next += field.bytes;
  });
  FUZZ_CHECK(next == file_bytes);
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  using namespace treering::fuzz;
  if (size == 0) return 0;
  const RecordOptions options = options_of(data[0]);
  const auto file = bytes_of_input(data, size).subspan(1);
  const std::uint64_t wanted = record_bytes_wanted(
      file.first(std::min<std::size_t>(file.size(), 128)), file.size(), options.limits);
  FUZZ_CHECK(wanted <= file.size());
  // A copy of its own size, so that a read beyond it is seen.
  const Bytes bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(wanted));
  bool is_accepted = false;
  {
    const AllocationBound bound(size, 32, 1 << 20);
    const RecordReport report = inspect_record(bytes, file.size(), options);
    FUZZ_CHECK(report.facts.has_value() == (wanted >= 64));
    if (report.error) check_error(*report.error);
    is_accepted = !report.error;
  }
  const AllocationBound bound(size, 8, 256 << 10);
  check_annotation(bytes, file.size(), options, is_accepted);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  using namespace treering::fuzz;
  return mutate_in_place(data, size, max_size, seed,
                         [](Bytes& bytes, std::size_t most, Random& random) {
                           if (bytes.empty() || chance(random, 8)) return mutate_bytes(bytes, most);
                           Bytes record(bytes.begin() + 1, bytes.end());
                           mutate_record(record, most - 1, random);
                           bytes.resize(1);
                           bytes.insert(bytes.end(), record.begin(), record.end());
                         });
}
