// SPDX-License-Identifier: Apache-2.0
// Reading a graph record: its shape, and that its entries fit together. Spec: 06-graph.md.
#include "treering/graph.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <optional>
#include <utility>

#include "base/refusal.h"
#include "base/try.h"
#include "format/graph_description.h"
#include "model/value_parts.h"
#include "treering/key_path.h"
#include "treering/value.h"

namespace treering {
namespace {

struct Storage {
  std::string text{};
  std::deque<std::string> unescaped{};
};

Error refuse_record(std::string_view rule, std::string_view what, std::string_view path = {}) {
  return refuse(
      "bad-graph", rule,
      "the graph record " + std::string(what) + "; use the checkpoint without its graph record",
      std::string(path));
}

// Where the last key of a path begins.
std::size_t last_key(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

bool may_have_children(GraphKind kind) noexcept {
  return kind != GraphKind::kNone && kind != GraphKind::kArray && kind != GraphKind::kStatic &&
         kind != GraphKind::kAlias;
}

class GraphParser {
 public:
  GraphParser(std::string_view json, const Limits& limits)
      : limits_(limits), storage_(std::make_shared<Storage>()) {
    storage_->text = json;
  }

  Result<GraphRecord> parse() {
    TREERING_TRY(const std::string_view nodes, entry_list());
    for (ValueParts parts(nodes); parts.next();) TREERING_CHECK(add_entry(parts.value()));
    if (entries_.empty() || !entries_.front().path.empty()) {
      return refuse_record("GC-05", "does not begin with its root");
    }
    TREERING_CHECK(link());
    TREERING_CHECK(check_children());
    return GraphRecord{std::move(entries_), std::move(storage_)};
  }

 private:
  Result<std::string_view> entry_list() const {  // [GC-05]
    ValueParts parts(storage_->text);
    if (!parts.next() || parts.key() != "nodes" || !is_list_value(parts.value())) {
      return refuse_record("GC-05", "has no list 'nodes'");
    }
    const std::string_view nodes = parts.value();
    if (!parts.next() || parts.key() != "version" || parts.value() != "1") {
      return refuse_record("GC-05", "is not of version 1");
    }
    if (parts.next()) return refuse_record("GC-05", "has an unknown key");
    return nodes;
  }

  Status add_entry(std::string_view pair) {
    if (!is_list_value(pair)) return refuse_record("GC-05", "has an entry that is no list");
    ValueParts parts(pair);
    if (!parts.next() || !is_string_value(parts.value())) {
      return refuse_record("GC-05", "has an entry without a path");
    }
    GraphEntry entry;
    entry.path = text_of(parts.value());
    TREERING_CHECK(check_path(entry.path));
    if (!parts.next()) return refuse_record("GC-05", "has an entry of one part", entry.path);
    entry.description = parts.value();
    TREERING_TRY(entry.kind, check_description(entry.description, entry.path));
    if (parts.next()) {
      return refuse_record("GC-05", "has an entry of more than two parts", entry.path);
    }
    entries_.push_back(entry);
    return {};
  }

  std::string_view text_of(std::string_view string) {
    const std::string_view content = quoted_content(string);
    if (content.find('\\') == std::string_view::npos) return content;
    return storage_->unescaped.emplace_back(unescape_content(content));
  }

  // The other keys are those of the parent, which has an entry of its own.
  Status check_path(std::string_view path) const {
    if (path.empty()) return {};
    const auto keys = static_cast<std::uint64_t>(std::count(path.begin(), path.end(), '/')) + 1;
    if (keys > limits_.depth)
      return refuse_limit("depth", "KP-12", keys, limits_.depth);  // [KP-12]
    const std::string_view key = path.substr(last_key(path));
    if (key.size() > limits_.key_bytes) {  // [KP-11]
      return refuse_limit("key_bytes", "KP-11", key.size(), limits_.key_bytes);
    }
    // An empty first key would lead to the root as its parent.
    if (parse_key(key) && !path.starts_with('/')) return {};
    return refuse_record("GC-05", "has a path that is no typed text", path);
  }

  // Sorting, not hashing: a record cannot choose paths that make it slow.
  Status link() {  // [GC-14]
    by_path_.resize(entries_.size());
    std::iota(by_path_.begin(), by_path_.end(), std::size_t{0});
    std::sort(by_path_.begin(), by_path_.end(),
              [this](std::size_t a, std::size_t b) { return entries_[a].path < entries_[b].path; });
    const auto twin = std::adjacent_find(
        by_path_.begin(), by_path_.end(),
        [this](std::size_t a, std::size_t b) { return entries_[a].path == entries_[b].path; });
    if (twin != by_path_.end()) {
      return refuse_record("GC-14", "has two entries of one path", entries_[*twin].path);
    }
    for (std::size_t i = 1; i < entries_.size(); ++i) {
      const std::string_view path = entries_[i].path;
      const std::size_t key = last_key(path);
      const std::optional<std::size_t> parent = earlier(path.substr(0, key == 0 ? 0 : key - 1), i);
      if (!parent) return refuse_record("GC-14", "has an entry before that of its parent", path);
      entries_[i].parent = *parent;
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) TREERING_CHECK(link_alias(i));
    by_path_ = {};
    return {};
  }

  Status link_alias(std::size_t i) {
    if (entries_[i].kind != GraphKind::kAlias) return {};
    const std::optional<std::size_t> target = earlier(graph_text_field(entries_[i], "of"), i);
    if (!target || entries_[*target].kind == GraphKind::kAlias) {
      return refuse_record("GC-14", "has an alias of nothing that stands before it",
                           entries_[i].path);
    }
    entries_[i].target = *target;
    return {};
  }

  std::optional<std::size_t> earlier(std::string_view path, std::size_t than) const {
    const auto found = std::lower_bound(by_path_.begin(), by_path_.end(), path,
                                        [this](std::size_t entry, std::string_view wanted) {
                                          return entries_[entry].path < wanted;
                                        });
    if (found == by_path_.end() || entries_[*found].path != path || *found >= than) {
      return std::nullopt;
    }
    return *found;
  }

  struct Child {
    std::size_t parent = 0;
    MatchKey key{};
    std::size_t entry = 0;
  };

  Status check_children() {         // [GC-21]
    std::deque<std::string> names;  // of the keys that are escaped; a match key only borrows
    std::vector<Child> children;
    children.reserve(entries_.size());
    for (std::size_t i = 1; i < entries_.size(); ++i) {
      const GraphEntry& entry = entries_[i];
      if (!may_have_children(entries_[entry.parent].kind)) {
        return refuse_record("GC-21", "has an entry below one that has none below it", entry.path);
      }
      const std::string_view text = entry.path.substr(last_key(entry.path));
      TREERING_TRY(Key key, parse_key(text));
      MatchKey match = match_key(key);
      if (match.kind == MatchKey::Kind::kName) {
        match.text = text.ends_with(match.text) ? text.substr(text.size() - match.text.size())
                                                : names.emplace_back(std::move(key.text));
      }
      children.push_back({entry.parent, match, i});
    }
    std::sort(children.begin(), children.end(), [](const Child& a, const Child& b) {
      return a.parent != b.parent ? a.parent < b.parent : a.key < b.key;
    });
    for (std::size_t i = 1; i < children.size(); ++i) {
      const Child& child = children[i];
      if (child.parent != children[i - 1].parent) continue;
      const bool has_two = entries_[child.parent].kind == GraphKind::kVariable;
      if (has_two || child.key == children[i - 1].key) {
        return refuse_record("GC-21",
                             has_two ? "has two entries below one variable"
                                     : "has two entries of one match key below one entry",
                             entries_[child.entry].path);
      }
    }
    return {};
  }

  const Limits& limits_;
  std::shared_ptr<Storage> storage_;
  std::vector<GraphEntry> entries_{};
  std::vector<std::size_t> by_path_{};
};

}  // namespace

Result<GraphRecord> parse_graph(std::string_view json, const Limits& limits) {
  if (json.size() > limits.graph_bytes) {
    return refuse_limit("graph_bytes", "GC-02", json.size(), limits.graph_bytes);  // [GC-02]
  }
  TREERING_CHECK(check_value(json, limits));
  if (!is_plain_object(json)) return refuse_record("GC-05", "is no object");
  return GraphParser(json, limits).parse();
}

}  // namespace treering
