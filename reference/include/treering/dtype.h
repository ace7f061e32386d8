// SPDX-License-Identifier: Apache-2.0
// The closed table of element types. Spec: 04-dtype.md, registry/dtypes.csv.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "treering/result.h"

namespace treering {

// NOTE: the numbers are part of the format and never change.
enum class Dtype : std::uint16_t {
  kNone = 0,
  kBool = 1, kInt1 = 2, kInt2 = 3, kInt4 = 4, kInt8 = 5, kInt16 = 6, kInt32 = 7, kInt64 = 8,
  kUint1 = 9, kUint2 = 10, kUint4 = 11, kUint8 = 12, kUint16 = 13, kUint32 = 14, kUint64 = 15,
  kFloat16 = 16, kFloat32 = 17, kFloat64 = 18, kBfloat16 = 19,
  kFloat8E3m4 = 20, kFloat8E4m3 = 21, kFloat8E4m3b11fnuz = 22, kFloat8E4m3fn = 23,
  kFloat8E4m3fnuz = 24, kFloat8E5m2 = 25, kFloat8E5m2fnuz = 26, kFloat8E8m0fnu = 27,
  kFloat6E2m3fn = 28, kFloat6E3m2fn = 29, kFloat4E2m1fn = 30,
  kComplex64 = 31, kComplex128 = 32, kComplex32 = 33, kBcomplex32 = 34,
};
inline constexpr std::uint16_t kDtypeCount = 34;

struct DtypeInfo {
  Dtype dtype = Dtype::kNone;
  std::string_view name{};        // numpy / ml_dtypes name, e.g. "bfloat16"
  std::uint32_t bits = 0;         // significant bits of an element
  std::uint32_t stored_bits = 0;  // bits of an element in a shard
  std::uint32_t host_bytes = 0;   // bytes of an element in host memory: one for every sub-byte type
};

// Null where the number or name is not in the registry.
const DtypeInfo* find_dtype(std::uint16_t number) noexcept;
const DtypeInfo* find_dtype(std::string_view name) noexcept;
// Of a Dtype that is known to be valid (not kNone).
const DtypeInfo& info_of(Dtype dtype) noexcept;

// Stored bytes of `count` elements: ceil(count * stored_bits / 8). Fails (invalid) where that exceeds 2^63 - 1.
Result<std::uint64_t> stored_bytes(Dtype dtype, std::uint64_t count);

// Between host memory (one byte a sub-byte element) and stored form (packed low bits first). For types
// whose stored_bits is a multiple of 8 both are copies, except that 6-bit types clear the upper bits.
// `host` holds count * host_bytes bytes, `stored` exactly stored_bytes(count). Upper host bits are ignored
// by pack and zero after unpack. `count` elements start at a byte boundary of the stored form.
void pack(Dtype dtype, std::span<const std::byte> host, std::span<std::byte> stored) noexcept;
void unpack(Dtype dtype, std::span<const std::byte> stored, std::span<std::byte> host) noexcept;

// Are these stored bytes what elements of the type can be: 0 or 1 for bool, two clear upper bits for a
// 6-bit float? Every byte is, for other types. Tail bits are the caller's to check.
bool are_elements(Dtype dtype, std::span<const std::byte> stored) noexcept;

}  // namespace treering
