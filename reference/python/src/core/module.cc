// SPDX-License-Identifier: Apache-2.0
// treering._core: the thin layer between the package and the library. Private: only the package
// imports it.
#include <nanobind/stl/string.h>

#include <exception>

#include "convert.h"

namespace treering::python {
namespace {

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Failure& failure) {
    const nb::object exception = exception_of(failure.error);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  }
}

// (number, name, bits, stored bits, host bytes) of every dtype of the registry.
nb::list dtypes() {
  nb::list rows;
  for (std::uint16_t number = 1; number <= kDtypeCount; ++number) {
    if (const DtypeInfo* info = find_dtype(number)) {
      rows.append(nb::make_tuple(number, text(info->name), info->bits, info->stored_bits,
                                 info->host_bytes));
    }
  }
  return rows;
}

// Typed text of a path given as [(kind, datum), ...].
nb::object format_path(nb::handle keys) {
  KeyPath path;
  for (nb::handle key : keys) path.push_back(key_from(nb::cast<int>(key[0]), key[1]));
  return text(format_key_path(path));
}

void check_json(const nb::bytes& json) {
  check(check_value({json.c_str(), json.size()}, Limits{}));
}

}  // namespace
}  // namespace treering::python

NB_MODULE(_core, module) {
  namespace tp = treering::python;
  nanobind::register_exception_translator(tp::translate);
  module.attr("__version__") = tp::text(treering::kLibraryVersion);
  module.def("dtypes", &tp::dtypes);
  module.def("format_path", &tp::format_path, nanobind::arg("keys"));
  module.def("check_value", &tp::check_json, nanobind::arg("json"));
  tp::bind_writing(module);
  tp::bind_reading(module);
  tp::bind_graph(module);
}
