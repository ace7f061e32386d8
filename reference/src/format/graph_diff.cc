// SPDX-License-Identifier: Apache-2.0
// What differs between two graph records, in the words of people. Spec: 06-graph.md.
#include <algorithm>
#include <utility>

#include "format/graph_description.h"
#include "format/graph_text.h"
#include "model/value_parts.h"

namespace treering {
namespace {

constexpr std::size_t kMostParts = 16;  // differences within one value that are told one by one

// A record with the children of each entry.
class GraphTree {
 public:
  explicit GraphTree(const GraphRecord& record)
      : record_(record), begins_(record.entries.size() + 1) {
    for (std::size_t i = 1; i < record.entries.size(); ++i) {
      ++begins_[record.entries[i].parent + 1];
    }
    for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
    children_.resize(begins_.back());
    std::vector<std::size_t> at(begins_.begin(), begins_.end() - 1);
    for (std::size_t i = 1; i < record.entries.size(); ++i) {
      children_[at[record.entries[i].parent]++] = i;
    }
  }
  const GraphRecord& record() const noexcept { return record_; }
  const GraphEntry& at(std::size_t entry) const noexcept { return record_.entries[entry]; }

  struct Child {
    std::size_t entry = 0;
    Key key{};
  };
  std::vector<Child> children(std::size_t entry) const {
    std::vector<Child> found;
    for (std::size_t i = begins_[entry]; i < begins_[entry + 1]; ++i) {
      found.push_back({children_[i], graph_key(record_, children_[i])});
    }
    return found;
  }
  std::string place(std::size_t entry) const { return graph_place(record_, entry); }
  std::string summary(std::size_t entry) const { return graph_summary(record_, entry); }

