// SPDX-License-Identifier: Apache-2.0
// Handing an Error upward. Internal.
#pragma once

#include <utility>

#include "treering/result.h"

#define TREERING_CONCAT_(a, b) a##b
#define TREERING_CONCAT(a, b) TREERING_CONCAT_(a, b)

// TREERING_TRY(const auto plan, plan_save(...)): declares it with the value, or returns the error.
#define TREERING_TRY(declaration, expression) \
  TREERING_TRY_(TREERING_CONCAT(treering_try_, __COUNTER__), declaration, expression)
#define TREERING_TRY_(name, declaration, expression)       \
  auto&& name = (expression);                              \
  if (!name.ok()) return std::move(name).error();          \
  declaration = *std::move(name)

// The same for a Status.
#define TREERING_CHECK(expression)                                              \
  do {                                                                          \
    auto&& treering_status = (expression);                                      \
    if (!treering_status.ok()) return std::move(treering_status).error();       \
  } while (false)
