// SPDX-License-Identifier: Apache-2.0
// The bytes of one record, each with its field, its value and its section of the spec: MANIFEST,
// index, plan, or the head of a data file. Spec: 07-record.md. For looking at a file, sound or
// broken; a program that wants what a checkpoint says opens it (checkpoint.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "treering/error.h"
#include "treering/id.h"
#include "treering/limits.h"

namespace treering {

// A run of bytes that belong together. Valid during the call that hands it over.
struct RecordField {
  std::uint64_t offset = 0;  // bytes from the start of the file
  std::uint64_t bytes = 0;   // above 0
  // As the schema names it, from the root: "header.kind", "specs[0].shape.pointer",
  // "nodes.keys[4:8]" (elements 4 to 7). "zero": bytes between fields. "unclaimed": bytes of the
  // body to which no pointer leads. "surplus": bytes behind the body.
  std::string name{};
  std::string value{};         // for people, in one line of UTF-8; may be empty
  std::string_view section{};  // of the spec: "11.3", or "07" where a chapter numbers none
  bool hidden = false;         // left out unless RecordOptions::all: the value says how much it is
};

struct RecordOptions {
  Limits limits{};
  // Every row of every list, and every byte of long texts; otherwise the first and the last.
  bool all = false;
  // Name of the file without its directory: for errors, and for what can stand in it (spec 12).
  std::string name{};
};

// What the header says, and what is wrong with the record.
struct RecordFacts {
  std::uint16_t kind = 0;
  std::string_view kind_name{};  // empty where the kind is not in the registry
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint64_t required = 0;
  std::uint64_t optional = 0;
  std::uint64_t body_bytes = 0;
  Digest body_digest{};
  std::optional<Digest>
      body_computed{};  // of the bytes that are there; empty where not all were given
  std::uint64_t header_digest = 0;
  std::uint64_t header_computed = 0;
};
struct RecordReport {
  std::optional<RecordFacts> facts{};  // empty below 64 bytes
  // The first rule that the record breaks by itself, as a reader of checkpoints would say it. What
  // only the manifest can tell (spec 11.6, 11.7) is not looked at.
  std::optional<Error> error{};
};

// How many of a file's first bytes the functions below want: all of a record that a reader would
// decode, else its head. `head` are the file's first min(128, size) bytes.
std::uint64_t record_bytes_wanted(std::span<const std::byte> head, std::uint64_t file_bytes,
                                  const Limits& limits);

// Decodes the record as a reader does. `bytes` are the file's first record_bytes_wanted() bytes.
// Memory: what decoding takes, at most 32 times the file.
RecordReport inspect_record(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                            const RecordOptions& options);

// Hands over every byte of the file exactly once, in order, whatever the bytes are: the header, the
// body as far as its pointers can be followed, and what is left. Memory: up to eight times the file
// where all of it is pointers, and a few kilobytes where it is columns.
void annotate_record(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                     const RecordOptions& options,
                     const std::function<void(const RecordField&)>& show);

}  // namespace treering