  // What the level arrays has below an entry, sorted; match texts are relative to it.
  std::vector<std::pair<std::string, std::string>> arrays(std::size_t entry) const {
    std::vector<std::pair<std::string, std::string>> lines;
    std::vector<std::size_t> open{entry};
    while (!open.empty()) {
      const std::size_t next = open.back();
      open.pop_back();
      if (at(next).kind == GraphKind::kArray || at(next).kind == GraphKind::kAlias) {
        lines.emplace_back(graph_match_text(record_, next, entry),
                           arrays_description(record_, next));
      }
      open.insert(open.end(), children_.begin() + offset(begins_[next]),
                  children_.begin() + offset(begins_[next + 1]));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

 private:
  static std::ptrdiff_t offset(std::size_t i) noexcept { return static_cast<std::ptrdiff_t>(i); }

  const GraphRecord& record_;
  std::vector<std::size_t> begins_;      // of each entry's children, and the end
  std::vector<std::size_t> children_{};  // in recorded order
};

bool is_code_only(std::string_view left, std::string_view right) {
  std::string a;
  std::string b;
  append_without_code(a, left);
  append_without_code(b, right);
  return a == b;
}

// Differences of two values: part by part within plain objects. False where there are too many.
class ValueDiff {
 public:
  struct Part {
    std::string what{};
    std::string_view left{}, right{};
  };
  // `left` or `right` is empty where the value is missing. Nests as deep as the values.
  bool compare(std::string_view left, std::string_view right, const std::string& what) {
    if (left == right) return true;
    if (!is_plain_object(left) || !is_plain_object(right)) {
      parts_.push_back({what, left, right});
      return parts_.size() <= kMostParts;
    }
    ValueParts a(left);
    ValueParts b(right);
    bool has_a = a.next();
    bool has_b = b.next();
    while (has_a || has_b) {
      const std::string key_a = has_a ? unescape_content(a.key()) : "";
      const std::string key_b = has_b ? unescape_content(b.key()) : "";
      const bool take_a = has_a && (!has_b || key_a <= key_b);
      const bool take_b = has_b && (!has_a || key_b <= key_a);
      if (!compare(take_a ? a.value() : std::string_view(), take_b ? b.value() : std::string_view(),
                   below(what, take_a ? key_a : key_b))) {
        return false;
      }
      if (take_a) has_a = a.next();
      if (take_b) has_b = b.next();
    }
    return true;
  }
  const std::vector<Part>& parts() const noexcept { return parts_; }

 private:
  // At the top a key is a name of its own.
  static std::string below(const std::string& what, const std::string& key) {
    const bool is_name = what.empty() && is_name_key({KeyKind::kString, key, 0});
    return is_name ? key : what + "[" + quoted(key) + "]";
  }
  std::vector<Part> parts_{};
};

class Differ {
 public:
  Differ(const GraphRecord& left, const GraphRecord& right, std::size_t most)
      : left_(left), right_(right), most_(most) {}

  std::vector<GraphDifference> run() {
    compare(0, 0);
    return std::move(out_);
  }

 private:
  bool is_full() const noexcept { return out_.size() >= most_; }

  void add(GraphLevel level, std::string path, std::string what, std::string left,
           std::string right) {
    if (is_full()) return;
    out_.push_back({level, std::move(path), std::move(what), std::move(left), std::move(right)});
  }

  void add_values(std::string path, std::string what, std::string_view left, std::string_view right,
                  GraphLevel level) {
    auto [a, b] = shown_sides(left, right);
    add(level, std::move(path), std::move(what), left.empty() ? "nothing" : std::move(a),
        right.empty() ? "nothing" : std::move(b));
  }

  // The depth is that of paths, which is bounded.
  void compare(std::size_t a, std::size_t b) {
    if (is_full()) return;
    const GraphEntry& left = left_.at(a);
    const GraphEntry& right = right_.at(b);
    if (left.kind != right.kind) {
      const bool same_arrays = left_.arrays(a) == right_.arrays(b);
      add(same_arrays ? GraphLevel::kStructure : GraphLevel::kArrays, left_.place(a), {},
          left_.summary(a), right_.summary(b));
      return;
    }
    if (left.description != right.description || left.kind == GraphKind::kAlias) {
      compare_descriptions(a, b);
    }
    compare_children(a, b);
  }

  void compare_descriptions(std::size_t a, std::size_t b) {
    switch (left_.at(a).kind) {
      case GraphKind::kStatic:
        return compare_statics(a, b);
      case GraphKind::kAlias:
        return compare_aliases(a, b);
      case GraphKind::kVariable:
        compare_fields(a, b, {"type", "bases"}, GraphLevel::kStructure);
        return compare_metadata(a, b);
      case GraphKind::kArray:
        compare_fields(a, b, {"dtype", "impl", "shape"}, GraphLevel::kArrays);
        return compare_fields(a, b, {"weak"}, GraphLevel::kStructure);
      default:
        return compare_fields(a, b, {"type", "fields", "aux"}, GraphLevel::kStructure);
    }
  }

  void compare_fields(std::size_t a, std::size_t b, std::initializer_list<std::string_view> names,
                      GraphLevel level) {
    for (const std::string_view name : names) {
      const std::string_view left = graph_field(left_.at(a), name);
      const std::string_view right = graph_field(right_.at(b), name);
      if (left == right) continue;
      if (name == "type") {
        // A type is told by its name, like one that a value holds.
        const auto as_type = [](std::string_view text) {
          return "{\"$type\":" + std::string(text) + "}";
        };
        add_values(left_.place(a), "type", as_type(left), as_type(right), level);
      } else if (name == "shape") {
        auto [shape, other] = excerpts(shown_shape(left), shown_shape(right));
        add(level, left_.place(a), "shape", std::move(shape), std::move(other));
      } else {
        const bool code = level == GraphLevel::kStructure && !left.empty() && !right.empty() &&
                          is_code_only(left, right);
        add_values(left_.place(a), std::string(name), left, right,
                   code ? GraphLevel::kProgram : level);
      }
    }
  }

  void compare_statics(std::size_t a, std::size_t b) {
    const std::string_view left = graph_field(left_.at(a), "value");
    const std::string_view right = graph_field(right_.at(b), "value");
    if (a == 0) return add_parts({}, {}, left, right);
    const Key key = graph_key(left_.record(), a);
    if (is_name_key(key)) {
      add_parts(left_.place(left_.at(a).parent), key.text, left, right);
    } else {
      add_parts(left_.place(a), {}, left, right);
    }
  }

  void compare_metadata(std::size_t a, std::size_t b) {
    add_parts(left_.place(a), {}, graph_field(left_.at(a), "metadata"),
              graph_field(right_.at(b), "metadata"));
  }

  void add_parts(const std::string& path, const std::string& what, std::string_view left,
                 std::string_view right) {
    ValueDiff diff;
    if (!diff.compare(left, right, what)) {
      add_values(path, what, left, right, level_of(left, right));
      return;
    }
    for (const ValueDiff::Part& part : diff.parts()) {
      add_values(path, part.what, part.left, part.right, level_of(part.left, part.right));
    }
  }

  static GraphLevel level_of(std::string_view left, std::string_view right) {
    const bool code_only = !left.empty() && !right.empty() && is_code_only(left, right);
    return code_only ? GraphLevel::kProgram : GraphLevel::kStructure;
  }

  void compare_aliases(std::size_t a, std::size_t b) {
    const std::string left(graph_field(left_.at(a), "of"));
    if (left == graph_field(right_.at(b), "of")) {
      // The shared object can still be spelled by another match path, where one side has a
      // variable.
      if (arrays_description(left_.record(), a) == arrays_description(right_.record(), b)) return;
    }
    const bool same =
        arrays_description(left_.record(), a) == arrays_description(right_.record(), b);
    add(same ? GraphLevel::kStructure : GraphLevel::kArrays, left_.place(a), {}, left_.summary(a),
        right_.summary(b));
  }

  // Children are paired by match keys; the one child of a variable is paired whatever its key is.
  void compare_children(std::size_t a, std::size_t b) {
    const std::vector<GraphTree::Child> ours = left_.children(a);
    const std::vector<GraphTree::Child> theirs = right_.children(b);
    std::vector<std::size_t> sorted(theirs.size());
    for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
    const bool is_variable = left_.at(a).kind == GraphKind::kVariable;
    const auto key = [&](std::size_t i) { return match_key(theirs[i].key); };
    std::sort(sorted.begin(), sorted.end(),
              [&](std::size_t i, std::size_t j) { return key(i) < key(j); });
    std::vector<bool> used(theirs.size(), false);
    for (const GraphTree::Child& child : ours) {
      const MatchKey wanted = match_key(child.key);
      auto found = std::lower_bound(sorted.begin(), sorted.end(), wanted,
                                    [&](std::size_t i, const MatchKey& k) { return key(i) < k; });
      if (is_variable) found = sorted.begin();
      if (found == sorted.end() || (!is_variable && key(*found) != wanted)) {
        add_one_sided(left_, child.entry, "removed");
        continue;
      }
      used[*found] = true;
      const GraphTree::Child& other = theirs[*found];
      if (other.key != child.key) {
        add(GraphLevel::kStructure, left_.place(child.entry), "key", format_key(child.key),
            format_key(other.key));
      }
      compare(child.entry, other.entry);
    }
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      if (!used[i]) add_one_sided(right_, theirs[i].entry, "added");
    }
  }

  void add_one_sided(const GraphTree& tree, std::size_t entry, std::string what) {
    if (is_full()) return;
    const GraphLevel level =
        tree.arrays(entry).empty() ? GraphLevel::kStructure : GraphLevel::kArrays;
    const bool is_left = &tree == &left_;
    add(level, tree.place(entry), std::move(what), is_left ? tree.summary(entry) : "",
        is_left ? "" : tree.summary(entry));
  }

  GraphTree left_;
  GraphTree right_;
  std::size_t most_;
  std::vector<GraphDifference> out_{};
};

}  // namespace

std::string to_string(const GraphDifference& difference) {
  std::string text = difference.path.empty() ? "(the root)" : difference.path;
  text += ":";
  if (!difference.what.empty()) text += " " + difference.what;
  if (!difference.left.empty()) text += " " + difference.left;
  if (!difference.left.empty() && !difference.right.empty()) text += " →";
  if (!difference.right.empty()) text += " " + difference.right;
  return text;
}

std::vector<GraphDifference> diff_graphs(const GraphRecord& left, const GraphRecord& right,
                                         std::size_t most) {
  return Differ(left, right, most).run();
}

}  // namespace treering
