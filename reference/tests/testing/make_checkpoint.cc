// SPDX-License-Identifier: Apache-2.0
// Saves a sample tree, for tests that start programs: make_checkpoint PATH [options], see kUsage.
// Attempt, run id and time are fixed, so that equal options give equal files.
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "treering/treering.h"

namespace {

using treering::HostBytes;
using treering::Key;
using treering::KeyKind;
using treering::NodeKind;
using treering::TreeBuilder;

constexpr const char* kUsage =
    "make_checkpoint PATH [--series] [--step N] [--codec NAME] [--block-bytes N] [--file-bytes N]\n"
    "                [--tree every-kind|plain|scalar|empty]\n"
    "Saves PATH, or with --series the step N of the series PATH.\n";

struct Options {
  std::string path{};
  std::string tree = "every-kind";
  bool series = false;
  treering::SaveOptions save{};
};

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const char* next = i + 1 < argc ? argv[i + 1] : nullptr;
    if (word == "--series") {
      options.series = true;
    } else if (word.substr(0, 2) != "--") {
      options.path = word;
    } else if (next == nullptr) {
      return std::nullopt;
    } else if (++i; word == "--step") {
      options.save.step = number(next);
    } else if (word == "--block-bytes") {
      options.save.block_bytes = static_cast<std::uint32_t>(number(next));
    } else if (word == "--file-bytes") {
      options.save.file_bytes = number(next);
    } else if (word == "--tree") {
      options.tree = next;
    } else if (const auto codec = treering::parse_codec(next); word == "--codec" && codec.ok()) {
      options.save.codec = *codec;
    } else {
      return std::nullopt;
    }
  }
  if (options.path.empty()) return std::nullopt;
  return options;
}

Key text_key(std::string_view text) { return {KeyKind::kString, std::string(text), 0}; }
Key attribute(std::string_view text) { return {KeyKind::kAttribute, std::string(text), 0}; }
Key item(std::int64_t position) { return {KeyKind::kSequence, "", position}; }

// Memory that the tree borrows until it is saved.
struct Arrays {
  std::vector<float> kernel{};
  std::vector<std::uint32_t> key_data{1, 2};
  std::vector<std::uint8_t> nibbles{1, 2, 3, 4, 5};
  float scale = 0.5f;
  std::string long_text = std::string(5000, 'x');

  Arrays() {
    for (int i = 0; i < 64 * 48; ++i) kernel.push_back(static_cast<float>(i % 100) / 8);
  }
};

template <class T>
HostBytes bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

HostBytes bytes_of_text(std::string_view text) { return std::as_bytes(std::span(text)); }

void add_arrays(TreeBuilder& builder, const Arrays& arrays) {
  const std::uint64_t kernel_shape[] = {64, 48};
  const std::uint64_t key_shape[] = {2};
  const std::uint64_t nibble_shape[] = {5};
  const std::uint64_t empty_shape[] = {0, 3};
  builder.begin(NodeKind::kDict, text_key("arrays"), {"flax.nnx.statelib.State", "", {}, {}});
  builder.begin(NodeKind::kVariable, text_key("kernel"),
                {"flax.nnx.Param", R"({"tag":"w"})", {}, {"flax.nnx.Variable"}});
  const std::uint32_t kernel = builder.array(attribute("value"), treering::Dtype::kFloat32,
                                             kernel_shape, bytes_of(arrays.kernel));
  builder.end();
  builder.alias(text_key("tied"), kernel);
  builder.array(text_key("int4"), treering::Dtype::kInt4, nibble_shape, bytes_of(arrays.nibbles));
  builder.array(text_key("weak"), treering::Dtype::kFloat32, {},
                std::as_bytes(std::span(&arrays.scale, 1)), true);
  builder.array(text_key("none-here"), treering::Dtype::kBfloat16, empty_shape, {});
  builder.prng_key(text_key("rng"), "fry", key_shape, bytes_of(arrays.key_data));
  builder.end();
}

void add_values(TreeBuilder& builder, const Arrays& arrays) {
  builder.begin(NodeKind::kDict, text_key("values"));
  builder.scalar(text_key("flag"), "true");
  builder.scalar(text_key("count"), "42");
  builder.scalar(text_key("huge"), R"({"$int":"123456789012345678901234567890"})");
  builder.scalar(text_key("rate"), R"({"$float":"3f50624dd2f1a9fc"})");
  builder.scalar(text_key("phase"), R"({"$complex":["3ff0000000000000","c000000000000000"]})");
  builder.numpy_scalar(text_key("scale"), treering::Dtype::kFloat32,
                       std::as_bytes(std::span(&arrays.scale, 1)));
  builder.string(text_key("name"), "Grüße\n\x1b[31m\"~/");
  builder.string(text_key("empty"), "");
  builder.string(text_key("long"), arrays.long_text);
  builder.bytes(text_key("blob"), bytes_of_text(std::string_view("\x00\xff\x7f", 3)));
  builder.end();
}

