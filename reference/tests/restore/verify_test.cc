// SPDX-License-Identifier: Apache-2.0
// What verify() finds beyond changed bytes: rules that a wrong writer has broken.
#include <boost/test/unit_test.hpp>

#include "restore/handmade.h"
#include "testing/intercepting_vfs.h"
#include "treering/checkpoint.h"

namespace treering {
namespace {

using testing::Bytes;
using testing::Handmade;
using testing::MemoryVfs;

std::vector<Damage> damage_of(Vfs& vfs) {
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  auto damage = checkpoint->verify();
  TREERING_REQUIRE_OK(damage);
  return *std::move(damage);
}

// The one damage of a checkpoint with one leaf, whose bytes are changed and digested again.
Error error_of_changed(Dtype dtype, std::uint64_t count, std::size_t byte, std::byte value,
                       LeafKind kind = LeafKind::kArray, bool read_fails = true) {
  Handmade made;
  made.add({.name = "leaf",
            .dtype = dtype,
            .shape = {count},
            .host = Bytes(count * info_of(dtype).host_bytes),
            .kind = kind});
  Digest digest;
  made.change_data = [&](std::uint32_t, Bytes& data, std::uint32_t) {
    data[128 + byte] = value;
    digest = xxh3_128(std::span(data).subspan(128, *stored_bytes(dtype, count)));
  };
  made.change_index = [&](Index& index) { index.digests[0] = digest; };
  MemoryVfs vfs;
  made.put(vfs);
  const std::vector<Damage> damage = damage_of(vfs);
  BOOST_REQUIRE_EQUAL(damage.size(), 1u);
  BOOST_CHECK_EQUAL(damage.front().leaf, "leaf");
  const auto bytes = open("ckpt", {.vfs = &vfs})->leaf("leaf")->read_bytes();
  BOOST_CHECK_EQUAL(bytes.ok(), !read_fails);
  if (!bytes.ok()) BOOST_CHECK_EQUAL(bytes.error().rule, damage.front().error.rule);
  return damage.front().error;
}

// Refuses to read one range of one file.
class BadSector final : public testing::InterceptingVfs {
 public:
  BadSector(Vfs& inner, std::uint64_t offset) : InterceptingVfs(inner), offset_(offset) {}
  std::int64_t read(int fd, std::span<std::byte> buffer, std::uint64_t offset) override {
    if (armed && offset <= offset_ && offset_ < offset + buffer.size()) return -EIO;
    return InterceptingVfs::read(fd, buffer, offset);
  }
  bool armed = false;

