# SPDX-License-Identifier: Apache-2.0
"""Graph records: written beside the tree, compared, and told in people's words. Spec: 06-graph.md."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import _core, _values
from ._checkpoint import Checkpoint
from ._errors import LimitError, UsageError
from ._graph_part import entries_of_type, part_at, part_of, root_type, spelled
from ._graph_source import SplitSource, in_tree, module_paths, modules_in, record, source_of
from ._keys import MatchPath
from ._report import Difference

_log = logging.getLogger("treering")
_MOST_TOLD = 20  # differences in one line of the log
LEVELS = ("arrays", "structure", "program")
MAX_BYTES = 256 << 20  # of a record, as a default reader takes it
_told_types: set[str] = set()


class GraphDifference(NamedTuple):
    """One difference between two graph records. ``str()`` of it reads ``layers[2].linear: out_features 64 → 32``.

    Attributes:
        level: arrays, structure or program: the first level whose fingerprint it changes.
        path: the place as code spells it; empty for the root.
        what: name of what differs; empty for the whole entry.
        left, right: both sides in few characters; empty where there is none.
        text: all of it in one line.
    """

    level: str
    path: str
    what: str
    left: str
    right: str
    text: str

    def __str__(self) -> str:
        return self.text


def graph_record(graph: Any, state: Any = None) -> dict[str, Any]:
    """The graph record of a model, as ``Checkpoint.graph`` gives it.

    Args:
        graph: a module, optimizer or Rngs, abstract or not; a GraphDef; what nnx.split returned; or a dict, list or
            other pytree with modules in it.
        state: the state of a GraphDef, or a list of states.
    Raises:
        UsageError: something else, or a GraphDef without its state: it holds no shapes.
    """
    return _values.decode(_given_json(graph, state))


def fingerprint(graph: Any, level: str = "structure") -> str:
    """The fingerprint of a graph record: 32 hex digits, the same in every process.

    Args:
        graph: a graph record, an open checkpoint, or what graph_record() takes.
        level: "arrays": the state of one model loads into another; "structure": also the same types, metadata and
            static data; "program": also the same names of code.
    """
    return _core.graph_fingerprint(_any_json(graph), _level_number(level))


def diff_graph(recorded: Any, live: Any) -> list[GraphDifference]:
    """What changed from a recorded model to a live one; an empty list for nothing.

    Args:
        recorded, live: each a graph record, an open checkpoint, or what graph_record() takes. Where the one is of a
            single module and the other of a tree with modules, the module of its type there is compared.
    Raises:
        UsageError: no module of the tree, or more than one, can be meant.
    """
    left, right = _any_json(recorded), _any_json(live)
    left, right = _same_root(left, right), _same_root(right, left)
    return _diff(left, right)


def json_to_save(graph: Any, tree: Any) -> str:
    """The record that a save writes, as canonical JSON; empty for none.

    Args:
        graph: None for the modules in ``tree``, False for no record, or what the caller gave.
    Raises:
        UsageError: ``graph`` is none of these. LimitError: it was given and its record is too large.
    """
    if graph is False:
        return ""
    if graph is None:
        return _json_of_modules(tree)
    if is_record(graph):
        text = _record_json(graph)
    else:
        source = in_tree(source_of(graph), tree)
        text = _told(*record(source, tree))
    if len(text.encode()) > MAX_BYTES:
        raise LimitError(
            f"the graph record has {len(text)} bytes and the limit graph_bytes is {MAX_BYTES}; save without graph=",
            code="limit-graph-bytes",
            rule="GC-07",
        )
    return text


def _json_of_modules(tree: Any) -> str:
    """The record of the modules in a tree. It is advice, so that nothing about it can stop a save. [GC-06]"""
    try:
        source = modules_in(tree)
        if source is None:
            return ""
        text = _told(*record(source))
        if len(text.encode()) > MAX_BYTES:
            _log.warning("the checkpoint is saved without its graph record, which has %d bytes", len(text))
            return ""
        _core.check_graph(text)
        return text
    except Exception as error:
        _log.warning("the checkpoint is saved without its graph record: %s", error)
        return ""


def _told(text: str, main_types: set[str]) -> str:
    new = sorted(main_types - _told_types)
    if new:  # [GC-13]
        _told_types.update(new)
        _log.warning(
            "the graph record names %s, which another script will not have: define it in a module of its own",
            ", ".join(new[:5]) + (" and others" if len(new) > 5 else ""),
        )
    return text


def is_record(graph: Any) -> bool:
    return isinstance(graph, Mapping) and set(graph) == {"nodes", "version"}


def _level_number(level: str) -> int:
    if level not in LEVELS:
        raise UsageError(f'a level is "arrays", "structure" or "program", not {level!r}', code="bad-argument")
    return LEVELS.index(level)


def _record_json(graph: Mapping) -> str:
    text = _values.encode(dict(graph), "the graph record")
    _core.check_graph(text)
    return text


def _given_json(graph: Any, state: Any = None) -> str:
    source = source_of(graph)
    if state is not None:
        if not isinstance(source, SplitSource):
            raise UsageError("state= goes with a GraphDef alone", code="bad-argument")
        source = SplitSource(source.graphdef, tuple(state) if type(state) in (list, tuple) else (state,))
    return record(source)[0]


def _any_json(graph: Any) -> str:
    if isinstance(graph, Checkpoint):
        text = graph._open().graph
        if not text:
            raise UsageError(f"the checkpoint {graph.path} has no graph record", code="bad-argument")
        _core.check_graph(text)
        return text
    return _record_json(graph) if is_record(graph) else _given_json(graph)


def _diff(left: str, right: str) -> list[GraphDifference]:
    return [GraphDifference(*row) for row in _core.diff_graphs(left, right)]


def _same_root(text: str, other: str) -> str:
    """The part of a record that is of the class of the other's root, where its own root is of none or another."""
    wanted, roots = root_type(other), entries_of_type(text, root_type(other))
    if wanted is None or "" in roots or not roots:
        return text
    if len(roots) > 1:
        raise UsageError(
            f"the record has {len(roots)} modules of {wanted}, at {', '.join(roots[:4])}; give both sides as trees of "
            "one shape",
            code="bad-argument",
        )
    return part_of(text, roots[0])


