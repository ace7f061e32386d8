// SPDX-License-Identifier: Apache-2.0
// Decoding Plan and End. Spec: 13-commit.md.
#include <commit.capnp.h>

#include "base/utf8.h"
#include "format/capnp_io.h"
#include "format/commit_records.h"
#include "format/fail.h"
#include "format/record_fields.h"

namespace treering {
namespace {

static_assert(has_shape<schema::Plan>(shapes::kPlan) && has_shape<schema::End>(shapes::kEnd));

Result<PlanRecord> read_plan(const schema::Plan::Reader& root, const std::string& file) {
  PlanRecord plan;
  TREERING_TRY(plan.step, read_step(root.getStep(), root.getFlags(), "CM-01", "CM-02", file));
  plan.counter = root.getCounter();
  plan.writers = root.getWriters();
  if (plan.writers < 2) {  // [CM-03]
    return invalid_in(file, "bad-writer", "CM-03",
                      "announces a save by fewer than two writers; save again");
  }
  TREERING_TRY(plan.attempt, read_id(root.getAttempt(), "attempt", "BY-14", file));
  TREERING_TRY(plan.run_id, read_id(root.getRunId(), "run id", "BY-14", file));
  TREERING_TRY(plan.plan_digest, read_digest(root.getPlanDigest(), true, "CM-03", file));
  return plan;
}

Result<EndRecord> read_end(const schema::End::Reader& root, const std::string& file) {
  EndRecord end;
  TREERING_TRY(end.step, read_step(root.getStep(), root.getFlags(), "CM-01", "CM-02", file));
  end.at = root.getAt();
  TREERING_TRY(end.attempt, read_id(root.getAttempt(), "attempt", "BY-14", file));
  TREERING_TRY(end.run_id, read_id(root.getRunId(), "run id", "BY-14", file));
  end.reason = copy_bytes(root.getReason());
  if (!is_utf8(end.reason)) {  // [CM-05]
    return invalid_in(file, "bad-utf8", "CM-05",
                      "gives a reason that is not UTF-8; its writer was wrong");
  }
  return end;
}

}  // namespace

Result<PlanRecord> decode_plan_body(std::span<const std::byte> body, const Header& header,
                                    const std::string& file) {
  TREERING_TRY(PlanRecord plan, decode_message<schema::Plan>(body, shapes::kPlan, header, file,
                                                             [&](const schema::Plan::Reader& root) {
                                                               return read_plan(root, file);
                                                             }));
  TREERING_CHECK(check_reserved(header, file));
  return plan;
}

Result<EndRecord> decode_end_body(std::span<const std::byte> body, const Header& header,
                                  const std::string& file) {
  TREERING_TRY(EndRecord end, decode_message<schema::End>(body, shapes::kEnd, header, file,
                                                          [&](const schema::End::Reader& root) {
                                                            return read_end(root, file);
                                                          }));
  TREERING_CHECK(check_reserved(header, file));
  return end;
}

}  // namespace treering
