// SPDX-License-Identifier: Apache-2.0
// What every target uses: properties that abort where they do not hold, and errors that must be
// good ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "treering/error.h"
#include "treering/result.h"

// Aborts, so that the engine keeps the input, where a property does not hold.
#define FUZZ_CHECK(condition)                                                       \
  do {                                                                              \
    if (!(condition)) ::treering::fuzz::broken(__FILE__, __LINE__, #condition, {}); \
  } while (false)
// The same with an Error that should not have been.
#define FUZZ_REQUIRE_OK(result)                                                               \
  do {                                                                                        \
    if (const auto& fuzz_result = (result); !fuzz_result.ok()) {                              \
      ::treering::fuzz::broken(__FILE__, __LINE__, #result, fuzz_result.error().to_string()); \
    }                                                                                         \
  } while (false)

namespace treering::fuzz {

[[noreturn]] inline void broken(const char* file, int line, std::string_view property,
                                std::string_view detail) {
  std::fprintf(stderr, "%s:%d: property broken: %.*s\n%.*s\n", file, line,
               static_cast<int>(property.size()), property.data(), static_cast<int>(detail.size()),
               detail.data());
  std::abort();
}

// An answer to hostile bytes: no bug of the library, nothing about the system, and it says what to
// do.
inline void check_error(const Error& error) {
  const std::string text = error.to_string();
  const bool good = error.cls != ErrorClass::kInternal && error.cls != ErrorClass::kEnvironment &&
                    !error.code.empty() && !error.message.empty() && is_utf8(text);
  if (!good)
    broken(__FILE__, __LINE__, "an error is of a class that input cannot cause, or says nothing",
           text);
}
template <class T>
bool accepted(const Result<T>& result) {
  if (!result.ok()) check_error(result.error());
  return result.ok();
}

inline std::span<const std::byte> bytes_of_input(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

// Bytes that are taken from the front of an input; zeros where it is too short.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  std::size_t left() const { return rest_.size(); }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes && !rest_.empty(); ++i) {
      value |= std::uint64_t{rest_.front()} << (8 * i);
      rest_ = rest_.subspan(1);
    }
    return value;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  // 0 <= result < end.
  std::uint64_t below(std::uint64_t end) { return number(end <= 256 ? 1 : 4) % end; }
  // A copy of its own size, so that a read beyond it is seen.
  std::vector<std::byte> take(std::size_t bytes) {
    const auto taken = rest_.first(bytes < rest_.size() ? bytes : rest_.size());
    rest_ = rest_.subspan(taken.size());
    const auto as = std::as_bytes(taken);
    return {as.begin(), as.end()};
  }
  std::vector<std::byte> take_rest() { return take(rest_.size()); }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace treering::fuzz
