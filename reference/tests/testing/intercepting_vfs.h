// SPDX-License-Identifier: Apache-2.0
// A Vfs in front of another one that sees each call before it happens, and its result.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/vfs.h"

namespace treering::testing {

enum class Call : std::uint8_t {
  kOpenDirectory,
  kOpenRead,
  kCreate,
  kClose,
  kRead,
  kWrite,
  kFsync,
  kStat,
  kLink,
  kRename,
  kUnlink,
  kMakeDirectory,
  kRemoveDirectory,
  kList,
  kRandom,
};

class InterceptingVfs : public Vfs {
 public:
  explicit InterceptingVfs(Vfs& inner) : inner_(inner) {}

  int open_directory(int at, const std::string& path) override {
    return named(path, run(Call::kOpenDirectory, "open-dir " + path,
                           [&] { return inner_.open_directory(at, path); }));
  }
  int open_directory_nofollow(int at, const std::string& name) override {
    return named(name, run(Call::kOpenDirectory, "open-dir-nofollow " + name,
                           [&] { return inner_.open_directory_nofollow(at, name); }));
  }
  int open_read(int at, const std::string& name) override {
    return named(name,
                 run(Call::kOpenRead, "open " + name, [&] { return inner_.open_read(at, name); }));
  }
  int create_new(int at, const std::string& name) override {
    return named(name,
                 run(Call::kCreate, "create " + name, [&] { return inner_.create_new(at, name); }));
  }
  int close(int fd) override {
    return run(Call::kClose, "close " + name_of(fd), [&] { return inner_.close(fd); });
  }
  std::int64_t read(int fd, std::span<std::byte> buffer, std::uint64_t offset) override {
    return run(Call::kRead, "read " + name_of(fd),
               [&] { return inner_.read(fd, buffer.first(most(buffer.size())), offset); });
  }
  std::int64_t write(int fd, std::span<const std::byte> bytes, std::uint64_t offset) override {
    return run(Call::kWrite, "write " + name_of(fd),
               [&] { return inner_.write(fd, bytes.first(most(bytes.size())), offset); });
  }
  int fsync(int fd) override {
    return run(Call::kFsync, "fsync " + name_of(fd), [&] { return inner_.fsync(fd); });
  }
  int stat_fd(int fd, FileStat& out) override {
    return run(Call::kStat, "stat-fd " + name_of(fd), [&] { return inner_.stat_fd(fd, out); });
  }
  int stat_at(int at, const std::string& name, FileStat& out) override {
    return run(Call::kStat, "stat " + name, [&] { return inner_.stat_at(at, name, out); });
  }
  int link(int at, const std::string& from, const std::string& to) override {
    return run(Call::kLink, "link " + from + " " + to, [&] { return inner_.link(at, from, to); });
  }
  int rename_new(int from_at, const std::string& from, int to_at, const std::string& to) override {
    return run(Call::kRename, "rename " + from + " " + to,
               [&] { return inner_.rename_new(from_at, from, to_at, to); });
  }
  int unlink(int at, const std::string& name) override {
    return run(Call::kUnlink, "unlink " + name, [&] { return inner_.unlink(at, name); });
  }
  int make_directory(int at, const std::string& name) override {
    return run(Call::kMakeDirectory, "mkdir " + name,
               [&] { return inner_.make_directory(at, name); });
  }
  int remove_directory(int at, const std::string& name) override {
    return run(Call::kRemoveDirectory, "rmdir " + name,
               [&] { return inner_.remove_directory(at, name); });
  }
  int list(int fd, std::size_t limit, std::vector<std::string>& names) override {
    return run(Call::kList, "list " + name_of(fd), [&] { return inner_.list(fd, limit, names); });
  }
  std::string file_system(int fd) override { return inner_.file_system(fd); }
  int random(std::span<std::byte> out) override {
    return run(Call::kRandom, "random", [&] { return inner_.random(out); });
  }
  std::uint64_t now_utc() override { return inner_.now_utc(); }

 protected:
  // What the call returns instead of being made; 0 makes it.
  virtual int before(Call call, const std::string& text) = 0;
  // What the call returns after it was made.
  virtual std::int64_t after(Call, std::int64_t result) { return result; }
  // The most that one transfer moves.
  virtual std::size_t most(std::size_t wanted) { return wanted; }

 private:
  template <class Make>
  auto run(Call call, const std::string& text, Make make) -> decltype(make()) {
    using Number = decltype(make());
    if (const int instead = before(call, text); instead != 0) {
      // The descriptor is gone, as on Linux, whatever close() answers.
      if (call == Call::kClose) make();
      return instead;
    }
    return static_cast<Number>(after(call, make()));
  }
  int named(const std::string& name, int fd) {
    const std::lock_guard lock(mutex_);
    if (fd >= 0) names_[fd] = name;
    return fd;
  }
  std::string name_of(int fd) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(fd);
    return found == names_.end() ? "?" : found->second;
  }

  Vfs& inner_;
  std::mutex mutex_{};
  std::map<int, std::string> names_{};
};

}  // namespace treering::testing
