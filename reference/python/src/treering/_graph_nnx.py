# SPDX-License-Identifier: Apache-2.0
"""Graph records of NNX modules, read off their GraphDef. Spec: 06-graph.md.

A GraphDef holds classes, functions and no shapes, and its hash and repr differ between processes: the record names
what is code, adds shapes and dtypes from the leaves, and is the same in every process.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import _core, _dtypes, _jax, _nnx, _values
from ._errors import Error, UsageError
from ._graph_values import opaque, safe_name, static_json
from ._keys import Key, KeyKind, NodeKind, datum_for_core, dict_key, match_key
from ._pytree import Level, open_level
from ._standins import PrngKey

_HIDDEN = {"_pytree__nodes", "_pytree__state"}  # [GC-10]
_VALUE: Key = (KeyKind.ATTRIBUTE, "value")
MISSING = object()
_MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict)
# Leaves of a GraphDef: the next one in the order of the walk, by its raw keys.
Leaves = Callable[[tuple], Any]


class Recorder:
    """Collects the entries of one record. Shared objects are aliases over everything that it records. [GC-09]"""

    def __init__(self) -> None:
        self._entries: list[str] = []
        self.owners: dict[int, str] = {}  # index of NNX -> typed path
        self._texts: list[str] = [""]  # typed paths of the open entries
        self._siblings: list[set] = [set()]  # match keys in use below each
        self.muted = 0
        self._refs: Any = None
        self.main_types: set[str] = set()

    def json(self) -> str:
        return '{"nodes":[' + ",".join(self._entries) + '],"version":1}'

    # Entries.

    def begin(self, key: Key | None, description: str) -> None:
        """Adds an entry, whose children follow until end(). ``key`` is None for the root."""
        if self.muted:
            self.muted += 1
            return
        path = ""
        if key is not None:
            match = match_key(key)
            if match in self._siblings[-1]:  # one of two children with one name, which no tree can be saved with
                self.muted += 1
                return
            self._siblings[-1].add(match)
            text = _key_text(*key)
            path = f"{self._texts[-1]}/{text}" if self._texts[-1] else text
        self._texts.append(path)
        self._siblings.append(set())
        self._entries.append(f"[{_quoted(path)},{description}]")

    def end(self) -> None:
        if self.muted:
            self.muted -= 1
        else:
            self._texts.pop()
            self._siblings.pop()

    def leaf(self, key: Key | None, description: str) -> None:
        self.begin(key, description)
        self.end()

    def own(self, index: int | None) -> None:
        if index is not None and not self.muted:
            self.owners[index] = self._texts[-1]

    def alias(self, key: Key | None, index: int) -> None:
        # The owner has no entry where it is hidden or muted.
        owner = self.owners.get(index)
        self.leaf(key, '{"kind":"none"}' if owner is None else f'{{"kind":"alias","of":{_quoted(owner)}}}')

    def typed(self, kind: str, name: str, *, fields: Any = None, aux: str = "") -> str:
        """Description of a module or pytree; ``aux`` is canonical JSON, or empty."""
        self.note_type(name)
        parts = [f'"aux":{aux}'] if aux else []
        if fields is not None:
            parts.append('"fields":[' + ",".join(map(_quoted, fields)) + "]")
        return "{" + ",".join([*parts, f'"kind":"{kind}"', f'"type":{_quoted(name)}']) + "}"

    def note_type(self, name: str) -> None:
        if name.startswith("__main__."):
            self.main_types.add(name)

    # Modules.

    def module(self, x: Any, key: Key | None) -> None:
        """A module, optimizer or Rngs, abstract or not."""
        nnx = _nnx.module()
        if self._refs is None:
            self._refs = nnx.graphlib.RefMap()
        graphdef, flat = nnx.flatten(x, ref_index=self._refs, graph=True)
        leaves = iter(flat.leaves)
        self.graphdef(graphdef, lambda raw: next(leaves, MISSING), key)

    def graphdef(self, graphdef: Any, leaves: Leaves, key: Key | None) -> None:
        """A GraphDef with the leaves of its state. Raises UsageError where a leaf is missing."""
        if any(type(node).__name__ == "TreeNodeDef" for node in graphdef.nodes):
            raise UsageError(
                "a GraphDef made with graph=False holds no nodes; give the module, or nnx.split(..., graph=True)",
                code="bad-argument",
            )
        _Walk(self, graphdef, leaves).node(key, ())

    def variable(self, key: Key | None, cls: Any, metadata: dict, index: int | None) -> None:
        kept = {name: item for name, item in metadata.items() if name not in _nnx.DROPPED}  # [GC-11]
        name = safe_name(cls)
        self.note_type(name)
        bases = ",".join(_quoted(base) for base in _nnx.bases(cls))
        text = static_json(kept) if kept else "{}"
        if text.startswith('{"$opaque"'):
            text = "{}"
        self.begin(key, f'{{"bases":[{bases}],"kind":"variable","metadata":{text},"type":{_quoted(name)}}}')
        self.own(index)

    # Data.

    def value(self, x: Any, key: Key | None) -> None:
        """An array, or a pytree of arrays, as a Variable can hold it."""
        if isinstance(x, (np.ndarray, PrngKey)) or (hasattr(x, "shape") and hasattr(x, "dtype")):
            self.leaf(key, _array(x))
            return
        if _nnx.is_variable(x):
            self.variable(key, type(x), dict(x.get_metadata()), None)
            self.value(_raw_value(x), _VALUE)
            self.end()
            return
        level = opened(x)
        if level is None:
            self.leaf(key, _opaque_static(x))
            return
        self.begin_container(x, level, key)
        for child_key, child in zip(level.keys, level.children):
            self.value(child, child_key)
        self.end()

    def begin_container(self, x: Any, level: Level, key: Key | None) -> None:
        """A container that is no part of a GraphDef; its children follow until end()."""
        self.begin(key, self._container_description(x, level))

    def _container_description(self, x: Any, level: Level) -> str:
        plain = {NodeKind.LIST: "list", NodeKind.TUPLE: "tuple", NodeKind.NONE: "none"}.get(level.kind)
        if plain is None and level.type is None:
            plain = "dict"
        if plain is not None:
            return f'{{"kind":"{plain}"}}'
        named = level.kind in (NodeKind.NAMEDTUPLE, NodeKind.DATACLASS)
        fields = [str(datum) for _, datum in level.keys] if named else None
        return self.typed("pytree", level.type.name, fields=fields, aux=level.type.metadata)


class _Walk:
    """One walk over the nodes, attributes and leaves of a GraphDef, which stand in the order of a depth-first walk."""

    def __init__(self, recorder: Recorder, graphdef: Any, leaves: Leaves):
        self.recorder = recorder
        self.nodes: Iterator[Any] = iter(graphdef.nodes)
        self.attributes: Iterator[tuple[Any, Any]] = iter(graphdef.attributes)
        self.leaves = leaves

    def node(self, key: Key | None, raw: tuple) -> None:
        node = next(self.nodes)
        kind = type(node).__name__
        recorder = self.recorder
        if kind == "NodeRef":
            recorder.alias(key, node.index)
        elif kind == "VariableDef":
            self.variable(node, key, raw)
        elif kind == "ArrayRefDef":
            recorder.begin(key, _array(self.leaf(raw)))
            recorder.own(node.index)
            recorder.end()
        else:
            self.container(node, key, raw)

    def variable(self, node: Any, key: Key | None, raw: tuple) -> None:
        recorder = self.recorder
        recorder.variable(key, node.type, dict(node.metadata), node.index)
        reference = node.array_refdef
        if type(reference).__name__ == "NodeRef":  # a reference that another Variable holds too: no leaf of its own
            recorder.alias(_VALUE, reference.index)
        else:
            leaf = self.leaf(raw)
            held = _raw_value(leaf) if _nnx.is_variable(leaf) else leaf
            if reference is None:
                recorder.value(held, _VALUE)
            else:
                recorder.begin(_VALUE, _array(held))
                recorder.own(reference.index)
                recorder.end()
        recorder.end()

    def leaf(self, raw: tuple) -> Any:
        found = self.leaves(raw)
        if found is MISSING:
            raise UsageError(
                f"the GraphDef has a leaf at {'/'.join(map(str, raw))!r} that the state lacks; "
                "give the state that nnx.split returned with it",
                code="bad-argument",
            )
        return found

    def container(self, node: Any, key: Key | None, raw: tuple) -> None:
        recorder = self.recorder
        description, child_key = self.describe(node)
        recorder.begin(key, description)
        recorder.own(node.index)
        for position in range(node.num_attributes):
            name, attribute = next(self.attributes)
            kind = type(attribute).__name__
            if name in _HIDDEN:
                self.skip(attribute, (*raw, name))
            elif kind == "NodeAttr":
                self.node(child_key(name, position), (*raw, name))
            elif kind == "LeafAttr":
                recorder.value(self.leaf((*raw, name)), child_key(name, position))
            elif _jax.is_abstract(attribute.value):  # Flax takes it for an array only where it is one
                recorder.leaf(child_key(name, position), _array(attribute.value))
            else:
                text = f'{{"kind":"static","value":{static_json(attribute.value)}}}'
                recorder.leaf(child_key(name, position), text)
        recorder.end()

    def skip(self, attribute: Any, raw: tuple) -> None:
        """Steps over a hidden attribute and what is below it."""
        kind = type(attribute).__name__
        self.recorder.muted += 1
        if kind == "NodeAttr":
            self.node(None, raw)
        elif kind == "LeafAttr":
            self.leaf(raw)
        self.recorder.muted -= 1

    def describe(self, node: Any) -> tuple[str, Callable[[Any, int], Key]]:
        """The description of a node, and what makes typed keys of its raw ones."""
        recorder, cls, nnx = self.recorder, node.type, _nnx.module()
        plain = {list: "list", tuple: "tuple", dict: "dict", type(None): "none"}.get(cls)
        if plain is not None:
            return f'{{"kind":"{plain}"}}', _mapping_key if cls is dict else _sequence_key
        name = safe_name(cls)
        treedef = getattr(node.metadata, "treedef", None)
        if treedef is not None and cls.__name__ == "GenericPytree":
            return self.describe_pytree(node.metadata, treedef)
        if cls is nnx.State:
            return recorder.typed("pytree", name), _mapping_key
        return recorder.typed("module" if issubclass(cls, nnx.Module) else "pytree", name), _attribute_key

    def describe_pytree(self, metadata: Any, treedef: Any) -> tuple[str, Callable[[Any, int], Key]]:
        """A node that only JAX knows: its class stands in the treedef, and its children in the order of names."""
        recorder, (cls, aux) = self.recorder, treedef.node_data()
        name = safe_name(cls)
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return recorder.typed("pytree", name, fields=cls._fields), _attribute_key
        if issubclass(cls, _MAPPINGS) or _nnx.is_frozen_dict_type(cls):
            factory = static_json({"default_factory": aux[0]}) if issubclass(cls, collections.defaultdict) else ""
            return recorder.typed("pytree", name, aux=factory), _mapping_key
        order = sorted(metadata.key_index, key=metadata.key_index.get)
        if dataclasses.is_dataclass(cls):
            static = [field.name for field in dataclasses.fields(cls) if field.name not in metadata.key_index]
            values = aux[0] if isinstance(aux, tuple) and len(aux) == 1 and isinstance(aux[0], tuple) else aux
            if isinstance(values, tuple) and len(values) == len(static):
                aux = dict(zip(static, values))
            text = static_json(aux) if aux else ""
            return recorder.typed("pytree", name, fields=map(str, order), aux=text), _attribute_key
        text = "" if aux is None or aux == () else static_json(aux)
        return recorder.typed("pytree", name, aux=text), _custom_key(order)


def opened(x: Any) -> Level | None:
    """The container ``x``; None for a leaf, and for what cannot be opened."""
    try:
        return open_level(x, [])
    except Error:
        return None


def _raw_value(variable: Any) -> Any:
    try:
        return variable.get_raw_value()
    except Exception:  # a reference of a computation that has ended
        return None


def _array(x: Any) -> str:
    """Description of an array, or of what looks like one and is of no dtype that can be stored."""
    try:
        impl, weak = "", ""
        if isinstance(x, PrngKey):
            dtype, impl = "uint32", f'"impl":{_quoted(x.impl)},'
        elif _jax.is_key_dtype(x.dtype):
            dtype, impl = "uint32", f'"impl":{_quoted(_jax.prng_impl(x.dtype))},'
        else:
            row = _dtypes.find_row(np.dtype(x.dtype))
            if row is None:
                return _opaque_static(x)
            dtype = row.name
            weak = ',"weak":true' if getattr(x, "weak_type", False) is True else ""
        shape = ",".join(static_json(int(axis)) for axis in x.shape)
        return f'{{"dtype":"{dtype}",{impl}"kind":"array","shape":[{shape}]{weak}}}'
    except (TypeError, ValueError, AttributeError):
        return _opaque_static(x)


def _opaque_static(x: Any) -> str:
    """Data that is no array: its value is the tree's, and would make the record differ from step to step."""
    return f'{{"kind":"static","value":{_values.encode(opaque(x), "a leaf")}}}'


