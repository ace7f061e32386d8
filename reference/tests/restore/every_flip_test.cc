// SPDX-License-Identifier: Apache-2.0
// Every bit of every file of a checkpoint that save() has written: turned, it is found, and no
// leaf reads as another value. The same for every length that a file can be cut to.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "format/files.h"
#include "save/sample_tree.h"
#include "testing/memory_vfs.h"
#include "treering/checkpoint.h"

namespace treering::testing {
namespace {

using Bytes = std::vector<std::byte>;
using Files = std::map<std::string, Bytes>;

// Shards of at most this size stand one in each such slot of the data file.
constexpr std::size_t kSlot = 128;
constexpr std::size_t kShards = (4096 - kDataHeadBytes) / kSlot;

// Millions of conditions: Boost's own macros take longer than what they look at.
void require(bool good, std::string_view what, const std::string& file, std::size_t byte, int bit) {
  if (good) return;
  BOOST_FAIL(what << ": " << file << " byte " << byte << " bit " << bit);
}
void require(bool good, const Error& error, const std::string& file, std::size_t byte, int bit) {
  if (!good) require(good, error.to_string(), file, byte, bit);
}

Bytes masked(std::size_t count, std::byte mask) {
  Bytes bytes = noise(count);
  for (std::byte& byte : bytes) byte &= mask;
  return bytes;
}

Bytes half_noise() {
  Bytes bytes = noise(70);
  bytes.resize(120, std::byte{7});
  return bytes;
}

struct Stored {  // a leaf with a shard
  std::string leaf{};
  Bytes value{};
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// A checkpoint whose one data file is full of small shards, and what stands where in it.
class Original {
 public:
  explicit Original(Codec codec, std::size_t shards_in_all = kShards) {
    Sample sample;
    for (std::size_t i = 0; i < shards_in_all; ++i)
      add(sample, "leaf" + std::to_string(100 + i), i % 5);
    sample.array("empty", Dtype::kFloat64, {0, 4}, {}).scalar("step", "7");
    SaveOptions options = fixed_options(vfs_);
    options.codec = codec;
    options.block_bytes = 4096;
    options.metadata = R"({"note":"flipped"})";
    TREERING_REQUIRE_OK(save("ckpt", sample.finish(), options));
    files_ = vfs_.files("ckpt");
    const auto checkpoint = open("ckpt", {.vfs = &vfs_});
    TREERING_REQUIRE_OK(checkpoint);
    data_ = checkpoint->files().at(0).name;
    for (const LeafPlace& place : checkpoint->places()) {
      const std::vector<ShardInfo> shards = checkpoint->shards(place.leaf).value();
      if (shards.empty()) continue;
      BOOST_REQUIRE_EQUAL(place.leaf, stored_.size());  // rows are in the order of the shards
      stored_.push_back({place.friendly, checkpoint->leaf(place.typed)->read_bytes().value(),
                         shards.at(0).offset, shards.at(0).offset + shards.at(0).stored_bytes});
      BOOST_REQUIRE_EQUAL(stored_.back().begin, kDataHeadBytes + kSlot * place.leaf);
      coded_ = coded_ || shards.at(0).stored_bytes != shards.at(0).raw_bytes;
    }
    BOOST_REQUIRE_EQUAL(stored_.size(), shards_in_all);
    BOOST_REQUIRE_EQUAL(files_.at(data_).size(), 4096u);
    BOOST_REQUIRE(stored_[0].value == noise(70));
    BOOST_REQUIRE_EQUAL(coded_, codec != Codec::kRaw);
  }

  const Files& files() const { return files_; }
  const std::string& data() const { return data_; }
  // In the order of their places.
  const std::vector<Stored>& stored() const { return stored_; }

 private:
  static void add(Sample& sample, const std::string& name, std::size_t sort) {
    // Each takes a slot, coded or not: shards start at multiples of 64.
    if (sort == 0) sample.bytes(name, 70);
    if (sort == 1) sample.array(name, Dtype::kFloat32, {30}, half_noise());
    if (sort == 2) sample.array(name, Dtype::kBool, {125}, masked(125, std::byte{1}));
    if (sort == 3) sample.array(name, Dtype::kInt4, {7, 19}, masked(133, std::byte{15}));
    if (sort == 4) sample.bytes(name, kSlot);
  }

