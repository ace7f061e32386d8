// SPDX-License-Identifier: Apache-2.0
#include "support/mutate.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "format/checksum.h"
#include "format/record.h"

namespace treering::fuzz {
namespace {

using Kind = MessageNode::Kind;

std::size_t pick(Random& random, std::size_t count) {
  return static_cast<std::size_t>(random()) % count;
}

void collect(MessageNode& node, std::vector<MessageNode*>& out) {
  if (node.kind == Kind::kNull) return;
  out.push_back(&node);
  for (MessageNode& child : node.children) collect(child, out);
}

std::uint64_t interesting(Random& random, std::uint64_t now) {
  constexpr std::array<std::uint64_t, 14> kValues{0,
                                                  1,
                                                  2,
                                                  7,
                                                  64,
                                                  128,
                                                  255,
                                                  4096,
                                                  65536,
                                                  0x7fffffff,
                                                  0xffffffff,
                                                  0x7fffffffffffffff,
                                                  0x8000000000000000,
                                                  0xffffffffffffffff};
  switch (pick(random, 6)) {
    case 0:
      return now + 1;
    case 1:
      return now - 1;
    case 2:
      return now ^ std::uint64_t{1} << pick(random, 64);
    case 3:
      return now * 2;
    case 4:
      return pick(random, 40);
    default:
      return kValues[pick(random, kValues.size())];
  }
}

// Fields are of 1, 2, 4 or 8 bytes; which, only the schema knows.
void change_word(std::uint64_t& word, Random& random) {
  const unsigned bits = 8u << pick(random, 4);
  if (bits == 64) {
    word = interesting(random, word);
    return;
  }
  const unsigned shift = bits * static_cast<unsigned>(pick(random, 64 / bits));
  const std::uint64_t mask = ((std::uint64_t{1} << bits) - 1) << shift;
  word = (word & ~mask) | (interesting(random, word >> shift) << shift & mask);
}

// Rows of `stride` bytes each.
void edit_rows(std::vector<std::byte>& elements, std::size_t stride, std::size_t row,
               unsigned how) {
  const auto at = elements.begin() + static_cast<std::ptrdiff_t>(row * stride);
  const auto behind = at + static_cast<std::ptrdiff_t>(stride);
  if (how == 0) {
    elements.erase(at, behind);
  } else if (how == 1) {
    const std::vector<std::byte> copy(at, behind);
    elements.insert(behind, copy.begin(), copy.end());
  } else if (row > 0) {
    std::swap_ranges(at, behind, at - static_cast<std::ptrdiff_t>(stride));
  }
}

void change_list(MessageNode& list, Random& random) {
  if (list.elements.empty()) return;
  const std::size_t row = pick(random, list.count());
  const std::size_t what = pick(random, 10);
  if (what < 6) {
    set_number(list, row, interesting(random, number_at(&list, row)));
  } else if (what < 9) {
    edit_rows(list.elements, list.element_bytes, row, static_cast<unsigned>(what - 6));
  } else {
    list.elements.resize(row * list.element_bytes);
  }
}

void change_rows(MessageNode& list, Random& random) {
  if (list.children.empty()) return;
  const auto at =
      list.children.begin() + static_cast<std::ptrdiff_t>(pick(random, list.children.size()));
  switch (pick(random, 3)) {
    case 0:
      list.children.erase(at);
      return;
    case 1: {
      const MessageNode copy = *at;
      list.children.insert(at, copy);
      return;
    }
    default:
      std::swap(*at, list.children.front());
  }
}

// The same row of all columns that are equally long.
void change_columns(MessageNode& table, Random& random) {
  std::vector<MessageNode*> lists;
  for (MessageNode& child : table.children) {
    if (child.kind == Kind::kList && !child.elements.empty()) lists.push_back(&child);
  }
  if (lists.size() < 2) return;
  const std::size_t rows = lists[pick(random, lists.size())]->count();
  const std::size_t row = pick(random, rows);
  const auto how = static_cast<unsigned>(pick(random, 3));
  for (MessageNode* list : lists) {
    if (list->count() == rows) edit_rows(list->elements, list->element_bytes, row, how);
    if (list->element_bytes == 1 && list->elements.size() == 16 * rows)
      edit_rows(list->elements, 16, row, how);
  }
}

void change_struct(MessageNode& node, const std::vector<MessageNode*>& all, Random& random) {
  const std::size_t what = pick(random, 8);
  if (what < 4 && !node.words.empty())
    return change_word(node.words[pick(random, node.words.size())], random);
  if (what < 6 || node.children.empty()) return change_columns(node, random);
  MessageNode& child = node.children[pick(random, node.children.size())];
  if (what == 6) {
    child = MessageNode{};
    return;
  }
  const MessageNode copy = *all[pick(random, all.size())];
  if (copy.kind != Kind::kStruct || copy.children.size() < 4) child = copy;
}

void change_once(MessageNode& root, Random& random) {
  std::vector<MessageNode*> all;
  collect(root, all);
  MessageNode& node = *all[pick(random, all.size())];
  switch (node.kind) {
    case Kind::kList:
      return change_list(node, random);
    case Kind::kRows:
      return change_rows(node, random);
    case Kind::kStruct:
      return change_struct(node, all, random);
    case Kind::kNull:
      return;
  }
}

void fit_framing(Bytes& body) {
  if (body.size() < 8) return;
  body.resize(body.size() / 8 * 8);
  store_le<std::uint32_t>(body.data(), 0);
  store_le<std::uint32_t>(body.data() + 4, static_cast<std::uint32_t>(body.size() / 8 - 1));
}

void change_header(Bytes& record, Random& random) {
  const std::size_t at = 8 + 2 * pick(random, 24);
  const auto now = load_le<std::uint16_t>(record.data() + at);
  store_le<std::uint16_t>(record.data() + at, static_cast<std::uint16_t>(interesting(random, now)));
}

}  // namespace

void mutate_bytes(Bytes& bytes, std::size_t max_size) {
  const std::size_t size = bytes.size();
  bytes.resize(std::max({max_size, size, std::size_t{1}}));
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

void mutate_message(MessageNode& root, Random& random) {
  do {
    change_once(root, random);
  } while (!chance(random, 2));
}

void mutate_body(Bytes& body, std::size_t max_size, Random& random) {
  if (!chance(random, 4)) {
    if (auto root = parse_message(body)) {
      mutate_message(*root, random);
      body = write_message(*root);
      return;
    }
  }
  mutate_bytes(body, max_size);
  if (!chance(random, 16)) fit_framing(body);
}

void mutate_record(Bytes& record, std::size_t max_size, Random& random) {
  if (record.size() < kHeaderBytes) return mutate_bytes(record, max_size);
  if (chance(random, 4)) {
    change_header(record, random);
  } else if (chance(random, 8)) {
    mutate_bytes(record, max_size);
  } else {
    Bytes body(record.begin() + kHeaderBytes, record.end());
    mutate_body(body, max_size > kHeaderBytes ? max_size - kHeaderBytes : 0, random);
    record.resize(kHeaderBytes);
    record.insert(record.end(), body.begin(), body.end());
    if (!chance(random, 32)) fit_record(record);
    return;
  }
  if (chance(random, 16)) return;
  chance(random, 4) ? fit_record(record) : fit_header_digest(record);
}

void fit_record(Bytes& record) {
  if (record.size() < kHeaderBytes) return;
  const auto body = std::span<const std::byte>(record).subspan(kHeaderBytes);
  store_le<std::uint64_t>(record.data() + 32, body.size());
  store_digest(xxh3_128(body), record.data() + 40);
  fit_header_digest(record);
}

void fit_header_digest(Bytes& record) {
  if (record.size() < kHeaderBytes) return;
  store_le<std::uint64_t>(record.data() + 56,
                          xxh3_64(std::span<const std::byte>(record).first(56)));
}

}  // namespace treering::fuzz
