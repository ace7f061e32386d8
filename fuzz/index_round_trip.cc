// SPDX-License-Identifier: Apache-2.0
// An index's body that is accepted at minor version 0 is encoded to the same bytes; its shards lie
// in their files, on their alignment, and apart. Decoding it holds no more than three times its
// size. The first byte of the input is the required features, the rest is the body.
#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "format/codec.h"
#include "format/index.h"
#include "support/allocation_bound.h"
#include "support/harness.h"
#include "support/mutate.h"

namespace treering::fuzz {
namespace {

Result<Index> decode(std::span<const std::byte> body, std::uint64_t required, std::uint16_t minor) {
  // With the body itself four times [RS-37]; errors and the like have a fixed cost.
  const AllocationBound bound(body.size(), 3, 32 << 10);
  Header header{.kind = RecordKind::kIndex, .minor = minor, .required = required};
  header.body_size = body.size();
  return decode_index_body(body, header, Limits{}, "index");
}

void check_shards(const Index& index, std::uint64_t required) {
  std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>> extents;
  std::size_t block = 0;
  FUZZ_CHECK(index.dead_shards <= index.shards() && index.writer < index.writers);
  for (std::size_t shard = 0; shard < index.shards(); ++shard) {
    FUZZ_CHECK(index.shard_files[shard] < index.files.size());
    const DataFile& file = index.files[index.shard_files[shard]];
    const std::uint64_t start = index.shard_offsets[shard];
    std::uint64_t end = start;
    FUZZ_CHECK(start % kShardAlignment == 0 && start >= kDataHeadBytes && start <= file.size);
    for (std::uint32_t i = 0; i < index.shard_blocks[shard]; ++i, ++block) {
      FUZZ_CHECK(block < index.stored_sizes.size());
      FUZZ_CHECK(index.stored_sizes[block] <= file.block_bytes);
      FUZZ_CHECK((codec_feature(static_cast<Codec>(index.codecs[block])) & ~required) == 0);
      FUZZ_CHECK(index.stored_sizes[block] <= file.size - end);
      end += index.stored_sizes[block];
    }
    extents.emplace_back(index.shard_files[shard], start, end);
  }
  FUZZ_CHECK(block == index.stored_sizes.size() && block == index.codecs.size() &&
             block == index.digests.size());
  std::sort(extents.begin(), extents.end());
  for (std::size_t i = 1; i < extents.size(); ++i) {
    FUZZ_CHECK(std::get<0>(extents[i - 1]) != std::get<0>(extents[i]) ||
               std::get<2>(extents[i - 1]) <= std::get<1>(extents[i]));
  }
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  using namespace treering::fuzz;
  if (size == 0) return 0;
  const std::uint64_t required = data[0] & kKnownFeatures;
  const Bytes copy(bytes_of_input(data, size).begin() + 1, bytes_of_input(data, size).end());
  const std::span<const std::byte> body(copy);
  const auto index = decode(body, required, 0);
  const auto later = decode(body, required, 7);
  FUZZ_CHECK(accepted(later) || !index.ok());
  if (later.ok()) check_shards(*later, required);
  if (!accepted(index)) return 0;
  FUZZ_CHECK(*later == *index);
  const auto again = encode_index_body(*index);
  FUZZ_REQUIRE_OK(again);
  FUZZ_CHECK(std::equal(again->begin(), again->end(), body.begin(), body.end()));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  using namespace treering::fuzz;
  return mutate_in_place(data, size, max_size, seed,
                         [](Bytes& bytes, std::size_t most, Random& random) {
                           if (bytes.empty() || chance(random, 16))
                             return mutate_bytes(bytes, most);
                           Bytes body(bytes.begin() + 1, bytes.end());
                           mutate_body(body, most - 1, random);
                           bytes.resize(1);
                           bytes.insert(bytes.end(), body.begin(), body.end());
                         });
}
