// SPDX-License-Identifier: Apache-2.0
// Power is cut: what was reported as saved is there, and otherwise there is nothing or all of it.
// Spec: 13-commit.md. A few worst cases of a file system; a simulation of all others is not this
// file's.
#include <boost/test/unit_test.hpp>
#include <string>

#include "save/sample_tree.h"
#include "testing/fault_vfs.h"
#include "testing/memory_vfs.h"
#include "treering/checkpoint.h"
#include "treering/series.h"

namespace treering::testing {
namespace {

using Cut = MemoryVfs::Cut;
constexpr Cut kCuts[] = {Cut::kNothingUnsynced, Cut::kLastName, Cut::kAllNames};

class SavedTree {
 public:
  SavedTree() : tree_(sample_.bytes("a", 10).bytes("b", 300'000).scalar("step", "7").finish()) {}

  Result<SaveReport> save_to(const std::string& path, Vfs& vfs, std::uint8_t attempt) const {
    SaveOptions options = fixed_options(vfs, attempt);
    options.block_bytes = 65'536;
    options.file_bytes = 100'000;
    return save(path, tree_, options);
  }
  const SaveTree& tree() const { return tree_; }

  // All of it, and nothing is damaged.
  static void check_whole(Vfs& vfs, const std::string& path) {
    const auto checkpoint = open(path, {.vfs = &vfs});
    TREERING_REQUIRE_OK(checkpoint);
    const auto damage = checkpoint->verify();
    TREERING_REQUIRE_OK(damage);
    BOOST_CHECK(damage->empty());
    BOOST_CHECK(checkpoint->leaf("a")->read_bytes().value() == noise(10));
    BOOST_CHECK(checkpoint->leaf("b")->read_bytes().value() == noise(300'000));
    BOOST_CHECK_EQUAL(checkpoint->leaf("step")->inline_value(), "7");
  }

 private:
  Sample sample_{};
  SaveTree tree_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(power_cut_test)

BOOST_AUTO_TEST_CASE(the_memory_loses_what_was_not_synced) {
  for (const Cut cut : kCuts) {
    MemoryVfs vfs;
    const int root = vfs.open_directory(Vfs::kCwd, "");
    const auto write = [&](int file, std::byte value) {
      const std::vector<std::byte> bytes(3, value);
      BOOST_REQUIRE_EQUAL(vfs.write(file, bytes, 0), 3);
    };
    const int synced = vfs.create_new(root, "synced");
    write(synced, std::byte{1});
    BOOST_REQUIRE_EQUAL(vfs.fsync(synced), 0);
    BOOST_REQUIRE_EQUAL(vfs.fsync(root), 0);
    write(synced, std::byte{2});
    write(vfs.create_new(root, "late"), std::byte{3});
    BOOST_REQUIRE_EQUAL(vfs.link(root, "synced", "alias"), 0);
    vfs.cut_power(cut);
    BOOST_CHECK_EQUAL(vfs.descriptors(), 0u);
    const auto files = vfs.files();
    BOOST_CHECK(files.at("synced") == MemoryVfs::Bytes(3, std::byte{1}));
    BOOST_CHECK_EQUAL(files.contains("late"), cut == Cut::kAllNames);
    BOOST_CHECK_EQUAL(files.contains("alias"), cut != Cut::kNothingUnsynced);
    if (files.contains("late")) BOOST_CHECK(files.at("late").empty());
    if (files.contains("alias")) BOOST_CHECK(files.at("alias") == files.at("synced"));
  }
}

BOOST_AUTO_TEST_CASE(what_was_reported_as_saved_survives) {
  const SavedTree tree;
  for (const Cut cut : kCuts) {
    MemoryVfs vfs;
    TREERING_REQUIRE_OK(tree.save_to("ckpt", vfs, 1));
    vfs.cut_power(cut);
    SavedTree::check_whole(vfs, "ckpt");
  }
}

BOOST_AUTO_TEST_CASE(saves_without_hard_links_survive) {
  const SavedTree tree;
  for (const Cut cut : kCuts) {
    MemoryVfs memory;
    FaultVfs vfs(memory);
    vfs.fail_always(Call::kLink, EPERM);
    TREERING_REQUIRE_OK(tree.save_to("ckpt", vfs, 1));
    memory.cut_power(cut);
    SavedTree::check_whole(memory, "ckpt");
  }
}

BOOST_AUTO_TEST_CASE(a_step_of_a_series_that_had_to_be_made_survives) {
  const SavedTree tree;
  for (const Cut cut : kCuts) {
    MemoryVfs vfs;
    auto series = Series::open("runs/a/b", {.vfs = &vfs});
    TREERING_REQUIRE_OK(series);
    TREERING_REQUIRE_OK(series->save(3, tree.tree()));
    vfs.cut_power(cut);
    BOOST_CHECK(series->latest().value() == std::optional<std::uint64_t>(3));
    SavedTree::check_whole(vfs, *series->path_of(3));
  }
}

BOOST_AUTO_TEST_CASE(a_cut_at_any_call_leaves_nothing_or_all) {
  const SavedTree tree;
  for (const Cut cut : kCuts) {
    std::uint64_t wholes = 0;
    for (std::uint64_t k = 0;; ++k) {
      MemoryVfs memory;
      TREERING_REQUIRE_OK(tree.save_to("earlier", memory, 9));
      FaultVfs vfs(memory);
      vfs.stop_at(k);
      const bool reported = tree.save_to("ckpt", vfs, 1).ok();
      BOOST_TEST_CONTEXT("cut at call " << k) {
        memory.cut_power(cut);
        SavedTree::check_whole(memory, "earlier");
        const auto checkpoint = open("ckpt", {.vfs = &memory});
        if (checkpoint.ok()) {
          ++wholes;
          SavedTree::check_whole(memory, "ckpt");
        } else {
          BOOST_CHECK_MESSAGE(checkpoint.error().cls == ErrorClass::kNotFound,
                              checkpoint.error().to_string());
          BOOST_CHECK(!reported);
          // What the dead attempt has left is in nobody's way.
          TREERING_REQUIRE_OK(tree.save_to("ckpt", memory, 2));
          SavedTree::check_whole(memory, "ckpt");
        }
      }
      if (!vfs.failed()) {
        BOOST_CHECK_GT(k, 30u);
        break;
      }
    }
    BOOST_CHECK_GT(wholes, 1u);
  }
}

// A step is retired only when what stays is durable: no cut leaves a series without a checkpoint.
BOOST_AUTO_TEST_CASE(a_cut_while_a_step_is_retired_keeps_the_newer_one) {
  const SavedTree tree;
  for (const Cut cut : kCuts) {
    for (std::uint64_t k = 0;; ++k) {
      MemoryVfs memory;
      auto quiet = Series::open("runs", {.vfs = &memory});
      TREERING_REQUIRE_OK(quiet);
      TREERING_REQUIRE_OK(quiet->save(1, tree.tree()));
      TREERING_REQUIRE_OK(quiet->save(2, tree.tree()));
      FaultVfs vfs(memory);
      auto series = Series::open("runs", {.vfs = &vfs});
      TREERING_REQUIRE_OK(series);
      vfs.stop_at(vfs.calls() + k);
      const bool retired = series->retire(1).ok();
      BOOST_TEST_CONTEXT("cut at call " << k) {
        memory.cut_power(cut);
        const auto latest = quiet->latest();
        TREERING_REQUIRE_OK(latest);
        BOOST_CHECK(*latest == std::optional<std::uint64_t>(2));
        SavedTree::check_whole(memory, *quiet->path_of(2));
        // The other one is whole or gone; part of it may lie in the trash.
        const auto steps = quiet->steps();
        TREERING_REQUIRE_OK(steps);
        BOOST_CHECK(steps->size() == 1 || !retired);
        TREERING_REQUIRE_OK(quiet->clean_trash());
      }
      if (!vfs.failed()) break;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
