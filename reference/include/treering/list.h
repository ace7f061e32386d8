// SPDX-License-Identifier: Apache-2.0
// A list of numbers in a row of a table: one word, whatever it holds. Tables of a hostile manifest
// have millions of rows whose lists are all null, and three words for each of them would add up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace treering {

// Owns its numbers, in one allocation, and none while it is empty. A contiguous range, so that it
// passes as std::span; converts from and to std::vector by a copy. At most 2^32 - 1 numbers:
// beyond, std::bad_alloc.
template <class T>
class List {
  static_assert(std::is_integral_v<T> && alignof(T) <= sizeof(std::uint64_t));

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = T*;
  using const_iterator = const T*;

  List() = default;
  List(std::initializer_list<T> numbers) : List(copy_of(numbers.begin(), numbers.size())) {}
  List(const std::vector<T>& numbers)
      : List(copy_of(numbers.data(), numbers.size())) {}  // NOLINT: implicit
  List(const List& other) : List(copy_of(other.data(), other.size())) {}
  List(List&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  List& operator=(List other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~List() { ::operator delete(block_); }
  // `count` numbers from memory that needs no alignment.
  static List copy_of(const void* first, std::size_t count) {
    List list;
    if (count == 0) return list;
    list.block_ = allocate(count);
    std::memcpy(list.data(), first, count * sizeof(T));
    list.block_->size = static_cast<std::uint32_t>(count);
    return list;
  }
  operator std::vector<T>() const { return {begin(), end()}; }  // NOLINT: implicit

  std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
  bool empty() const noexcept { return size() == 0; }
  T* data() noexcept { return block_ == nullptr ? nullptr : reinterpret_cast<T*>(block_ + 1); }
  const T* data() const noexcept {
    return block_ == nullptr ? nullptr : reinterpret_cast<const T*>(block_ + 1);
  }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  // Precondition of both: not empty.
  T& front() noexcept { return data()[0]; }
  T& back() noexcept { return data()[size() - 1]; }
  const T& front() const noexcept { return data()[0]; }
  const T& back() const noexcept { return data()[size() - 1]; }

  template <class Iterator>
  void assign(Iterator first, Iterator last) {
    *this = List(std::vector<T>(first, last));
  }
  void push_back(T number) {
    if (block_ == nullptr || block_->size == block_->capacity) grow();
    data()[block_->size++] = number;
  }

  friend bool operator==(const List& a, const List& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  struct Block {  // the numbers follow
    std::uint32_t size = 0;
    std::uint32_t capacity = 0;
  };

  static Block* allocate(std::size_t count) {
    constexpr std::size_t kMost = std::min<std::size_t>(
        std::numeric_limits<std::uint32_t>::max(),
        (std::numeric_limits<std::ptrdiff_t>::max() - sizeof(Block)) / sizeof(T));
    if (count > kMost) throw std::bad_alloc();
    void* const memory = ::operator new(sizeof(Block) + count * sizeof(T));
    return new (memory) Block{.size = 0, .capacity = static_cast<std::uint32_t>(count)};
  }
  void grow() {
    Block* const larger = allocate(std::max<std::size_t>(4, 2 * size()));
    larger->size = static_cast<std::uint32_t>(size());
    if (!empty()) std::memcpy(static_cast<void*>(larger + 1), data(), size() * sizeof(T));
    ::operator delete(block_);
    block_ = larger;
  }

  Block* block_ = nullptr;
};

}  // namespace treering
