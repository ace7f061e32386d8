// SPDX-License-Identifier: Apache-2.0
#include "format/manifest.h"

#include <boost/test/unit_test.hpp>
#include <functional>

#include "litany.h"
#include "samples.h"
#include "testing/results.h"

BOOST_AUTO_TEST_SUITE(manifest_test)

using namespace treering;
using namespace treering::testing;
using enum ErrorClass;

namespace {

Manifest sample_manifest() {
  Random random(33);
  Manifest manifest;
  manifest.step = 100;
  manifest.attempt = sample_id(0);
  manifest.run_id = sample_id(16);
  manifest.plan_digest = {4, 5};
  manifest.writers = {{.index_size = 304, .index_digest = {1, 2}, .first_file = 0, .last_file = 1},
                      {.index_size = 99, .index_digest = {3, 4}, .first_file = 1, .last_file = 2}};
  manifest.files = {
      {.size = 4096, .number = 0, .attempt = sample_id(0), .writer = 0, .block_bytes = 4096},
      {.size = 4096, .number = 0, .attempt = sample_id(0), .writer = 1, .block_bytes = 4096}};
  manifest.tree = random_tree(random, 4, 2);
  manifest.producer = add_row(manifest.tree.strings, "treering 0.1.0");
  manifest.metadata = add_row(manifest.tree.blobs, "[1]");
  manifest.graph = add_row(manifest.tree.blobs, "{}");
  return manifest;
}
Status status(std::span<const std::byte> file) {
  const auto manifest = open_manifest(file);
  return manifest.ok() ? Status() : Status(manifest.error());
}
Result<Manifest> after(const std::function<void(Manifest&)>& change, const Limits& limits = {}) {
  Manifest manifest = sample_manifest();
  change(manifest);
  return open_manifest(manifest_file(manifest), limits);
}

}  // namespace

BOOST_AUTO_TEST_CASE(round_trips_random_manifests) {  // [SH-08]
  Random random(31);
  for (int i = 0; i < 300; ++i) {
    const Manifest manifest = random_manifest(random);
    const Bytes file = manifest_file(manifest);
    const auto opened = open_manifest(file);
    TREERING_REQUIRE_OK(opened);
    BOOST_REQUIRE(*opened == manifest);
    BOOST_REQUIRE(manifest_file(*opened) == file);
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_every_record_refuses) {
  const Bytes file = manifest_file(sample_manifest());
  check_litany(file, file.size() - 64, status);
  check_lengths(file, status);
}

BOOST_AUTO_TEST_CASE(accepted_bytes_encode_again_to_the_same_bytes) {
  Random random(32);
  std::size_t accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    Bytes bad = manifest_file(i % 2 == 0 ? sample_manifest() : random_manifest(random));
    bad[64 + below(random, bad.size() - 64)] ^= static_cast<std::byte>(1u << below(random, 8));
    seal(bad);
    const auto opened = open_manifest(bad);
    if (!opened.ok()) continue;
    ++accepted;
    BOOST_REQUIRE(manifest_file(*opened) == bad);
  }
  BOOST_TEST(accepted > 100u);
}

BOOST_AUTO_TEST_CASE(body_may_lie_at_any_address) {
  const Bytes file = manifest_file(sample_manifest());
  for (std::size_t shift = 0; shift < 8; ++shift) {
    Bytes moved(file.size() + shift);
    std::copy(file.begin(), file.end(), moved.begin() + static_cast<std::ptrdiff_t>(shift));
    TREERING_REQUIRE_OK(open_manifest(std::span(moved).subspan(shift)));
  }
}

BOOST_AUTO_TEST_CASE(higher_minor_is_read_and_its_additions_are_ignored) {
  const Bytes file = manifest_file(sample_manifest());
  const auto newer = open_manifest(with_u16(file, 12, 3));
  TREERING_REQUIRE_OK(newer);
  BOOST_CHECK(*newer == sample_manifest());
}

