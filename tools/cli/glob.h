// SPDX-License-Identifier: Apache-2.0
// Globs over friendly paths, as README.md describes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace treering::cli {

class Glob {
 public:
  explicit Glob(std::string_view text);

  // Whether it fits the path, or the path up to one of its `/`. Time O(glob * path), no recursion.
  bool selects(std::string_view path) const;

 private:
  struct Token {
    // kFolders is `**/` at the start of a key: nothing, or anything that ends in `/`.
    enum class Kind : std::uint8_t { kPoint, kOne, kMany, kManyDeep, kFolders, kSet };
    Kind kind = Kind::kPoint;
    std::string point{};  // kPoint: one code point
    bool negated = false;
    std::vector<std::pair<std::string, std::string>> ranges{};  // kSet
  };
  using Points = std::vector<std::string_view>;
  // Where a walk over the tokens may be. Entry i: bit 0, token i may begin; bit 1, inside of token
  // i.
  using States = std::vector<std::uint8_t>;

  static Points split(std::string_view text);
  static bool parse_set(const Points& points, std::size_t& at, Token& token);
  static bool takes(const Token& token, std::string_view point);
  void pass_empty(States& states) const;
  States step(const States& from, std::string_view point) const;

  std::vector<Token> tokens_{};
};

}  // namespace treering::cli
