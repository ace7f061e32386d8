// SPDX-License-Identifier: Apache-2.0
// Permissions bind everybody but root, and tests are often run by root.
#pragma once

#include <unistd.h>

namespace treering::testing {

// While it lives, the process is nobody where it was root. Make what it needs readable before.
class Unprivileged {
 public:
  Unprivileged() : was_root_(::geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    binds_ = !was_root_ || ::seteuid(kNobody) == 0;
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() {
    if (was_root_ && binds_) (void)!::seteuid(0);
  }
  // False where the system does not let root be anybody else: then there is nothing to test.
  bool permissions_bind() const { return binds_; }

 private:
  bool was_root_ = false;
  bool binds_ = false;
};

}  // namespace treering::testing
