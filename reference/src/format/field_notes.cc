// SPDX-License-Identifier: Apache-2.0
#include "format/field_notes.h"

#include <array>

namespace treering {
namespace {

using enum Meaning;

// In the order of spec/schema. Chapters 03 and 05 number no sections.
constexpr std::array kNotes = std::to_array<FieldNote>({
    {"Plan.step", "13.2"},
    {"Plan.counter", "13.2"},
    {"Plan.flags", "13.2", kStepFlags},
    {"Plan.writers", "13.2"},
    {"Plan.attempt", "13.2", kId},
    {"Plan.runId", "13.2", kId},
    {"Plan.planDigest", "13.6", kDigest},

    {"End.step", "13.2"},
    {"End.at", "13.2", kTime},
    {"End.flags", "13.2", kStepFlags},
    {"End.attempt", "13.2", kId},
    {"End.runId", "13.2", kId},
    {"End.reason", "13.2", kText},

    {"Files.sizes", "10.2"},
    {"Files.numbers", "10.2"},
    {"Files.attempts", "10.2", kId},
    {"Files.writers", "10.2"},
    {"Files.blockSizes", "10.2"},

    {"Index.writer", "10.1"},
    {"Index.writers", "10.1"},
    {"Index.deadShards", "10.3"},
    {"Index.attempt", "10.1", kId},
    {"Index.runId", "10.1", kId},
    {"Index.planDigest", "10.1", kDigest},
    {"Index.files", "10.2"},
    {"Index.shardFiles", "10.3"},
    {"Index.shardOffsets", "10.3"},
    {"Index.shardBlocks", "10.3"},
    {"Index.codecs", "10.4", kCodec},
    {"Index.storedSizes", "10.4"},
    {"Index.digests", "10.4", kDigest},
    {"Index.contents", "10.5", kDigest},

    {"Strings.bytes", "11.3", kTableRows},
    {"Strings.ends", "11.3"},
    {"Blobs.bytes", "11.3", kTableRows},
    {"Blobs.ends", "11.3"},
    {"Nodes.kinds", "03", kNodeKind},
    {"Nodes.keyKinds", "03", kKeyKind},
    {"Nodes.keys", "03", kKey},
    {"Nodes.children", "03"},
    {"Nodes.details", "03"},
    {"Type.name", "03", kString},
    {"Type.metadata", "03", kBlob},
    {"Type.fields", "03", kString},
    {"Type.bases", "03", kString},
    {"Spec.kind", "03", kLeafKind},
    {"Spec.flags", "03", kSpecFlags},
    {"Spec.dtype", "03", kDtype},
    {"Spec.impl", "03", kString},
    {"Spec.value", "03", kBlob},
    {"Spec.sharding", "03"},
    {"Spec.shape", "03"},
    {"Grid.parts", "05"},
    {"Grid.cuts", "05"},
    {"Grid.cutEnds", "05"},
    {"Grid.boxes", "05"},
    {"Grid.runWriters", "05"},
    {"Grid.runCounts", "05"},
    {"Mesh.axisNames", "05", kString},
    {"Mesh.axisSizes", "05"},
    {"Mesh.axisTypes", "05", kAxisType},
    {"Sharding.mesh", "05"},
    {"Sharding.memoryKind", "05", kString},
    {"Sharding.axisCounts", "05"},
    {"Sharding.axes", "05"},
    {"Writers.indexSizes", "11.5"},
    {"Writers.indexDigests", "11.5", kDigest},
    {"Writers.fileEnds", "11.5"},
    {"Manifest.step", "11.1"},
    {"Manifest.savedAt", "11.1", kTime},
    {"Manifest.flags", "11.1", kStepFlags},
    {"Manifest.producer", "11.1", kString},
    {"Manifest.metrics", "11.3", kBlob},
    {"Manifest.metadata", "11.3", kBlob},
    {"Manifest.graph", "11.3", kBlob},
    {"Manifest.compat", "11.3", kBlob},
    {"Manifest.attempt", "11.1", kId},
    {"Manifest.runId", "11.1", kId},
    {"Manifest.strings", "11.3"},
    {"Manifest.blobs", "11.3"},
    {"Manifest.nodes", "11.4"},
    {"Manifest.types", "11.4"},
    {"Manifest.specs", "11.4"},
    {"Manifest.leafSpecs", "11.4"},
    {"Manifest.leafGrids", "11.4"},
    {"Manifest.grids", "11.4"},
    {"Manifest.meshes", "11.4"},
    {"Manifest.shardings", "11.4"},
    {"Manifest.writers", "11.5"},
    {"Manifest.files", "11.5"},
    {"Manifest.planDigest", "11.1", kDigest},
});

}  // namespace

FieldNote note_of(std::string_view struct_name, std::string_view field_name) noexcept {
  for (const FieldNote& note : kNotes) {
    if (note.field.size() == struct_name.size() + 1 + field_name.size() &&
        note.field.starts_with(struct_name) && note.field[struct_name.size()] == '.' &&
        note.field.ends_with(field_name))
      return note;
  }
  return {};
}

}  // namespace treering
