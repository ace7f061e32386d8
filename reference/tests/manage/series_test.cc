// SPDX-License-Identifier: Apache-2.0
#include "treering/series.h"

#include <boost/test/unit_test.hpp>

#include "format/commit_records.h"
#include "format/layout.h"
#include "testing/memory_vfs.h"
#include "testing/recording_vfs.h"
#include "testing/results.h"
#include "testing/scratch_directory.h"

namespace treering {
namespace {

using testing::MemoryVfs;
using Bytes = std::vector<std::byte>;
using Steps = std::vector<std::uint64_t>;

SaveTree tree_of(int value) {
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  builder.scalar({KeyKind::kString, "value", 0}, std::to_string(value));
  static const std::vector<float> kNumbers{1, 2, 3};
  const std::vector<std::uint64_t> shape{3};
  builder.array({KeyKind::kString, "numbers", 0}, Dtype::kFloat32, shape,
                std::as_bytes(std::span(kNumbers)));
  builder.end();
  auto tree = builder.finish();
  TREERING_REQUIRE_OK(tree);
  return *std::move(tree);
}

Bytes ended(RecordKind kind) {
  return encode_record(kind, 0, encode_end_body({.reason = "given up"}));
}

struct World {
  MemoryVfs vfs{};
  Series series = opened(vfs);