void add_containers(TreeBuilder& builder) {
  builder.begin(NodeKind::kDict, text_key("containers"));
  builder.begin(NodeKind::kList, text_key("list"));
  builder.none(item(0));
  builder.begin(NodeKind::kTuple, item(1));
  builder.end();
  builder.end();
  builder.begin(NodeKind::kNamedtuple, text_key("point"), {"geometry.Point", "", {"x", "y"}, {}});
  builder.scalar(attribute("x"), "1");
  builder.scalar(attribute("y"), "2");
  builder.end();
  builder.begin(NodeKind::kDataclass, text_key("config"), {"app.Config", R"({"depth":3})", {}, {}});
  builder.scalar(attribute("width"), "8");
  builder.end();
  builder.begin(NodeKind::kCustom, text_key("custom"), {"app.Node", "", {}, {}});
  builder.scalar({KeyKind::kFlattened, "", 0}, "5");
  builder.end();
  builder.begin(NodeKind::kDict, text_key("odd keys"));
  builder.scalar(text_key(""), "0");
  builder.scalar(text_key("a/b~c"), "1");
  builder.scalar(text_key("[0]"), "2");
  builder.scalar({KeyKind::kInteger, "", -7}, "3");
  builder.scalar({KeyKind::kBool, "", 1}, "4");
  builder.scalar({KeyKind::kFloat, "", 0x3fe0000000000000}, "5");
  builder.end();
  builder.end();
}

// False for a name that is not known.
bool add_tree(TreeBuilder& builder, const std::string& name, const Arrays& arrays) {
  if (name == "scalar") {
    builder.scalar({}, "7");
    return true;
  }
  builder.begin(NodeKind::kDict, {});
  if (name == "plain") {
    const std::uint64_t shape[] = {64, 48};
    builder.array(text_key("kernel"), treering::Dtype::kFloat32, shape, bytes_of(arrays.kernel));
  } else if (name == "every-kind") {
    add_arrays(builder, arrays);
    add_values(builder, arrays);
    add_containers(builder);
  } else if (name != "empty") {
    return false;
  }
  builder.end();
  return true;
}

void fix_inputs(treering::SaveOptions& save) {
  save.attempt = treering::id_of_text("make_checkpoint attempt");
  save.run_id = treering::id_of_text("make_checkpoint run");
  save.saved_at = 1'750'000'000'000'000'000;
  save.metrics = R"({"loss":{"$float":"3fe0000000000000"}})";
  save.metadata = R"({"note":"made for tests","tags":["a","b"]})";
  // The example of spec 06.
  save.graph =
      R"({"nodes":[["",{"kind":"module","type":"app.Model"}],)"
      R"([".act",{"kind":"static","value":{"$code":"jax.nn.relu"}}],)"
      R"([".head",{"bases":["flax.nnx.variablelib.Variable"],"kind":"variable","metadata":{},)"
      R"("type":"flax.nnx.variablelib.Param"}],)"
      R"([".head/.value",{"dtype":"float32","kind":"array","shape":[4,2]}],)"
      R"([".tied",{"kind":"alias","of":".head"}],)"
      R"([".width",{"kind":"static","value":4}]],"version":1})";
  save.compat = R"({"model":"sample","version":1})";
}

treering::Result<treering::SaveReport> save_as(const Options& options,
                                               const treering::SaveTree& tree) {
  if (!options.series) return treering::save(options.path, tree, options.save);
  auto series = treering::Series::open(options.path);
  if (!series) return std::move(series).error();
  return series->save(options.save.step.value_or(0), tree, options.save);
}

}  // namespace

int main(int argc, char** argv) {
  std::optional<Options> options = parse(argc, argv);
  const Arrays arrays;
  TreeBuilder builder;
  if (!options || !add_tree(builder, options->tree, arrays)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  fix_inputs(options->save);
  const auto tree = builder.finish();
  if (!tree) {
    std::fprintf(stderr, "make_checkpoint: %s\n", tree.error().to_string().c_str());
    return 1;
  }
  const auto report = save_as(*options, *tree);
  if (!report) {
    std::fprintf(stderr, "make_checkpoint: %s\n", report.error().to_string().c_str());
    return 1;
  }
  std::puts(report->path.c_str());
  return 0;
}
