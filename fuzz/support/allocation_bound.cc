// SPDX-License-Identifier: Apache-2.0
// Counts with the hooks of the sanitizers' allocator, so that new, malloc and other libraries all
// count, and AddressSanitizer still sees every allocation.
#include "support/allocation_bound.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__)
#define TREERING_FUZZ_COUNTS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TREERING_FUZZ_COUNTS 1
#endif
#endif

#ifdef TREERING_FUZZ_COUNTS
// As sanitizer/allocator_interface.h has them, which g++ lacks.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_allocation)(const volatile void*,
                                                                               std::size_t),
                                                         void (*on_release)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* memory);
#endif

namespace treering::fuzz {
namespace {

std::atomic<std::int64_t> held{0};
std::atomic<std::int64_t> peak{0};
std::atomic<std::int64_t> most{0};  // 0: nothing is bounded now

#ifdef TREERING_FUZZ_COUNTS
void on_allocation(const volatile void*, std::size_t size) {
  const std::int64_t bound = most.load(std::memory_order_relaxed);
  if (bound == 0) return;
  const std::int64_t now =
      held.fetch_add(static_cast<std::int64_t>(size)) + static_cast<std::int64_t>(size);
  std::int64_t before = peak.load(std::memory_order_relaxed);
  while (before < now && !peak.compare_exchange_weak(before, now)) {
  }
  if (now <= bound) return;
  most = 0;
  std::fprintf(
      stderr,
      "property broken: this input makes the library hold %lld bytes, and %lld are allowed\n",
      static_cast<long long>(now), static_cast<long long>(bound));
  std::abort();
}

void on_release(const volatile void* memory) {
  if (most.load(std::memory_order_relaxed) == 0 || memory == nullptr) return;
  held.fetch_sub(static_cast<std::int64_t>(__sanitizer_get_allocated_size(memory)));
}

[[maybe_unused]] const int hooks_installed =
    __sanitizer_install_malloc_and_free_hooks(on_allocation, on_release);
#endif

}  // namespace

AllocationBound::AllocationBound(std::size_t input, std::uint64_t factor, std::uint64_t base) {
  held = 0;
  peak = 0;
  most = static_cast<std::int64_t>(base + factor * input);
}
AllocationBound::~AllocationBound() { most = 0; }

std::uint64_t AllocationBound::most_held() const { return static_cast<std::uint64_t>(peak.load()); }

bool AllocationBound::counts() {
#ifdef TREERING_FUZZ_COUNTS
  return true;
#else
  return false;
#endif
}

}  // namespace treering::fuzz