class Changes(NamedTuple):
    """What a load finds out about the modules of its template before it reads an array."""

    differences: list[GraphDifference]
    fails: bool  # whether they alone refuse the load

    def report(self, explains: bool) -> list[Difference]:
        """For the one error of the load. ``explains``: it tells already which leaves differ, and how to accept that."""
        remedy = "" if explains else "graph=None loads anyway"
        return [
            Difference("graph", d.path, d.left, d.right, remedy, text=d.text)
            for d in self.differences
            if not (explains and d.level == "arrays" and d.what in ("dtype", "impl", "shape"))
        ]

    def warn(self, path: str) -> None:
        """One line in the log for what changed and does not stop the load."""
        if self.differences:
            shown = [difference.text for difference in self.differences[:_MOST_TOLD]]
            more = len(self.differences) - len(shown)
            rest = f"; and {more} more" if more else ""
            _log.warning("the model changed since %s was saved: %s%s", path, "; ".join(shown), rest)


def changes_since(
    checkpoint: Checkpoint, template: Any, level: str | None, accepted: set[str] | None
) -> Changes | None:
    """Compares the recorded graph with the modules in a template; None where there is nothing to compare.

    Args:
        level: differences of this level and the levels before it fail the load; None compares nothing.
        accepted: what differs in the arrays and is accepted by the load's options; None for all of it.
    """
    if level is None:
        return None
    failing = LEVELS[: _level_number(level) + 1]
    recorded = checkpoint._open().graph
    try:
        source = modules_in(template) if recorded else None
        if source is None:
            return None
        _core.check_graph(recorded)  # [GC-05]
        live = record(source)[0]
        found = []
        for path in module_paths(source):
            theirs, ours = part_at(recorded, path), part_at(live, path)
            if theirs and ours:
                found += [_placed_below(difference, path) for difference in _diff(theirs, ours)]
    except Exception as error:  # the record is advice: one that nobody can read stops no load [GC-04]
        _log.warning("the graph record of %s is not compared: %s", checkpoint.path, error)
        return None
    return Changes(
        found,
        any(
            difference.level in failing
            and not (difference.level == "arrays" and (accepted is None or difference.what in accepted))
            for difference in found
        ),
    )


def _placed_below(difference: GraphDifference, path: MatchPath) -> GraphDifference:
    place = spelled(path)
    if not place:
        return difference
    below = difference.path if not difference.path or difference.path.startswith("[") else "." + difference.path
    rest = difference.text.removeprefix(difference.path or "(the root)")
    return difference._replace(path=place + below, text=place + below + rest)
