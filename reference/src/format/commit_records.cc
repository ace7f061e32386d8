// SPDX-License-Identifier: Apache-2.0
#include "format/commit_records.h"

#include "format/message_writer.h"
#include "format/record_fields.h"

namespace treering {
namespace {

// Neither record has a list that grows, so the only failure would be a precondition that was
// broken.
std::vector<std::byte> encode_small(const Root& root) {
  return encode_message(root, "record_bytes", Limits{}.record_bytes).value();
}
std::uint64_t two_words(std::uint32_t low, std::uint32_t high) {
  return low | std::uint64_t{high} << 32;
}

}  // namespace

std::vector<std::byte> encode_plan_body(const PlanRecord& plan) {
  return encode_small({.words = {plan.step.value_or(0), plan.counter,
                                 two_words(step_flags(plan.step), plan.writers)},
                       .pointers = {Column(plan.attempt), Column(plan.run_id),
                                    digest_column(plan.plan_digest, true)}});
}

std::vector<std::byte> encode_end_body(const EndRecord& end) {
  return encode_small({.words = {end.step.value_or(0), end.at, step_flags(end.step)},
                       .pointers = {Column(end.attempt), Column(end.run_id),
                                    Column(std::string_view(end.reason))}});
}

}  // namespace treering
