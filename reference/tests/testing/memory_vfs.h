// SPDX-License-Identifier: Apache-2.0
// A file system in memory: quick, always the same, and it knows what was left open and what was
// made durable.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/vfs.h"

namespace treering::testing {

class MemoryVfs final : public Vfs {
 public:
  using Bytes = std::vector<std::byte>;

  // Descriptors that are still open.
  std::size_t descriptors() {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }
  // Every file by its path from the root; a directory stands with a "/" behind its name.
  std::map<std::string, Bytes> files(const std::string& path = "") {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Bytes> found;
    const Ref from = walk(kCwd, path);
    if (from != nullptr) collect(*from, "", found);
    return found;
  }
  // Gives a file these bytes; the directory must be there.
  void put(const std::string& path, Bytes bytes) {
    const std::lock_guard lock(mutex_);
    const std::size_t slash = path.rfind('/');
    const Ref in = walk(kCwd, slash == std::string::npos ? "" : path.substr(0, slash));
    const Ref file = node(false);
    file->bytes = std::move(bytes);
    file->durable_bytes = file->bytes;
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    in->durable_entries[name] = file;
    in->entries[name] = file;
  }

  // What a power cut leaves, at worst. Bytes of files that were not fsynced are lost; of the names
  // that were not made durable by an fsync of their directory
  //   kNothingUnsynced  all are lost,
  //   kLastName         the one that was made last in each directory is kept: names need not reach
  //                     the disk in the order in which they were made,
  //   kAllNames         all are kept.
  enum class Cut { kNothingUnsynced, kLastName, kAllNames };
  void cut_power(Cut cut) {
    const std::lock_guard lock(mutex_);
    open_.clear();
    lose(*root_, cut);
  }

