// SPDX-License-Identifier: Apache-2.0
#include "save/block_writer.h"

#include <boost/test/unit_test.hpp>

#include "save/sample_tree.h"
#include "testing/memory_vfs.h"
#include "testing/recording_vfs.h"
#include "testing/results.h"

namespace treering::testing {
namespace {

using Bytes = std::vector<std::byte>;

// A stream into the file "f" of an empty file system.
struct Streamed {
  Streamed() : vfs(memory), stream(8192) {
    const int at = vfs.open_directory(Vfs::kCwd, ".");
    stream.open(Descriptor(vfs, vfs.create_new(at, "f")), "f");
    vfs.close(at);
  }
  std::size_t writes() {
    const auto calls = vfs.calls();
    return static_cast<std::size_t>(std::ranges::count(calls, "write f"));
  }
  Bytes content() { return memory.files().at("f"); }

  MemoryVfs memory{};
  RecordingVfs vfs;
  FileStream stream;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(block_writer_test)

BOOST_AUTO_TEST_CASE(small_pieces_become_one_write) {
  Streamed to;
  Bytes wanted;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Bytes piece = noise(50, i);
    TREERING_REQUIRE_OK(to.stream.append(piece));
    wanted.insert(wanted.end(), piece.begin(), piece.end());
  }
  BOOST_CHECK_EQUAL(to.writes(), 0u);
  TREERING_REQUIRE_OK(to.stream.finish(wanted.size()));
  BOOST_CHECK_EQUAL(to.writes(), 1u);
  BOOST_CHECK(to.content() == wanted);
}

BOOST_AUTO_TEST_CASE(gaps_and_padding_are_zero_and_in_place) {  // [BY-06] [DF-07]
  Streamed to;
  const Bytes a = noise(100, 1);
  const Bytes b = noise(5000, 2);
  TREERING_REQUIRE_OK(to.stream.append(a));
  TREERING_REQUIRE_OK(to.stream.seek(128));
  TREERING_REQUIRE_OK(to.stream.append_direct(b));  // behind what waits
  TREERING_REQUIRE_OK(to.stream.seek(8192));        // nothing waits: a hole
  TREERING_REQUIRE_OK(to.stream.append(a));
  TREERING_REQUIRE_OK(to.stream.finish(12288));
  Bytes wanted(12288);
  std::ranges::copy(a, wanted.begin());
  std::ranges::copy(b, wanted.begin() + 128);
  std::ranges::copy(a, wanted.begin() + 8192);
  BOOST_CHECK(to.content() == wanted);
}

BOOST_AUTO_TEST_CASE(a_hole_before_the_padding_keeps_the_size) {
  Streamed to;
  TREERING_REQUIRE_OK(to.stream.append_direct(noise(4096)));
  TREERING_REQUIRE_OK(to.stream.finish(4096));
  BOOST_CHECK_EQUAL(to.content().size(), 4096u);
  BOOST_CHECK_EQUAL(to.writes(), 1u);
}

BOOST_AUTO_TEST_CASE(writes_when_the_buffer_is_full) {
  Streamed to;
  Bytes wanted;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const Bytes piece = noise(8192, i);
    const auto room = to.stream.reserve(8192);
    TREERING_REQUIRE_OK(room);
    std::ranges::copy(piece, room->begin());
    to.stream.commit(8000);
    wanted.insert(wanted.end(), piece.begin(), piece.begin() + 8000);
  }
  TREERING_REQUIRE_OK(to.stream.finish(wanted.size()));
  BOOST_CHECK(to.content() == wanted);
  BOOST_CHECK_LE(to.writes(), 5u);
}

BOOST_AUTO_TEST_CASE(large_raw_shards_go_straight_from_their_source) {
  MemoryVfs memory;
  Sample sample;
  const SaveTree tree = sample.bytes("big", 10'000'000).finish();
  // Remembers the addresses that write() was given.
  class WatchingVfs final : public InterceptingVfs {
   public:
    using InterceptingVfs::InterceptingVfs;
    std::int64_t write(int fd, std::span<const std::byte> bytes, std::uint64_t offset) override {
      sources.push_back(bytes);
      return InterceptingVfs::write(fd, bytes, offset);
    }
    int before(Call, const std::string&) override { return 0; }
    std::vector<std::span<const std::byte>> sources{};
  };
  WatchingVfs vfs(memory);
  TREERING_REQUIRE_OK(save("ckpt", tree, fixed_options(vfs)));
  std::uint64_t direct = 0;
  for (const auto source : vfs.sources) {
    if (source.data() >= tree.bytes[0].data() &&
        source.data() < tree.bytes[0].data() + tree.bytes[0].size()) {
      direct += source.size();
    }
  }
  BOOST_CHECK_EQUAL(direct, 10'000'000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