 private:
  int before(testing::Call, const std::string&) override { return 0; }
  const std::uint64_t offset_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_test)

BOOST_AUTO_TEST_CASE(finds_elements_that_their_dtype_does_not_have) {
  BOOST_CHECK_EQUAL(error_of_changed(Dtype::kBool, 10, 3, std::byte{2}).rule, "DT-16");
  BOOST_CHECK_EQUAL(error_of_changed(Dtype::kFloat6E2m3fn, 10, 3, std::byte{0x40}).rule, "DT-17");
  BOOST_CHECK_EQUAL(error_of_changed(Dtype::kInt4, 5, 2, std::byte{0x10}).rule, "DT-18");
  const Error error = error_of_changed(Dtype::kUint8, 10, 3, std::byte{0xff}, LeafKind::kString);
  BOOST_CHECK_EQUAL(error.rule, "TR-38");
  BOOST_CHECK(error.cls == ErrorClass::kInvalid);
}

BOOST_AUTO_TEST_CASE(checks_only_the_elements_that_a_box_hands_out) {
  Handmade made;
  made.add({.name = "leaf", .dtype = Dtype::kBool, .shape = {10}, .host = Bytes(10)});
  Digest digest;
  made.change_data = [&](std::uint32_t, Bytes& data, std::uint32_t) {
    data[128 + 3] = std::byte{2};
    digest = xxh3_128(std::span(data).subspan(128, 10));
  };
  made.change_index = [&](Index& index) { index.digests[0] = digest; };
  MemoryVfs vfs;
  made.put(vfs);
  const auto leaf = open("ckpt", {.vfs = &vfs})->leaf("leaf");
  Bytes three(3);
  TREERING_REQUIRE_OK(leaf->read_into(Box{{0}, {3}}, three));
  TREERING_CHECK_ERROR(leaf->read_into(Box{{1}, {4}}, three), ErrorClass::kInvalid, "DT-16");
}

BOOST_AUTO_TEST_CASE(accepts_a_long_text_whose_characters_cross_pieces) {
  Handmade made;
  Bytes text(1, std::byte{'x'});
  while (text.size() < (9u << 20)) {
    for (const unsigned byte : {0xf0u, 0x9fu, 0x8cu, 0xb2u})
      text.push_back(static_cast<std::byte>(byte));
  }
  made.block_bytes = 1 << 20;
  made.add({.name = "leaf", .shape = {text.size()}, .host = text, .kind = LeafKind::kString});
  MemoryVfs vfs;
  made.put(vfs);
  BOOST_CHECK(damage_of(vfs).empty());
}

BOOST_AUTO_TEST_CASE(compares_stored_content_digests) {
  Handmade made;
  made.add({.name = "leaf", .shape = {9000}});
  made.change_index = [](Index& index) { index.contents.at(0).low ^= 1; };
  MemoryVfs vfs;
  made.put(vfs);
  const std::vector<Damage> damage = damage_of(vfs);
  BOOST_REQUIRE_EQUAL(damage.size(), 1u);
  BOOST_CHECK_EQUAL(damage.front().error.code, "content-digest");
  BOOST_CHECK_EQUAL(damage.front().leaf, "leaf");
  BOOST_CHECK_EQUAL(damage.front().bytes, 9000u);
  TREERING_REQUIRE_OK(open("ckpt", {.vfs = &vfs})->leaf("leaf")->read_bytes());  // [BL-23]
}

BOOST_AUTO_TEST_CASE(finds_gaps_that_are_not_zero) {
  Handmade made;
  made.gap = 200;
  made.add({.name = "a", .shape = {10}}).add({.name = "b", .shape = {10}});
  std::uint64_t end = 0;
  made.change_data = [&](std::uint32_t, Bytes& data, std::uint32_t) {
    data[130] = std::byte{1};
    data[140] = std::byte{1};
    data.back() = std::byte{1};
    end = data.size();
  };
  MemoryVfs vfs;
  made.put(vfs);
  const std::vector<Damage> damage = damage_of(vfs);
  BOOST_REQUIRE_EQUAL(damage.size(), 2u);
  BOOST_CHECK_EQUAL(damage[0].error.code, "gap");
  BOOST_CHECK_EQUAL(damage[0].offset, 130u);
  BOOST_CHECK_EQUAL(damage[0].bytes, 11u);
  BOOST_CHECK_EQUAL(damage[1].offset, end - 1);
  TREERING_REQUIRE_OK(open("ckpt", {.vfs = &vfs})->leaf("a")->read_bytes());
}

BOOST_AUTO_TEST_CASE(reports_all_damage_in_the_order_of_the_spec) {  // [RC-19] [RS-07] [RS-23]
  Handmade made;
  made.files = 2;
  made.gap = 100;
  made.add({.name = "a", .shape = {5000}}).add({.name = "b", .shape = {5000}});
  made.change_data = [](std::uint32_t, Bytes& data, std::uint32_t file) {
    data[130] = std::byte{1};                  // a gap
    data[data.size() - 4200] ^= std::byte{1};  // a block
    if (file == 1) data[64] ^= std::byte{1};   // a head
  };
  MemoryVfs vfs;
  made.put(vfs);
  std::vector<std::string> codes;
  for (const Damage& damage : damage_of(vfs)) codes.push_back(damage.error.code);
  const std::vector<std::string> wanted{"body-digest", "block-digest", "block-digest", "gap",
                                        "gap"};
  BOOST_CHECK_EQUAL_COLLECTIONS(codes.begin(), codes.end(), wanted.begin(), wanted.end());
}

BOOST_AUTO_TEST_CASE(joins_neighbouring_damage) {
  Handmade made;
  made.add({.name = "a", .shape = {40960}});
  made.change_data = [](std::uint32_t, Bytes& data, std::uint32_t) {
    for (std::size_t i = 128; i < 40960; i += 1000) data[i] ^= std::byte{1};
  };
  MemoryVfs vfs;
  made.put(vfs);
  const std::vector<Damage> damage = damage_of(vfs);
  BOOST_REQUIRE_EQUAL(damage.size(), 1u);
  BOOST_CHECK_EQUAL(damage.front().bytes, 40960u);
}

BOOST_AUTO_TEST_CASE(goes_on_behind_a_sector_that_cannot_be_read) {  // [RS-23]
  Handmade made;
  made.add({.name = "a", .shape = {40960}});
  MemoryVfs vfs;
  made.put(vfs);
  BadSector bad(vfs, 128 + 5 * 4096);
  const auto checkpoint = open("ckpt", {.vfs = &bad});
  TREERING_REQUIRE_OK(checkpoint);
  bad.armed = true;
  const auto damage = checkpoint->verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_REQUIRE_EQUAL(damage->size(), 1u);
  BOOST_CHECK(damage->front().error.cls == ErrorClass::kEnvironment);
  BOOST_CHECK_EQUAL(damage->front().offset, 128u + 5 * 4096);
  BOOST_CHECK_EQUAL(damage->front().bytes, 4096u);
}

BOOST_AUTO_TEST_CASE(sees_a_manifest_that_has_changed_since_the_open) {
  Handmade made;
  made.add({.name = "a", .shape = {10}});
  MemoryVfs vfs;
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  Bytes changed = vfs.files("ckpt").at("MANIFEST");
  changed.back() ^= std::byte{1};
  vfs.put("ckpt/MANIFEST", changed);
  const auto damage = checkpoint->verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_REQUIRE_EQUAL(damage->size(), 1u);
  BOOST_CHECK_EQUAL(damage->front().error.where.file, "MANIFEST");
}

BOOST_AUTO_TEST_CASE(tells_its_progress_up_to_all_bytes) {
  Handmade made;
  made.writers = 2;
  made.add({.name = "a", .shape = {100'000}});
  MemoryVfs vfs;
  made.put(vfs);
  const auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  std::uint64_t last = 0;
  TREERING_REQUIRE_OK(checkpoint->verify([&](std::uint64_t done, std::uint64_t total) {
    BOOST_CHECK_GE(done, last);
    BOOST_CHECK_EQUAL(total, checkpoint->bytes());
    last = done;
  }));
  BOOST_CHECK_EQUAL(last, checkpoint->bytes());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
