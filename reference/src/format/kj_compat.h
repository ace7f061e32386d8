// SPDX-License-Identifier: Apache-2.0
// Cap'n Proto 0.9 compares `const char*` with kj::StringPtr; C++20's rewritten candidates make that
// ambiguous under clang 16 and later. Force-included before its headers.
#pragma once
#ifdef __cplusplus
#include <kj/string.h>
#if defined(__cpp_impl_three_way_comparison) && defined(__clang__) && (__clang_major__ >= 16)
namespace kj {
inline bool operator==(const char* a, const StringPtr& b) { return b == StringPtr(a); }
inline bool operator!=(const char* a, const StringPtr& b) { return !(b == StringPtr(a)); }
}  // namespace kj
#endif
#endif
