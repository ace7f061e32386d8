// SPDX-License-Identifier: Apache-2.0
// The closed table of element types. Spec: 04-dtype.md, registry/dtypes.csv.
#include "treering/dtype.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/bytes.h"
#include "base/refusal.h"

namespace treering {
namespace {

constexpr std::array<DtypeInfo, kDtypeCount> kDtypes = {{
    {Dtype::kBool, "bool", 8, 8, 1},
    {Dtype::kInt1, "int1", 1, 1, 1},
    {Dtype::kInt2, "int2", 2, 2, 1},
    {Dtype::kInt4, "int4", 4, 4, 1},
    {Dtype::kInt8, "int8", 8, 8, 1},
    {Dtype::kInt16, "int16", 16, 16, 2},
    {Dtype::kInt32, "int32", 32, 32, 4},
    {Dtype::kInt64, "int64", 64, 64, 8},
    {Dtype::kUint1, "uint1", 1, 1, 1},
    {Dtype::kUint2, "uint2", 2, 2, 1},
    {Dtype::kUint4, "uint4", 4, 4, 1},
    {Dtype::kUint8, "uint8", 8, 8, 1},
    {Dtype::kUint16, "uint16", 16, 16, 2},
    {Dtype::kUint32, "uint32", 32, 32, 4},
    {Dtype::kUint64, "uint64", 64, 64, 8},
    {Dtype::kFloat16, "float16", 16, 16, 2},
    {Dtype::kFloat32, "float32", 32, 32, 4},
    {Dtype::kFloat64, "float64", 64, 64, 8},
    {Dtype::kBfloat16, "bfloat16", 16, 16, 2},
    {Dtype::kFloat8E3m4, "float8_e3m4", 8, 8, 1},
    {Dtype::kFloat8E4m3, "float8_e4m3", 8, 8, 1},
    {Dtype::kFloat8E4m3b11fnuz, "float8_e4m3b11fnuz", 8, 8, 1},
    {Dtype::kFloat8E4m3fn, "float8_e4m3fn", 8, 8, 1},
    {Dtype::kFloat8E4m3fnuz, "float8_e4m3fnuz", 8, 8, 1},
    {Dtype::kFloat8E5m2, "float8_e5m2", 8, 8, 1},
    {Dtype::kFloat8E5m2fnuz, "float8_e5m2fnuz", 8, 8, 1},
    {Dtype::kFloat8E8m0fnu, "float8_e8m0fnu", 8, 8, 1},
    {Dtype::kFloat6E2m3fn, "float6_e2m3fn", 6, 8, 1},
    {Dtype::kFloat6E3m2fn, "float6_e3m2fn", 6, 8, 1},
    {Dtype::kFloat4E2m1fn, "float4_e2m1fn", 4, 4, 1},
    {Dtype::kComplex64, "complex64", 64, 64, 8},
    {Dtype::kComplex128, "complex128", 128, 128, 16},
    {Dtype::kComplex32, "complex32", 32, 32, 4},
    {Dtype::kBcomplex32, "bcomplex32", 32, 32, 4},
}};

constexpr bool rows_stand_at_their_numbers() {
  for (std::size_t row = 0; row < kDtypes.size(); ++row) {
    if (static_cast<std::size_t>(kDtypes[row].dtype) != row + 1) return false;
  }
  return true;
}
static_assert(rows_stand_at_their_numbers());

// A word holds 8 elements of Bits bits, one a byte. Three halvings bring them together: neighbours
// by 1, 2 and 4 places, each place being 8 - Bits bits of air.
template <unsigned Bits>
struct Word {
  static constexpr unsigned kAir = 8 - Bits;
  static constexpr std::uint64_t repeat(std::uint64_t ones, unsigned period) {
    std::uint64_t mask = 0;
    for (unsigned at = 0; at < 64; at += period) mask |= ones << at;
    return mask;
  }
  static constexpr std::uint64_t low_bits(unsigned count) {
    return (std::uint64_t{1} << count) - 1;
  }
  static constexpr std::uint64_t kMask1 = repeat(low_bits(Bits), 8);
  static constexpr std::uint64_t kMask2 = repeat(low_bits(2 * Bits), 16);
  static constexpr std::uint64_t kMask4 = repeat(low_bits(4 * Bits), 32);

