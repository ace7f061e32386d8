// SPDX-License-Identifier: Apache-2.0
// Writes a message in its one canonical form, in one pass over memory of the right size. Spec:
// 07-record.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "format/schema_shapes.h"
#include "treering/id.h"
#include "treering/list.h"
#include "treering/result.h"

namespace treering {

// A list of numbers, or Data; borrowed. Null where it is empty.
struct Column {
  Slot slot = Slot::kU8;
  std::size_t count = 0;
  const void* data = nullptr;

  Column() = default;
  Column(Slot element, std::size_t entries, const void* first)
      : slot(element), count(entries), data(first) {}
  Column(const std::vector<std::uint8_t>& list)
      : Column(Slot::kU8, list.size(), list.data()) {}  // NOLINT: implicit
  Column(const std::vector<std::uint32_t>& list)
      : Column(Slot::kU32, list.size(), list.data()) {}  // NOLINT: implicit
  Column(const std::vector<std::uint64_t>& list)
      : Column(Slot::kU64, list.size(), list.data()) {}  // NOLINT: implicit
  Column(const List<std::uint8_t>& list)
      : Column(Slot::kU8, list.size(), list.data()) {}  // NOLINT: implicit
  Column(const List<std::uint32_t>& list)
      : Column(Slot::kU32, list.size(), list.data()) {}  // NOLINT: implicit
  Column(const List<std::uint64_t>& list)
      : Column(Slot::kU64, list.size(), list.data()) {}  // NOLINT: implicit
  Column(std::string_view bytes)
      : Column(Slot::kU8, bytes.size(), bytes.data()) {}                         // NOLINT: implicit
  Column(const Id& id) : Column(Slot::kU8, id.bytes.size(), id.bytes.data()) {}  // NOLINT: implicit
  Column(const std::vector<Digest>& list)
      : Column(Slot::kU8, 16 * list.size(), list.data()) {}  // NOLINT: implicit
};

// A struct of plain data and columns: all structs of the schema but the roots. Null where all of it
// is default.
struct Fields {
  std::array<std::uint64_t, 2> words{};
  std::array<Column, 6> columns{};
};
// A list of such structs. Null where it has no rows.
struct Rows {
  std::size_t count = 0;
  std::function<Fields(std::size_t)> row{};
};
struct Root {
  std::vector<std::uint64_t> words{};
  std::vector<std::variant<Column, Fields, Rows>> pointers{};
};

// A 16-byte digest as Data, or null where `present` is false.
Column digest_column(const Digest& digest, bool present) noexcept;

// Framing and segment. Class limit, with the limit's name, where the body would exceed `most`
// bytes, or a list what a list can hold.
Result<std::vector<std::byte>> encode_message(const Root& root, std::string_view limit,
                                              std::uint64_t most);

}  // namespace treering
