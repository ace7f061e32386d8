// SPDX-License-Identifier: Apache-2.0
// A name that the grammar accepts is the one that its meaning is written as, and stays in its
// directory.
#include <string>
#include <string_view>

#include "format/layout.h"
#include "support/harness.h"

namespace treering::fuzz {
namespace {

std::string written(const ParsedName& name, std::string_view text) {
  switch (name.role) {
    case NameRole::kSlot:
      return std::string(kSlotName);
    case NameRole::kData:
      return data_name(name.id, name.writer, name.number);
    case NameRole::kIndex:
      return index_name(name.id, name.writer);
    case NameRole::kPlan:
      return plan_name(name.id);
    case NameRole::kCandidate:
      return candidate_name(name.id);
    case NameRole::kCandidateIndex:
      return candidate_index_name(name.id, name.writer);
    case NameRole::kCandidatePlan:
      return candidate_plan_name(name.id);
    case NameRole::kLease:
      return "lease-" + name.id.to_string();
    case NameRole::kPin:
      return std::string(text);
    case NameRole::kStep:
      return step_name(name.step, name.incarnation);
    case NameRole::kTrash:
      return trash_name(name.id);
    case NameRole::kNew:
      return ".new-" + name.id.to_string();
  }
  return {};
}

bool is_plain(std::string_view text, bool may_begin_with_dot) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-.MANIFEST";
  return !text.empty() && text.size() <= 128 && text != "." && text != ".." &&
         (may_begin_with_dot || text.front() != '.') &&
         text.find_first_not_of(kCharacters) == std::string_view::npos;
}

void check_name(std::string_view text) {
  const auto in_checkpoint = parse_checkpoint_name(text);
  const auto in_series = parse_series_name(text);
  FUZZ_CHECK(!in_checkpoint || !in_series);
  if (in_checkpoint) FUZZ_CHECK(written(*in_checkpoint, text) == text && is_plain(text, false));
  if (in_series) {
    FUZZ_CHECK(written(*in_series, text) == text && in_series->step < std::uint64_t{1} << 63);
    FUZZ_CHECK(is_plain(text, in_series->role != NameRole::kStep));
  }
}

// Every name that a writer could write.
void check_numbers(Input input) {
  ParsedName name;
  for (std::uint8_t& b : name.id.bytes) b = input.byte();
  name.writer = static_cast<std::uint32_t>(input.number(4));
  name.number = static_cast<std::uint32_t>(input.number(4));
  name.step = input.number(8) >> 1;
  name.incarnation = static_cast<std::uint32_t>(input.number(4));
  for (int role = 0; role <= static_cast<int>(NameRole::kNew); ++role) {
    name.role = static_cast<NameRole>(role);
    if (name.role == NameRole::kPin) continue;
    const std::string text = written(name, {});
    const auto parsed = role >= static_cast<int>(NameRole::kStep) ? parse_series_name(text)
                                                                  : parse_checkpoint_name(text);
    FUZZ_CHECK(parsed && parsed->role == name.role && written(*parsed, text) == text);
  }
}

}  // namespace
}  // namespace treering::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering::fuzz;
  check_name({reinterpret_cast<const char*>(data), size});
  check_numbers(Input(data, size));
  return 0;
}
