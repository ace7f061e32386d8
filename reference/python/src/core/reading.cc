// SPDX-License-Identifier: Apache-2.0
// Open checkpoints and series of them.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/vector.h>

#include <bit>
#include <charconv>
#include <optional>

#include "convert.h"

namespace treering::python {
namespace {

// The key of a node as Python sees it: str, int, float, bool; None where its position says it.
class KeyReader {
 public:
  explicit KeyReader(const Tree& tree) : tree_(tree), names_(tree.strings.rows() + 1) {}

  nb::object read(std::size_t node) {
    const std::uint32_t datum = tree_.nodes.keys[node];
    switch (static_cast<KeyKind>(tree_.nodes.key_kinds[node])) {
      case KeyKind::kString:
      case KeyKind::kAttribute:
        return name(datum);
      case KeyKind::kInteger:
        return nb::int_(integer(datum, 10));
      case KeyKind::kBool:
        return nb::bool_(datum != 0);
      case KeyKind::kFloat:
        return nb::float_(std::bit_cast<double>(bits(datum)));
      default:
        return nb::none();
    }
  }

 private:
  nb::object name(std::uint32_t number) {
    nb::object& cached = names_[number];
    if (!cached.is_valid()) cached = text(tree_.strings.at(number));
    return cached;
  }
  std::int64_t integer(std::uint32_t number, int base) const {
    const std::string_view digits = tree_.strings.at(number);
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return value;
  }
  std::uint64_t bits(std::uint32_t number) const {
    const std::string_view digits = tree_.strings.at(number);
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
  }
  const Tree& tree_;
  std::vector<nb::object> names_;
};

nb::bytes column(const std::vector<std::uint8_t>& entries) {
  return nb::bytes(entries.data(), entries.size());
}

template <class T>
nb::list numbers(const std::vector<T>& entries) {
  nb::list list;
  for (const T entry : entries) list.append(entry);
  return list;
}

// (kinds, key kinds, keys, children, details): the node table in preorder.
nb::tuple nodes(const Checkpoint& checkpoint) {
  const Tree& tree = checkpoint.tree();
  KeyReader reader(tree);
  nb::list keys;
  for (std::size_t node = 0; node < tree.nodes.rows(); ++node) keys.append(reader.read(node));
  return nb::make_tuple(column(tree.nodes.kinds), column(tree.nodes.key_kinds), keys,
                        numbers(tree.nodes.children), numbers(tree.nodes.details));
}

nb::tuple names_of(const Tree& tree, const std::vector<std::uint32_t>& strings) {
  nb::list names;
  for (const std::uint32_t number : strings) names.append(text(tree.strings.at(number)));
  return nb::tuple(names);
}

// (name, metadata JSON or "", fields, bases) of every type.
nb::list types(const Checkpoint& checkpoint) {
  const Tree& tree = checkpoint.tree();
  nb::list rows;
  for (const Type& type : tree.types) {
    rows.append(nb::make_tuple(text(tree.strings.at(type.name)), text(tree.blobs.at(type.metadata)),
                               names_of(tree, type.fields), names_of(tree, type.bases)));
  }
  return rows;
}

// (kind, dtype, weak, impl, shape, inline value or None) of every spec.
nb::list specs(const Checkpoint& checkpoint) {
  const Tree& tree = checkpoint.tree();
  nb::list rows;
  for (const Spec& spec : tree.specs) {
    const nb::object value =
        spec.value == 0 ? nb::none() : nb::object(raw_bytes(tree.blobs.at(spec.value)));
    rows.append(nb::make_tuple(spec.kind, spec.dtype, (spec.flags & Spec::kWeakType) != 0,
                               text(tree.strings.at(spec.impl)), tuple_of(spec.shape), value));
  }
  return rows;
}

// (node, leaf row, typed path, friendly path) of every leaf node in preorder.
nb::list places(const Checkpoint& checkpoint) {
  nb::list rows;
  for (const LeafPlace& place : checkpoint.places()) {
    rows.append(nb::make_tuple(place.node, place.leaf, text(place.typed), text(place.friendly)));
  }
  return rows;
}

nb::list files(const Checkpoint& checkpoint) {
  nb::list rows;
  for (const DataFileInfo& file : checkpoint.files()) {
    rows.append(nb::make_tuple(file_name(file.name), file.writer, file.bytes, file.block_bytes));
  }
  return rows;
}

// (start, stop, file, offset, raw bytes, stored bytes, content digest or None) of every shard of a
// leaf row.
nb::list shards(const Checkpoint& checkpoint, std::size_t row) {
  Result<std::vector<ShardInfo>> found = [&] {
    nb::gil_scoped_release release;
    return checkpoint.shards(row);
  }();
  nb::list rows;
  for (const ShardInfo& shard : take(std::move(found))) {
    const nb::object content = shard.content ? text(shard.content->to_string()) : nb::none();
    rows.append(nb::make_tuple(tuple_of(shard.box.start), tuple_of(shard.box.stop),
                               file_name(shard.file), shard.offset, shard.raw_bytes,
                               shard.stored_bytes, content));
  }
  return rows;
}

Checkpoint open_path(const nb::bytes& path, nb::handle limits) {
  OpenOptions options;
  options.limits = limits_from(limits);
  const std::string directory = string_of(path);
  Result<Checkpoint> opened = [&] {
    nb::gil_scoped_release release;
    return open(directory, options);
  }();
  return take(std::move(opened));
}

std::size_t find_row(const Checkpoint& checkpoint, nb::handle path) {
  Result<Leaf> found = [&, name = utf8_of(path)] {
    nb::gil_scoped_release release;
    return checkpoint.leaf(name);
  }();
  return take(std::move(found)).row();
}

void read_into(const Checkpoint& checkpoint, const std::vector<std::size_t>& rows,
               nb::handle targets, nb::handle progress) {
  Progress calls(progress);
  std::vector<Buffer> held;
  std::vector<std::span<std::byte>> spans;
  for (nb::handle target : targets) {
    held.emplace_back(target, true);
    spans.push_back(held.back().writable());
  }
  const auto function = calls.function();
  Status status = [&] {
    nb::gil_scoped_release release;
    return checkpoint.read_into(rows, spans, function);
  }();
  calls.rethrow();
  check(std::move(status));
}

void read_box(const Checkpoint& checkpoint, std::size_t row, nb::handle start, nb::handle stop,
              nb::handle target) {
  const Box box{shape_from(start), shape_from(stop)};
  const Buffer buffer(target, true);
  Status status = [&]() -> Status {
    nb::gil_scoped_release release;
    Result<Leaf> leaf = checkpoint.leaf_at(row);
    if (!leaf.ok()) return std::move(leaf).error();
    return leaf->read_into(box, buffer.writable());
  }();
  check(std::move(status));
}

// (exception, leaf, file offset, bytes) of every damaged place.
nb::list verify(const Checkpoint& checkpoint, nb::handle progress) {
  Progress calls(progress);
  const auto function = calls.function();
  Result<std::vector<Damage>> found = [&] {
    nb::gil_scoped_release release;
    return checkpoint.verify(function);
  }();
  calls.rethrow();
  nb::list rows;
  for (const Damage& damage : take(std::move(found))) {
    rows.append(
        nb::make_tuple(exception_of(damage.error), text(damage.leaf), damage.offset, damage.bytes));
  }
  return rows;
}

Series open_series(const nb::bytes& path, bool create) {
  SeriesOptions options;
  options.create = create;
  Result<Series> opened = [&, directory = string_of(path)] {
    nb::gil_scoped_release release;
    return Series::open(directory, options);
  }();
  return take(std::move(opened));
}

nb::tuple entry_tuple(const StepEntry& entry) {
  const nb::object error =
      entry.state == StepState::kDamaged ? exception_of(entry.error) : nb::none();
  return nb::make_tuple(entry.step, entry.incarnation, file_name(entry.name),
                        text(step_state_name(entry.state)), error, entry.bytes, entry.leaves,
                        entry.writers, entry.saved_at);
}

nb::list entries(const Series& series) {
  Result<std::vector<StepEntry>> found = [&] {
    nb::gil_scoped_release release;
    return series.entries();
  }();
  nb::list rows;
  for (const StepEntry& entry : take(std::move(found))) rows.append(entry_tuple(entry));
  return rows;
}

nb::list steps(const Series& series) {
  Result<std::vector<std::uint64_t>> found = [&] {
    nb::gil_scoped_release release;
    return series.steps();
  }();
  return numbers(take(std::move(found)));
}

// (step or None, entries skipped).
nb::tuple latest(const Series& series, bool fallback) {
  std::vector<StepEntry> skipped;
  Result<std::optional<std::uint64_t>> found = [&] {
    nb::gil_scoped_release release;
    return series.latest(fallback, &skipped);
  }();
  const std::optional<std::uint64_t> step = take(std::move(found));
  nb::list rows;
  for (const StepEntry& entry : skipped) rows.append(entry_tuple(entry));
  return nb::make_tuple(step ? nb::object(nb::int_(*step)) : nb::none(), rows);
}

Checkpoint open_step(const Series& series, std::uint64_t step) {
  Result<Checkpoint> opened = [&] {
    nb::gil_scoped_release release;
    return series.open_step(step);
  }();
  return take(std::move(opened));
}

nb::object path_of(const Series& series, std::uint64_t step) {
  Result<std::string> found = [&] {
    nb::gil_scoped_release release;
    return series.path_of(step);
  }();
  return file_name(take(std::move(found)));
}

nb::list paths(const std::vector<std::string>& names) {
  nb::list list;
  for (const std::string& name : names) list.append(file_name(name));
  return list;
}

// Paths outside the grammar that stay in the trash.
nb::list retire(Series& series, std::uint64_t step) {
  std::vector<std::string> left;
  Status status = [&] {
    nb::gil_scoped_release release;
    return series.retire(step, &left);
  }();
  check(std::move(status));
  return paths(left);
}

nb::list clean_trash(Series& series) {
  std::vector<std::string> left;
  Status status = [&] {
    nb::gil_scoped_release release;
    return series.clean_trash(&left);
  }();
  check(std::move(status));
  return paths(left);
}

nb::list retired_steps(const std::vector<std::uint64_t>& all,
                       std::optional<std::uint64_t> max_to_keep,
                       std::optional<std::uint64_t> keep_period) {
  return numbers(steps_to_retire(all, max_to_keep, keep_period));
}

void bind_series(nb::module_& module) {
  nb::class_<Series>(module, "Series")
      .def_prop_ro("path", [](const Series& self) { return file_name(self.path()); })
      .def("entries", &entries)
      .def("steps", &steps)
      .def("latest", &latest, nb::arg("fallback"))
      .def("open_step", &open_step, nb::arg("step"))
      .def("path_of", &path_of, nb::arg("step"))
      .def("retire", &retire, nb::arg("step"))
      .def("clean_trash", &clean_trash);
  module.def("open_series", &open_series, nb::arg("path"), nb::arg("create"));
  module.def("steps_to_retire", &retired_steps, nb::arg("steps"), nb::arg("max_to_keep").none(),
             nb::arg("keep_period").none());
}

}  // namespace

void bind_reading(nb::module_& module) {
  nb::class_<Checkpoint>(module, "Checkpoint")
      .def_prop_ro("path", [](const Checkpoint& self) { return file_name(self.path()); })
      .def_prop_ro("step",
                   [](const Checkpoint& self) {
                     const std::optional<std::uint64_t> step = self.step();
                     return step ? nb::object(nb::int_(*step)) : nb::none();
                   })
      .def_prop_ro("saved_at", &Checkpoint::saved_at)
      .def_prop_ro("producer", [](const Checkpoint& self) { return text(self.producer()); })
      .def_prop_ro("attempt",
                   [](const Checkpoint& self) { return text(self.attempt().to_string()); })
      .def_prop_ro("run_id", [](const Checkpoint& self) { return text(self.run_id().to_string()); })
      .def_prop_ro("writers", &Checkpoint::writers)
      .def_prop_ro("bytes", &Checkpoint::bytes)
      .def_prop_ro("metrics", [](const Checkpoint& self) { return text(self.metrics()); })
      .def_prop_ro("metadata", [](const Checkpoint& self) { return text(self.metadata()); })
      .def_prop_ro("graph", [](const Checkpoint& self) { return text(self.graph()); })
      .def_prop_ro("compat", [](const Checkpoint& self) { return text(self.compat()); })
      .def("nodes", &nodes)
      .def("types", &types)
      .def("specs", &specs)
      .def("leaf_specs", [](const Checkpoint& self) { return numbers(self.tree().leaf_specs); })
      .def("places", &places)
      .def("files", &files)
      .def("shards", &shards, nb::arg("row"))
      .def("find", &find_row, nb::arg("path"))
      .def("read_into", &read_into, nb::arg("rows"), nb::arg("targets"), nb::arg("progress").none())
      .def("read_box", &read_box, nb::arg("row"), nb::arg("start"), nb::arg("stop"),
           nb::arg("target"))
      .def("verify", &verify, nb::arg("progress").none());
  module.def("open", &open_path, nb::arg("path"), nb::arg("limits"));
  bind_series(module);
}

}  // namespace treering::python
