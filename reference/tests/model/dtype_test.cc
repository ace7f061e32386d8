// SPDX-License-Identifier: Apache-2.0
#include "treering/dtype.h"

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "testing/results.h"
#include "treering/key_path.h"
#include "treering/tree.h"

namespace treering {
namespace {

using Row = std::vector<std::string>;

std::vector<Row> read_registry(const std::string& name) {
  std::ifstream file(std::string(TREERING_SOURCE_DIR) + "/spec/registry/" + name);
  BOOST_REQUIRE(file.good());
  std::vector<Row> rows;
  std::string line;
  std::getline(file, line);  // column names
  while (std::getline(file, line)) {
    Row row;
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    rows.push_back(row);
  }
  return rows;
}

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
  std::vector<std::byte> result;
  for (const unsigned value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

std::vector<std::byte> packed(Dtype dtype, const std::vector<std::byte>& host) {
  const std::uint64_t count = host.size() / info_of(dtype).host_bytes;
  std::vector<std::byte> stored(*stored_bytes(dtype, count), std::byte{0xaa});
  pack(dtype, host, stored);
  return stored;
}

template <class Enum>
void check_numbers(const std::string& table,
                   const std::vector<std::pair<Enum, std::string>>& wanted) {
  std::size_t found = 0;
  for (const Row& row : read_registry("kinds.csv")) {
    if (row[0] != table) continue;
    const bool known = std::any_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
      return std::to_string(static_cast<int>(entry.first)) == row[1] && entry.second == row[2];
    });
    BOOST_TEST(known, table << " " << row[2]);
    ++found;
  }
  BOOST_TEST(found == wanted.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dtype)

BOOST_AUTO_TEST_CASE(table_is_the_registry) {  // [DT-01]
  const std::vector<Row> rows = read_registry("dtypes.csv");
  BOOST_REQUIRE(rows.size() == kDtypeCount);
  for (const Row& row : rows) {
    const DtypeInfo* const info = find_dtype(static_cast<std::uint16_t>(std::stoul(row[0])));
    BOOST_REQUIRE(info != nullptr);
    BOOST_TEST(std::to_string(static_cast<int>(info->dtype)) == row[0]);
    BOOST_TEST(info->name == row[1]);
    BOOST_TEST(std::to_string(info->bits) == row[2]);
    BOOST_TEST(std::to_string(info->stored_bits) == row[3]);
    BOOST_TEST(info->host_bytes == std::max(1u, info->stored_bits / 8));
    BOOST_TEST(find_dtype(row[1]) == info);
    BOOST_TEST(&info_of(info->dtype) == info);
  }
}

BOOST_AUTO_TEST_CASE(kinds_are_the_registry) {
  check_numbers<NodeKind>("node", {{NodeKind::kLeaf, "leaf"},
                                   {NodeKind::kNone, "none"},
                                   {NodeKind::kDict, "dict"},
                                   {NodeKind::kList, "list"},
                                   {NodeKind::kTuple, "tuple"},
                                   {NodeKind::kNamedtuple, "namedtuple"},
                                   {NodeKind::kDataclass, "dataclass"},
                                   {NodeKind::kCustom, "custom"},
                                   {NodeKind::kVariable, "variable"}});
  check_numbers<KeyKind>("key", {{KeyKind::kNone, "none"},
                                 {KeyKind::kString, "string"},
                                 {KeyKind::kAttribute, "attribute"},
                                 {KeyKind::kInteger, "integer"},
                                 {KeyKind::kBool, "bool"},
                                 {KeyKind::kFloat, "float"},
                                 {KeyKind::kSequence, "sequence"},
                                 {KeyKind::kFlattened, "flattened"}});
  check_numbers<LeafKind>("leaf", {{LeafKind::kArray, "array"},
                                   {LeafKind::kPrngKey, "prng-key"},
                                   {LeafKind::kScalar, "scalar"},
                                   {LeafKind::kString, "string"},
                                   {LeafKind::kBytes, "bytes"},
                                   {LeafKind::kProcessBlob, "process-blob"}});
  check_numbers<AxisType>("axis", {{AxisType::kAuto, "auto"},
                                   {AxisType::kExplicit, "explicit"},
                                   {AxisType::kManual, "manual"}});
}

BOOST_AUTO_TEST_CASE(unknown_numbers_and_names_are_not_found) {
  BOOST_TEST(find_dtype(std::uint16_t{0}) == nullptr);
  BOOST_TEST(find_dtype(std::uint16_t{35}) == nullptr);
  BOOST_TEST(find_dtype(std::uint16_t{65535}) == nullptr);
  BOOST_TEST(find_dtype("") == nullptr);
  BOOST_TEST(find_dtype("float") == nullptr);
  BOOST_TEST(find_dtype("Float32") == nullptr);
}

BOOST_AUTO_TEST_CASE(stored_bytes_round_up_and_do_not_wrap) {  // [BY-05]
  BOOST_TEST(*stored_bytes(Dtype::kInt4, 0) == 0u);
  BOOST_TEST(*stored_bytes(Dtype::kInt4, 3) == 2u);
  BOOST_TEST(*stored_bytes(Dtype::kUint1, 9) == 2u);
  BOOST_TEST(*stored_bytes(Dtype::kFloat6E2m3fn, 3) == 3u);
  BOOST_TEST(*stored_bytes(Dtype::kComplex128, 3) == 48u);
  const std::uint64_t most = (std::uint64_t{1} << 63) - 1;
  BOOST_TEST(*stored_bytes(Dtype::kInt8, most) == most);
  TREERING_CHECK_ERROR(stored_bytes(Dtype::kInt8, most + 1), ErrorClass::kInvalid, "TR-42");
  TREERING_CHECK_ERROR(stored_bytes(Dtype::kFloat64, ~std::uint64_t{0}), ErrorClass::kInvalid,
                       "TR-42");
  TREERING_REQUIRE_OK(stored_bytes(Dtype::kUint1, ~std::uint64_t{0}));
}

BOOST_AUTO_TEST_CASE(packs_the_examples_of_the_spec) {  // [DT-08] [DT-10] [DT-11]
  BOOST_TEST((packed(Dtype::kUint1, bytes({1, 0, 1, 1, 0, 0, 0, 0, 1, 1})) == bytes({0x0d, 0x03})));
  BOOST_TEST((packed(Dtype::kInt1, bytes({0, 0xff, 0xff})) == bytes({0x06})));
  BOOST_TEST((packed(Dtype::kUint2, bytes({1, 2, 3, 0, 2})) == bytes({0x39, 0x02})));
  BOOST_TEST((packed(Dtype::kInt2, bytes({1, 0xfe, 0xff, 0, 1})) == bytes({0x39, 0x01})));
  BOOST_TEST((packed(Dtype::kInt4, bytes({1, 0xfe, 3, 0xf8, 7})) == bytes({0xe1, 0x83, 0x07})));
  BOOST_TEST((packed(Dtype::kInt4, bytes({0xf8, 7})) == bytes({0x78})));
  BOOST_TEST((packed(Dtype::kFloat4E2m1fn, bytes({1, 0x0f, 3})) == bytes({0xf1, 0x03})));
  BOOST_TEST(
      (packed(Dtype::kFloat6E2m3fn, bytes({0x08, 0xff, 0x41})) == bytes({0x08, 0x3f, 0x01})));
  BOOST_TEST((packed(Dtype::kBool, bytes({1, 0})) == bytes({1, 0})));
}

BOOST_AUTO_TEST_CASE(
    every_dtype_and_count_round_trips_without_upper_bits) {  // [DT-12] [DT-13] [DT-19]
  std::mt19937 random(7);
  for (std::uint16_t number = 1; number <= kDtypeCount; ++number) {
    const DtypeInfo& info = *find_dtype(number);
    for (std::size_t count = 0; count < 40; ++count) {
      std::vector<std::byte> host(count * info.host_bytes);
      for (std::byte& byte : host) byte = static_cast<std::byte>(random());
      std::vector<std::byte> wanted = host;
      if (info.bits < 8) {
        for (std::byte& byte : wanted) byte &= static_cast<std::byte>((1u << info.bits) - 1);
      }
      std::vector<std::byte> back(host.size(), std::byte{0xee});
      unpack(info.dtype, packed(info.dtype, host), back);
      BOOST_REQUIRE_MESSAGE(back == wanted, info.name << " * " << count);
    }
  }
}

BOOST_AUTO_TEST_CASE(tail_bits_are_clear) {  // [DT-10]
  for (std::size_t count = 1; count < 20; ++count) {
    const std::vector<std::byte> stored =
        packed(Dtype::kUint2, std::vector(count, std::byte{0xff}));
    const unsigned used = count % 4 == 0 ? 8 : static_cast<unsigned>(count % 4) * 2;
    BOOST_TEST(std::to_integer<unsigned>(stored.back()) == (1u << used) - 1);
  }
}

BOOST_AUTO_TEST_CASE(tells_bytes_that_no_element_has) {  // [DT-16] [DT-17]
  BOOST_TEST(are_elements(Dtype::kBool, bytes({0, 1})));
  BOOST_TEST(!are_elements(Dtype::kBool, bytes({0, 1, 2})));
  BOOST_TEST(are_elements(Dtype::kFloat6E3m2fn, bytes({0x3f})));
  BOOST_TEST(!are_elements(Dtype::kFloat6E2m3fn, bytes({0, 0x40})));
  BOOST_TEST(are_elements(Dtype::kInt8, bytes({0xff})));
  BOOST_TEST(are_elements(Dtype::kInt4, bytes({0xff})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace treering