BOOST_AUTO_TEST_CASE(refuses_bad_step_and_writers) {  // [MF-11]
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.step = std::uint64_t{1} << 63; }), kInvalid,
                       "MF-02");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.writers.pop_back(); }), kInvalid, "MF-10");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.writers.clear(), m.files.clear(); }), kInvalid,
                       "MF-08");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.writers[1].last_file = 1; }), kInvalid, "MF-10");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.writers[1].index_size = 63; }), kInvalid, "MF-12");
  // [LM-05]
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.writers[1].index_size = 65 + (1u << 30); }),
                       kLimit, "MF-13");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.files[1] = m.files[0]; }), kInvalid, "IX-09");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.files[1].size = 7; }), kInvalid, "IX-05");
  Limits limits;
  limits.writers = 1;
  TREERING_CHECK_ERROR(after([](Manifest&) {}, limits), kLimit, "LM-02");
}

BOOST_AUTO_TEST_CASE(refuses_bad_strings_and_blobs) {
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.tree.strings.bytes += "x"; }), kInvalid, "MF-04");
  TREERING_CHECK_ERROR(
      after([](Manifest& m) { std::swap(m.tree.strings.ends[0], m.tree.strings.ends[1]); }),
      kInvalid, "MF-04");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.tree.blobs.ends.back() = ~0u; }), kInvalid,
                       "MF-04");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.tree.strings.ends.clear(); }), kInvalid, "MF-05");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.tree.strings.bytes[1] = '\xff'; }), kInvalid,
                       "MF-06");
  // Two rows that are UTF-8 only together.
  TREERING_CHECK_ERROR(after([](Manifest& m) {
                         add_row(m.tree.strings, "\xc3");
                         add_row(m.tree.strings, "\xa9");
                       }),
                       kInvalid, "MF-06");
  TREERING_CHECK_ERROR(after([](Manifest& m) { add_row(m.tree.strings, "\xc3"); }), kInvalid,
                       "MF-06");
}

BOOST_AUTO_TEST_CASE(refuses_bad_values) {  // [VA-09] [VA-10] [GC-04]
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.producer = 999; }), kInvalid, "BY-08");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.compat = 999; }), kInvalid, "BY-08");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.compat = m.metadata; }), kInvalid, "GC-01");
  TREERING_CHECK_ERROR(
      after([](Manifest& m) { m.graph = add_row(m.tree.blobs, R"({"$tuple":[]})"); }), kInvalid,
      "GC-01");
  TREERING_REQUIRE_OK(
      after([](Manifest& m) { m.graph = add_row(m.tree.blobs, R"({"$dict":[[1,2]]})"); }));
  const auto spaced = after([](Manifest& m) { m.metrics = add_row(m.tree.blobs, "[1, 2]"); });
  BOOST_REQUIRE(!spaced.ok());
  BOOST_CHECK(spaced.error().cls == kInvalid);
  BOOST_TEST(spaced.error().where.file == "MANIFEST");
  Limits limits;
  limits.value_bytes = 2;
  TREERING_CHECK_ERROR(after([](Manifest&) {}, limits), kLimit, "GC-03");
  limits = {};
  limits.graph_bytes = 1;
  TREERING_CHECK_ERROR(after([](Manifest&) {}, limits), kLimit, "GC-02");
}

BOOST_AUTO_TEST_CASE(refuses_null_rows_of_grids_and_meshes) {  // [BY-04]
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.tree.grids.resize(100000); }), kInvalid, "GR-04");
  TREERING_CHECK_ERROR(after([](Manifest& m) { m.tree.meshes.resize(100000); }), kInvalid, "SH-01");
}

BOOST_AUTO_TEST_CASE(tree_is_checked) {  // [MF-07]
  const auto refused = after([](Manifest& m) { m.tree.nodes.children[0] += 1; });
  TREERING_CHECK_ERROR(refused, kInvalid, "TR-05");
  BOOST_TEST(refused.error().where.file == "MANIFEST");
}

BOOST_AUTO_TEST_SUITE_END()
