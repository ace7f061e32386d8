// SPDX-License-Identifier: Apache-2.0
// What the bindings share: errors as Python exceptions, text, buffers, keys, options.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "treering/treering.h"

namespace treering::python {

namespace nb = nanobind;

// The only C++ exception of the bindings: carries an Error to the translator, which raises it in
// Python.
struct Failure {
  Error error{};
};

template <class T>
T take(Result<T> result) {
  if (!result.ok()) throw Failure{std::move(result).error()};
  return std::move(result).value();
}
inline void check(Status status) {
  if (!status.ok()) throw Failure{std::move(status).error()};
}

// The exception object of treering._errors for this error. Needs the GIL.
nb::object exception_of(const Error& error);

// Text that the library has checked to be UTF-8.
nb::object text(std::string_view utf8);
// Names of files, which can hold any bytes; like os.fsdecode.
nb::object file_name(std::string_view bytes);
nb::bytes raw_bytes(std::string_view bytes);
// The bytes of a str; it stays valid as long as `object` lives. Raises UnicodeEncodeError for lone
// surrogates.
std::string_view utf8_of(nb::handle object);
std::string string_of(const nb::bytes& bytes);

// A view of the memory of a Python object, held until destruction. Needs the GIL in both.
class Buffer {
 public:
  Buffer() = default;
  Buffer(nb::handle object, bool writable);
  ~Buffer();
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  std::span<const std::byte> bytes() const noexcept;
  std::span<std::byte> writable() const noexcept;

 private:
  std::unique_ptr<Py_buffer> view_{};
};

// A key from (kind, datum): str for names, int for numbers and bits, None for none.
Key key_from(int kind, nb::handle datum);
std::vector<std::uint64_t> shape_from(nb::handle ints);
nb::tuple tuple_of(std::span<const std::uint64_t> numbers);
std::vector<std::string> strings_from(nb::handle sequence);

// Options by name; an unknown name is a bug of the package.
Limits limits_from(nb::handle mapping);
SaveOptions save_options_from(nb::handle mapping,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress);

// Calls a Python callable from a thread without the GIL. An exception of the callable does not
// disturb the work: it is shown as unraisable and the callable is not called again;
// KeyboardInterrupt and SystemExit are kept for rethrow().
class Progress {
 public:
  explicit Progress(nb::handle callable);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Empty where there is no callable.
  std::function<void(std::uint64_t, std::uint64_t)> function();
  void rethrow();

 private:
  void call(std::uint64_t done, std::uint64_t total) noexcept;
  nb::object callable_{};
  std::unique_ptr<nb::python_error> interrupt_{};
};

// One of each source file.
void bind_writing(nb::module_& module);
void bind_reading(nb::module_& module);
void bind_graph(nb::module_& module);

}  // namespace treering::python
