// SPDX-License-Identifier: Apache-2.0
#include "format/file_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <tuple>

#include "base/bytes.h"
#include "base/try.h"
#include "format/fail.h"

namespace treering {
namespace {

constexpr std::size_t kIdBytes = sizeof(Id::bytes);
constexpr std::uint64_t kSizeEnd = std::uint64_t{1} << 63;
constexpr std::string_view kBadFiles = "bad-file-table";

bool all_zero(const std::vector<std::uint32_t>& column) {
  return std::all_of(column.begin(), column.end(), [](std::uint32_t entry) { return entry == 0; });
}
bool all_zero(std::span<const std::byte> list) {
  return std::all_of(list.begin(), list.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

// Precondition: the row is there.
template <class T>
T entry(std::span<const std::byte> list, std::size_t row) {
  return load_le<T>(list.data() + sizeof(T) * row);
}

Status check_lengths(const FileLists& lists, const std::string& file) {  // [IX-04]
  const std::size_t rows = lists.rows();
  constexpr std::size_t kNumber = sizeof(std::uint32_t);
  if (lists.numbers.size() == kNumber * rows && lists.block_bytes.size() == kNumber * rows &&
      (lists.attempts.empty() || lists.attempts.size() == kIdBytes * rows) &&
      (lists.writers.empty() || lists.writers.size() == kNumber * rows)) {
    return {};
  }
  return invalid_in(file, kBadFiles, "IX-04",
                    "has a table of files whose columns differ in length; save it again");
}

Status check_row(const DataFile& row, std::size_t number, const Limits& limits,
                 const std::string& file) {
  const std::string which = "has in row " + std::to_string(number) + " of its table of files ";
  if (row.size < kDataHeadBytes) {  // [IX-05]
    return invalid_in(file, "file-size", "IX-05", which + "a size below 128; save it again");
  }
  if (row.size >= kSizeEnd) {  // [BY-03]
    return invalid_in(file, "file-size", "BY-03", which + "a size of 2^63 or more; save it again");
  }
  if (!std::has_single_bit(row.block_bytes) || row.block_bytes < kMinBlockBytes ||
      row.block_bytes > kMaxBlockBytes) {
    return invalid_in(file, "block-size", "IX-06",  // [IX-06]
                      which + "block size " + std::to_string(row.block_bytes) +
                          ", which is no power of two from 4096 to 4194304; save it again");
  }
  if (row.block_bytes > limits.block_bytes) {
    return limit_in(file, "block_bytes", "LM-02", row.block_bytes, limits.block_bytes);
  }
  return {};
}

Status check_distinct(const std::vector<DataFile>& rows, const std::string& file) {  // [IX-09]
  const auto name = [&](std::size_t row) {
    return std::tie(rows[row].attempt, rows[row].writer, rows[row].number);
  };
  bool ascending = true;
  for (std::size_t i = 1; i < rows.size(); ++i) ascending = ascending && name(i - 1) < name(i);
  if (ascending) return {};
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return name(a) < name(b); });
  const auto twin =
      std::adjacent_find(order.begin(), order.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return name(a) == name(b); });
  if (twin == order.end()) return {};
  return invalid_in(file, "duplicate-file", "IX-09",
                    "names one data file in two rows; save it again");
}

}  // namespace

FileColumns file_columns(std::span<const DataFile> files, const Id& attempt,
                         std::span<const std::uint32_t> naming) {
  FileColumns columns;
  bool own = true;
  for (std::size_t i = 0; i < files.size(); ++i) {
    columns.sizes.push_back(files[i].size);
    columns.numbers.push_back(files[i].number);
    columns.block_bytes.push_back(files[i].block_bytes);
    own = own && files[i].attempt == attempt && files[i].writer == naming[i];
  }
  if (own) return columns;
  for (const DataFile& row : files) {
    columns.attempts.append(reinterpret_cast<const char*>(row.attempt.bytes.data()), kIdBytes);
    columns.writers.push_back(row.writer);
  }
  if (all_zero(columns.writers)) columns.writers.clear();
  return columns;
}

Fields file_fields(const FileColumns& columns) {
  return Fields{.words = {},
                .columns = {columns.sizes, columns.numbers, std::string_view(columns.attempts),
                            columns.writers, columns.block_bytes}};
}

Result<std::vector<DataFile>> file_rows(const FileLists& lists, const Id& attempt,
                                        const std::function<std::uint32_t(std::size_t)>& naming,
                                        const Limits& limits, const std::string& file) {
  TREERING_CHECK(check_lengths(lists, file));
  if (lists.rows() > limits.files) {  // [LM-06]
    return limit_in(file, "files", "LM-02", lists.rows(), limits.files);
  }
  if (!lists.writers.empty() && (lists.attempts.empty() || all_zero(lists.writers))) {  // [IX-08]
    return invalid_in(file, kBadFiles, "IX-08",
                      "stores writers of files that say nothing; save it again");
  }
  std::vector<DataFile> rows(lists.rows());
  bool own = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    DataFile& row = rows[i];
    const std::uint32_t writer = naming(i);
    row = {.size = entry<std::uint64_t>(lists.sizes, i),
           .number = entry<std::uint32_t>(lists.numbers, i),
           .attempt = attempt,
           .writer = writer,
           .block_bytes = entry<std::uint32_t>(lists.block_bytes, i)};
    if (!lists.attempts.empty()) {
      std::memcpy(row.attempt.bytes.data(), lists.attempts.data() + kIdBytes * i, kIdBytes);
      row.writer = lists.writers.empty() ? 0 : entry<std::uint32_t>(lists.writers, i);
      own = own && row.attempt == attempt && row.writer == writer;
    }
    TREERING_CHECK(check_row(row, i, limits, file));
  }
  if (own && !lists.attempts.empty()) {  // [IX-07]
    return invalid_in(file, kBadFiles, "IX-07",
                      "stores attempts of files that are all its own; save it again");
  }
  TREERING_CHECK(check_distinct(rows, file));
  return rows;
}

}  // namespace treering
