# SPDX-License-Identifier: Apache-2.0
"""What a graph record is made of: the modules in a tree, or what the caller gives beside it. Spec: 06-graph.md.

A record is one of the whole tree: the containers that lead to modules, and the modules. So each array of it has the
match path of its leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _jax, _nnx
from ._errors import UsageError
from ._graph_nnx import MISSING, Recorder, opened
from ._keys import Key, MatchPath, match_key
from ._pytree import MAX_DEPTH, Level
from ._template import Template


class ModuleSource(NamedTuple):
    """A module, optimizer or Rngs, abstract or not."""

    module: Any


class SplitSource(NamedTuple):
    """A GraphDef; its leaves stand in the first of the states that has them, or in the tree where there is none."""

    graphdef: Any
    states: Sequence[Any]


class ContainerSource(NamedTuple):
    """A container that leads to sources."""

    container: Any
    level: Level
    children: list[tuple[Key, Any]]


def modules_in(tree: Any, depth: int = 0) -> Any:
    """The source of a tree with modules in it, or None where it has none."""
    return _source(tree, False, depth)


def source_of(graph: Any) -> Any:
    """The source of what a caller gives: a module, a GraphDef, what nnx.split returned, or a container of them.

    Raises UsageError for anything else.
    """
    found = _source(graph, True, 0)
    if found is None:
        raise UsageError(
            "a graph is an nnx module, an nnx.GraphDef, what nnx.split returned, a dict or list of them in the shape "
            f"of the tree, or a graph record, not a {type(graph).__name__}",
            code="bad-argument",
        )
    return found


def _source(x: Any, with_graphdefs: bool, depth: int) -> Any:
    if _nnx.module() is None or depth > MAX_DEPTH or x is None or x is Ellipsis:
        return None
    if isinstance(x, (np.ndarray, np.generic, str, bytes, bool, int, float, complex)) or _jax.is_array(x):
        return None
    if _nnx.is_module(x):
        return ModuleSource(x)
    if _nnx.is_graphdef(x):
        return SplitSource(x, ()) if with_graphdefs else None
    if _nnx.is_state(x) or _nnx.is_variable(x):
        return None
    if with_graphdefs and type(x) is tuple and x and _nnx.is_graphdef(x[0]):
        return SplitSource(x[0], x[1:])
    level = opened(x)
    if level is None:
        return None
    children = [
        (key, source)
        for key, child in zip(level.keys, level.children)
        if (source := _source(child, with_graphdefs, depth + 1)) is not None
    ]
    return ContainerSource(x, level, children) if children else None


def module_paths(source: Any, path: MatchPath = ()) -> list[MatchPath]:
    """Where the modules of a source stand in its tree."""
    if not isinstance(source, ContainerSource):
        return [path]
    return [
        below for key, child in source.children for below in module_paths(child, (*path, match_key(key)))
    ]


def record(source: Any, tree: Any = None) -> tuple[str, set[str]]:
    """The canonical JSON of the record, and the names of its types that a script defines.

    Args:
        tree: where GraphDefs without states find their leaves, by the same path.
    """
    recorder = Recorder()
    _add(recorder, source, None, (), tree)
    return recorder.json(), recorder.main_types


def _add(recorder: Recorder, source: Any, key: Key | None, path: MatchPath, tree: Any) -> None:
    if isinstance(source, ModuleSource):
        recorder.module(source.module, key)
        return
    if isinstance(source, SplitSource):
        states = source.states or (_below(tree, path),)
        recorder.graphdef(source.graphdef, lambda raw: _first(states, raw), key)
        return
    recorder.begin_container(source.container, source.level, key)
    for child_key, child in source.children:
        _add(recorder, child, child_key, (*path, match_key(child_key)), tree)
    recorder.end()


def _first(states: Sequence[Any], raw: tuple) -> Any:
    for state in states:
        found = _below(state, raw)
        if found is not MISSING:
            return found
    return MISSING


def _below(x: Any, path: Sequence[Any]) -> Any:
    """What stands at a match path, Variables not opened; MISSING for nothing."""
    for wanted in path:
        level = None if x is MISSING or _nnx.is_variable(x) else opened(x)
        if level is None:
            return MISSING
        x = next((child for key, child in zip(level.keys, level.children) if match_key(key) == wanted), MISSING)
    return x


def in_tree(source: Any, tree: Any) -> Any:
    """The source, below the containers of the tree where its state stands; itself where that is nowhere.

    A container is taken to have the shape of the tree already. Where several places fit, it is the first.
    """
    if isinstance(source, ContainerSource):
        return source
    path = _place_of(source, tree)
    steps: list[tuple[Any, Level, Key]] = []
    for wanted in path:
        level = opened(tree)
        position = next(i for i, key in enumerate(level.keys) if match_key(key) == wanted)
        steps.append((tree, level, level.keys[position]))
        tree = level.children[position]
    for container, level, key in reversed(steps):
        source = ContainerSource(container, level, [(key, source)])
    return source


def _place_of(source: Any, tree: Any) -> MatchPath:
    paths = _leaf_paths(source)
    if not paths or isinstance(source, SplitSource) and source.states and source.states[0] is tree:
        return ()
    nodes: dict[MatchPath, None] = {}  # of the tree, in its order
    for wanted in Template(tree).leaves:
        for length in range(len(wanted.match) + 1):
            nodes.setdefault(wanted.match[:length])
    first = paths[0]
    for node in nodes:
        base = node[: len(node) - len(first)]
        if len(node) >= len(first) and node[len(base) :] == first and all((*base, *path) in nodes for path in paths):
            return base
    return ()


def _leaf_paths(source: Any) -> list[tuple]:
    """Raw keys of the leaves of a module or GraphDef, which are match paths too."""
    if isinstance(source, ModuleSource):
        graphdef, _ = _nnx.module().flatten(source.module, graph=True)
    else:
        graphdef = source.graphdef
    found: list[tuple] = []
    Recorder().graphdef(graphdef, lambda raw: found.append(raw), None)
    return found
