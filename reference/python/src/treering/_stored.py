# SPDX-License-Identifier: Apache-2.0
"""The tree of an open checkpoint: its structure, its leaves, and the same containers without a template."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from . import _core, _dtypes, _values
from ._errors import InvalidError, LimitError, UnsupportedError, Where, not_built
from ._keys import ROOT, Key, KeyKind, LeafKind, MatchPath, NodeKind, friendly, match_key
from ._standins import Classes, prng_key

Progress = Callable[[int, int], None]


_ALWAYS_ROOM = 16 << 20
_MOST_RATIO = 255 * 8  # of LZ4, and of one byte in memory for each bit of an int1


class LeafSpec(NamedTuple):
    kind: int  # LeafKind
    dtype: int  # registry number; 0 for Python scalars, inline strings and bytes
    weak_type: bool
    impl: str  # of PRNG keys
    shape: tuple[int, ...]  # as stored: a key array's last axis included
    value: bytes | None  # of an inline leaf

    @property
    def shown_shape(self) -> tuple[int, ...]:  # [TR-46]
        return self.shape[:-1] if self.kind == LeafKind.PRNG_KEY else self.shape


class TypeRow(NamedTuple):
    name: str
    metadata: str
    fields: tuple[str, ...]
    bases: tuple[str, ...]


class Place(NamedTuple):
    """One leaf of the tree."""

    match: MatchPath
    row: int
    spec: LeafSpec
    variable: TypeRow | None  # type of the nearest Variable above


class StoredTree:
    """The tree of an open checkpoint."""

    def __init__(self, core: _core.Checkpoint, memory_limit: int | None = None):
        self.core = core
        self.memory_limit = memory_limit  # bytes that one read may ask for
        self.kinds, self.key_kinds, self.keys, self.children, self.details = core.nodes()
        self.types = [TypeRow(*row) for row in core.types()]
        specs = [LeafSpec(*row) for row in core.specs()]
        self.leaves = [specs[number - 1] for number in core.leaf_specs()]

    def walk(self) -> Iterator[tuple[int, Key, list]]:
        """(node, key, ancestors) in preorder; ancestors is one list that changes, of [node, children left]."""
        ancestors: list[list[int]] = []
        for node, count in enumerate(self.children):
            key: Key = ROOT
            if ancestors:
                top = ancestors[-1]
                kind = self.key_kinds[node]
                position = self.children[top[0]] - top[1]
                key = (kind, position if kind in (KeyKind.SEQUENCE, KeyKind.FLATTENED) else self.keys[node])
                top[1] -= 1
            yield node, key, ancestors
            ancestors.append([node, count])
            while ancestors and ancestors[-1][1] == 0:
                ancestors.pop()

    def places(self) -> list[Place]:
        """All leaves in preorder. Their match paths are unique; aliases share a row."""
        found: list[Place] = []
        paths: dict[int, MatchPath] = {}
        variables: dict[int, TypeRow | None] = {}
        for node, key, ancestors in self.walk():
            if not ancestors:
                path: MatchPath = ()
                variable = None
            else:
                parent = ancestors[-1][0]
                path, variable = paths[parent], variables[parent]
                if self.kinds[parent] != NodeKind.VARIABLE:
                    path += (match_key(key),)
            if self.kinds[node] == NodeKind.VARIABLE:
                variable = self.types[self.details[node] - 1]
            if self.kinds[node] == NodeKind.LEAF:
                row = self.details[node] - 1
                found.append(Place(path, row, self.leaves[row], variable))
            elif self.children[node]:
                paths[node], variables[node] = path, variable
        return found

    def rebuild(self, values: Iterable[Any], classes: Classes) -> Any:
        """The recorded containers around the values, one for each place, in the order of places(). [TR-10]"""
        remaining = iter(values)
        frames: list[tuple[int, list[Key], list]] = []  # node, keys and finished children of open containers
        key_of_frame: list[Key] = []
        result: Any = None
        for node, key, _ in self.walk():
            frames.append((node, [], []))
            key_of_frame.append(key)
            while frames and len(frames[-1][2]) == self.children[frames[-1][0]]:
                finished, keys, children = frames.pop()
                own_key = key_of_frame.pop()
                is_leaf = self.kinds[finished] == NodeKind.LEAF
                value = next(remaining) if is_leaf else self._container(finished, keys, children, classes)
                if not frames:
                    result = value
                else:
                    frames[-1][1].append(own_key)
                    frames[-1][2].append(value)
        return result

    def _container(self, node: int, keys: list[Key], children: list, classes: Classes) -> Any:
        kind = self.kinds[node]
        detail = self.details[node]
        if kind == NodeKind.NONE:
            return None
        if kind == NodeKind.LIST:
            return children
        if kind == NodeKind.TUPLE:
            return tuple(children)
        items = {datum: child for (_, datum), child in zip(keys, children)}
        if kind == NodeKind.DICT and len(items) != len(keys):  # 1, True and 1.0 are one key to Python
            raise UnsupportedError(
                "a stored dict has keys that Python cannot tell apart; load it with a template",
                code="host-type",
                rule="RS-13",
            )
        if kind == NodeKind.DICT and detail == 0:
            return items
        row = self.types[detail - 1]
        metadata = _values.decode(row.metadata) if row.metadata else {}
        if kind == NodeKind.DICT:
            return classes.mapping(row.name, row.metadata, metadata, items)
        if kind == NodeKind.NAMEDTUPLE:
            return tuple.__new__(classes.namedtuple(row.name, row.fields), children)
        if kind == NodeKind.VARIABLE:
            return classes.variable(row.name, row.bases, metadata, children[0])
        return classes.dataclass(kind, row.name, row.metadata, metadata, keys, children)

    def read(self, rows: Iterable[int], progress: Progress | None = None) -> dict[int, np.ndarray]:
        """The memory of leaf rows that have bytes in data files or no elements: fresh 64-byte aligned arrays."""
        chosen = [row for row in dict.fromkeys(rows) if self.leaves[row].value is None]
        self._check_room(chosen)
        arrays: dict[int, np.ndarray] = {}
        wanted, targets = [], []
        for row in chosen:
            spec = self.leaves[row]
            if spec.kind == LeafKind.PROCESS_BLOB:
                raise not_built("reading a per-process blob")
            arrays[row], memory = _fresh(spec)
            if memory.size:
                wanted.append(row)
                targets.append(memory)
        if wanted:
            self.core.read_into(wanted, targets, progress)
        return arrays

    def _check_room(self, rows: list[int]) -> None:
        """Compares the declared bytes with the caller's limit and with what the files can hold."""
        declared = sum(host_bytes(self.leaves[row]) for row in rows)
        if self.memory_limit is not None and declared > self.memory_limit:
            raise LimitError(
                f"the limit memory is {self.memory_limit} and the leaves to load have {declared} bytes; load fewer "
                "with select=, or raise the limit if you trust the source",
                code="limit-memory",
                rule="RS-38",
            )
        if declared > _ALWAYS_ROOM and declared > _MOST_RATIO * self.core.bytes:
            raise InvalidError(
                f"the leaves declare {declared} bytes, which files of {self.core.bytes} bytes cannot hold; "
                "do not load what you do not trust",
                code="bad-shape",
                rule="BY-04",
            )


