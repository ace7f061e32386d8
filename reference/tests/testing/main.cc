// SPDX-License-Identifier: Apache-2.0
// The one unit that defines Boost.Test's main.
#define BOOST_TEST_MODULE treering
#include <boost/test/unit_test.hpp>
