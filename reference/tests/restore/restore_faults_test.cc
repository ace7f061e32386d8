// SPDX-License-Identifier: Apache-2.0
// The system refuses one call of a restore: one clear error, and nothing else happens.
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "save/sample_tree.h"
#include "testing/fault_vfs.h"
#include "testing/memory_vfs.h"
#include "treering/checkpoint.h"

namespace treering::testing {
namespace {

using Bytes = std::vector<std::byte>;

// Several data files, coded and raw blocks, a text in a data file, an inline value.
class World {
 public:
  World() {
    Sample sample;
    sample.bytes("noise", 30'000)
        .array("even", Dtype::kFloat32, {5000}, Bytes(20'000, std::byte{7}))
        .array("packed", Dtype::kInt4, {9}, Bytes(9, std::byte{3}))
        .scalar("step", "7");
    const std::string text(5000, 'x');
    sample.builder().string(Sample::key("text"), text);
    SaveOptions options = fixed_options(memory_);
    options.codec = Codec::kLz4;
    options.block_bytes = 4096;
    options.file_bytes = 32'768;
    TREERING_REQUIRE_OK(save("ckpt", sample.finish(), options));
    const auto checkpoint = open("ckpt", {.vfs = &memory_});
    TREERING_REQUIRE_OK(checkpoint);
    BOOST_REQUIRE_GE(checkpoint->files().size(), 2u);
    for (const LeafPlace& place : checkpoint->places()) {
      values_[place.typed] = checkpoint->leaf(place.typed)->read_bytes().value();
    }
  }

  MemoryVfs& memory() { return memory_; }

  Status open_it(Vfs& vfs) {
    const auto checkpoint = open("ckpt", {.vfs = &vfs});
    return checkpoint.ok() ? Status() : Status(checkpoint.error());
  }
  Status read_it(Vfs& vfs) {
    const auto checkpoint = open("ckpt", {.vfs = &vfs});
    if (!checkpoint.ok()) return checkpoint.error();
    return read_all(*checkpoint);
  }
  Status list_shards(Vfs& vfs) {
    const auto checkpoint = open("ckpt", {.vfs = &vfs});
    if (!checkpoint.ok()) return checkpoint.error();
    for (std::size_t row = 0; row < checkpoint->tree().leaves(); ++row) {
      if (const auto shards = checkpoint->shards(row); !shards.ok()) return shards.error();
    }
    return {};
  }
  // Bytes that the system refuses to read are damage of class environment.
  Status verify_it(Vfs& vfs) {
    const auto checkpoint = open("ckpt", {.vfs = &vfs});
    if (!checkpoint.ok()) return checkpoint.error();
    const auto damage = checkpoint->verify();
    if (!damage.ok()) return damage.error();
    BOOST_CHECK_LE(damage->size(), 1u);
    return damage->empty() ? Status() : Status(damage->front().error);
  }

  // Reads every leaf; those that can be read have to be right. A checkpoint that has failed once
  // goes on: in a second round, when the fault has passed, all of them read.
  Status read_all(const Checkpoint& checkpoint) {
    Status first;
    for (int round = 0; round < 2; ++round) {
      for (const auto& [path, value] : values_) {
        const auto bytes = checkpoint.leaf(path)->read_bytes();
        if (bytes.ok()) BOOST_CHECK_MESSAGE(*bytes == value, path << " reads as another value");
        if (!bytes.ok() && first.ok()) first = bytes.error();
        if (round == 1) TREERING_REQUIRE_OK(bytes);
      }
      if (first.ok()) break;
    }
    return first;
  }

 private:
  MemoryVfs memory_{};
  std::map<std::string, Bytes> values_{};
};

struct Action {
  const char* name;
  Status (World::*run)(Vfs&);
};
constexpr Action kActions[] = {{"open", &World::open_it},
                               {"read", &World::read_it},
                               {"shards", &World::list_shards},
                               {"verify", &World::verify_it}};

struct Kind {
  Call call;
  const char* verb;  // of the message
};
constexpr Kind kKinds[] = {{Call::kOpenDirectory, "cannot open "},
                           {Call::kOpenRead, "cannot open "},
                           {Call::kStat, "cannot examine "},
                           {Call::kRead, "cannot read "}};

void check_error(const Error& error, const Kind& kind) {
  const std::string text = error.to_string();
  BOOST_CHECK_MESSAGE(error.cls == ErrorClass::kEnvironment && error.code == "io", text);
  BOOST_CHECK_MESSAGE(!error.where.file.empty(), text);
  // What was to be done, to which file, of which checkpoint, and what to do now.
  BOOST_CHECK_MESSAGE(error.message.find(kind.verb + error.where.file + ": ") == 0, text);
  BOOST_CHECK_MESSAGE(error.message.find("; ") != std::string::npos, text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restore_faults_test)

BOOST_AUTO_TEST_CASE(each_refused_call_is_one_error_of_the_environment) {
  World world;
  for (const Action& action : kActions) {
    for (const Kind& kind : kKinds) {
      for (const int error : {EIO, ENOMEM, EMFILE, EACCES, ESTALE}) {
        std::uint64_t failures = 0;
        for (std::uint64_t k = 0;; ++k) {
          FaultVfs vfs(world.memory());
          vfs.fail(kind.call, k, error);
          const Status status = (world.*action.run)(vfs);
          if (!vfs.failed()) break;
          ++failures;
          BOOST_TEST_CONTEXT(action.name << ", " << kind.verb << k << ", error " << error) {
            BOOST_CHECK_EQUAL(world.memory().descriptors(), 0u);
            // verify reads a second time what it could not read with its neighbours.
            const bool may_succeed = action.run == &World::verify_it && kind.call == Call::kRead;
            BOOST_CHECK(!status.ok() || may_succeed);
            if (status.ok()) continue;
            check_error(status.error(), kind);
            const bool whole = action.run != &World::verify_it || kind.call != Call::kRead;
            BOOST_CHECK_MESSAGE(!whole || status.error().message.find("ckpt") != std::string::npos,
                                status.error().message);
          }
        }
        BOOST_CHECK_GT(failures, 0u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_failing_close_does_not_hurt_a_reader) {
  World world;
  for (const Action& action : kActions) {
    FaultVfs vfs(world.memory());
    vfs.fail_always(Call::kClose, EIO);
    TREERING_REQUIRE_OK((world.*action.run)(vfs));
    BOOST_CHECK(vfs.failed());
    BOOST_CHECK_EQUAL(world.memory().descriptors(), 0u);
  }
}

BOOST_AUTO_TEST_CASE(one_interrupted_call_changes_nothing) {
  World world;
  for (const Action& action : kActions) {
    for (const Kind& kind : kKinds) {
      for (std::uint64_t k = 0;; ++k) {
        FaultVfs vfs(world.memory());
        vfs.fail(kind.call, k, EINTR);
        BOOST_TEST_CONTEXT(action.name << ", " << kind.verb << k) {
          TREERING_REQUIRE_OK((world.*action.run)(vfs));
        }
        if (!vfs.failed()) break;
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(short_and_interrupted_reads_change_nothing) {
  World world;
  for (const std::size_t most : {1u, 7u, 4096u}) {
    for (const Action& action : kActions) {
      FaultVfs vfs(world.memory());
      vfs.short_transfers(most);
      vfs.interrupt();
      TREERING_REQUIRE_OK((world.*action.run)(vfs));
      BOOST_CHECK_EQUAL(world.memory().descriptors(), 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_system_that_refuses_everything_from_some_call_on_is_one_error) {
  World world;
  for (const Action& action : kActions) {
    if (action.run == &World::read_it) continue;  // it tries again
    for (std::uint64_t k = 0;; ++k) {
      FaultVfs vfs(world.memory());
      vfs.stop_at(k);
      const Status status = (world.*action.run)(vfs);
      if (!vfs.failed()) break;
      BOOST_TEST_CONTEXT(action.name << " stopped at " << k) {
        // What comes last is a close.
        BOOST_CHECK(status.ok() || status.error().cls == ErrorClass::kEnvironment);
        BOOST_CHECK(!status.ok() || vfs.calls(Call::kClose) > 0);
        BOOST_CHECK_EQUAL(world.memory().descriptors(), 0u);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering::testing
