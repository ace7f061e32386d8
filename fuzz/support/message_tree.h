// SPDX-License-Identifier: Apache-2.0
// A message body as a tree without a schema, read leniently and written in canonical form. It is
// written from spec 07 and uses nothing of the library, so that a mutated message is canonical for
// a second reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace treering::fuzz {

struct MessageNode {
  enum class Kind { kNull, kStruct, kList, kRows };
  Kind kind = Kind::kNull;
  std::vector<std::uint64_t> words{};   // kStruct: data section
  std::vector<MessageNode> children{};  // kStruct: pointers; kRows: rows, each a kStruct
  std::size_t element_bytes = 1;        // kList: 1, 2, 4 or 8
  std::vector<std::byte> elements{};    // kList
  std::size_t count() const {
    return kind == Kind::kRows ? children.size() : elements.size() / element_bytes;
  }
};

// Empty where no tree can be made of it.
std::optional<MessageNode> parse_message(std::span<const std::byte> body);
// Framing included.
std::vector<std::byte> write_message(const MessageNode& root);

// Access by the schema's places; null where there is nothing of that kind.
MessageNode* child_of(MessageNode* node, std::size_t pointer, MessageNode::Kind kind);
// Element of a list of numbers; 0 where there is none.
std::uint64_t number_at(const MessageNode* list, std::size_t row);
void set_number(MessageNode& list, std::size_t row, std::uint64_t value);

}  // namespace treering::fuzz
