// SPDX-License-Identifier: Apache-2.0
#include "capi/status.h"

#include <string>

namespace treering::capi {
namespace {

// The classes stand in one order in both.
constexpr tr_status status_of(ErrorClass cls) noexcept {
  return static_cast<tr_status>(static_cast<int>(cls) + 1);
}
static_assert(status_of(ErrorClass::kMalformed) == TR_MALFORMED);
static_assert(status_of(ErrorClass::kNotFound) == TR_NOT_FOUND);
static_assert(status_of(ErrorClass::kEnvironment) == TR_ENVIRONMENT);
static_assert(status_of(ErrorClass::kInternal) == TR_INTERNAL);

// Needs no memory of its own; tr_error_free leaves it alone.
tr_error memory_error = {TR_ENVIRONMENT,
                         "memory",
                         "",
                         "",
                         TR_NO_OFFSET,
                         "",
                         "out of memory; free some and try again",
                         "environment (memory): out of memory; free some and try again"};

}  // namespace

OwnedError::OwnedError(Error error)
    : tr_error{}, source_(std::move(error)), line_(source_.to_string()) {
  status = status_of(source_.cls);
  code = source_.code.c_str();
  rule = source_.rule.c_str();
  file = source_.where.file.c_str();
  offset = source_.where.offset;
  key_path = source_.where.key_path.c_str();
  message = source_.message.c_str();
  text = line_.c_str();
}

tr_status fail(const Error& error, tr_error** out) noexcept {
  if (out == nullptr) return status_of(error.cls);
  try {
    *out = new OwnedError(error);
  } catch (const std::bad_alloc&) {
    return out_of_memory(out);
  }
  return status_of(error.cls);
}

tr_status out_of_memory(tr_error** out) noexcept {
  if (out != nullptr) *out = &memory_error;
  return TR_ENVIRONMENT;
}

}  // namespace treering::capi

using treering::capi::OwnedError;

extern "C" {

void tr_error_free(tr_error* error) {
  if (error != &treering::capi::memory_error) delete static_cast<OwnedError*>(error);
}

const char* tr_status_name(tr_status status) {
  if (status == TR_OK) return "ok";
  // A view of a literal.
  return treering::error_class_name(static_cast<treering::ErrorClass>(status - 1)).data();
}

}  // extern "C"
