// SPDX-License-Identifier: Apache-2.0
#include "support/archive.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace treering::fuzz {
Files unpack(std::span<const std::byte> archive) {
  Files files;
  std::size_t total = 0;
  while (!archive.empty()) {
    const auto name_size = static_cast<std::size_t>(archive.front());
    const auto size = load_le<std::uint32_t>(archive, 1 + name_size);
    const auto stored = load_le<std::uint32_t>(archive, 5 + name_size);
    if (!size || !stored || *stored > *size || *stored > archive.size() - 9 - name_size) break;
    total += *size;
    if (total > kMostArchiveBytes) break;
    std::string name(text_of(archive.subspan(1, name_size)));
    const auto bytes = archive.subspan(9 + name_size, *stored);
    archive = archive.subspan(9 + name_size + *stored);
    if (name.empty() || name == "." || name.find('/') != std::string::npos) continue;
    Bytes& file = files[std::move(name)];
    file.assign(bytes.begin(), bytes.end());
    file.resize(*size);
  }
  return files;
}

Bytes pack(const Files& files) {
  Bytes archive;
  const auto put = [&](std::span<const std::byte> bytes) {
    archive.insert(archive.end(), bytes.begin(), bytes.end());
  };
  const auto put_size = [&](std::size_t size) {
    std::byte raw[4];
    store_le<std::uint32_t>(raw, static_cast<std::uint32_t>(size));
    put(raw);
  };
  for (const auto& [name, bytes] : files) {
    if (name.size() > 255) continue;
    const auto last =
        std::find_if(bytes.rbegin(), bytes.rend(), [](std::byte b) { return b != std::byte{0}; });
    const auto stored = static_cast<std::size_t>(bytes.rend() - last);
    archive.push_back(static_cast<std::byte>(name.size()));
    put(bytes_of(name));
    put_size(bytes.size());
    put_size(stored);
    put(std::span(bytes).first(stored));
  }
  return archive;
}

}  // namespace treering::fuzz
