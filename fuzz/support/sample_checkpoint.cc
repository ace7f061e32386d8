// SPDX-License-Identifier: Apache-2.0
#include "support/sample_checkpoint.h"

#include <vector>

#include "base/bytes.h"
#include "support/harness.h"
#include "testing/memory_vfs.h"
#include "treering/builder.h"
#include "treering/save.h"

namespace treering::fuzz {
namespace {

Key string_key(std::string_view text) { return {KeyKind::kString, std::string(text), 0}; }
Key attribute(std::string_view text) { return {KeyKind::kAttribute, std::string(text), 0}; }
Key item(std::int64_t position) { return {KeyKind::kSequence, "", position}; }

// Memory that a tree borrows.
struct Arrays {
  std::vector<float> kernel = std::vector<float>(48 * 40);
  std::vector<std::uint32_t> key_data{1, 2};
  std::vector<std::uint8_t> nibbles{1, 2, 3, 4, 5};
  std::vector<std::uint8_t> truth{1, 0, 1};
  std::string text = std::string(4100, 'x');
  Arrays() {
    for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] = static_cast<float>(i % 16) / 8;
  }
};

template <class T>
HostBytes host(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

void add_arrays(TreeBuilder& builder, const Arrays& arrays) {
  const std::uint64_t matrix[] = {48, 40}, two[] = {2}, three[] = {3}, five[] = {5},
                      empty[] = {0, 3};
  builder.begin(NodeKind::kVariable, string_key("kernel"),
                {"nnx.Param", R"({"tag":"w"})", {}, {"nnx.Variable"}});
  const std::uint32_t kernel =
      builder.array(attribute("value"), Dtype::kFloat32, matrix, host(arrays.kernel));
  builder.end();
  builder.alias(string_key("tied"), kernel);
  builder.array(string_key("int4"), Dtype::kInt4, five, host(arrays.nibbles));
  builder.array(string_key("bool"), Dtype::kBool, three, host(arrays.truth));
  builder.array(string_key("f6"), Dtype::kFloat6E2m3fn, five, host(arrays.nibbles));
  builder.array(string_key("weak"), Dtype::kUint32, {}, host(arrays.key_data).first(4), true);
  builder.array(string_key("none-here"), Dtype::kBfloat16, empty, {});
  builder.prng_key(string_key("rng"), "fry", two, host(arrays.key_data));
  builder.string(string_key("long"), arrays.text);
}

void add_values(TreeBuilder& builder, const Arrays& arrays) {
  builder.begin(NodeKind::kNamedtuple, string_key("point"), {"geometry.Point", "", {"x", "y"}, {}});
  builder.scalar(attribute("x"), "true");
  builder.scalar(attribute("y"), R"({"$float":"3f50624dd2f1a9fc"})");
  builder.end();
  builder.begin(NodeKind::kDataclass, string_key("config"),
                {"app.Config", R"({"depth":3})", {}, {}});
  builder.string(attribute("name"),
                 "Gr\xc3\xbc\xc3\x9f"
                 "e");
  builder.end();
  builder.begin(NodeKind::kCustom, string_key("custom"), {"app.Node", "", {}, {}});
  builder.bytes({KeyKind::kFlattened, "", 0}, bytes_of("\x01\xff"));
  builder.end();
  builder.begin(NodeKind::kList, string_key("list"));
  builder.none(item(0));
  builder.begin(NodeKind::kTuple, item(1));
  builder.end();
  builder.end();
  builder.begin(NodeKind::kDict, string_key("odd/keys"));
  builder.scalar({KeyKind::kInteger, "", -7}, "3");
  builder.scalar({KeyKind::kBool, "", 1}, "4");
  builder.scalar({KeyKind::kFloat, "", 0x3fe0000000000000},
                 R"({"$int":"123456789012345678901234567890"})");
  builder.numpy_scalar(string_key(""), Dtype::kUint32, host(arrays.key_data).first(4));
  builder.end();
}

SaveOptions fixed(testing::MemoryVfs& vfs) {
  SaveOptions options;
  options.vfs = &vfs;
  options.attempt = id_of_text("attempt");
  options.run_id = id_of_text("run");
  options.saved_at = 1'750'000'000'000'000'000;
  options.producer = "seeds";
  return options;
}

Files saved(TreeBuilder& builder, testing::MemoryVfs& vfs, const SaveOptions& options) {
  const auto tree = builder.finish();
  FUZZ_REQUIRE_OK(tree);
  FUZZ_REQUIRE_OK(save("c", *tree, options));
  return vfs.files("c");
}

enum class What { kArrays, kValues };

Files one_writer(What what, Codec codec, std::uint64_t file_bytes) {
  const Arrays arrays;
  TreeBuilder builder;
  builder.begin(NodeKind::kDict, {});
  what == What::kArrays ? add_arrays(builder, arrays) : add_values(builder, arrays);
  builder.end();
  testing::MemoryVfs vfs;
  SaveOptions options = fixed(vfs);
  options.codec = codec;
  options.block_bytes = 4096;
  options.file_bytes = file_bytes;
  if (what == What::kValues) {
    options.step = 300;
    options.metrics = R"({"loss":{"$float":"3fe0000000000000"}})";
    options.metadata = R"({"tags":["a","b"]})";
    options.graph = R"({"nodes":[]})";
    options.compat = R"({"version":1})";
  }
  return saved(builder, vfs, options);
}

}  // namespace

std::map<std::string, Files> sample_checkpoints() {
  constexpr std::uint64_t kOneFile = std::uint64_t{1} << 40;
  return {{"values", one_writer(What::kValues, Codec::kRaw, kOneFile)},
          {"raw", one_writer(What::kArrays, Codec::kRaw, 12288)},
          {"lz4", one_writer(What::kArrays, Codec::kLz4, kOneFile)},
          {"bitshuffle", one_writer(What::kArrays, Codec::kBitshuffleLz4, kOneFile)},
          {"two_writers", two_writers()}};
}

}  // namespace treering::fuzz