def _quoted(text: str) -> str:
    return _values.encode(text.encode("utf-8", "backslashreplace").decode(), "a name")


@functools.lru_cache(maxsize=65536)
def _cached_key_text(kind: int, datum: Any) -> str:
    if isinstance(datum, str):
        datum = datum.encode("utf-8", "backslashreplace").decode()
    return _core.format_path([(kind, datum_for_core((kind, datum)))])


def _key_text(kind: int, datum: Any) -> str:
    # 0.0 and -0.0 are one key to the cache.
    return _cached_key_text.__wrapped__(kind, datum) if kind == KeyKind.FLOAT else _cached_key_text(kind, datum)


def _attribute_key(name: Any, position: int) -> Key:
    if isinstance(name, int) and not isinstance(name, bool):
        return (KeyKind.SEQUENCE, name) if name >= 0 else (KeyKind.INTEGER, name)
    return (KeyKind.ATTRIBUTE, str(name)) if isinstance(name, str) else _mapping_key(name, position)


def _sequence_key(name: Any, position: int) -> Key:
    return (KeyKind.SEQUENCE, position)


def _mapping_key(name: Any, position: int) -> Key:
    try:
        return dict_key(name, [])
    except Error:
        return (KeyKind.FLATTENED, position)  # of a type that no tree can be saved with


def _custom_key(order: list) -> Callable[[Any, int], Key]:
    place = {name: position for position, name in enumerate(order)}

    def key(name: Any, position: int) -> Key:
        if isinstance(name, int) and not isinstance(name, bool) and place.get(name) == name:
            return (KeyKind.FLATTENED, name)
        return (KeyKind.INTEGER, name) if isinstance(name, int) else _attribute_key(name, position)

    return key
