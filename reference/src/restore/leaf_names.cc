// SPDX-License-Identifier: Apache-2.0
// Finding a leaf by what somebody typed. Spec: 02-key-path.md, 14-restore.md.
#include "restore/leaf_names.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "restore/errors.h"

namespace treering {
namespace {

constexpr std::size_t kSuggestions = 3;
// Longer names are not compared letter by letter: a checkpoint is hostile input, and a hint is not
// worth minutes.
constexpr std::size_t kLongestCompared = 256;
constexpr std::size_t kMostWork = 400'000'000;  // pairs of letters: half a second

// The places whose text is `wanted`: a range of `order`, which is sorted by that text.
template <class Text>
std::pair<std::vector<std::uint32_t>::const_iterator, std::vector<std::uint32_t>::const_iterator>
equal_places(const std::vector<LeafPlace>& places, const std::vector<std::uint32_t>& order,
             Text text, std::string_view wanted) {
  const auto low = std::lower_bound(
      order.begin(), order.end(), wanted,
      [&](std::uint32_t place, std::string_view w) { return places[place].*text < w; });
  const auto high = std::upper_bound(
      low, order.end(), wanted,
      [&](std::string_view w, std::uint32_t place) { return w < places[place].*text; });
  return {low, high};
}

bool ends_with_part(std::string_view name, std::string_view text) {
  return name.size() > text.size() && name.ends_with(text) &&
         name[name.size() - text.size() - 1] == '/';
}

// [ER-06] Names from a checkpoint may hold control characters.
std::string shown(std::string_view name) {
  std::string text(name);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
  const std::size_t apart = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (apart > most) return most + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    std::size_t least = row[0];
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
      least = std::min(least, row[j + 1]);
    }
    if (least > most) return most + 1;
  }
  return std::min(row.back(), most + 1);
}

LeafNames::LeafNames(const Tree& tree) : places_(leaf_places(tree)) {
  first_place_.assign(tree.leaves(), 0);
  by_typed_.resize(places_.size());
  std::iota(by_typed_.begin(), by_typed_.end(), std::uint32_t{0});
  by_friendly_ = by_typed_;
  for (std::size_t i = places_.size(); i-- > 0;)
    first_place_[places_[i].leaf] = static_cast<std::uint32_t>(i);
  std::sort(by_typed_.begin(), by_typed_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return places_[a].typed < places_[b].typed; });
  const bool same = std::all_of(places_.begin(), places_.end(), [](const LeafPlace& place) {
    return place.typed == place.friendly;
  });
  if (same) {
    by_friendly_ = by_typed_;
    return;
  }
  std::sort(by_friendly_.begin(), by_friendly_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return places_[a].friendly < places_[b].friendly;
  });
}

Result<std::size_t> LeafNames::find(std::string_view text) const {
  // [KP-17]
  const auto [typed, typed_end] = equal_places(places_, by_typed_, &LeafPlace::typed, text);
  if (typed != typed_end) return places_[*typed].leaf;
  // [KP-18]
  const auto [friendly, friendly_end] =
      equal_places(places_, by_friendly_, &LeafPlace::friendly, text);
  Where where;
  where.key_path = std::string(text);
  if (friendly == friendly_end) {
    std::string message = "this checkpoint has no such leaf";
    const std::vector<std::string_view> near = nearest(text);
    message += near.empty() ? "; list its leaves to see their names" : "; did you mean ";
    for (std::size_t i = 0; i < near.size(); ++i) {
      if (i != 0) message += i + 1 == near.size() ? " or " : ", ";
      message += shown(near[i]);
    }
    if (!near.empty()) message += "?";
    return restore_error(ErrorClass::kNotFound, "no-such-leaf", "KP-20", std::move(where),
                         std::move(message));
  }
  const std::size_t leaf = places_[*friendly].leaf;
  const bool same = std::all_of(friendly, friendly_end,
                                [&](std::uint32_t place) { return places_[place].leaf == leaf; });
  if (same) return leaf;
  std::string message = "fits several leaves; give one of their typed paths: ";
  const std::ptrdiff_t listed = std::min<std::ptrdiff_t>(friendly_end - friendly, 8);
  for (std::ptrdiff_t i = 0; i < listed; ++i) {
    if (i != 0) message += " or ";
    message += places_[friendly[i]].typed;
  }
  return restore_error(ErrorClass::kUsage, "ambiguous-path", "KP-19", std::move(where),
                       std::move(message));
}

std::vector<std::string_view> LeafNames::nearest(std::string_view text) const {
  if (text.size() > kLongestCompared) return {};
  std::vector<std::pair<std::size_t, std::string_view>> best;  // ascending by distance
  const std::size_t tolerated = std::max<std::size_t>(2, text.size() / 3);
  std::size_t work = 0;
  for (std::size_t i = 0; i < places_.size() && work < kMostWork; ++i) {
    const std::string_view name = places_[by_friendly_[i]].friendly;
    if (name.size() > kLongestCompared) continue;
    work += text.size() * name.size() + 1;
    if (!best.empty() && best.back().second == name) continue;
    const std::size_t most = best.size() == kSuggestions ? best.back().first : tolerated;
    // A name that only lacks its first parts is what people most often mean.
    const bool part = !text.empty() && (ends_with_part(name, text) || ends_with_part(text, name));
    const std::size_t distance = part ? 0 : edit_distance(text, name, most);
    if (distance > most || (best.size() == kSuggestions && distance == most)) continue;
    const auto place =
        std::upper_bound(best.begin(), best.end(), distance,
                         [](std::size_t d, const auto& entry) { return d < entry.first; });
    best.insert(place, {distance, name});
    if (best.size() > kSuggestions) best.pop_back();
  }
  std::vector<std::string_view> names;
  for (const auto& entry : best) names.push_back(entry.second);
  return names;
}

}  // namespace treering
