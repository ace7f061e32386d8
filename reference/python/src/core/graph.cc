// SPDX-License-Identifier: Apache-2.0
// Graph and compatibility records, as the canonical JSON that checkpoints hold.
#include <vector>

#include "convert.h"

namespace treering::python {
namespace {

// The text belongs to `json`, which the caller holds.
GraphRecord parse(nb::handle json) {
  Result<GraphRecord> record = [text = utf8_of(json)] {
    nb::gil_scoped_release release;
    return parse_graph(text);
  }();
  return take(std::move(record));
}

void check_graph(nb::handle json) { parse(json); }

nb::object print_of(nb::handle json, int level) {
  const GraphRecord record = parse(json);
  const Digest digest = [&] {
    nb::gil_scoped_release release;
    return fingerprint(record, static_cast<GraphLevel>(level));
  }();
  return text(digest.to_string());
}

// (level, path, what, left, right, text) of every difference.
nb::list diff(nb::handle left_json, nb::handle right_json) {
  const GraphRecord left = parse(left_json);
  const GraphRecord right = parse(right_json);
  const std::vector<GraphDifference> found = [&] {
    nb::gil_scoped_release release;
    return diff_graphs(left, right);
  }();
  nb::list rows;
  for (const GraphDifference& difference : found) {
    rows.append(nb::make_tuple(text(graph_level_name(difference.level)), text(difference.path),
                               text(difference.what), text(difference.left), text(difference.right),
                               text(to_string(difference))));
  }
  return rows;
}

// (path, expected, recorded or "") of every difference.
nb::list compare(nb::handle expected, nb::handle recorded) {
  nb::list rows;
  for (const CompatDifference& difference :
       take(compare_compat(utf8_of(expected), utf8_of(recorded)))) {
    rows.append(nb::make_tuple(text(difference.path), text(difference.expected),
                               text(difference.recorded)));
  }
  return rows;
}

}  // namespace

void bind_graph(nb::module_& module) {
  module.def("check_graph", &check_graph, nb::arg("json"));
  module.def("graph_fingerprint", &print_of, nb::arg("json"), nb::arg("level"));
  module.def("diff_graphs", &diff, nb::arg("left"), nb::arg("right"));
  module.def("compare_compat", &compare, nb::arg("expected"), nb::arg("recorded"));
}

}  // namespace treering::python
