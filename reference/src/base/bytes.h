// SPDX-License-Identifier: Apache-2.0
// Little-endian loads and stores, and arithmetic that tells when it wraps. Spec: 01-bytes.md.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace treering {

// Memory is copied as it is, so a big-endian host would need a byte swap here and for every array.
static_assert(std::endian::native == std::endian::little);

// Precondition: sizeof(T) bytes at `in`, aligned or not.
template <std::unsigned_integral T>
T load_le(const std::byte* in) noexcept {
  T value;
  std::memcpy(&value, in, sizeof value);
  return value;
}
// Precondition: room for sizeof(T) bytes at `out`, aligned or not.
template <std::unsigned_integral T>
void store_le(std::byte* out, T value) noexcept {
  std::memcpy(out, &value, sizeof value);
}

// The same with the bounds checked: empty where the value does not lie wholly inside.
template <std::unsigned_integral T>
std::optional<T> load_le(std::span<const std::byte> in, std::size_t offset) noexcept {
  if (offset > in.size() || in.size() - offset < sizeof(T)) return std::nullopt;
  return load_le<T>(in.data() + offset);
}
// False, and nothing stored, where it does not fit.
template <std::unsigned_integral T>
[[nodiscard]] bool store_le(std::span<std::byte> out, std::size_t offset, T value) noexcept {
  if (offset > out.size() || out.size() - offset < sizeof(T)) return false;
  store_le<T>(out.data() + offset, value);
  return true;
}

// Empty where the result does not fit 64 bits.
inline std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}
inline std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}
// ceil(value / by) without wrapping. Precondition: by > 0.
inline std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) noexcept {
  return value / by + (value % by != 0 ? 1 : 0);
}

// Text as bytes, and back.
inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace treering
