// SPDX-License-Identifier: Apache-2.0
// Spec: 07-record.md, sections on messages.
#include "support/message_tree.h"

#include <algorithm>
#include <cstring>

namespace treering::fuzz {
namespace {

using Kind = MessageNode::Kind;
constexpr int kMaxDepth = 20;
constexpr std::size_t kMaxWords = std::size_t{1} << 18;  // of all objects, which may overlap

class Parser {
 public:
  explicit Parser(std::span<const std::byte> segment)
      : bytes_(segment), size_(segment.size() / 8) {}

  bool pointer(std::uint64_t at, MessageNode& out, int depth) {
    const std::uint64_t value = word(at);
    if (value == 0) return true;
    if (depth > kMaxDepth) return false;
    const auto offset =
        static_cast<std::int64_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(value))) >>
        2;
    const std::int64_t target = static_cast<std::int64_t>(at) + 1 + offset;
    if (target < 0 || static_cast<std::uint64_t>(target) > size_) return false;
    const auto start = static_cast<std::uint64_t>(target);
    if ((value & 3) == 0) return structure(start, (value >> 32) & 0xffff, value >> 48, out, depth);
    return (value & 3) == 1 && list(start, (value >> 32) & 7, value >> 35, out, depth);
  }

 private:
  std::uint64_t word(std::uint64_t at) const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_.data() + 8 * at, 8);
    return value;
  }
  bool take(std::uint64_t start, std::uint64_t words) {
    used_ += words;
    return start <= size_ && words <= size_ - start && used_ <= kMaxWords;
  }

  bool structure(std::uint64_t start, std::uint64_t data, std::uint64_t pointers, MessageNode& out,
                 int depth) {
    if (!take(start, data + pointers)) return false;
    out.kind = Kind::kStruct;
    for (std::uint64_t i = 0; i < data; ++i) out.words.push_back(word(start + i));
    out.children.resize(pointers);
    for (std::uint64_t i = 0; i < pointers; ++i) {
      if (!pointer(start + data + i, out.children[i], depth + 1)) return false;
    }
    return true;
  }

  bool list(std::uint64_t start, std::uint64_t code, std::uint64_t count, MessageNode& out,
            int depth) {
    if (code == 7) return rows(start, count, out, depth);
    if (code < 2 || code > 5) return false;
    out.kind = Kind::kList;
    out.element_bytes = std::size_t{1} << (code - 2);
    const std::uint64_t bytes = count * out.element_bytes;
    if (!take(start, (bytes + 7) / 8)) return false;
    const auto from = bytes_.subspan(8 * start, bytes);
    out.elements.assign(from.begin(), from.end());
    return true;
  }

  bool rows(std::uint64_t start, std::uint64_t words, MessageNode& out, int depth) {
    if (!take(start, words + 1)) return false;
    const std::uint64_t tag = word(start);
    const std::uint64_t count = (tag & 0xffffffffu) >> 2;
    const std::uint64_t data = (tag >> 32) & 0xffff;
    const std::uint64_t pointers = tag >> 48;
    if (data + pointers == 0 || count > words / (data + pointers)) return false;
    out.kind = Kind::kRows;
    out.children.resize(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!structure(start + 1 + i * (data + pointers), data, pointers, out.children[i], depth))
        return false;
    }
    return true;
  }

  std::span<const std::byte> bytes_;
  std::uint64_t size_;
  std::size_t used_ = 0;
};

bool is_default(const MessageNode& node) {
  switch (node.kind) {
    case Kind::kNull:
      return true;
    case Kind::kList:
      return node.elements.empty();
    case Kind::kRows:
      return node.children.empty();
    case Kind::kStruct:
      break;
  }
  return std::all_of(node.words.begin(), node.words.end(),
                     [](std::uint64_t w) { return w == 0; }) &&
         std::all_of(node.children.begin(), node.children.end(), is_default);
}

struct Sections {
  std::uint64_t data = 0;
  std::uint64_t pointers = 0;
};
// What the struct needs.
Sections sections_of(const MessageNode& node) {
  Sections sections;
  for (std::size_t i = 0; i < node.words.size(); ++i) {
    if (node.words[i] != 0) sections.data = i + 1;
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (!is_default(node.children[i])) sections.pointers = i + 1;
  }
  return sections;
}