def _fresh(spec: LeafSpec) -> tuple[np.ndarray, np.ndarray]:
    try:
        return _dtypes.empty(_dtypes.numpy_dtype(spec.dtype), spec.shape)
    except (MemoryError, ValueError):  # numpy refuses shapes that no address space holds
        raise LimitError(
            f"the limit memory is that of this machine, and {describe(spec)} does not fit; read boxes of it",
            code="limit-memory",
            rule="RS-38",
        ) from None


def host_bytes(spec: LeafSpec) -> int:
    """Bytes that the leaf takes in host memory."""
    if spec.value is not None:
        return len(spec.value)
    return _dtypes.BY_NUMBER[spec.dtype].host_bytes * math.prod(spec.shape)


def host_value(spec: LeafSpec, array: Any, path: str) -> Any:
    """The leaf as a program without a template sees it: numpy arrays, scalars, text, typed keys.

    ``array`` is what StoredTree.read gave for the row; None for an inline leaf.
    """
    if spec.kind == LeafKind.ARRAY:
        return array
    if spec.kind == LeafKind.PRNG_KEY:
        return prng_key(spec.impl, array, path)
    if spec.kind == LeafKind.SCALAR:
        assert spec.value is not None
        if spec.dtype == 0:
            return _values.decode(spec.value.decode())  # [TR-43]
        return np.frombuffer(spec.value, np.uint8).view(_dtypes.numpy_dtype(spec.dtype))[0]
    content = spec.value if spec.value is not None else array.tobytes() if array is not None else b""
    if spec.kind == LeafKind.BYTES:
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InvalidError(
            f"the stored str at '{path}' is not UTF-8", code="bad-utf8", rule="TR-38", where=Where(key_path=path)
        ) from None


def copied(array: np.ndarray) -> np.ndarray:
    """A copy in fresh 64-byte aligned memory."""
    made, _ = _dtypes.empty(array.dtype, array.shape)
    made[...] = array
    return made


def describe(spec: LeafSpec) -> str:
    """The leaf in few characters: ``float32[3,4]``, ``key<threefry2x32>[2]``, ``int``."""
    shape = "[" + ",".join(map(str, spec.shown_shape)) + "]"
    if spec.kind == LeafKind.ARRAY:
        return _dtypes.BY_NUMBER[spec.dtype].name + shape
    if spec.kind == LeafKind.PRNG_KEY:
        return f"key<{spec.impl}>{shape}"
    if spec.kind == LeafKind.SCALAR:
        return python_scalar(spec) or f"numpy {_dtypes.BY_NUMBER[spec.dtype].name} scalar"
    return {LeafKind.STRING: "str", LeafKind.BYTES: "bytes"}.get(spec.kind, "process blob")


def python_scalar(spec: LeafSpec) -> str:
    """``bool``, ``int``, ``float`` or ``complex``; empty for a numpy scalar or another leaf."""
    if spec.kind != LeafKind.SCALAR or spec.dtype != 0 or spec.value is None:
        return ""
    if spec.value in (b"true", b"false"):
        return "bool"
    if not spec.value.startswith(b"{"):
        return "int"
    return next(iter(json.loads(spec.value))).removeprefix("$")


def load_tree(
    stored: StoredTree, keep: Callable[[Place], bool], classes: Classes, progress: Progress | None = None
) -> Any:
    """The whole tree with host values; ``...`` where ``keep`` says no. Aliases are one object."""
    places = stored.places()
    chosen = [keep(place) for place in places]
    arrays = stored.read((place.row for place, wanted in zip(places, chosen) if wanted), progress)
    values: dict[int, Any] = {}
    for place, wanted in zip(places, chosen):
        if wanted and place.row not in values:
            values[place.row] = host_value(place.spec, arrays.get(place.row), friendly(place.match))
    return stored.rebuild((values[place.row] if wanted else ... for place, wanted in zip(places, chosen)), classes)
