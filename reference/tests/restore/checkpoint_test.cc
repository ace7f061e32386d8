// SPDX-License-Identifier: Apache-2.0
// Saved, opened, read: every kind of leaf comes back as it was.
#include "treering/checkpoint.h"

#include <boost/test/unit_test.hpp>

#include "restore/handmade.h"
#include "testing/memory_vfs.h"
#include "treering/builder.h"
#include "treering/save.h"

namespace treering {
namespace {

using testing::Bytes;
using testing::MemoryVfs;

Key name(const std::string& text) { return {KeyKind::kString, text, 0}; }

Checkpoint saved(MemoryVfs& vfs, const SaveTree& tree, SaveOptions options = {}) {
  options.vfs = &vfs;
  TREERING_REQUIRE_OK(save("ckpt", tree, options));
  auto checkpoint = open("ckpt", {.vfs = &vfs});
  TREERING_REQUIRE_OK(checkpoint);
  return *std::move(checkpoint);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_test)

BOOST_AUTO_TEST_CASE(round_trips_every_dtype) {  // [DT-02]
  for (const Codec codec : {Codec::kRaw, Codec::kLz4, Codec::kBitshuffleLz4}) {
    TreeBuilder builder;
    std::vector<Bytes> memory;
    memory.reserve(kDtypeCount);
    builder.begin(NodeKind::kDict, {});
    for (std::uint16_t number = 1; number <= kDtypeCount; ++number) {
      const DtypeInfo& info = *find_dtype(number);
      memory.push_back(testing::counting(info.dtype, 7 * 5 * 333, number));
      std::fill(memory.back().begin(), memory.back().begin() + 5000, std::byte{0});
      const std::vector<std::uint64_t> shape{7, 5, 333};
      builder.array(name(std::string(info.name)), info.dtype, shape, memory.back());
    }
    builder.end();
    const auto tree = builder.finish();
    TREERING_REQUIRE_OK(tree);
    MemoryVfs vfs;
    SaveOptions options;
    options.codec = codec;
    options.block_bytes = 4096;
    const Checkpoint checkpoint = saved(vfs, *tree, options);
    for (std::uint16_t number = 1; number <= kDtypeCount; ++number) {
      const auto leaf = checkpoint.leaf(find_dtype(number)->name);
      TREERING_REQUIRE_OK(leaf);
      BOOST_CHECK(leaf->dtype() == find_dtype(number)->dtype);
      const auto bytes = leaf->read_bytes();
      TREERING_REQUIRE_OK(bytes);
      BOOST_CHECK(*bytes == memory[number - 1u]);
    }
    const auto damage = checkpoint.verify();
    TREERING_REQUIRE_OK(damage);
    BOOST_CHECK(damage->empty());
  }
}

BOOST_AUTO_TEST_CASE(round_trips_every_leaf_kind) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint32_t> key{7, 8};
  const std::vector<std::uint64_t> matrix{2, 3};
  const std::vector<std::uint64_t> pair{2};
  const std::vector<std::uint64_t> none{0, 4};
  const std::string long_text(5000, 't');
  const Bytes long_bytes(6000, std::byte{9});
  const std::int16_t number = -5;
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  const std::uint32_t row =
      builder.array(name("array"), Dtype::kFloat32, matrix, std::as_bytes(std::span(values)), true);
  builder.prng_key(name("key"), "threefry2x32", pair, std::as_bytes(std::span(key)));
  builder.scalar(name("scalar"), "42");
  builder.numpy_scalar(name("numpy"), Dtype::kInt16, std::as_bytes(std::span(&number, 1)));
  builder.string(name("text"), "short");
  builder.string(name("long text"), long_text);
  builder.bytes(name("bytes"), std::as_bytes(std::span(values)).first(3));
  builder.bytes(name("long bytes"), long_bytes);
  builder.array(name("empty"), Dtype::kFloat32, none, {});
  builder.array(name("zero rank"), Dtype::kFloat32, {}, std::as_bytes(std::span(values)).first(4));
  builder.alias(name("alias"), row);
  builder.none(name("none"));
  builder.end();
  const auto tree = builder.finish();
  TREERING_REQUIRE_OK(tree);
  MemoryVfs vfs;
  const Checkpoint checkpoint = saved(vfs, *tree);
  const auto leaf = [&](std::string_view path) {
    auto found = checkpoint.leaf(path);
    TREERING_REQUIRE_OK(found);
    return *std::move(found);
  };

  const auto array = leaf("array").read<float>();
  TREERING_REQUIRE_OK(array);
  BOOST_CHECK(array->values == values);
  BOOST_CHECK(array->shape == matrix);
  BOOST_CHECK(leaf("array").weak_type());
  BOOST_CHECK_EQUAL(leaf("alias").row(), leaf("array").row());
  BOOST_CHECK(leaf("key").kind() == LeafKind::kPrngKey);
  BOOST_CHECK_EQUAL(leaf("key").prng_impl(), "threefry2x32");
  BOOST_CHECK(leaf("key").read<std::uint32_t>()->values == key);
  BOOST_CHECK_EQUAL(leaf("scalar").inline_value(), "42");
  BOOST_CHECK(leaf("numpy").read_bytes().value() ==
              Bytes({static_cast<std::byte>(0xfb), static_cast<std::byte>(0xff)}));
  BOOST_CHECK(leaf("text").is_inline());
  BOOST_CHECK_EQUAL(leaf("text").inline_value(), "short");
  const auto text = leaf("long text").read_bytes();
  TREERING_REQUIRE_OK(text);
  BOOST_CHECK_EQUAL(std::string(reinterpret_cast<const char*>(text->data()), text->size()),
                    long_text);
  BOOST_CHECK_EQUAL(leaf("bytes").read_bytes()->size(), 3u);
  BOOST_CHECK(leaf("long bytes").read_bytes().value() == long_bytes);
  BOOST_CHECK_EQUAL(leaf("empty").read<float>()->values.size(), 0u);
  BOOST_CHECK_EQUAL(leaf("zero rank").read<float>()->values.at(0), 1.0f);
  BOOST_CHECK_EQUAL(checkpoint.places().size(), 11u);

  const auto damage = checkpoint.verify();
  TREERING_REQUIRE_OK(damage);
  BOOST_CHECK(damage->empty());
}

BOOST_AUTO_TEST_CASE(reads_data_that_is_spread_over_files) {
  const Bytes content = testing::counting(Dtype::kUint8, 50'000);
  const std::vector<std::uint64_t> shape{content.size()};
  TreeBuilder builder;
  builder.begin(NodeKind::kList, {});
  for (std::int64_t i = 0; i < 20; ++i)
    builder.array({KeyKind::kSequence, "", i}, Dtype::kUint8, shape, content);
  builder.end();
  const auto tree = builder.finish();
  TREERING_REQUIRE_OK(tree);
  MemoryVfs vfs;
  SaveOptions options;
  options.file_bytes = 60'000;
  const Checkpoint checkpoint = saved(vfs, *tree, options);
  BOOST_CHECK_EQUAL(checkpoint.files().size(), 20u);
  for (std::size_t row = 20; row-- > 0;)
    BOOST_CHECK(checkpoint.leaf_at(row)->read_bytes().value() == content);
  // A few files stay open, never all of them.
  BOOST_CHECK_LE(vfs.descriptors(), 17u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
