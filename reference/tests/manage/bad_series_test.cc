// SPDX-License-Identifier: Apache-2.0
// Series of the real file system with strange things in them: steps are listed, what is damaged is
// named, and nobody waits for a FIFO.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>

#include "save/sample_tree.h"
#include "testing/scratch_directory.h"
#include "testing/special_files.h"
#include "testing/unprivileged.h"
#include "treering/series.h"

namespace treering::testing {
namespace {

using Step = std::optional<std::uint64_t>;

// A series of the steps 1 and 2.
class World {
 public:
  World() : tree_(sample_.bytes("a", 300).finish()) {
    BOOST_REQUIRE_EQUAL(::chmod(scratch_.path().c_str(), 0755), 0);
    for (const std::uint64_t step : {1u, 2u}) TREERING_REQUIRE_OK(series_.save(step, tree_));
  }
  Series& series() { return series_; }
  const SaveTree& tree() const { return tree_; }
  std::string path() const { return scratch_ / "runs"; }
  std::string operator/(const std::string& name) const { return path() + "/" + name; }
  // Moves it out of the series.
  void take_away(const std::string& name) {
    BOOST_REQUIRE_EQUAL(::rename((*this / name).c_str(), away().c_str()), 0);
  }
  std::string away() const { return scratch_ / "away"; }
  // The files of step 2.
  std::vector<std::string> files() {
    const auto checkpoint = series_.open_step(2);
    TREERING_REQUIRE_OK(checkpoint);
    return {"MANIFEST", "index-" + checkpoint->attempt().to_string() + "-0",
            checkpoint->files().at(0).name};
  }