  MemoryVfs vfs_{};
  Files files_{};
  std::string data_{};
  std::vector<Stored> stored_{};
  bool coded_ = false;
};

// A copy of the checkpoint whose files are damaged one after the other.
class Damaged {
 public:
  explicit Damaged(const Original& original) : original_(original) {
    vfs_.make_directory(Vfs::kCwd, "ckpt");
    for (const auto& [name, bytes] : original.files()) vfs_.put("ckpt/" + name, bytes);
    checkpoint_.emplace(opened());
    reader_.emplace(opened());
  }

  void flip_manifest() {
    flip_each("MANIFEST", [&](const std::string& name, std::size_t byte, int bit) {
      const auto checkpoint = open();
      require(!checkpoint.ok(), "was not found", name, byte, bit);
      const Error& error = checkpoint.error();
      const bool magic = byte < 8;
      require(error.cls == (magic ? ErrorClass::kMalformed : ErrorClass::kCorrupt) &&
                  error.rule == (magic       ? "RC-06"
                                 : byte < 64 ? "RC-07"
                                             : "RC-15") &&
                  error.where.file == name,
              error, name, byte, bit);
    });
  }

  void flip_index() {
    const std::string index = std::next(original_.files().find(original_.data()))->first;
    BOOST_REQUIRE(index.starts_with("index-"));
    flip_each(index, [&](const std::string& name, std::size_t byte, int bit) {
      const std::vector<Damage> found = damage();
      require(found.size() == 1 && found[0].error.cls == ErrorClass::kCorrupt &&
                  found[0].error.rule == "RC-05" && found[0].error.where.file == name &&
                  found[0].offset == 0 && found[0].bytes == original_.files().at(name).size(),
              "was not found", name, byte, bit);
      const auto bytes = reader_->leaf_at(byte % kShards)->read_bytes();
      require(!bytes.ok() && bytes.error().rule == "RC-05", "was read", name, byte, bit);
      require(reader_->leaf("empty")->read_bytes().value().empty() &&
                  reader_->leaf("step")->inline_value() == "7",
              "an inline leaf changed", name, byte, bit);
    });
  }

  // One bit of the head.
  void flip_head() {
    flip_each(
        original_.data(),
        [&](const std::string& name, std::size_t byte, int bit) {
          const std::vector<Damage> found = damage();
          const bool magic = byte < 8;
          const std::string rule = magic ? "RC-06" : byte < 64 ? "RC-07" : "RC-15";
          require(found.size() == 1 && found[0].error.rule == rule &&
                      found[0].error.where.file == name && found[0].offset == 0 &&
                      found[0].bytes == kDataHeadBytes,
                  "was not found", name, byte, bit);
          const auto bytes = reader_->leaf_at(byte % kShards)->read_bytes();
          require(!bytes.ok() && bytes.error().rule == rule, "was read", name, byte, bit);
        },
        kDataHeadBytes);
  }

  // The bit in the same place of every slot at once: each is reported by itself, so each is found.
  void flip_slots() {
    const std::string& name = original_.data();
    for (std::size_t byte = 0; byte < kSlot; ++byte) {
      for (int bit = 0; bit < 8; ++bit) {
        Bytes bytes = original_.files().at(name);
        for (std::size_t slot = 0; slot < kShards; ++slot) {
          bytes[kDataHeadBytes + slot * kSlot + byte] ^= static_cast<std::byte>(1u << bit);
        }
        put(name, bytes);
        check_slots(damage(), byte, bit);
        // Reading compares the same digests as verify: one bit of each byte keeps the test short.
        if (bit != static_cast<int>(byte % 8)) continue;
        const Checkpoint checkpoint = opened();
        for (std::size_t row = 0; row < kShards; ++row) {
          const Stored& stored = original_.stored()[row];
          const auto read = checkpoint.leaf_at(row)->read_bytes();
          const bool hit = byte < stored.end - stored.begin;
          require(
              hit ? !read.ok() && read.error().rule == "BL-18" : read.ok() && *read == stored.value,
              stored.leaf, name, byte, bit);
        }
      }
    }
    put(name, original_.files().at(name));
  }

