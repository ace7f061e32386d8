// SPDX-License-Identifier: Apache-2.0
// Building a tree and saving it.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include "convert.h"

namespace treering::python {
namespace {

// What the memory that a tree borrows belongs to. Destroyed under the GIL.
struct Owners {
  Owners() = default;
  Owners(Owners&&) = default;
  Owners& operator=(Owners&&) = default;
  std::vector<Buffer> buffers{};
  std::vector<nb::object> objects{};
};

struct PreparedTree {
  SaveTree tree{};
  Owners owners{};
};

class Builder {
 public:
  void begin(int node_kind, int key_kind, nb::handle key) {
    builder_.begin(static_cast<NodeKind>(node_kind), key_from(key_kind, key));
  }
  void begin_typed(int node_kind, int key_kind, nb::handle key, nb::handle name,
                   nb::handle metadata, nb::handle fields, nb::handle bases) {
    TreeBuilder::TypeInfo type;
    type.name = std::string(utf8_of(name));
    type.metadata = std::string(utf8_of(metadata));
    type.fields = strings_from(fields);
    type.bases = strings_from(bases);
    builder_.begin(static_cast<NodeKind>(node_kind), key_from(key_kind, key), type);
  }
  void end() { builder_.end(); }
  void none(int key_kind, nb::handle key) { builder_.none(key_from(key_kind, key)); }
  std::uint32_t array(int key_kind, nb::handle key, std::uint16_t dtype, nb::handle shape,
                      nb::handle memory, bool weak_type) {
    return builder_.array(key_from(key_kind, key), static_cast<Dtype>(dtype), shape_from(shape),
                          borrow(memory), weak_type);
  }
  std::uint32_t prng_key(int key_kind, nb::handle key, nb::handle impl, nb::handle shape,
                         nb::handle memory) {
    return builder_.prng_key(key_from(key_kind, key), utf8_of(impl), shape_from(shape),
                             borrow(memory));
  }
  std::uint32_t scalar(int key_kind, nb::handle key, nb::handle json) {
    return builder_.scalar(key_from(key_kind, key), utf8_of(json));
  }
  std::uint32_t numpy_scalar(int key_kind, nb::handle key, std::uint16_t dtype, nb::handle memory) {
    const Buffer buffer(memory, false);
    return builder_.numpy_scalar(key_from(key_kind, key), static_cast<Dtype>(dtype),
                                 buffer.bytes());
  }
  std::uint32_t string(int key_kind, nb::handle key, nb::handle value) {
    owners_.objects.push_back(nb::borrow(value));
    return builder_.string(key_from(key_kind, key), utf8_of(value));
  }
  std::uint32_t bytes(int key_kind, nb::handle key, nb::handle value) {
    return builder_.bytes(key_from(key_kind, key), borrow(value));
  }
  void alias(int key_kind, nb::handle key, std::uint32_t leaf) {
    builder_.alias(key_from(key_kind, key), leaf);
  }
  PreparedTree finish() {
    PreparedTree prepared;
    prepared.tree = take(builder_.finish());
    prepared.owners = std::move(owners_);
    owners_ = {};
    return prepared;
  }

 private:
  HostBytes borrow(nb::handle memory) {
    if (memory.is_none()) return {};
    owners_.buffers.emplace_back(memory, false);
    return owners_.buffers.back().bytes();
  }
  TreeBuilder builder_{};
  Owners owners_{};
};

nb::tuple report_tuple(const SaveReport& report) {
  return nb::make_tuple(file_name(report.path), report.bytes, report.data_bytes, report.leaves,
                        report.files, report.seconds);
}

nb::tuple save_path(const nb::bytes& path, const PreparedTree& prepared, nb::handle options,
                    nb::handle progress) {
  Progress calls(progress);
  const SaveOptions converted = save_options_from(options, calls.function());
  const std::string directory = string_of(path);
  Result<SaveReport> report = [&] {
    nb::gil_scoped_release release;
    return save(directory, prepared.tree, converted);
  }();
  calls.rethrow();
  return report_tuple(take(std::move(report)));
}

nb::tuple save_step(Series& series, std::uint64_t step, const PreparedTree& prepared,
                    nb::handle options, nb::handle progress) {
  Progress calls(progress);
  SaveOptions converted = save_options_from(options, calls.function());
  Result<SaveReport> report = [&] {
    nb::gil_scoped_release release;
    return series.save(step, prepared.tree, std::move(converted));
  }();
  calls.rethrow();
  return report_tuple(take(std::move(report)));
}

}  // namespace

void bind_writing(nb::module_& module) {
  nb::class_<PreparedTree>(module, "PreparedTree");
  nb::class_<Builder>(module, "Builder")
      .def(nb::init<>())
      .def("begin", &Builder::begin, nb::arg("node_kind"), nb::arg("key_kind"),
           nb::arg("key").none())
      .def("begin_typed", &Builder::begin_typed, nb::arg("node_kind"), nb::arg("key_kind"),
           nb::arg("key").none(), nb::arg("name"), nb::arg("metadata"), nb::arg("fields"),
           nb::arg("bases"))
      .def("end", &Builder::end)
      .def("none", &Builder::none, nb::arg("key_kind"), nb::arg("key").none())
      .def("array", &Builder::array, nb::arg("key_kind"), nb::arg("key").none(), nb::arg("dtype"),
           nb::arg("shape"), nb::arg("memory").none(), nb::arg("weak_type"))
      .def("prng_key", &Builder::prng_key, nb::arg("key_kind"), nb::arg("key").none(),
           nb::arg("impl"), nb::arg("shape"), nb::arg("memory").none())
      .def("scalar", &Builder::scalar, nb::arg("key_kind"), nb::arg("key").none(), nb::arg("json"))
      .def("numpy_scalar", &Builder::numpy_scalar, nb::arg("key_kind"), nb::arg("key").none(),
           nb::arg("dtype"), nb::arg("memory"))
      .def("string", &Builder::string, nb::arg("key_kind"), nb::arg("key").none(), nb::arg("value"))
      .def("bytes", &Builder::bytes, nb::arg("key_kind"), nb::arg("key").none(), nb::arg("value"))
      .def("alias", &Builder::alias, nb::arg("key_kind"), nb::arg("key").none(), nb::arg("leaf"))
      .def("finish", &Builder::finish);
  module.def("save", &save_path, nb::arg("path"), nb::arg("tree"), nb::arg("options"),
             nb::arg("progress").none());
  module.def("save_step", &save_step, nb::arg("series"), nb::arg("step"), nb::arg("tree"),
             nb::arg("options"), nb::arg("progress").none());
}

}  // namespace treering::python