  static Series opened(Vfs& vfs) {
    auto series = Series::open("runs", {.vfs = &vfs});
    TREERING_REQUIRE_OK(series);
    return *std::move(series);
  }
  void save(std::uint64_t step, int value = 0) {
    TREERING_REQUIRE_OK(series.save(step, tree_of(value)));
  }
  // The step's directory as one in which a save has died.
  void leave_unfinished(const std::string& name) {
    directory(name);
    vfs.put("runs/" + name + "/" + data_name({}, 0, 0), Bytes(10));
  }
  void directory(const std::string& name) {
    const int runs = vfs.open_directory(Vfs::kCwd, "runs");
    BOOST_REQUIRE_EQUAL(vfs.make_directory(runs, name), 0);
    vfs.close(runs);
  }
  void abort(const std::string& name) {
    directory(name);
    vfs.put("runs/" + name + "/MANIFEST", ended(RecordKind::kAbort));
  }
  void damage(const std::string& name) { vfs.put("runs/" + name + "/MANIFEST", Bytes(100)); }
  bool has(const std::string& name) { return vfs.files("runs").contains(name + "/"); }
  std::string value(std::uint64_t step) {
    const auto checkpoint = series.open_step(step);
    TREERING_REQUIRE_OK(checkpoint);
    return std::string(checkpoint->leaf("value")->inline_value());
  }
};

void check_steps(const Series& series, const Steps& wanted) {
  const auto steps = series.steps();
  TREERING_REQUIRE_OK(steps);
  BOOST_CHECK_EQUAL_COLLECTIONS(steps->begin(), steps->end(), wanted.begin(), wanted.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(series_test)

BOOST_AUTO_TEST_CASE(makes_missing_parents_only_when_asked) {
  const testing::ScratchDirectory scratch;
  const std::string path = scratch / "a/b//c/";
  TREERING_CHECK_ERROR(Series::open(path, {.create = false}), ErrorClass::kNotFound, "RS-04");
  TREERING_REQUIRE_OK(Series::open(path));
  TREERING_REQUIRE_OK(Series::open(path, {.create = false}));
  auto series = Series::open(scratch / "a");
  TREERING_REQUIRE_OK(series);
  TREERING_REQUIRE_OK(series->save(1, tree_of(1)));
  TREERING_REQUIRE_OK(open(scratch / "a/step-00000001"));
}

BOOST_AUTO_TEST_CASE(saves_lists_and_opens_steps) {  // [LY-26] [MF-29]
  World world;
  check_steps(world.series, {});
  BOOST_CHECK(!world.series.latest()->has_value());
  world.save(100, 1);
  world.save(20, 2);
  world.save(1'000'000'000, 3);
  check_steps(world.series, {20, 100, 1'000'000'000});
  BOOST_CHECK_EQUAL(world.series.latest()->value(), 1'000'000'000u);
  BOOST_CHECK_EQUAL(world.series.path_of(100).value(), "runs/step-00000100");
  BOOST_CHECK_EQUAL(world.value(20), "2");
  const auto entries = world.series.entries();
  TREERING_REQUIRE_OK(entries);
  BOOST_REQUIRE_EQUAL(entries->size(), 3u);
  const StepEntry& entry = entries->front();
  BOOST_CHECK_EQUAL(entry.step, 20u);
  BOOST_CHECK(entry.state == StepState::kCommitted);
  BOOST_CHECK_EQUAL(entry.leaves, 2u);
  BOOST_CHECK_EQUAL(entry.writers, 1u);
  BOOST_CHECK_GT(entry.bytes, 4096u);
  BOOST_CHECK_GT(entry.saved_at, 0u);
  TREERING_CHECK_ERROR(world.series.open_step(7), ErrorClass::kNotFound, "LY-19");
  TREERING_CHECK_ERROR(world.series.path_of(7), ErrorClass::kNotFound, "LY-19");
  TREERING_CHECK_ERROR(world.series.save(100, tree_of(9)), ErrorClass::kConflict, "LY-23");
  TREERING_CHECK_ERROR(world.series.save(std::uint64_t{1} << 63, tree_of(9)), ErrorClass::kUsage,
                       "");
}

BOOST_AUTO_TEST_CASE(lists_what_a_crash_left_as_unfinished) {  // [LY-22]
  World world;
  world.save(1);
  world.leave_unfinished("step-00000002");
  const auto entries = world.series.entries();
  TREERING_REQUIRE_OK(entries);
  BOOST_CHECK(entries->back().state == StepState::kUnfinished);
  BOOST_CHECK_EQUAL(step_state_name(entries->back().state), "unfinished");
  check_steps(world.series, {1});
  BOOST_CHECK_EQUAL(world.series.latest()->value(), 1u);
  // The next save of the step goes into the same directory, beside what was left.
  world.save(2, 5);
  BOOST_CHECK_EQUAL(world.value(2), "5");
  BOOST_CHECK_EQUAL(world.series.entries()->size(), 2u);
}

BOOST_AUTO_TEST_CASE(ignores_names_outside_the_grammar_and_links) {  // [LY-15] [LY-16]
  const testing::ScratchDirectory scratch;
  auto series = Series::open(scratch / "runs");
  TREERING_REQUIRE_OK(series);
  TREERING_REQUIRE_OK(series->save(1, tree_of(1)));
  for (const char* name : {"step-2", "step-00000002.0", "Step-00000002", "notes", ".trash-1"}) {
    posix_vfs().make_directory(Vfs::kCwd, scratch / ("runs/" + std::string(name)));
  }
  BOOST_REQUIRE_EQUAL(::symlink("step-00000001", (scratch / "runs/step-00000003").c_str()), 0);
  posix_vfs().close(posix_vfs().create_new(Vfs::kCwd, scratch / "runs/step-00000004"));
  BOOST_CHECK_EQUAL(series->entries()->size(), 1u);
}

BOOST_AUTO_TEST_CASE(saves_above_the_highest_incarnation_present) {  // [LY-18] [LY-22] [LY-24]
  World world;
  world.abort("step-00000005");
  world.save(5, 1);
  BOOST_CHECK_EQUAL(world.series.path_of(5).value(), "runs/step-00000005.1");
  world.abort("step-00000006");
  world.abort("step-00000006.3");
  world.save(6);
  BOOST_CHECK_EQUAL(world.series.path_of(6).value(), "runs/step-00000006.4");
  // An aborted incarnation above does not hide the committed one.
  world.abort("step-00000005.2");
  BOOST_CHECK_EQUAL(world.series.path_of(5).value(), "runs/step-00000005.1");
  TREERING_CHECK_ERROR(world.series.save(5, tree_of(1)), ErrorClass::kConflict, "LY-23");
}

// [LY-20] [LY-28] [LY-29]
BOOST_AUTO_TEST_CASE(refuses_a_damaged_latest_and_falls_back_only_when_asked) {
  World world;
  world.save(1);
  world.save(2);
  world.save(3);
  world.damage("step-00000003");
  const auto latest = world.series.latest();
  BOOST_REQUIRE(!latest.ok());
  BOOST_CHECK(latest.error().cls == ErrorClass::kMalformed);
  BOOST_CHECK_NE(latest.error().message.find("step 3"), std::string::npos);
  BOOST_CHECK_NE(latest.error().message.find("fallback"), std::string::npos);
  std::vector<StepEntry> skipped;
  BOOST_CHECK_EQUAL(world.series.latest(true, &skipped)->value(), 2u);
  BOOST_REQUIRE_EQUAL(skipped.size(), 1u);
  BOOST_CHECK_EQUAL(skipped.front().step, 3u);
  check_steps(world.series, {1, 2});
  TREERING_CHECK_ERROR(world.series.open_step(3), ErrorClass::kMalformed, "RC-06");
  TREERING_CHECK_ERROR(world.series.save(3, tree_of(1)), ErrorClass::kConflict, "LY-23");
}

BOOST_AUTO_TEST_CASE(takes_a_missing_file_of_the_latest_for_damage) {  // [LY-27]
  World world;
  world.save(1);
  world.save(2);
  const auto checkpoint = world.series.open_step(2);
  TREERING_REQUIRE_OK(checkpoint);
  const int directory = world.vfs.open_directory(Vfs::kCwd, "runs/step-00000002");
  world.vfs.unlink(directory, checkpoint->files().front().name);
  world.vfs.close(directory);
  const auto latest = world.series.latest();
  BOOST_REQUIRE(!latest.ok());
  BOOST_CHECK(latest.error().cls == ErrorClass::kCorrupt);
  BOOST_CHECK_NE(latest.error().where.file.find("step-00000002/data-"), std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_a_checkpoint_under_the_name_of_another_step) {
  World world;
  world.save(1);
  const int runs = world.vfs.open_directory(Vfs::kCwd, "runs");
  world.vfs.rename_new(runs, "step-00000001", runs, "step-00000009");
  world.vfs.close(runs);
  TREERING_CHECK_ERROR(world.series.open_step(9), ErrorClass::kInvalid, "LY-21");
  TREERING_CHECK_ERROR(world.series.latest(), ErrorClass::kInvalid, "LY-21");
}

BOOST_AUTO_TEST_CASE(accepts_a_checkpoint_without_a_step_under_any_step) {
  World world;
  SaveOptions options;
  options.vfs = &world.vfs;
  world.directory("step-00000004");
  TREERING_REQUIRE_OK(save("runs/step-00000004", tree_of(8), options));
  BOOST_CHECK_EQUAL(world.series.latest()->value(), 4u);
  BOOST_CHECK_EQUAL(world.value(4), "8");
}

BOOST_AUTO_TEST_CASE(retires_a_step_but_never_the_newest) {
  World world;
  for (const std::uint64_t step : {1u, 2u, 3u}) world.save(step);
  TREERING_CHECK_ERROR(world.series.retire(3), ErrorClass::kUsage, "CM-55");
  TREERING_CHECK_ERROR(world.series.retire(9), ErrorClass::kNotFound, "LY-19");
  TREERING_REQUIRE_OK(world.series.retire(1));
  BOOST_CHECK(!world.has("step-00000001"));
  check_steps(world.series, {2, 3});
  for (const auto& [name, content] : world.vfs.files("runs"))
    BOOST_CHECK(!name.starts_with(".trash"));
  BOOST_CHECK_EQUAL(world.vfs.descriptors(), 0u);
}

BOOST_AUTO_TEST_CASE(protects_the_newest_undamaged_step) {
  World world;
  for (const std::uint64_t step : {1u, 2u, 3u}) world.save(step);
  world.damage("step-00000003");
  TREERING_CHECK_ERROR(world.series.retire(2), ErrorClass::kUsage, "CM-55");
  TREERING_REQUIRE_OK(world.series.retire(3));
  BOOST_CHECK_EQUAL(world.series.latest()->value(), 2u);
}

BOOST_AUTO_TEST_CASE(never_retires_what_a_newer_version_wrote) {
  World world;
  world.save(1);
  world.save(2);
  world.vfs.put("runs/step-00000001/MANIFEST",
                encode_record(RecordKind::kCommit, 1u << 20, Bytes(8)));
  TREERING_CHECK_ERROR(world.series.retire(1), ErrorClass::kUnsupported, "RC-10");
  BOOST_CHECK(world.has("step-00000001"));
}

// [CM-20] [CM-51] [CM-56]
BOOST_AUTO_TEST_CASE(retires_incarnations_lowest_first_and_syncs_before_it_deletes) {
  MemoryVfs memory;
  testing::RecordingVfs vfs(memory);
  Series series = World::opened(vfs);
  SaveOptions options;
  TREERING_REQUIRE_OK(series.save(1, tree_of(1)));
  TREERING_REQUIRE_OK(series.save(2, tree_of(1)));
  options.vfs = &memory;
  TREERING_REQUIRE_OK(save("runs/step-00000001.1", tree_of(2), options));
  const std::size_t before = vfs.calls().size();
  TREERING_REQUIRE_OK(series.retire(1));
  std::vector<std::string> order;
  std::vector<std::string> calls = vfs.calls();
  for (std::size_t i = before; i < calls.size(); ++i) {
    const std::string word = calls[i].substr(0, calls[i].find(".trash"));
    if (word.starts_with("rename") || word.starts_with("fsync") || word.starts_with("rmdir") ||
        calls[i] == "unlink MANIFEST") {
      order.push_back(word);
    }
  }
  const std::vector<std::string> wanted{
      "fsync step-00000002", "fsync runs", "rename step-00000001 ",   "fsync runs",
      "unlink MANIFEST",     "rmdir ",     "rename step-00000001.1 ", "fsync runs",
      "unlink MANIFEST",     "rmdir "};
  BOOST_CHECK_EQUAL_COLLECTIONS(order.begin(), order.end(), wanted.begin(), wanted.end());
}

BOOST_AUTO_TEST_CASE(leaves_an_unfinished_incarnation_of_a_retired_step) {
  World world;
  world.save(1);
  world.save(2);
  world.leave_unfinished("step-00000001.1");
  TREERING_REQUIRE_OK(world.series.retire(1));
  BOOST_CHECK(!world.has("step-00000001"));
  BOOST_CHECK(world.has("step-00000001.1"));
}

BOOST_AUTO_TEST_CASE(reports_foreign_files_in_what_it_retires_and_keeps_them) {
  World world;
  world.save(1);
  world.save(2);
  world.save(3);
  world.vfs.put("runs/step-00000001/notes.txt", Bytes(3));
  world.vfs.put("runs/step-00000002/notes.txt", Bytes(3));
  TREERING_CHECK_ERROR(world.series.retire(1), ErrorClass::kConflict, "CM-53");
  check_steps(world.series, {2, 3});
  std::vector<std::string> left;
  TREERING_REQUIRE_OK(world.series.retire(2, &left));
  BOOST_REQUIRE_EQUAL(left.size(), 1u);
  BOOST_CHECK(left.front().starts_with(".trash-") && left.front().ends_with("/notes.txt"));
  BOOST_CHECK(world.vfs.files("runs").contains(left.front()));
}

BOOST_AUTO_TEST_CASE(removes_trash_that_a_crash_left) {  // [CM-59]
  World world;
  world.save(1);
  world.save(2);
  const int runs = world.vfs.open_directory(Vfs::kCwd, "runs");
  world.vfs.rename_new(runs, "step-00000001", runs, ".trash-" + std::string(32, 'a'));
  world.vfs.close(runs);
  check_steps(world.series, {2});
  TREERING_REQUIRE_OK(world.series.clean_trash());
  BOOST_CHECK(!world.has(".trash-" + std::string(32, 'a')));
  check_steps(world.series, {2});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