  int open_directory(int at, const std::string& path) override {
    const std::lock_guard lock(mutex_);
    const Ref found = walk(at, path);
    if (found == nullptr) return -ENOENT;
    return found->directory ? opened(found, false) : -ENOTDIR;
  }
  int open_directory_nofollow(int at, const std::string& name) override {
    return open_directory(at, name);
  }
  int open_read(int at, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const Ref found = walk(at, name);
    return found == nullptr ? -ENOENT : opened(found, false);
  }
  int create_new(int at, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const Ref in = directory(at);
    if (in == nullptr) return -EBADF;
    const auto [place, made] = in->entries.try_emplace(name, nullptr);
    if (!made) return -EEXIST;
    place->second = node(false);
    in->last_made = name;
    return opened(place->second, true);
  }
  int close(int fd) override {
    const std::lock_guard lock(mutex_);
    return open_.erase(fd) == 1 ? 0 : -EBADF;
  }
  std::int64_t read(int fd, std::span<std::byte> buffer, std::uint64_t offset) override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(fd);
    if (found == open_.end()) return -EBADF;
    const Bytes& bytes = found->second.node->bytes;
    if (offset >= bytes.size()) return 0;
    const std::size_t size = std::min<std::size_t>(buffer.size(), bytes.size() - offset);
    if (size != 0) std::memcpy(buffer.data(), bytes.data() + offset, size);
    return static_cast<std::int64_t>(size);
  }
  std::int64_t write(int fd, std::span<const std::byte> from, std::uint64_t offset) override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(fd);
    if (found == open_.end() || !found->second.writable) return -EBADF;
    Bytes& bytes = found->second.node->bytes;
    if (bytes.size() < offset + from.size()) bytes.resize(offset + from.size());
    if (!from.empty()) std::memcpy(bytes.data() + offset, from.data(), from.size());
    return static_cast<std::int64_t>(from.size());
  }
  int fsync(int fd) override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(fd);
    if (found == open_.end()) return -EBADF;
    found->second.node->durable_entries = found->second.node->entries;
    found->second.node->durable_bytes = found->second.node->bytes;
    return 0;
  }
  int stat_fd(int fd, FileStat& out) override {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(fd);
    if (found == open_.end()) return -EBADF;
    fill(*found->second.node, out);
    return 0;
  }
  int stat_at(int at, const std::string& name, FileStat& out) override {
    const std::lock_guard lock(mutex_);
    const Ref found = walk(at, name);
    if (found == nullptr) return -ENOENT;
    fill(*found, out);
    return 0;
  }
  int link(int at, const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    const Ref in = directory(at);
    if (in == nullptr) return -EBADF;
    const auto found = in->entries.find(from);
    if (found == in->entries.end()) return -ENOENT;
    if (!in->entries.try_emplace(to, found->second).second) return -EEXIST;
    in->last_made = to;
    return 0;
  }
  int rename_new(int from_at, const std::string& from, int to_at, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    const Ref source = directory(from_at);
    const Ref target = directory(to_at);
    if (source == nullptr || target == nullptr) return -EBADF;
    const auto found = source->entries.find(from);
    if (found == source->entries.end()) return -ENOENT;
    if (!target->entries.try_emplace(to, found->second).second) return -EEXIST;
    source->entries.erase(from);
    target->last_made = to;
    return 0;
  }
  int unlink(int at, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return remove(at, name, false);
  }
  int make_directory(int at, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const std::size_t slash = name.rfind('/');  // the others are asked for single names
    const Ref in = slash == std::string::npos ? directory(at) : walk(at, name.substr(0, slash));
    if (in == nullptr) return slash == std::string::npos ? -EBADF : -ENOENT;
    const std::string last = slash == std::string::npos ? name : name.substr(slash + 1);
    if (last == ".") return -EEXIST;
    if (!in->entries.try_emplace(last, node(true)).second) return -EEXIST;
    in->last_made = last;
    return 0;
  }
  int remove_directory(int at, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return remove(at, name, true);
  }
  int list(int fd, std::size_t most, std::vector<std::string>& names) override {
    const std::lock_guard lock(mutex_);
    const Ref in = directory(fd);
    if (in == nullptr) return -EBADF;
    names.clear();
    for (const auto& entry : in->entries) {
      if (names.size() == most) return -E2BIG;
      names.push_back(entry.first);
    }
    return 0;
  }
  std::string file_system(int) override { return "memory"; }
  int random(std::span<std::byte> out) override {
    const std::lock_guard lock(mutex_);
    for (std::byte& byte : out) {
      seed_ = seed_ * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<std::byte>(seed_ >> 56);
    }
    return 0;
  }
  std::uint64_t now_utc() override { return 1'700'000'000'000'000'000u; }

 private:
  struct Node {
    bool directory = false;
    std::uint64_t inode = 0;
    std::map<std::string, std::shared_ptr<Node>> entries{};
    Bytes bytes{};
    std::string last_made{};  // of entries
    // As of the last fsync.
    std::map<std::string, std::shared_ptr<Node>> durable_entries{};
    Bytes durable_bytes{};
  };
  using Ref = std::shared_ptr<Node>;
  struct Open {
    Ref node{};
    bool writable = false;
  };

  Ref node(bool is_directory) {
    Ref made = std::make_shared<Node>();
    made->directory = is_directory;
    made->inode = ++inodes_;
    return made;
  }
  // Numbers are never used again, so that a use after close is seen.
  int opened(const Ref& of, bool writable) {
    open_[++descriptor_] = {of, writable};
    return descriptor_;
  }
  Ref directory(int at) {
    const Ref found = walk(at, "");
    return found != nullptr && found->directory ? found : nullptr;
  }
  Ref walk(int at, const std::string& path) {
    Ref here = root_;
    if (at != kCwd && !path.starts_with('/')) {
      const auto found = open_.find(at);
      if (found == open_.end()) return nullptr;
      here = found->second.node;
    }
    for (std::size_t from = 0; from < path.size();) {
      const std::size_t slash = std::min(path.find('/', from), path.size());
      const std::string name = path.substr(from, slash - from);
      from = slash + 1;
      if (name.empty() || name == ".") continue;
      const auto found = here->entries.find(name);
      if (found == here->entries.end()) return nullptr;
      here = found->second;
    }
    return here;
  }
  int remove(int at, const std::string& name, bool is_directory) {
    const Ref in = directory(at);
    if (in == nullptr) return -EBADF;
    const auto found = in->entries.find(name);
    if (found == in->entries.end()) return -ENOENT;
    if (found->second->directory != is_directory) return is_directory ? -ENOTDIR : -EISDIR;
    if (!found->second->entries.empty()) return -ENOTEMPTY;
    in->entries.erase(found);
    return 0;
  }
  static void lose(Node& from, Cut cut) {
    if (cut != Cut::kAllNames) {
      const auto last = from.entries.find(from.last_made);
      const auto kept = last == from.entries.end() ? nullptr : last->second;
      from.entries = from.durable_entries;
      if (cut == Cut::kLastName && kept != nullptr) from.entries[from.last_made] = kept;
    }
    from.bytes = from.durable_bytes;
    for (const auto& entry : from.entries) lose(*entry.second, cut);
  }
  static void fill(const Node& from, FileStat& to) {
    to.device = 1;
    to.inode = from.inode;
    to.size = from.bytes.size();
    to.is_regular = !from.directory;
    to.is_directory = from.directory;
  }
  static void collect(const Node& from, const std::string& at,
                      std::map<std::string, Bytes>& found) {
    for (const auto& [name, child] : from.entries) {
      if (child->directory) {
        found[at + name + "/"] = {};
        collect(*child, at + name + "/", found);
      } else {
        found[at + name] = child->bytes;
      }
    }
  }

  std::mutex mutex_{};
  std::uint64_t inodes_ = 0;
  int descriptor_ = 2;
  std::uint64_t seed_ = 1;
  std::map<int, Open> open_{};
  Ref root_ = node(true);
};

}  // namespace treering::testing
