// SPDX-License-Identifier: Apache-2.0
#include "treering/series.h"

#include "base/try.h"
#include "capi/handles.h"
#include "capi/status.h"

using treering::Status;
using treering::capi::guarded;

extern "C" {

tr_status tr_series_open(const char* path, tr_series** out, tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(treering::Series series, treering::Series::open(path, {.create = false}));
    *out = new tr_series{std::move(series)};
    return {};
  });
}

void tr_series_close(tr_series* series) { delete series; }

tr_status tr_series_latest(const tr_series* series, int* found, uint64_t* step, tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(const std::optional<std::uint64_t> latest, series->series.latest());
    *found = latest.has_value() ? 1 : 0;
    if (latest.has_value()) *step = *latest;
    return {};
  });
}

tr_status tr_series_steps(const tr_series* series, uint64_t* steps, size_t capacity, size_t* count,
                          tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(const std::vector<std::uint64_t> all, series->series.steps());
    std::copy_n(all.begin(), std::min(all.size(), capacity), steps);
    *count = all.size();
    return {};
  });
}

tr_status tr_series_open_step(const tr_series* series, uint64_t step, tr_checkpoint** out,
                              tr_error** error) {
  return guarded(error, [&]() -> Status {
    TREERING_TRY(treering::Checkpoint opened, series->series.open_step(step));
    *out = new tr_checkpoint(std::move(opened));
    return {};
  });
}

}  // extern "C"
