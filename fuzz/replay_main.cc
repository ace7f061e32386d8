// SPDX-License-Identifier: Apache-2.0
// Runs a target without an engine: every file given, then a fixed number of mutations of them,
// always the same. replay_TARGET [--mutations N] [--write DIR] FILE_OR_DIRECTORY...; --write keeps
// the mutations as DIR/<number>.
#include <algorithm>
#include <boost/filesystem.hpp>
#include <boost/filesystem/fstream.hpp>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace fs = boost::filesystem;
using Data = std::vector<std::uint8_t>;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                                                     std::size_t size,
                                                                     std::size_t max_size,
                                                                     unsigned seed);

namespace {

constexpr std::size_t kGrowth = 512;  // the most that one mutation adds
std::minstd_rand random_number(1);

std::size_t pick(std::size_t count) { return static_cast<std::size_t>(random_number()) % count; }

}  // namespace

// Stands in for the engine's: one small change of bytes.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                        std::size_t max_size) {
  const std::size_t what = pick(5);
  if (size == 0 || (what == 0 && size < max_size)) {
    if (size == max_size) return size;
    const std::size_t at = pick(size + 1);
    std::copy_backward(data + at, data + size, data + size + 1);
    data[at] = static_cast<std::uint8_t>(pick(256));
    return size + 1;
  }
  const std::size_t at = pick(size);
  switch (what) {
    case 1:
      std::copy(data + at + 1, data + size, data + at);
      return size - 1;
    case 2:
      data[at] = static_cast<std::uint8_t>(pick(256));
      return size;
    case 3:
      data[at] = static_cast<std::uint8_t>(data[at] + pick(3) - 1);
      return size;
    default:
      data[at] = static_cast<std::uint8_t>(data[at] ^ 1u << pick(8));
      return size;
  }
}

namespace {

std::vector<fs::path> files_of(const std::vector<std::string>& arguments) {
  std::vector<fs::path> files;
  for (const std::string& argument : arguments) {
    if (fs::is_regular_file(argument)) files.emplace_back(argument);
    if (!fs::is_directory(argument)) continue;
    for (const fs::directory_entry& entry : fs::directory_iterator(argument)) {
      if (fs::is_regular_file(entry.path())) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Data read(const fs::path& path) {
  fs::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(const fs::path& path, const Data& data) {
  fs::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

Data mutated(Data data, unsigned seed) {
  const std::size_t size = data.size();
  data.resize(size + kGrowth);
  random_number.seed(seed + 1);
  data.resize(LLVMFuzzerCustomMutator != nullptr
                  ? LLVMFuzzerCustomMutator(data.data(), size, data.size(), seed)
                  : LLVMFuzzerMutate(data.data(), size, data.size()));
  return data;
}

// Inputs of their own size, so that a read beyond the end is seen.
void run(Data data) {
  data.shrink_to_fit();
  LLVMFuzzerTestOneInput(data.data(), data.size());
}

}  // namespace

int main(int argc, char** argv) {
  unsigned mutations = 0;
  fs::path kept;
  std::vector<std::string> places;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--mutations" && i + 1 < argc) {
      mutations = static_cast<unsigned>(std::stoul(argv[++i]));
    } else if (word == "--write" && i + 1 < argc) {
      kept = argv[++i];
    } else {
      places.push_back(word);
    }
  }
  std::vector<Data> inputs{Data{}};
  for (const fs::path& file : files_of(places)) {
    std::fprintf(stderr, "%s\n", file.c_str());  // the last one named is the one that failed
    inputs.push_back(read(file));
    run(inputs.back());
  }
  run({});
  // Each is a mutation of a seed or of an earlier mutation of it.
  for (unsigned i = 0; i < mutations; ++i) {
    Data& from = inputs[i % inputs.size()];
    Data next = mutated(from, i);
    if (!kept.empty()) write(kept / std::to_string(i), next);
    if (i % 100 == 0) std::fprintf(stderr, "mutation %u\n", i);
    run(next);
    if (i / inputs.size() % 8 != 7) continue;
    from = std::move(next);
  }
  std::printf("%zu inputs and %u mutations\n", inputs.size(), mutations);
  return 0;
}