class Writer {
 public:
  std::vector<std::byte> write(const MessageNode& root) {
    words_.push_back(0);
    const Sections sections = sections_of(root);
    const std::size_t at = append(sections.data + sections.pointers);
    words_[0] = struct_pointer(0, at, sections);
    contents(at, root, sections);
    std::vector<std::byte> out(8 + 8 * words_.size());
    const auto count = static_cast<std::uint32_t>(words_.size());
    std::memcpy(out.data() + 4, &count, 4);
    std::memcpy(out.data() + 8, words_.data(), 8 * words_.size());
    return out;
  }

 private:
  std::size_t append(std::size_t count) {
    const std::size_t at = words_.size();
    words_.resize(at + count);
    return at;
  }
  static std::uint64_t offset(std::size_t at, std::size_t target) {
    return static_cast<std::uint32_t>((target - at - 1) << 2);
  }
  static std::uint64_t struct_pointer(std::size_t at, std::size_t target,
                                      const Sections& sections) {
    return offset(at, target) | sections.data << 32 | sections.pointers << 48;
  }

  void contents(std::size_t at, const MessageNode& node, const Sections& sections) {
    for (std::size_t i = 0; i < sections.data; ++i)
      words_[at + i] = i < node.words.size() ? node.words[i] : 0;
    for (std::size_t i = 0; i < sections.pointers && i < node.children.size(); ++i) {
      object(at + sections.data + i, node.children[i]);
    }
  }

  void object(std::size_t at, const MessageNode& node) {
    if (is_default(node)) return;
    if (node.kind == Kind::kList) return list(at, node);
    if (node.kind == Kind::kRows) return rows(at, node);
    const Sections sections = sections_of(node);
    const std::size_t target = append(sections.data + sections.pointers);
    words_[at] = struct_pointer(at, target, sections);
    contents(target, node, sections);
  }

  void list(std::size_t at, const MessageNode& node) {
    std::uint64_t code = 2;
    while ((std::size_t{1} << (code - 2)) < node.element_bytes) ++code;
    const std::size_t target = append((node.elements.size() + 7) / 8);
    words_[at] = offset(at, target) | 1 | code << 32 | std::uint64_t{node.count()} << 35;
    std::memcpy(&words_[target], node.elements.data(), node.elements.size());
  }

  void rows(std::size_t at, const MessageNode& node) {
    Sections most;
    for (const MessageNode& row : node.children) {
      const Sections sections = sections_of(row);
      most.data = std::max(most.data, sections.data);
      most.pointers = std::max(most.pointers, sections.pointers);
    }
    const std::size_t row_words = most.data + most.pointers;
    const std::size_t tag = append(1 + row_words * node.children.size());
    words_[at] = offset(at, tag) | 1 | std::uint64_t{7} << 32 |
                 std::uint64_t{row_words * node.children.size()} << 35;
    words_[tag] = std::uint64_t{node.children.size()} << 2 | most.data << 32 | most.pointers << 48;
    for (std::size_t i = 0; i < node.children.size(); ++i)
      contents(tag + 1 + i * row_words, node.children[i], most);
  }

  std::vector<std::uint64_t> words_{};
};

}  // namespace

std::optional<MessageNode> parse_message(std::span<const std::byte> body) {
  if (body.size() < 16 || body.size() % 8 != 0) return std::nullopt;
  MessageNode root;
  if (!Parser(body.subspan(8)).pointer(0, root, 0) || root.kind != Kind::kStruct)
    return std::nullopt;
  return root;
}

std::vector<std::byte> write_message(const MessageNode& root) { return Writer().write(root); }

MessageNode* child_of(MessageNode* node, std::size_t pointer, Kind kind) {
  if (node == nullptr || pointer >= node->children.size()) return nullptr;
  MessageNode* child = &node->children[pointer];
  return child->kind == kind ? child : nullptr;
}

std::uint64_t number_at(const MessageNode* list, std::size_t row) {
  std::uint64_t value = 0;
  if (list == nullptr || row >= list->count()) return value;
  std::memcpy(&value, list->elements.data() + row * list->element_bytes, list->element_bytes);
  return value;
}

void set_number(MessageNode& list, std::size_t row, std::uint64_t value) {
  if (row >= list.count()) return;
  std::memcpy(list.elements.data() + row * list.element_bytes, &value, list.element_bytes);
}

}  // namespace treering::fuzz
