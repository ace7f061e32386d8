// SPDX-License-Identifier: Apache-2.0
// Checks on Result values that print the error when they fail.
#pragma once

#include <boost/test/unit_test.hpp>

#include "treering/result.h"

#define TREERING_REQUIRE_OK(expression)                                                   \
  do {                                                                                    \
    const auto& treering_result = (expression);                                           \
    BOOST_REQUIRE_MESSAGE(treering_result.ok(),                                           \
                          (treering_result.ok() ? "" : treering_result.error().to_string())); \
  } while (false)

// The class and the rule are what the spec promises.
#define TREERING_CHECK_ERROR(expression, wanted_class, wanted_rule)                       \
  do {                                                                                    \
    const auto& treering_result = (expression);                                           \
    BOOST_REQUIRE_MESSAGE(!treering_result.ok(), "was accepted: " #expression);           \
    BOOST_CHECK_MESSAGE(treering_result.error().cls == (wanted_class),                    \
                        treering_result.error().to_string());                             \
    BOOST_CHECK_MESSAGE(treering_result.error().rule == (wanted_rule),                    \
                        treering_result.error().to_string());                             \
  } while (false)
