// SPDX-License-Identifier: Apache-2.0
// Taking a directory out of a series and deleting it. Spec: 13-commit.md (retention).
#include "manage/trash.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/try.h"
#include "format/layout.h"
#include "treering/id.h"

namespace treering {

Result<std::string> move_to_trash(const Directory& series, const std::string& name) {
  // A taken name is as likely as two equal attempts; the loop is for those who choose random()
  // themselves.
  for (int tries = 0;; ++tries) {
    Id id;
    const int drawn =
        retried([&] { return series.vfs().random(std::as_writable_bytes(std::span(id.bytes))); });
    if (drawn < 0) return system_error(drawn, "draw a name for", name);
    std::string trash = trash_name(id);
    const int failed = retried(  // [CM-51]
        [&] { return series.vfs().rename_new(series.fd(), name, series.fd(), trash); });
    if (failed == -EEXIST && tries < 8) continue;
    if (failed < 0) return system_error(failed, "rename to trash", name);
    TREERING_CHECK(series.sync());
    return trash;
  }
}

Status delete_trash(const Directory& series, const std::string& trash, const Limits& limits,
                    std::vector<std::string>& left) {
  FileStat trashed;
  const int seen = retried([&] { return series.vfs().stat_at(series.fd(), trash, trashed); });
  if (seen == -ENOENT) return {};  // Somebody else has deleted it.
  if (seen < 0) return system_error(seen, "examine", trash);
  if (!trashed.is_directory) {  // [CM-54]
    left.push_back(trash);
    return {};
  }
  auto opened = series.open_child(trash);
  if (!opened.ok()) {
    if (opened.error().cls == ErrorClass::kNotFound) return {};
    return std::move(opened).error();
  }
  const Directory& directory = *opened;
  TREERING_TRY(std::vector<std::string> names, directory.list(limits.entries));
  // The slot goes first, so that a reader who still holds the directory sees that it was retired.
  std::partition(names.begin(), names.end(),
                 [](const std::string& name) { return name == kSlotName; });
  bool empty = true;
  for (const std::string& name : names) {
    FileStat stat;
    const int found = retried([&] { return directory.vfs().stat_at(directory.fd(), name, stat); });
    if (found == -ENOENT) continue;
    if (found < 0) return system_error(found, "examine", name);
    if (!stat.is_regular || !parse_checkpoint_name(name)) {  // [CM-52] [CM-53] [LY-09]
      left.push_back(trash + '/' + name);
      empty = false;
      continue;
    }
    const int failed = retried([&] { return directory.vfs().unlink(directory.fd(), name); });
    if (failed < 0 && failed != -ENOENT) return system_error(failed, "delete", trash + '/' + name);
  }
  if (!empty) return {};
  const int failed = retried([&] { return series.vfs().remove_directory(series.fd(), trash); });
  if (failed < 0 && failed != -ENOENT) return system_error(failed, "delete", trash);
  return {};
}

Result<std::vector<std::string>> list_trash(const Directory& series, const Limits& limits) {
  TREERING_TRY(std::vector<std::string> names, series.list(limits.entries));
  std::erase_if(names, [](const std::string& name) {
    const std::optional<ParsedName> parsed = parse_series_name(name);
    return !parsed || parsed->role != NameRole::kTrash;  // [LY-17]
  });
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace treering
