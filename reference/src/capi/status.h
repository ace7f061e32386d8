// SPDX-License-Identifier: Apache-2.0
// Errors on their way out of C++: nothing is thrown across the C interface.
#pragma once

#include <new>
#include <string>
#include <utility>

#include "treering/c.h"
#include "treering/result.h"

namespace treering::capi {

// The status of the class; stores a copy in *error where error is not null.
tr_status fail(const Error& error, tr_error** out) noexcept;
tr_status out_of_memory(tr_error** out) noexcept;

// Calls `body`, which gives a Status, and hands its error out.
template <class Body>
tr_status guarded(tr_error** error, Body&& body) noexcept {
  try {
    const Status status = std::forward<Body>(body)();
    return status.ok() ? TR_OK : fail(status.error(), error);
  } catch (const std::bad_alloc&) {
    return out_of_memory(error);
  }
}

// An error owned for C: the struct's pointers lead into `source`.
class OwnedError : public tr_error {
 public:
  explicit OwnedError(Error error);
  OwnedError(const OwnedError&) = delete;
  OwnedError& operator=(const OwnedError&) = delete;

 private:
  Error source_;
  std::string line_;
};

}  // namespace treering::capi
