// SPDX-License-Identifier: Apache-2.0
// Comparing compatibility records. Spec: 06-graph.md.
#include "treering/compat.h"

#include "base/refusal.h"
#include "base/try.h"
#include "model/value_parts.h"
#include "model/value_text.h"
#include "treering/value.h"

namespace treering {
namespace {

Status check_dict(std::string_view json, const Limits& limits) {
  TREERING_CHECK(check_value(json, limits));
  if (is_dict_value(json)) return {};
  return refuse("bad-graph", "GC-01", "a compatibility record is a dict; give one");
}

std::string below(const std::string& path, std::string_view key) {
  return path.empty() ? unescape_content(key) : path + "/" + unescape_content(key);
}

// Keys of both ascend, so that one walk finds every pair. Nests as deep as the values do.
void compare(std::string_view expected, std::string_view recorded, const std::string& path,
             std::vector<CompatDifference>& out) {
  if (expected == recorded) return;
  if (!is_plain_object(expected) || !is_plain_object(recorded)) {
    out.push_back({path, std::string(expected), std::string(recorded)});
    return;
  }
  ValueParts theirs(recorded);
  bool there = theirs.next();
  for (ValueParts ours(expected); ours.next();) {
    const std::string name = unescape_content(ours.key());
    while (there && unescape_content(theirs.key()) < name) there = theirs.next();
    if (there && theirs.key() == ours.key()) {
      compare(ours.value(), theirs.value(), below(path, ours.key()), out);
    } else {
      out.push_back({below(path, ours.key()), std::string(ours.value()), {}});
    }
  }
}

}  // namespace

Result<std::vector<CompatDifference>> compare_compat(std::string_view expected,
                                                     std::string_view recorded,
                                                     const Limits& limits) {
  TREERING_CHECK(check_dict(expected, limits));
  std::vector<CompatDifference> differences;
  if (recorded.empty()) {
    if (expected != "{}") differences.push_back({{}, std::string(expected), {}});
    return differences;
  }
  TREERING_CHECK(check_dict(recorded, limits));
  compare(expected, recorded, {}, differences);
  return differences;
}

}  // namespace treering
