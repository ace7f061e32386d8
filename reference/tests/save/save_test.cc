// SPDX-License-Identifier: Apache-2.0
#include "treering/save.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <numeric>
#include <thread>

#include "base/hex.h"
#include "save/sample_tree.h"
#include "save/stored_checkpoint.h"
#include "store/directory.h"
#include "testing/memory_vfs.h"
#include "testing/recording_vfs.h"
#include "testing/results.h"
#include "testing/scratch_directory.h"

namespace treering::testing {
namespace {

template <class T>
Bytes bytes_of_values(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// The example that runs through chapters 09 to 11.
Sample example() {
  Sample sample;
  sample.scalar("n", "7").array("w", Dtype::kFloat32, {3}, bytes_of_values<float>({1, 2, 3}));
  return sample;
}

SaveOptions example_options(Vfs& vfs) {
  SaveOptions options = fixed_options(vfs);
  std::iota(options.attempt->bytes.begin(), options.attempt->bytes.end(), std::uint8_t{0});
  options.producer = "treering 0.1.0";
  options.step = 100;
  return options;
}

Stored save_and_take_apart(const SaveTree& tree, SaveOptions options) {
  MemoryVfs vfs;
  options.vfs = &vfs;
  TREERING_REQUIRE_OK(save("ckpt", tree, options));
  BOOST_CHECK_EQUAL(vfs.descriptors(), 0u);
  return take_apart(vfs.files("ckpt"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(save_test)

BOOST_AUTO_TEST_CASE(writes_the_example_of_the_spec) {  // [DT-05]
  MemoryVfs vfs;
  Sample sample = example();
  const auto report = save("ckpt", sample.finish(), example_options(vfs));
  TREERING_REQUIRE_OK(report);
  const Files files = vfs.files("ckpt");
  take_apart(files);
  const Bytes& index = files.at("index-000102030405060708090a0b0c0d0e0f-0");
  BOOST_CHECK_EQUAL(index.size(), 304u);
  BOOST_CHECK_EQUAL(xxh3_128(index).to_string(), "b95d8fe78e635dff3e35f3da96ee7ba6");
  BOOST_CHECK_EQUAL(files.at("MANIFEST").size(), 704u);
  Bytes body_digest(16);
  BOOST_REQUIRE(parse_hex("a43819db8c6a51e848b7a573fceb539d", body_digest));
  BOOST_CHECK(std::ranges::equal(std::span(files.at("MANIFEST")).subspan(40, 16), body_digest));
  BOOST_CHECK_EQUAL(files.at("data-000102030405060708090a0b0c0d0e0f-0-0").size(), 4096u);
  BOOST_CHECK_EQUAL(report->path, "ckpt");
  BOOST_CHECK_EQUAL(report->bytes, 304u + 704u + 4096u);
  BOOST_CHECK_EQUAL(report->data_bytes, 12u);
  BOOST_CHECK_EQUAL(report->leaves, 2u);
  BOOST_CHECK_EQUAL(report->files, 1u);
}

BOOST_AUTO_TEST_CASE(stores_every_leaf_as_it_was) {  // [BL-01] [BL-03]
  Sample sample;
  std::vector<Bytes> wanted;
  for (const std::size_t size : {1u, 63u, 64u, 65u, 4095u, 4096u, 65535u, 65536u, 65537u, 300000u,
                                 1048576u, 1048577u, 5000000u, 3u, 262144u}) {
    sample.bytes("leaf " + std::to_string(wanted.size()), size, size);
    wanted.push_back(noise(size, size));
  }
  const SaveTree tree = sample.finish();
  for (const std::uint32_t block : {4096u, 65536u, 1u << 20, 4u << 20}) {
    for (const Codec codec : {Codec::kRaw, Codec::kLz4, Codec::kBitshuffleLz4}) {
      MemoryVfs vfs;
      SaveOptions options = fixed_options(vfs);
      options.block_bytes = block;
      options.codec = codec;
      const Stored stored = save_and_take_apart(tree, options);
      BOOST_CHECK(stored.shards == wanted);
      BOOST_CHECK_EQUAL(stored.index.files.size(), 1u);
    }
  }
}

BOOST_AUTO_TEST_CASE(codes_what_can_be_shortened) {
  Sample sample;
  Bytes half = noise(3'000'000);
  std::fill(half.begin() + 1'048'576, half.begin() + 2'097'152, std::byte{0});
  sample.array("half", Dtype::kFloat32, {750'000}, half);
  const SaveTree tree = sample.finish();
  for (const Codec codec : {Codec::kLz4, Codec::kBitshuffleLz4}) {
    MemoryVfs vfs;
    SaveOptions options = fixed_options(vfs);
    options.codec = codec;
    const Stored stored = save_and_take_apart(tree, options);
    BOOST_CHECK(stored.shards == std::vector<Bytes>{half});
    const auto coded = static_cast<std::uint8_t>(codec);
    BOOST_CHECK((stored.index.codecs == std::vector<std::uint8_t>{0, coded, 0}));  // [BL-04]
    BOOST_CHECK_EQUAL(stored.index.contents.size(), 1u);
    BOOST_CHECK_EQUAL(stored.manifest_header.required, codec_feature(codec));  // [RC-23]
  }
}

BOOST_AUTO_TEST_CASE(packs_small_elements) {
  const std::size_t count = 100'001;
  Bytes host(count);
  for (std::size_t i = 0; i < count; ++i) host[i] = static_cast<std::byte>(i * 37 + i / 11);
  Sample sample;
  sample.array("int4", Dtype::kInt4, {count}, host)
      .array("uint1", Dtype::kUint1, {count}, host)
      .array("float6", Dtype::kFloat6E2m3fn, {count}, host);
  const SaveTree tree = sample.finish();
  for (const std::uint32_t block : {4096u, 1u << 20}) {
    for (const Codec codec : {Codec::kRaw, Codec::kLz4}) {
      MemoryVfs vfs;
      SaveOptions options = fixed_options(vfs);
      options.block_bytes = block;
      options.codec = codec;
      const Stored stored = save_and_take_apart(tree, options);
      BOOST_REQUIRE_EQUAL(stored.shards.size(), 3u);
      Bytes packed(*stored_bytes(Dtype::kInt4, count));
      pack(Dtype::kInt4, host, packed);
      BOOST_CHECK(stored.shards[0] == packed);
      packed.assign(*stored_bytes(Dtype::kUint1, count), std::byte{0});
      pack(Dtype::kUint1, host, packed);
      BOOST_CHECK(stored.shards[1] == packed);
      BOOST_CHECK(
          std::ranges::all_of(stored.shards[2], [](std::byte b) { return b < std::byte{64}; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_input_gives_the_same_files) {  // [DF-19]
  const auto files_of = [](std::size_t shift) {
    MemoryVfs vfs;
    Sample sample;
    // The same bytes at another address.
    Bytes memory = noise(2'000'000 + shift);
    const Bytes content = noise(2'000'000);
    std::ranges::copy(content, memory.begin() + static_cast<std::ptrdiff_t>(shift));
    sample.builder().array(Sample::key("big"), Dtype::kUint8, std::vector<std::uint64_t>{2'000'000},
                           HostBytes(memory).subspan(shift));
    sample.bytes("small", 100).scalar("n", "7");
    SaveOptions options = fixed_options(vfs);
    options.metadata = R"({"a":1})";
    options.file_bytes = 2'000'100;
    TREERING_REQUIRE_OK(save("ckpt", sample.finish(), options));
    return vfs.files("ckpt");
  };
  BOOST_CHECK(files_of(0) == files_of(13));
}

BOOST_AUTO_TEST_CASE(attempts_are_random_where_not_given) {  // [BY-16] [CM-08]
  const ScratchDirectory scratch;
  Sample sample = example();
  const SaveTree tree = sample.finish();
  TREERING_REQUIRE_OK(save(scratch / "a", tree));
  TREERING_REQUIRE_OK(save(scratch / "b", tree));
  std::vector<std::vector<std::string>> names(2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto directory = Directory::open(posix_vfs(), scratch / (i == 0 ? "a" : "b"));
    TREERING_REQUIRE_OK(directory);
    names[i] = *directory->list(100);
    std::ranges::sort(names[i]);
    BOOST_CHECK_EQUAL(names[i].size(), 3u);
  }
  BOOST_CHECK(names[0] != names[1]);
}

BOOST_AUTO_TEST_CASE(begins_new_files_at_the_size_asked_for) {
  Sample sample;
  for (int i = 0; i < 10; ++i) sample.bytes("leaf" + std::to_string(i), 100'000, 3);
  MemoryVfs vfs;
  SaveOptions options = fixed_options(vfs);
  options.file_bytes = 300'000;
  const Stored stored = save_and_take_apart(sample.finish(), options);
  // 4096 + 100000, 106496 + 100000: a third would end at 308896.
  BOOST_CHECK_EQUAL(stored.index.files.size(), 5u);
  BOOST_CHECK_EQUAL(stored.index.files[0].size, 208'896u);
}

BOOST_AUTO_TEST_CASE(a_tree_without_elements_has_no_data_file) {  // [DF-11] [DF-21] [IX-22]
  Sample sample;
  sample.scalar("n", "7").array("empty", Dtype::kFloat32, {0, 3}, {});
  MemoryVfs vfs;
  SaveOptions options = fixed_options(vfs);
  options.codec = Codec::kLz4;
  const Stored stored = save_and_take_apart(sample.finish(), options);
  BOOST_CHECK(stored.index.files.empty());
  BOOST_CHECK_EQUAL(stored.manifest_header.required, 0u);
  BOOST_CHECK(stored.manifest.tree.grids.empty());
}

BOOST_AUTO_TEST_CASE(tiny_leaves_are_gathered) {
  Sample sample;
  for (int i = 0; i < 20'000; ++i) sample.bytes("leaf" + std::to_string(i), 40, 5);
  MemoryVfs memory;
  RecordingVfs vfs(memory);
  TREERING_REQUIRE_OK(save("ckpt", sample.finish(), fixed_options(vfs)));
  std::size_t writes = 0;
  for (const std::string& call : vfs.calls()) writes += call.starts_with("write data") ? 1u : 0u;
  BOOST_CHECK_EQUAL(writes, 1u);
}

BOOST_AUTO_TEST_CASE(progress_grows_and_ends_at_the_whole) {
  Sample sample;
  sample.bytes("big", 40'000'000).bytes("small", 10);
  MemoryVfs vfs;
  SaveOptions options = fixed_options(vfs);
  std::vector<std::uint64_t> seen;
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    BOOST_CHECK_EQUAL(all, 40'000'010u);
    seen.push_back(done);
  };
  TREERING_REQUIRE_OK(save("ckpt", sample.finish(), options));
  BOOST_CHECK(std::ranges::is_sorted(seen));
  BOOST_CHECK_GE(seen.size(), 3u);
  BOOST_CHECK_EQUAL(seen.back(), 40'000'010u);
}

BOOST_AUTO_TEST_CASE(keeps_the_values_and_the_step) {
  MemoryVfs vfs;
  SaveOptions options = fixed_options(vfs);
  options.step = 12;
  options.metadata = R"({"a":1})";
  options.metrics = R"({"loss":{"$float":"3ff0000000000000"}})";
  options.compat = options.metadata;
  options.graph = R"({"g":[]})";
  options.producer = "n";  // a string that the tree has, too
  Sample sample = example();
  const Manifest manifest = save_and_take_apart(sample.finish(), options).manifest;
  const Table& blobs = manifest.tree.blobs;
  BOOST_CHECK(manifest.step == 12u);
  BOOST_CHECK_EQUAL(manifest.saved_at, *options.saved_at);
  BOOST_CHECK(manifest.run_id == id_of_text("demo"));
  BOOST_CHECK_EQUAL(blobs.at(manifest.metadata), options.metadata);
  BOOST_CHECK_EQUAL(blobs.at(manifest.metrics), options.metrics);
  BOOST_CHECK_EQUAL(blobs.at(manifest.graph), options.graph);
  BOOST_CHECK_EQUAL(manifest.compat, manifest.metadata);
  BOOST_CHECK_EQUAL(manifest.tree.strings.at(manifest.producer), "n");
  BOOST_CHECK_EQUAL(manifest.tree.strings.rows(), 2u);
}

BOOST_AUTO_TEST_CASE(a_second_save_to_a_path_is_a_conflict) {
  MemoryVfs vfs;
  Sample sample = example();
  const SaveTree tree = sample.finish();
  TREERING_REQUIRE_OK(save("ckpt", tree, fixed_options(vfs, 1)));
  const Files before = vfs.files();
  TREERING_CHECK_ERROR(save("ckpt", tree, fixed_options(vfs, 2)), ErrorClass::kConflict, "CM-12");
  BOOST_CHECK(vfs.files() == before);
}

BOOST_AUTO_TEST_CASE(of_racing_saves_exactly_one_wins) {
  const ScratchDirectory scratch;
  for (int round = 0; round < 10; ++round) {
    const std::string path = scratch / ("ckpt" + std::to_string(round));
    Sample sample = example();
    const SaveTree tree = sample.finish();
    std::vector<Result<SaveReport>> results(4, Result<SaveReport>(Error{}));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back([&, i] { results[i] = save(path, tree); });
    }
    for (std::thread& thread : threads) thread.join();
    std::size_t winners = 0;
    for (const auto& result : results) {
      winners += result.ok() ? 1u : 0u;
      if (!result.ok()) BOOST_CHECK(result.error().cls == ErrorClass::kConflict);
    }
    BOOST_CHECK_EQUAL(winners, 1u);
    // Nothing of the losers stays.
    const auto directory = Directory::open(posix_vfs(), path);
    TREERING_REQUIRE_OK(directory);
    BOOST_CHECK_EQUAL(directory->list(100)->size(), 3u);
  }
}

BOOST_AUTO_TEST_CASE(the_parent_must_exist) {
  const ScratchDirectory scratch;
  Sample sample = example();
  const SaveTree tree = sample.finish();
  TREERING_CHECK_ERROR(save(scratch / "a/b", tree), ErrorClass::kNotFound, "");
  TREERING_REQUIRE_OK(save(scratch / "a", tree));
  TREERING_REQUIRE_OK(save(scratch / "a/b/", tree));
  TREERING_CHECK_ERROR(save("", tree), ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_directory_is_refused) {
  const ScratchDirectory scratch;
  Sample sample = example();
  const SaveTree tree = sample.finish();
  TREERING_REQUIRE_OK(save(scratch / "real", tree));
  BOOST_REQUIRE_EQUAL(::symlink("real", (scratch / "link").c_str()), 0);
  TREERING_CHECK_ERROR(save(scratch / "link", tree), ErrorClass::kUsage, "");
  TREERING_CHECK_ERROR(save(scratch / "real/MANIFEST", tree), ErrorClass::kUsage, "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