  static std::uint64_t pack(std::uint64_t word) noexcept {
    word &= kMask1;  // [DT-12]
    word = (word | word >> kAir) & kMask2;
    word = (word | word >> 2 * kAir) & kMask4;
    return (word | word >> 4 * kAir) & low_bits(8 * Bits);
  }
  static std::uint64_t unpack(std::uint64_t word) noexcept {
    word = (word | word << 4 * kAir) & kMask4;
    word = (word | word << 2 * kAir) & kMask2;
    return (word | word << kAir) & kMask1;  // [DT-19]
  }
};

// 8 elements are exactly Bits stored bytes; the rest of fewer than 8 goes through a zero-filled
// word. [DT-08] [DT-09] [DT-10]
template <unsigned Bits>
void pack_bits(std::span<const std::byte> host, std::span<std::byte> stored) noexcept {
  for (std::size_t at = 0, to = 0; at < host.size(); at += 8, to += Bits) {
    std::uint64_t word = 0;
    std::memcpy(&word, host.data() + at, std::min<std::size_t>(8, host.size() - at));
    word = Word<Bits>::pack(word);
    std::memcpy(stored.data() + to, &word, std::min<std::size_t>(Bits, stored.size() - to));
  }
}

template <unsigned Bits>
void unpack_bits(std::span<const std::byte> stored, std::span<std::byte> host) noexcept {
  for (std::size_t at = 0, from = 0; at < host.size(); at += 8, from += Bits) {
    std::uint64_t word = 0;
    std::memcpy(&word, stored.data() + from, std::min<std::size_t>(Bits, stored.size() - from));
    word = Word<Bits>::unpack(word);
    std::memcpy(host.data() + at, &word, std::min<std::size_t>(8, host.size() - at));
  }
}

// Elements whose stored width is whole bytes: a copy, without the bits that mean nothing.
void copy_elements(const DtypeInfo& info, std::span<const std::byte> from,
                   std::span<std::byte> to) noexcept {
  if (from.empty()) return;
  if (info.bits % 8 == 0) {
    std::memcpy(to.data(), from.data(), from.size());  // [DT-05] [DT-06] [DT-13]
    return;
  }
  const std::byte mask{static_cast<unsigned char>((1u << info.bits) - 1)};
  // [DT-11]
  std::transform(from.begin(), from.end(), to.begin(), [mask](std::byte b) { return b & mask; });
}

}  // namespace

const DtypeInfo* find_dtype(std::uint16_t number) noexcept {
  return number == 0 || number > kDtypes.size() ? nullptr : &kDtypes[number - 1u];
}

const DtypeInfo* find_dtype(std::string_view name) noexcept {
  const auto found = std::find_if(kDtypes.begin(), kDtypes.end(),
                                  [name](const DtypeInfo& info) { return info.name == name; });
  return found == kDtypes.end() ? nullptr : &*found;
}

const DtypeInfo& info_of(Dtype dtype) noexcept {
  return kDtypes[static_cast<std::size_t>(dtype) - 1];
}

Result<std::uint64_t> stored_bytes(Dtype dtype, std::uint64_t count) {
  const std::uint32_t bits = info_of(dtype).stored_bits;
  const std::optional<std::uint64_t> bytes =
      bits < 8 ? divide_up(count, 8 / bits) : checked_mul(count, bits / 8);  // [BY-02] [BY-05]
  if (!bytes || *bytes > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return refuse("bad-shape", "TR-42", "an array takes less than 2^63 bytes; save it in parts");
  }
  return *bytes;
}

void pack(Dtype dtype, std::span<const std::byte> host, std::span<std::byte> stored) noexcept {
  const DtypeInfo& info = info_of(dtype);
  switch (info.stored_bits) {
    case 1:
      return pack_bits<1>(host, stored);
    case 2:
      return pack_bits<2>(host, stored);
    case 4:
      return pack_bits<4>(host, stored);
    default:
      return copy_elements(info, host, stored);
  }
}

void unpack(Dtype dtype, std::span<const std::byte> stored, std::span<std::byte> host) noexcept {
  const DtypeInfo& info = info_of(dtype);
  switch (info.stored_bits) {
    case 1:
      return unpack_bits<1>(stored, host);
    case 2:
      return unpack_bits<2>(stored, host);
    case 4:
      return unpack_bits<4>(stored, host);
    default:
      return copy_elements(info, stored, host);
  }
}

bool are_elements(Dtype dtype, std::span<const std::byte> stored) noexcept {
  if (dtype != Dtype::kBool && info_of(dtype).bits != 6) return true;
  const std::byte most{static_cast<unsigned char>(dtype == Dtype::kBool ? 0x01 : 0x3f)};
  std::byte seen{0};
  for (const std::byte byte : stored) seen |= byte;  // [DT-16] [DT-17]
  return (seen & ~most) == std::byte{0};
}

}  // namespace treering
