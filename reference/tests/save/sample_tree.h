// SPDX-License-Identifier: Apache-2.0
// Trees of one dict, and options that make their files a function of the tree.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "store/vfs.h"
#include "testing/results.h"
#include "treering/builder.h"
#include "treering/save.h"

namespace treering::testing {

// Bytes that LZ4 cannot shorten.
inline std::vector<std::byte> noise(std::size_t size, std::uint64_t seed = 1) {
  std::vector<std::byte> bytes(size);
  std::uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (std::byte& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::byte>(state >> 56);
  }
  return bytes;
}

// A dict of leaves, with the memory that they borrow.
class Sample {
 public:
  Sample() { builder_.begin(NodeKind::kDict, Key{}); }
  Sample& array(const std::string& name, Dtype dtype, std::vector<std::uint64_t> shape,
                std::vector<std::byte> bytes) {
    memory_.push_back(std::move(bytes));
    builder_.array(key(name), dtype, shape, memory_.back());
    return *this;
  }
  Sample& bytes(const std::string& name, std::size_t size, std::uint64_t seed = 1) {
    return array(name, Dtype::kUint8, {size}, noise(size, seed));
  }
  Sample& scalar(const std::string& name, const std::string& json) {
    builder_.scalar(key(name), json);
    return *this;
  }
  TreeBuilder& builder() { return builder_; }
  static Key key(const std::string& name) { return Key{.kind = KeyKind::kString, .text = name}; }
  // Once.
  SaveTree finish() {
    builder_.end();
    auto tree = builder_.finish();
    TREERING_REQUIRE_OK(tree);
    return *std::move(tree);
  }

 private:
  std::deque<std::vector<std::byte>> memory_{};
  TreeBuilder builder_{};
};

inline SaveOptions fixed_options(Vfs& vfs, std::uint8_t attempt = 1) {
  SaveOptions options;
  options.attempt.emplace();
  options.attempt->bytes[15] = attempt;
  options.run_id = id_of_text("demo");
  options.saved_at = 1'700'000'000'000'000'000u;
  options.vfs = &vfs;
  return options;
}

}  // namespace treering::testing
