// SPDX-License-Identifier: Apache-2.0
// Any directory is opened, verified and read without a bug of ours and within its memory; where
// verify finds nothing, every leaf reads, and reads the same twice. The input is an archive, see
// support/archive.h.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "support/allocation_bound.h"
#include "support/archive.h"
#include "support/harness.h"
#include "support/repair.h"
#include "testing/memory_vfs.h"
#include "treering/checkpoint.h"

namespace treering::fuzz {
namespace {

constexpr std::uint64_t kMostLeafBytes = 1 << 20;  // larger leaves are read in part
constexpr std::size_t kMostLeaves = 200;           // read, of one checkpoint
constexpr std::uint64_t kMostPathBytes = 4 << 20;  // of all leaves together

std::size_t fill(testing::MemoryVfs& vfs, const Files& files) {
  std::size_t total = 0;
  vfs.make_directory(Vfs::kCwd, "c");
  for (const auto& [name, bytes] : files) {
    vfs.put("c/" + name, bytes);
    total += bytes.size();
  }
  return total;
}

// One element in the middle, where the leaf is too large to be read.
void read_element(const Leaf& leaf, bool clean) {
  Box box;
  for (const std::uint64_t length : leaf.shape()) {
    box.start.push_back(length / 2);
    box.stop.push_back(length / 2 + 1);
  }
  std::vector<std::byte> one(info_of(leaf.dtype()).host_bytes);
  const Status status = leaf.read_into(box, one);
  FUZZ_CHECK(accepted(status) || !clean);
}

void read_whole(const Leaf& leaf, bool clean) {
  const auto first = leaf.read_bytes();
  FUZZ_CHECK(accepted(first) || !clean);
  const auto second = leaf.read_bytes();
  FUZZ_CHECK(first.ok() == second.ok());
  if (!first.ok()) {
    FUZZ_CHECK(first.error().cls == second.error().cls &&
               first.error().rule == second.error().rule);
    return;
  }
  FUZZ_CHECK(*first == *second);
  if (leaf.is_inline() || leaf.shape().empty() || leaf.shape()[0] == 0) return;
  // The first part along axis 0 is the beginning of the whole.
  Box box = whole(leaf.shape());
  box.stop[0] = (box.stop[0] + 1) / 2;
  std::vector<std::byte> part(first->size() / static_cast<std::size_t>(leaf.shape()[0]) *
                              static_cast<std::size_t>(box.stop[0]));
  FUZZ_REQUIRE_OK(leaf.read_into(box, part));
  FUZZ_CHECK(std::equal(part.begin(), part.end(), first->begin()));
}

void read_leaf(const Checkpoint& checkpoint, const LeafPlace& place, bool clean) {
  const auto leaf = checkpoint.leaf(place.typed);
  FUZZ_REQUIRE_OK(leaf);
  FUZZ_CHECK(leaf->row() == place.leaf);
  // Friendly texts may fit several leaves.
  if (const auto friendly = checkpoint.leaf(place.friendly); !friendly.ok()) {
    FUZZ_CHECK(friendly.error().cls == ErrorClass::kUsage);
  }
  const auto shards = checkpoint.shards(place.leaf);
  FUZZ_CHECK(accepted(shards) || !clean);
  leaf->bytes() <= kMostLeafBytes ? read_whole(*leaf, clean) : read_element(*leaf, clean);
}

void check_damage(const std::vector<Damage>& found) {
  for (const Damage& damage : found) {
    check_error(damage.error);
    FUZZ_CHECK(!damage.error.where.file.empty() || !damage.error.where.key_path.empty());
  }
}

void check(testing::MemoryVfs& vfs, std::size_t input) {
  // Opening may hold 4 * (records + paths) + a constant, and has no use for paths. [RS-37]
  std::optional<AllocationBound> bound(std::in_place, input, 4, 64 << 10);
  const auto checkpoint = open("c", {.limits = {.path_bytes = kMostPathBytes}, .vfs = &vfs});
  bound.reset();
  if (!accepted(checkpoint)) return;
  // The constant: buffers of a thread, and three texts of each path with what finds them.
  bound.emplace(input, 4, (24 << 20) + 4 * kMostPathBytes);
  const auto damage = checkpoint->verify();
  const bool judged = accepted(damage);
  if (judged) check_damage(*damage);
  const bool clean = judged && damage->empty();
  const auto again = checkpoint->verify();
  FUZZ_CHECK(judged == again.ok() && (!judged || damage->size() == again->size()));
  const std::vector<LeafPlace>& places = checkpoint->places();
  for (std::size_t i = 0; i < std::min(places.size(), kMostLeaves); ++i)
    read_leaf(*checkpoint, places[i], clean);
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering::fuzz;
  treering::testing::MemoryVfs vfs;
  const std::size_t total = fill(vfs, unpack(bytes_of_input(data, size)));
  check(vfs, total);
  FUZZ_CHECK(vfs.descriptors() == 0);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  using namespace treering::fuzz;
  return mutate_in_place(data, size, max_size, seed,
                         [](Bytes& bytes, std::size_t most, Random& random) {
                           if (chance(random, 64)) return mutate_bytes(bytes, most);
                           Files files = unpack(bytes);
                           mutate_files(files, most, random);
                           bytes = pack(files);
                         });
}