  // Gives the file every length but its own, up to a few bytes more.
  void cut_all(const std::string& name) {
    const Bytes& whole = original_.files().at(name);
    for (std::size_t length = 0; length < whole.size() + 10; ++length) {
      if (length == whole.size()) continue;
      Bytes bytes(whole.begin(),
                  whole.begin() + static_cast<std::ptrdiff_t>(std::min(length, whole.size())));
      bytes.resize(length);
      put(name, bytes);
      const auto checkpoint = open();
      require(!checkpoint.ok(), "was not found", name, length, 0);
      const Error& error = checkpoint.error();
      const bool manifest = name == "MANIFEST";
      require(error.cls == (manifest ? ErrorClass::kMalformed : ErrorClass::kCorrupt) &&
                  error.rule == (!manifest     ? "RC-04"
                                 : length < 64 ? "RC-06"
                                               : "RC-13") &&
                  error.where.file == name,
              error, name, length, 0);
    }
    put(name, whole);
  }

  std::vector<Damage> damage() {
    auto found = checkpoint_->verify();  // reads all files anew
    TREERING_REQUIRE_OK(found);
    return *std::move(found);
  }

 private:
  void put(const std::string& name, const Bytes& bytes) { vfs_.put("ckpt/" + name, bytes); }
  Result<Checkpoint> open() { return treering::open("ckpt", {.vfs = &vfs_}); }
  Checkpoint opened() {
    auto checkpoint = open();
    TREERING_REQUIRE_OK(checkpoint);
    return *std::move(checkpoint);
  }

  template <class Check>
  void flip_each(const std::string& name, Check&& check, std::size_t most = ~std::size_t{0}) {
    Bytes bytes = original_.files().at(name);
    for (std::size_t byte = 0; byte < std::min(bytes.size(), most); ++byte) {
      for (int bit = 0; bit < 8; ++bit) {
        bytes[byte] ^= static_cast<std::byte>(1u << bit);
        put(name, bytes);
        check(name, byte, bit);
        bytes[byte] ^= static_cast<std::byte>(1u << bit);
      }
    }
    put(name, bytes);
  }

  // First the shards that are hit, then the gaps, each in the order of their places.
  void check_slots(const std::vector<Damage>& found, std::size_t byte, int bit) const {
    const std::string& name = original_.data();
    require(found.size() == kShards, "were not all found", name, byte, bit);
    std::size_t at = 0;
    for (const bool gaps : {false, true}) {
      for (const Stored& stored : original_.stored()) {
        const std::uint64_t flipped = stored.begin + byte;
        if (gaps != (flipped >= stored.end)) continue;
        const Damage& damage = found[at++];
        require(damage.error.cls == ErrorClass::kCorrupt && damage.error.where.file == name &&
                    damage.error.rule == (gaps ? "DF-14" : "BL-18") &&
                    damage.leaf == (gaps ? "" : stored.leaf) && damage.offset <= flipped &&
                    flipped < damage.offset + damage.bytes &&
                    damage.bytes == (gaps ? 1 : stored.end - stored.begin),
                damage.error, name, flipped, bit);
      }
    }
  }

  const Original& original_;
  MemoryVfs vfs_{};
  std::optional<Checkpoint> checkpoint_{};
  std::optional<Checkpoint> reader_{};  // what it cannot read it asks for again the next time
};

void flip_all(Codec codec) {
  const Original original(codec);
  Damaged damaged(original);
  damaged.flip_manifest();
  damaged.flip_index();
  damaged.flip_head();
  damaged.flip_slots();
  BOOST_CHECK(damaged.damage().empty());
  BOOST_CHECK_EQUAL(original.files().size(), 3u);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_flip_test)

BOOST_AUTO_TEST_CASE(finds_every_turned_bit_of_a_raw_checkpoint) { flip_all(Codec::kRaw); }

BOOST_AUTO_TEST_CASE(finds_every_turned_bit_of_a_coded_checkpoint) { flip_all(Codec::kLz4); }

BOOST_AUTO_TEST_CASE(refuses_every_length_but_the_right_one) {
  for (const Codec codec : {Codec::kRaw, Codec::kLz4}) {
    const Original original(codec, 5);
    Damaged damaged(original);
    for (const auto& file : original.files()) damaged.cut_all(file.first);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
