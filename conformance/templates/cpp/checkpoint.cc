// SPDX-License-Identifier: Apache-2.0
#include "checkpoint.h"

#include <fstream>

#include "record.h"

namespace fs = std::filesystem;

namespace {

std::string read_manifest(std::ifstream& file, const Header& header) {
  // NEXT STEP: read the body, compare its digest (RC-15; chapter 01, "Digests"), answer an abort or tombstone record
  // (RC-16), and decode the message (chapter 07, "Framing" and "Messages"). README.md has the steps after it.
  static_cast<void>(file);
  static_cast<void>(header);
  throw Refused("internal", "", "not written yet: the body of MANIFEST, spec/07-record.md");
}

}  // namespace

std::string load(const fs::path& path, const fs::path&) try {
  if (!fs::is_directory(path)) throw Refused("not-found", "RS-04", "there is no such directory");
  const fs::path slot = path / "MANIFEST";
  const fs::file_status found = fs::symlink_status(slot);
  if (found.type() == fs::file_type::not_found) throw Refused("not-found", "LY-04", "the directory has no MANIFEST");
  if (found.type() != fs::file_type::regular) throw Refused("malformed", "LY-12", "MANIFEST is not a regular file");
  std::ifstream file(slot, std::ios::binary);
  std::string head(kHeaderSize, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (file.bad() || !file.is_open()) throw Refused("environment", "RS-05", "MANIFEST cannot be read");
  head.resize(static_cast<std::size_t>(file.gcount()));
  const Header header = check_header(head, fs::file_size(slot), {kCommit, kAbort, kTombstone});
  return read_manifest(file, header);
} catch (const fs::filesystem_error& error) {
  throw Refused("environment", "RS-05", error.what());
}
