// SPDX-License-Identifier: Apache-2.0
// The structs of spec/schema, as far as the canonical form depends on them: what minor version 0
// defines. Spec: 10-index.md, 11-manifest.md, 13-commit.md. The *_capnp.cc files compare the sizes
// with the compiled schema.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace treering {

// What a pointer field holds.
enum class Slot : std::uint8_t {
  kU8 = 2,  // Data or List(UInt8). The numbers are the element size codes of Cap'n Proto.
  kU32 = 4,
  kU64 = 5,
  kStructs = 7,  // a composite list
  kStruct = 8,
};

struct Shape;
struct PointerField {
  Slot slot = Slot::kU8;
  const Shape* shape = nullptr;  // of kStruct and kStructs
};
struct Shape {
  std::uint32_t data_bytes = 0;  // bytes that fields use; the rest of the last word is zero
  std::span<const PointerField> pointers{};
  constexpr std::uint32_t data_words() const noexcept { return (data_bytes + 7) / 8; }
};

namespace shapes {

inline constexpr PointerField kBytes{Slot::kU8, nullptr};
inline constexpr PointerField kU32s{Slot::kU32, nullptr};
inline constexpr PointerField kU64s{Slot::kU64, nullptr};

inline constexpr std::array kTableFields{kBytes, kU32s};
inline constexpr Shape kTable{0, kTableFields};  // Strings and Blobs
inline constexpr std::array kNodesFields{kBytes, kBytes, kU32s, kU32s, kU32s};
inline constexpr Shape kNodes{0, kNodesFields};
inline constexpr std::array kTypeFields{kU32s, kU32s};
inline constexpr Shape kType{8, kTypeFields};
inline constexpr std::array kSpecFields{kU64s};
inline constexpr Shape kSpec{16, kSpecFields};
inline constexpr std::array kGridFields{kU32s, kU64s, kU32s, kU64s, kU32s, kU32s};
inline constexpr Shape kGrid{0, kGridFields};
inline constexpr std::array kMeshFields{kU32s, kU64s, kBytes};
inline constexpr Shape kMesh{0, kMeshFields};
inline constexpr std::array kShardingFields{kU32s, kU32s};
inline constexpr Shape kSharding{8, kShardingFields};
inline constexpr std::array kWritersFields{kU64s, kBytes, kU32s};
inline constexpr Shape kWriters{0, kWritersFields};
inline constexpr std::array kFilesFields{kU64s, kU32s, kBytes, kU32s, kU32s};
inline constexpr Shape kFiles{0, kFilesFields};

inline constexpr std::array kManifestFields{
    kBytes,                                // attempt
    kBytes,                                // runId
    PointerField{Slot::kStruct, &kTable},  // strings
    PointerField{Slot::kStruct, &kTable},  // blobs
    PointerField{Slot::kStruct, &kNodes},
    PointerField{Slot::kStructs, &kType},
    PointerField{Slot::kStructs, &kSpec},
    kU32s,  // leafSpecs
    kU32s,  // leafGrids
    PointerField{Slot::kStructs, &kGrid},
    PointerField{Slot::kStructs, &kMesh},
    PointerField{Slot::kStructs, &kSharding},
    PointerField{Slot::kStruct, &kWriters},
    PointerField{Slot::kStruct, &kFiles},
    kBytes,  // planDigest
};
inline constexpr Shape kManifest{40, kManifestFields};

inline constexpr std::array kIndexFields{
    kBytes,                                // attempt
    kBytes,                                // runId
    kBytes,                                // planDigest
    PointerField{Slot::kStruct, &kFiles},  // files
    kU32s,                                 // shardFiles
    kU64s,                                 // shardOffsets
    kU32s,                                 // shardBlocks
    kBytes,                                // codecs
    kU32s,                                 // storedSizes
    kBytes,                                // digests
    kBytes,                                // contents
};
inline constexpr Shape kIndex{12, kIndexFields};

inline constexpr std::array kThreeBytesFields{kBytes, kBytes, kBytes};
inline constexpr Shape kPlan{24, kThreeBytesFields};  // attempt, runId, planDigest
inline constexpr Shape kEnd{20, kThreeBytesFields};   // attempt, runId, reason

}  // namespace shapes
}  // namespace treering