 private:
  static Series opened(const std::string& path) {
    auto series = Series::open(path);
    TREERING_REQUIRE_OK(series);
    return *std::move(series);
  }
  ScratchDirectory scratch_{};
  Sample sample_{};
  SaveTree tree_;
  Series series_ = opened(path());
};

}  // namespace

BOOST_AUTO_TEST_SUITE(bad_series_test, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(a_step_whose_files_are_something_else_is_damaged) {  // [LY-20] [LY-28]
  World world;
  for (const std::string& name : world.files()) {
    for (const Special special : kSpecials) {
      BOOST_TEST_CONTEXT(name << ", special " << static_cast<int>(special)) {
        world.take_away("step-00000002/" + name);
        make_special(world / ("step-00000002/" + name), special, world.away());
        const auto entries = world.series().entries();
        TREERING_REQUIRE_OK(entries);
        BOOST_REQUIRE_EQUAL(entries->size(), 2u);
        BOOST_CHECK(entries->at(0).state == StepState::kCommitted);
        BOOST_CHECK(entries->at(1).state == StepState::kDamaged);
        BOOST_CHECK_EQUAL(entries->at(1).error.code, "not-a-file");
        BOOST_CHECK_EQUAL(entries->at(1).error.where.file, "step-00000002/" + name);
        const auto latest = world.series().latest();
        BOOST_REQUIRE(!latest.ok());
        BOOST_CHECK(latest.error().cls ==
                    (name == "MANIFEST" ? ErrorClass::kMalformed : ErrorClass::kCorrupt));
        BOOST_CHECK(world.series().latest(true).value() == Step(1));
        BOOST_CHECK(!world.series().open_step(2).ok());
        TREERING_CHECK_ERROR(world.series().save(2, world.tree()), ErrorClass::kConflict, "LY-23");
        BOOST_REQUIRE_EQUAL(::remove((world / ("step-00000002/" + name)).c_str()), 0);
        BOOST_REQUIRE_EQUAL(
            ::rename(world.away().c_str(), (world / ("step-00000002/" + name)).c_str()), 0);
      }
    }
  }
  BOOST_CHECK(world.series().latest().value() == Step(2));
}

BOOST_AUTO_TEST_CASE(a_manifest_that_says_it_has_a_tebibyte_is_damage) {
  World world;
  world.take_away("step-00000002/MANIFEST");
  make_sparse(world / "step-00000002/MANIFEST", off_t{1} << 40);
  TREERING_CHECK_ERROR(world.series().latest(), ErrorClass::kMalformed, "RC-06");
}

BOOST_AUTO_TEST_CASE(what_has_the_name_of_a_step_and_is_no_directory_is_none) {  // [LY-15] [LY-16]
  for (const Special special : kSpecials) {
    if (special == Special::kDirectory) continue;
    World world;
    make_special(world / "step-00000003", special, world / "step-00000002");
    BOOST_CHECK_EQUAL(world.series().entries().value().size(), 2u);
    BOOST_CHECK(world.series().latest().value() == Step(2));
    TREERING_CHECK_ERROR(world.series().open_step(3), ErrorClass::kNotFound, "LY-19");
    // The name is taken, though.
    const auto report = world.series().save(3, world.tree());
    TREERING_CHECK_ERROR(report, ErrorClass::kUsage, "");
    BOOST_CHECK_EQUAL(report.error().code, "bad-path");
  }
}

BOOST_AUTO_TEST_CASE(a_step_that_may_not_be_read_is_not_passed_over) {  // [RS-05]
  for (const std::string& name :
       {std::string("step-00000002"), std::string("step-00000002/MANIFEST")}) {
    World world;
    BOOST_REQUIRE_EQUAL(::chmod((world / name).c_str(), 0000), 0);
    {
      const Unprivileged nobody;
      if (!nobody.permissions_bind()) return;
      const auto entries = world.series().entries();
      TREERING_REQUIRE_OK(entries);
      BOOST_REQUIRE_EQUAL(entries->size(), 2u);
      BOOST_CHECK(entries->at(1).error.cls == ErrorClass::kEnvironment);
      for (const bool fallback : {false, true}) {
        const auto latest = world.series().latest(fallback);
        TREERING_CHECK_ERROR(latest, ErrorClass::kEnvironment, "");
        BOOST_CHECK_EQUAL(latest.error().where.file, name);
        BOOST_CHECK_NE(latest.error().message.find(world.path()), std::string::npos);
      }
      TREERING_CHECK_ERROR(world.series().steps(), ErrorClass::kEnvironment, "");
      TREERING_CHECK_ERROR(world.series().open_step(2), ErrorClass::kEnvironment, "");
      TREERING_CHECK_ERROR(world.series().save(2, world.tree()), ErrorClass::kEnvironment, "");
      TREERING_CHECK_ERROR(world.series().retire(1), ErrorClass::kEnvironment, "");
      TREERING_REQUIRE_OK(world.series().open_step(1));
    }
    BOOST_REQUIRE_EQUAL(::chmod((world / name).c_str(), 0755), 0);
  }
}

BOOST_AUTO_TEST_CASE(a_series_that_may_not_be_listed_is_an_error) {
  World world;
  BOOST_REQUIRE_EQUAL(::chmod(world.path().c_str(), 0111), 0);
  {
    const Unprivileged nobody;
    if (!nobody.permissions_bind()) return;
    TREERING_CHECK_ERROR(world.series().latest(), ErrorClass::kEnvironment, "");
    TREERING_CHECK_ERROR(world.series().entries(), ErrorClass::kEnvironment, "");
  }
  BOOST_REQUIRE_EQUAL(::chmod(world.path().c_str(), 0755), 0);
}

BOOST_AUTO_TEST_CASE(foreign_entries_of_any_kind_are_passed_over) {  // [LY-15]
  World world;
  for (const Special special : kSpecials) {
    make_special(world / ("special-" + std::to_string(static_cast<int>(special))), special, "x");
  }
  for (const std::string& name :
       {std::string("step-00000003\n"), std::string("step-00000003\xff"), std::string("\xff\xfe"),
        std::string("two\nlines"), std::string(" step-00000003"), std::string("step-00000003.0")}) {
    BOOST_REQUIRE_EQUAL(::mkdir((world / name).c_str(), 0755), 0);
  }
  std::string deep = world / "deep";
  for (int i = 0; i < 50; ++i, deep += "/deep") {
    BOOST_REQUIRE_EQUAL(::mkdir(deep.c_str(), 0755), 0);
  }
  BOOST_CHECK_EQUAL(world.series().entries().value().size(), 2u);
  BOOST_CHECK(world.series().latest().value() == Step(2));
  TREERING_REQUIRE_OK(world.series().clean_trash());
  TREERING_REQUIRE_OK(world.series().retire(1));
}

BOOST_AUTO_TEST_CASE(what_a_retired_step_held_besides_is_kept_and_named) {  // [CM-52] [CM-53]
  World world;
  make_special(world / "step-00000001/two\nlines", Special::kFifo, "");
  make_special(world / "step-00000001/pin-a", Special::kLinkToFile,
               world / "step-00000002/MANIFEST");
  BOOST_REQUIRE_EQUAL(::mkdir((world / "step-00000001/pin-b").c_str(), 0755), 0);
  std::vector<std::string> left;
  TREERING_REQUIRE_OK(world.series().retire(1, &left));
  BOOST_CHECK_EQUAL(left.size(), 3u);
  const Status again = world.series().clean_trash();
  TREERING_CHECK_ERROR(again, ErrorClass::kConflict, "CM-53");
  BOOST_CHECK_EQUAL(again.error().to_string().find('\n'), std::string::npos);
  TREERING_REQUIRE_OK(world.series().open_step(2));
}

BOOST_AUTO_TEST_CASE(paths_that_cannot_be_a_series) {
  World world;
  make_sparse(world / "file", 3);
  for (const bool create : {false, true}) {
    TREERING_CHECK_ERROR(Series::open(world / "file", {.create = create}), ErrorClass::kNotFound,
                         "RS-04");
    const auto below = Series::open(world / "file/below", {.create = create});
    BOOST_REQUIRE(!below.ok());
    BOOST_CHECK(below.error().cls == (create ? ErrorClass::kEnvironment : ErrorClass::kNotFound));
    make_special(world / "fifo", Special::kFifo, "");
    TREERING_CHECK_ERROR(Series::open(world / "fifo", {.create = create}), ErrorClass::kNotFound,
                         "RS-04");
    BOOST_REQUIRE_EQUAL(::unlink((world / "fifo").c_str()), 0);
    TREERING_CHECK_ERROR(Series::open(world / std::string(300, 'x'), {.create = create}),
                         ErrorClass::kEnvironment, "");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
