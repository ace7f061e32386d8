// SPDX-License-Identifier: Apache-2.0
// The elements of every leaf of a checkpoint, each in a file of its own, for
// conformance/adapters/reference. It sees what a program that embeds the library sees: the public
// headers.
//
//   read_elements CKPT OUT
//
// OUT/<row> holds the host bytes of a leaf row, or its blob where it is inline. stdout gets one
// JSON object: `leaves`, or `error` as of `treering --json` and `released`, the leaves written
// before it. Exit codes: 0 all was read, 2 wrong usage, 4 there is an error, 5 there is no answer.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "treering/treering.h"

namespace {

using Json = nlohmann::json;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json error_json(const treering::Error& error) {
  Json out;
  out["class"] = treering::error_class_name(error.cls);
  out["code"] = error.code;
  out["file"] = text_or_null(error.where.file);
  out["key_path"] = text_or_null(error.where.key_path);
  out["message"] = error.message;
  if (error.where.offset != treering::Where::kNoOffset) out["offset"] = error.where.offset;
  out["rule"] = text_or_null(error.rule);
  return out;
}

treering::Status write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (file.close(); file) return {};
  treering::Error error;
  error.cls = treering::ErrorClass::kEnvironment;
  error.code = "io";
  error.message = "cannot write " + path + ": " + std::strerror(errno) +
                  "; make room, or give another directory";
  return error;
}

// Appends what it has written to `leaves`, so that the caller knows it after an error too.
treering::Status read_elements(const std::string& path, const std::string& out, Json& leaves) {
  const treering::Result<treering::Checkpoint> checkpoint = treering::open(path);
  if (!checkpoint) return checkpoint.error();
  const std::size_t rows = checkpoint->tree().leaves();
  for (std::size_t row = 0; row < rows; ++row) {
    const treering::Result<treering::Leaf> leaf = checkpoint->leaf_at(row);
    if (!leaf) return leaf.error();
    const treering::Result<std::vector<std::byte>> bytes = leaf->read_bytes();
    if (!bytes) return bytes.error();
    const std::string name = std::to_string(row);
    if (treering::Status written = write_file(out + "/" + name, *bytes); !written) return written;
    leaves.push_back({{"leaf", row}, {"file", name}});
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: read_elements CKPT OUT\n", stderr);
    return 2;
  }
  try {
    Json leaves = Json::array();
    const treering::Status status = read_elements(argv[1], argv[2], leaves);
    Json answer;
    answer[status ? "leaves" : "released"] = leaves;
    if (!status) answer["error"] = error_json(status.error());
    std::cout << answer.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
    if (!std::cout) return 5;
    return status ? 0 : 4;
  } catch (const std::bad_alloc&) {
    std::fputs("read_elements: out of memory; free some, or raise the limit\n", stderr);
    return 5;
  }
}
