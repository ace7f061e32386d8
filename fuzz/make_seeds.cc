// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of every target: make_seeds DIR [CHECKPOINT...] gives DIR/<target>/<name>, the
// checkpoints among them. The same bytes every time. Checkpoints come from save() and, with several
// writers, from support/sample_checkpoint.h.
#include <boost/filesystem.hpp>
#include <boost/filesystem/fstream.hpp>
#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "format/checksum.h"
#include "format/codec.h"
#include "format/commit_records.h"
#include "format/files.h"
#include "format/layout.h"
#include "support/archive.h"
#include "support/harness.h"
#include "support/sample_checkpoint.h"
#include "testing/memory_vfs.h"
#include "treering/checkpoint.h"

namespace fs = boost::filesystem;

namespace treering::fuzz {
namespace {

class Seeds {
 public:
  explicit Seeds(fs::path root) : root_(std::move(root)) {}
  void add(const std::string& target, const std::string& name, std::span<const std::byte> bytes) {
    fs::create_directories(root_ / target);
    fs::ofstream out(root_ / target / name, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    total_ += bytes.size();
  }
  void add(const std::string& target, const std::string& name, std::string_view text) {
    add(target, name, bytes_of(text));
  }
  std::size_t total() const { return total_; }

 private:
  fs::path root_;
  std::size_t total_ = 0;
};

std::span<const std::byte> body_of(const Bytes& record) {
  return std::span<const std::byte>(record).subspan(kHeaderBytes);
}

// A seed that is refused at once would teach the engine nothing.
void check_sound(const Files& files) {
  testing::MemoryVfs vfs;
  vfs.make_directory(Vfs::kCwd, "c");
  for (const auto& [name, bytes] : files) vfs.put("c/" + name, bytes);
  const auto checkpoint = open("c", {.vfs = &vfs});
  FUZZ_REQUIRE_OK(checkpoint);
  const auto damage = checkpoint->verify();
  FUZZ_REQUIRE_OK(damage);
  for (const Damage& one : *damage) std::fprintf(stderr, "%s\n", one.error.to_string().c_str());
  FUZZ_CHECK(damage->empty());
}

// As record_text.cc reads it: all is shown, and the file has no name.
void add_record(Seeds& seeds, const std::string& name, std::span<const std::byte> record) {
  Bytes input{std::byte{1}};
  input.insert(input.end(), record.begin(), record.end());
  seeds.add("record_text", name, input);
}

void add_checkpoint(Seeds& seeds, const std::string& name, const Files& files) {
  check_sound(files);
  seeds.add("checkpoint_open", name, pack(files));
  for (const auto& [file, bytes] : files) {
    const auto parsed = parse_checkpoint_name(file);
    if (!parsed) continue;
    if (parsed->role == NameRole::kSlot) {
      seeds.add("manifest_round_trip", name, body_of(bytes));
      add_record(seeds, name, bytes);
    }
    if (parsed->role != NameRole::kIndex) continue;
    add_record(seeds, name + "-index-" + std::to_string(parsed->writer), bytes);
    Bytes input{static_cast<std::byte>(kKnownFeatures)};
    input.insert(input.end(), body_of(bytes).begin(), body_of(bytes).end());
    seeds.add("index_round_trip", name + "-" + std::to_string(parsed->writer), input);
  }
}

void add_commit_records(Seeds& seeds) {
  const Id attempt = id_of_text("attempt");
  const Id run = id_of_text("run");
  const PlanRecord plan{7, 2, 2, attempt, run, Digest{1, 2}};
  const EndRecord end{std::nullopt, 1'750'000'000'000'000'000, attempt, run, "no fresh lease"};
  const auto plan_body = encode_plan_body(plan);
  const auto end_body = encode_end_body(end);
  seeds.add("commit_records_round_trip", "plan", plan_body);
  seeds.add("commit_records_round_trip", "end", end_body);
  seeds.add("record_header", "plan", encode_record(RecordKind::kPlan, 0, plan_body));
  seeds.add("record_header", "abort", encode_record(RecordKind::kAbort, 0, end_body));
  seeds.add("record_header", "tombstone", encode_record(RecordKind::kTombstone, 0, end_body));
  add_record(seeds, "plan", encode_record(RecordKind::kPlan, 0, plan_body));
  add_record(seeds, "abort", encode_record(RecordKind::kAbort, 0, end_body));
  add_record(seeds, "data", encode_data_head({attempt, 1, 2, kFeatureLz4}));
  seeds.add("record_header", "commit", encode_record(RecordKind::kCommit, kKnownFeatures, {}));
  seeds.add("record_header", "data", encode_data_head({attempt, 1, 2, kFeatureLz4}));
  for (const NameRole role : {NameRole::kPlan, NameRole::kCandidate}) {
    const bool aborted = role == NameRole::kCandidate;
    Files files;
    files[aborted ? "MANIFEST" : plan_name(attempt)] =
        aborted ? encode_record(RecordKind::kAbort, 0, end_body)
                : encode_record(RecordKind::kPlan, 0, plan_body);
    seeds.add("checkpoint_open", aborted ? "aborted" : "unfinished", pack(files));
  }
}

void add_texts(Seeds& seeds) {
  constexpr std::string_view kPaths[] = {"a/b",
                                         ".value/#-7/[3]/<4>/!1/=3fe0000000000000",
                                         "~0/~2e~7e/x~2fy",
                                         ".~0",
                                         "Gr\xc3\xbc\xc3\x9f"
                                         "e",
                                         "#9223372036854775807/[0]"};
  for (std::size_t i = 0; i < std::size(kPaths); ++i)
    seeds.add("key_path_round_trip", std::to_string(i), kPaths[i]);
  constexpr std::string_view kValues[] = {
      R"({"a":[true,false,null],"b":-12,"c":{"$float":"3f50624dd2f1a9fc"}})",
      R"({"$dict":[["$k","b"],[1,"a"],[{"$tuple":[1]},{}]]})",
      R"([{"$int":"-123456789012345678901234567890"},{"$complex":["3ff0000000000000","c000000000000000"]}])",
      R"(["\"\\\u0000\u001f",{"$bytes":"00ff"},{"$dtype":"bfloat16"},{"$enum":["a.B","C"]}])",
      R"([{"$spec":[null,"x",{"$tuple":["y","z"]}]},{"$type":"t"},{"$code":"c"},{"$opaque":"o"},9007199254740992])",
      R"([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]])"};
  for (std::size_t i = 0; i < std::size(kValues); ++i)
    seeds.add("value_check", std::to_string(i), kValues[i]);
  const Id id = id_of_text("attempt");
  const std::string names[] = {data_name(id, 1, 20),
                               index_name(id, 0),
                               plan_name(id),
                               candidate_name(id),
                               candidate_index_name(id, 3),
                               candidate_plan_name(id),
                               "MANIFEST",
                               "pin-a0",
                               "lease-" + id.to_string(),
                               step_name(300, 0),
                               step_name(123456789, 2),
                               trash_name(id)};
  for (std::size_t i = 0; i < std::size(names); ++i)
    seeds.add("layout_names", std::to_string(i), names[i]);
}

void add_codecs(Seeds& seeds) {
  Bytes raw;
  for (unsigned i = 0; i < 512; ++i)
    raw.push_back(static_cast<std::byte>(i % 4 == 3 ? i / 64 : i % 4 * 16));
  for (const Codec codec : {Codec::kRaw, Codec::kLz4, Codec::kBitshuffleLz4}) {
    Bytes out(encode_bound(raw.size()));
    out.resize(encode_block(codec, 32, raw, out));
    Bytes input{static_cast<std::byte>(codec), std::byte{5}, std::byte{0}, std::byte{2}};
    const Bytes& stored = codec == Codec::kRaw ? raw : out;
    input.insert(input.end(), stored.begin(), stored.end());
    seeds.add("codec_round_trip", std::string(codec_name(codec)), input);
  }
}

// Bytes as grid_tiles.cc reads them: writers, flags, shape, columns, runs.
void add_grids(Seeds& seeds) {
  const auto add = [&](const std::string& name, std::vector<std::uint8_t> bytes) {
    seeds.add("grid_tiles", name, std::as_bytes(std::span(bytes)));
  };
  add("one_cell", {0, 0, 2, 4, 6, 1, 0, 1, 1});
  add("parts", {1, 2, 2, 4, 6, 2, 2, 3, 2, 0, 1, 2, 3, 3});
  add("cuts", {1, 4, 2, 4, 6, 3, 1, 2, 5, 2, 1, 3, 2, 0, 1, 2, 3, 3});
  add("boxes", {1, 8, 2, 4, 6, 8, 0, 4, 0, 2, 0, 4, 2, 6, 1, 0, 1, 2});
  add("blob", {1, 5, 1, 5, 1, 2, 1, 1, 2, 0, 1, 2, 1, 1});
}

Files read_directory(const fs::path& directory) {
  Files files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    fs::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto as = bytes_of(bytes);
    files[entry.path().filename().string()].assign(as.begin(), as.end());
  }
  return files;
}

int write(const char* root, std::span<char*> checkpoints) {
  Seeds seeds(root);
  for (const char* checkpoint : checkpoints) {
    add_checkpoint(seeds, "golden-" + fs::path(checkpoint).filename().string(),
                   read_directory(checkpoint));
  }
  for (const auto& [name, files] : sample_checkpoints()) add_checkpoint(seeds, name, files);
  add_commit_records(seeds);
  add_texts(seeds);
  add_codecs(seeds);
  add_grids(seeds);
  std::printf("%zu bytes of seeds\n", seeds.total());
  return 0;
}

}  // namespace
}  // namespace treering::fuzz

int main(int argc, char** argv) {
  if (argc >= 2) {
    return treering::fuzz::write(argv[1],
                                 std::span(argv, static_cast<std::size_t>(argc)).subspan(2));
  }
  std::fputs("make_seeds DIR [CHECKPOINT...]\n", stderr);
  return 2;
}
