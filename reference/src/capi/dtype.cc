// SPDX-License-Identifier: Apache-2.0
#include "treering/dtype.h"

#include "treering/c.h"
#include "treering/version.h"

extern "C" {

const char* tr_version(void) { return TREERING_VERSION; }

tr_dtype tr_dtype_find(const char* name) {
  const treering::DtypeInfo* info = treering::find_dtype(std::string_view(name));
  return info == nullptr ? tr_dtype{0} : static_cast<tr_dtype>(info->dtype);
}

const char* tr_dtype_name(tr_dtype dtype) {
  const treering::DtypeInfo* info = treering::find_dtype(dtype);
  return info == nullptr ? nullptr : info->name.data();  // a view of a literal
}

size_t tr_dtype_bytes(tr_dtype dtype) {
  const treering::DtypeInfo* info = treering::find_dtype(dtype);
  return info == nullptr ? 0 : info->host_bytes;
}

}  // extern "C"
