// SPDX-License-Identifier: Apache-2.0
// The errors that rules end in. Spec: B-errors.md, A-limits.md.
#include "base/refusal.h"

#include <algorithm>
#include <utility>

namespace treering {
namespace {

Error make(ErrorClass cls, std::string_view code, std::string_view rule, std::string message,
           std::string key_path) {
  Error error;
  error.cls = cls;
  error.code = code;
  error.rule = rule;
  error.message = std::move(message);
  error.where.key_path = std::move(key_path);
  return error;
}

}  // namespace

Error refuse(std::string_view code, std::string_view rule, std::string message,
             std::string key_path) {
  return make(ErrorClass::kInvalid, code, rule, std::move(message), std::move(key_path));
}

Error refuse_limit(std::string_view limit, std::string_view rule, std::uint64_t found,
                   std::uint64_t allowed, std::string key_path) {
  std::string code = "limit-" + std::string(limit);  // [IN-05]
  std::replace(code.begin(), code.end(), '_', '-');
  return make(ErrorClass::kLimit, code, rule,
              "the limit " + std::string(limit) + " is " + std::to_string(allowed) + " and " +
                  std::to_string(found) + " are there; raise the limit if you trust the source",
              std::move(key_path));
}

Error refuse_use(std::string_view code, std::string_view rule, std::string message,
                 std::string key_path) {
  return make(ErrorClass::kUsage, code, rule, std::move(message), std::move(key_path));
}

}  // namespace treering
