// SPDX-License-Identifier: Apache-2.0
// Opening a checkpoint and reading its leaves. Spec: 14-restore.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "treering/box.h"
#include "treering/id.h"
#include "treering/limits.h"
#include "treering/result.h"
#include "treering/tree.h"

namespace treering {

class Vfs;

struct OpenOptions {
  Limits limits{};
  // Presence and sizes of the files, as every reader checks them. Without it a checkpoint opens of
  // which files are missing, for verify() to list them all.
  bool check_files = true;
  Vfs* vfs = nullptr;  // null: the real system calls
};

// A typed array read into memory of its own: row-major, native order.
template <class T>
struct Array {
  std::vector<std::uint64_t> shape{};
  std::vector<T> values{};
};

// C++ types whose memory form is that of a dtype.
template <class T>
constexpr Dtype dtype_of() noexcept;

class Leaf;

// One damaged place that verify() found.
struct Damage {
  Error error{};
  std::string leaf{};        // friendly path, or empty where it is no leaf's
  std::uint64_t offset = 0;  // byte range of the file in error.where.file
  std::uint64_t bytes = 0;
};

struct DataFileInfo {
  std::string name{};
  std::uint32_t writer = 0;
  std::uint64_t bytes = 0;
  std::uint32_t block_bytes = 0;
};

// Where one cell of a leaf is stored.
struct ShardInfo {
  std::size_t leaf = 0;
  std::uint64_t cell = 0;
  Box box{};
  std::uint32_t writer = 0;
  std::string file{};
  std::uint64_t offset = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t stored_bytes = 0;
  std::uint32_t blocks = 0;
  std::optional<Digest> content{};  // stored or derived content digest, spec 08
};

// A committed checkpoint. Holds the directory open, so that it stays readable while it is being
// renamed away. Copies share one state. Any number of threads may read at once.
class Checkpoint {
 public:
  const std::string& path() const noexcept;
  std::optional<std::uint64_t> step() const noexcept;
  std::uint64_t saved_at() const noexcept;  // UTC nanoseconds
  std::string_view producer() const noexcept;
  Id attempt() const noexcept;
  Id run_id() const noexcept;
  std::uint32_t writers() const noexcept;
  // Canonical JSON, or empty.
  std::string_view metrics() const noexcept;
  std::string_view metadata() const noexcept;
  std::string_view graph() const noexcept;
  std::string_view compat() const noexcept;

  const Tree& tree() const noexcept;
  // Leaf places in preorder; built at the first call.
  const std::vector<LeafPlace>& places() const;
  std::vector<DataFileInfo> files() const;
  std::uint64_t bytes() const noexcept;  // of all files of the checkpoint

  // By typed text, else by friendly path. not-found, with the nearest name; usage where several
  // fit.
  Result<Leaf> leaf(std::string_view path) const;
  // By row of the leaf table. usage where there is no such row.
  Result<Leaf> leaf_at(std::size_t row) const;

  // Restores many leaf rows at once, in the order of their bytes on disk. `buffers[i]` is exactly
  // host_bytes(spec of rows[i]) long. On failure the buffers' content is unspecified.
  Status read_into(std::span<const std::size_t> rows, std::span<const std::span<std::byte>> buffers,
                   const std::function<void(std::uint64_t, std::uint64_t)>& progress = {}) const;

  // The shards of the rows' leaves; fetches the indexes that it needs.
  Result<std::vector<ShardInfo>> shards(std::size_t row) const;

  // Reads every byte. Empty: all is as written. Damage stands in the order of spec 14; bytes that
  // the system refuses to read are damage of class environment. An error only where a file could
  // not be opened, or all is gone.
  Result<std::vector<Damage>> verify(
      const std::function<void(std::uint64_t, std::uint64_t)>& progress = {}) const;

  struct State;
  explicit Checkpoint(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

// Opens the checkpoint directory `path` and checks its manifest and the presence and sizes of its
// files. not-found: no directory, or no committed checkpoint in it; otherwise the classes of spec
// 07 and 14. Memory: up to four times the manifest. Reads no data and no index.
Result<Checkpoint> open(const std::string& path, const OpenOptions& options = {});

// One leaf of an open checkpoint. Cheap to copy.
class Leaf {
 public:
  std::size_t row() const noexcept { return row_; }
  std::string typed_path() const;
  std::string path() const;  // friendly
  LeafKind kind() const noexcept;
  Dtype dtype() const noexcept;  // kNone for inline Python scalars, strings and bytes
  std::span<const std::uint64_t> shape()
      const noexcept;  // as stored: a key array's last axis included
  bool weak_type() const noexcept;
  std::string_view prng_impl() const noexcept;
  std::string_view inline_value()
      const noexcept;  // of an inline leaf: JSON, stored bytes, text or bytes
  bool is_inline() const noexcept;
  std::uint64_t bytes() const noexcept;  // in host memory

  // Every byte read has been compared with its digest before it is handed out.
  // read_bytes() of an inline leaf gives its inline value; the others have no bytes for it.
  Result<std::vector<std::byte>> read_bytes() const;
  Status read_into(std::span<std::byte> buffer) const;
  Status read_into(const Box& box, std::span<std::byte> buffer) const;
  // usage where T is not the leaf's dtype.
  template <class T>
  Result<Array<T>> read() const;

 private:
  friend class Checkpoint;
  Leaf(std::shared_ptr<const Checkpoint::State> state, std::size_t row) noexcept
      : state_(std::move(state)), row_(row) {}
  Error wrong_type(Dtype wanted) const;
  // Whether the files can hold as much as the shape says: asked before memory is reserved for it.
  Status check_room() const;
  std::shared_ptr<const Checkpoint::State> state_;
  std::size_t row_ = 0;
};

template <>
constexpr Dtype dtype_of<float>() noexcept {
  return Dtype::kFloat32;
}
template <>
constexpr Dtype dtype_of<double>() noexcept {
  return Dtype::kFloat64;
}
template <>
constexpr Dtype dtype_of<std::int8_t>() noexcept {
  return Dtype::kInt8;
}
template <>
constexpr Dtype dtype_of<std::int16_t>() noexcept {
  return Dtype::kInt16;
}
template <>
constexpr Dtype dtype_of<std::int32_t>() noexcept {
  return Dtype::kInt32;
}
template <>
constexpr Dtype dtype_of<std::int64_t>() noexcept {
  return Dtype::kInt64;
}
template <>
constexpr Dtype dtype_of<std::uint8_t>() noexcept {
  return Dtype::kUint8;
}
template <>
constexpr Dtype dtype_of<std::uint16_t>() noexcept {
  return Dtype::kUint16;
}
template <>
constexpr Dtype dtype_of<std::uint32_t>() noexcept {
  return Dtype::kUint32;
}
template <>
constexpr Dtype dtype_of<std::uint64_t>() noexcept {
  return Dtype::kUint64;
}

template <class T>
Result<Array<T>> Leaf::read() const {
  if (dtype() != dtype_of<T>()) return wrong_type(dtype_of<T>());
  if (Status room = check_room(); !room.ok()) return std::move(room).error();
  Array<T> array;
  array.shape.assign(shape().begin(), shape().end());
  array.values.resize(static_cast<std::size_t>(bytes() / sizeof(T)));
  if (Status status = read_into(std::as_writable_bytes(std::span(array.values))); !status.ok()) {
    return std::move(status).error();
  }
  return array;
}

}  // namespace treering
