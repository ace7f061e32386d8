// SPDX-License-Identifier: Apache-2.0
#include "glob.h"

#include <algorithm>

namespace treering::cli {
namespace {

constexpr std::uint8_t kBegins = 1;
constexpr std::uint8_t kInside = 2;

std::size_t code_point_bytes(char first) {
  const auto byte = static_cast<std::uint8_t>(first);
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

// UTF-8 of equal length is ordered as its code points are, and longer forms stand above shorter
// ones.
bool not_above(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a <= b;
}

}  // namespace

Glob::Points Glob::split(std::string_view text) {
  Points points;
  for (std::size_t at = 0; at < text.size(); at += points.back().size()) {
    points.push_back(text.substr(at, code_point_bytes(text[at])));
  }
  return points;
}

Glob::Glob(std::string_view text) {
  const Points points = split(text);
  for (std::size_t at = 0; at < points.size(); ++at) {
    const auto next_is = [&](std::string_view point) {
      return at + 1 < points.size() && points[at + 1] == point;
    };
    Token token;
    if (points[at] == "*" && next_is("*")) {
      ++at;
      const bool starts_key = tokens_.empty() || tokens_.back().point == "/" ||
                              tokens_.back().kind == Token::Kind::kFolders;
      token.kind = starts_key && next_is("/") ? Token::Kind::kFolders : Token::Kind::kManyDeep;
      if (token.kind == Token::Kind::kFolders) ++at;
    } else if (points[at] == "*") {
      token.kind = Token::Kind::kMany;
    } else if (points[at] == "?") {
      token.kind = Token::Kind::kOne;
    } else if (Token set; points[at] == "[" && parse_set(points, at, set)) {
      token = std::move(set);
    } else {
      token.point = points[at];
    }
    tokens_.push_back(std::move(token));
  }
}

// The set that begins at points[at] == "["; on success `at` is its "]". False where it has no end.
bool Glob::parse_set(const Points& points, std::size_t& at, Token& token) {
  token.kind = Token::Kind::kSet;
  std::size_t i = at + 1;
  if (i < points.size() && points[i] == "!") {
    token.negated = true;
    ++i;
  }
  for (bool first = true; i < points.size() && (first || points[i] != "]"); first = false) {
    const bool range = i + 2 < points.size() && points[i + 1] == "-" && points[i + 2] != "]";
    token.ranges.emplace_back(points[i], points[range ? i + 2 : i]);
    i += range ? 3 : 1;
  }
  if (i >= points.size()) return false;
  at = i;
  return true;
}

bool Glob::takes(const Token& token, std::string_view point) {
  switch (token.kind) {
    case Token::Kind::kPoint:
      return token.point == point;
    case Token::Kind::kManyDeep:
    case Token::Kind::kFolders:
      return true;
    case Token::Kind::kOne:
    case Token::Kind::kMany:
      return point != "/";
    case Token::Kind::kSet: {
      const bool found =
          std::any_of(token.ranges.begin(), token.ranges.end(), [&](const auto& range) {
            return not_above(range.first, point) && not_above(point, range.second);
          });
      return point != "/" && found != token.negated;
    }
  }
  return false;
}

void Glob::pass_empty(States& states) const {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Token::Kind kind = tokens_[i].kind;
    const bool may_be_empty = kind == Token::Kind::kMany || kind == Token::Kind::kManyDeep ||
                              kind == Token::Kind::kFolders;
    if (may_be_empty && (states[i] & kBegins) != 0) states[i + 1] |= kBegins;
  }
}

Glob::States Glob::step(const States& from, std::string_view point) const {
  States to(tokens_.size() + 1, 0);
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (from[i] == 0 || !takes(tokens_[i], point)) continue;
    switch (tokens_[i].kind) {
      case Token::Kind::kMany:
      case Token::Kind::kManyDeep:
        to[i] |= kBegins;
        break;
      case Token::Kind::kFolders:
        to[i] |= kInside;
        if (point == "/") to[i + 1] |= kBegins;
        break;
      case Token::Kind::kPoint:
      case Token::Kind::kOne:
      case Token::Kind::kSet:
        to[i + 1] |= kBegins;
        break;
    }
  }
  pass_empty(to);
  return to;
}

bool Glob::selects(std::string_view path) const {
  States states(tokens_.size() + 1, 0);
  states[0] = kBegins;
  pass_empty(states);
  for (const std::string_view point : split(path)) {
    if (point == "/" && (states.back() & kBegins) != 0) return true;
    states = step(states, point);
  }
  return (states.back() & kBegins) != 0;
}

}  // namespace treering::cli
