# SPDX-License-Identifier: Apache-2.0
"""Pytrees one level at a time, and the walk that gives a tree to the library. Spec: 03-tree.md."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import _core, _dtypes, _jax, _nnx, _values
from ._errors import InvalidError, LimitError, UsageError, Where
from ._keys import ROOT, Key, KeyKind, NodeKind, checked_text, datum_for_core, dict_key, friendly, match_key, typed
from ._standins import PrngKey, StoredMapping, StoredNode, StoredVariable

MAX_DEPTH = 256
_SCALARS = (bool, int, float, complex)
_SCALAR_BYTES = 4096  # of the canonical JSON


class TypeInfo(NamedTuple):
    name: str
    metadata: str = ""  # canonical JSON, or empty
    fields: tuple[str, ...] = ()  # of a namedtuple
    bases: tuple[str, ...] = ()  # of a variable, nearest first


class Level(NamedTuple):
    """One container, opened."""

    kind: int  # NodeKind
    keys: list[Key]
    children: list
    type: TypeInfo | None
    rebuild: Callable[[list], Any]  # the same container around other children


def open_level(x: Any, parent: list[Key], *, with_aliases: bool = False) -> Level | None:
    """The container ``x``, or None where it is a leaf (or nothing that is known).

    Args:
        parent: keys that lead to ``x``, for errors.
        with_aliases: show a shared Variable of a module at all of its paths, and not only at the first.
    """
    kind = type(x)
    if kind is dict:
        return _mapping_level(x, None, dict, parent)
    if kind is list or kind is tuple:
        keys = [(KeyKind.SEQUENCE, i) for i in range(len(x))]
        return Level(NodeKind.LIST if kind is list else NodeKind.TUPLE, keys, list(x), None, kind)
    if x is None:
        return Level(NodeKind.NONE, [], [], None, lambda children: None)
    if isinstance(x, (np.ndarray, np.generic, str, bytes, *_SCALARS)) or _jax.is_array(x):
        return None
    if isinstance(x, tuple) and hasattr(kind, "_fields"):
        return _namedtuple_level(x)
    return (
        _special_mapping_level(x, parent)
        or _nnx_level(x, parent, with_aliases)
        or _stored_level(x)
        or _registered_level(x, parent)
    )


def _mapping_level(mapping: Any, type_info: TypeInfo | None, make: Callable[[dict], Any], parent: list[Key]) -> Level:
    names = list(mapping)
    keys = [dict_key(name, parent) for name in names]
    return Level(
        NodeKind.DICT, keys, list(mapping.values()), type_info, lambda children: make(dict(zip(names, children)))
    )


def _namedtuple_level(x: Any) -> Level:
    kind = type(x)
    name = getattr(kind, "treering_type", None) or _values.qualified_name(kind)
    fields = tuple(getattr(kind, "treering_fields", kind._fields))
    return Level(
        NodeKind.NAMEDTUPLE,
        [(KeyKind.ATTRIBUTE, field) for field in fields],
        list(x),
        TypeInfo(name, fields=fields),
        lambda children: tuple.__new__(kind, children),
    )


def _special_mapping_level(x: Any, parent: list[Key]) -> Level | None:
    kind = type(x)
    if kind is collections.OrderedDict:
        return _mapping_level(x, TypeInfo("collections.OrderedDict"), kind, parent)
    if kind is collections.defaultdict:
        factory = x.default_factory
        metadata = _values.encode({"default_factory": factory}, "default_factory", lenient=True)
        return _mapping_level(
            x, TypeInfo("collections.defaultdict", metadata), lambda items: kind(factory, items), parent
        )
    if _nnx.is_frozen_dict(x):
        return _mapping_level(getattr(x, "_dict", x), TypeInfo(_nnx.FROZEN_DICT), kind, parent)
    if kind is StoredMapping:

        def again(items: dict) -> StoredMapping:
            made = StoredMapping(items)
            made.type_name, made.metadata = x.type_name, x.metadata
            return made

        return _mapping_level(x, TypeInfo(x.type_name, x.metadata), again, parent)
    return None


def _nnx_level(x: Any, parent: list[Key], with_aliases: bool) -> Level | None:
    if _nnx.is_variable(x):
        path = friendly(match_key(key) for key in parent)
        kind = type(x)
        metadata = _nnx.metadata(x)
        json = _values.encode(metadata, f"the metadata of '{path}'", lenient=True) if metadata else ""
        info = TypeInfo(_values.qualified_name(kind), json, bases=tuple(_nnx.bases(kind)))
        return Level(
            NodeKind.VARIABLE,
            [(KeyKind.ATTRIBUTE, "value")],
            [_nnx.raw_value(x, path)],
            info,
            lambda children: _nnx.with_value(x, children[0]),
        )
    if _nnx.is_module(x):
        x = _nnx.state_with_aliases(x) if with_aliases else _nnx.state_of(x)
    if _nnx.is_state(x):
        return _mapping_level(_nnx.raw_mapping(x), TypeInfo(_nnx.STATE), type(x), parent)
    return None


def _stored_level(x: Any) -> Level | None:
    if isinstance(x, StoredVariable):
        json = _values.encode(x.metadata, "metadata", lenient=True) if x.metadata else ""
        return Level(
            NodeKind.VARIABLE,
            [(KeyKind.ATTRIBUTE, "value")],
            [x.value],
            TypeInfo(x.type_name, json, bases=tuple(x.bases)),
            lambda children: StoredVariable(x.type_name, x.bases, x.metadata, children[0]),
        )
    if isinstance(x, StoredNode):
        return Level(
            x.kind,
            list(x.keys),
            list(x.children),
            TypeInfo(x.type_name, x.metadata_json),
            lambda children: StoredNode(x.kind, x.type_name, x.metadata_json, x.metadata, x.keys, children),
        )
    return None


def _registered_level(x: Any, parent: list[Key]) -> Level | None:
    """A dataclass or custom node that is registered with JAX."""
    if isinstance(x, PrngKey) or x is Ellipsis or _jax.is_abstract(x):
        return None
    opened = _jax.one_level(x)
    if opened is None:
        return None
    pairs, treedef = opened
    names = [_registered_key(path[0] if len(path) == 1 else path, i, parent) for i, (path, _) in enumerate(pairs)]
    name = _values.qualified_name(type(x))
    if dataclasses.is_dataclass(x) and all(kind == KeyKind.ATTRIBUTE for kind, _ in names):
        kind = NodeKind.DATACLASS
        children = {datum for _, datum in names}
        static: Any = {f.name: getattr(x, f.name) for f in dataclasses.fields(x) if f.name not in children}
    else:
        kind = NodeKind.CUSTOM
        static = treedef.node_data()[1]
    place = friendly(match_key(key) for key in parent)
    empty = static is None or (isinstance(static, dict) and not static)
    json = "" if empty else _values.encode(static, f"the static data of '{place}'", lenient=True)
    return Level(kind, names, [child for _, child in pairs], TypeInfo(name, json), treedef.unflatten)


def _registered_key(key: Any, position: int, parent: list[Key]) -> Key:
    """The typed key of what a registered node calls its child."""
    kind = type(key).__name__
    if kind == "GetAttrKey":
        return (KeyKind.ATTRIBUTE, checked_text(key.name, parent))
    if kind == "DictKey":
        return dict_key(key.key, parent)
    index = getattr(key, "idx", getattr(key, "key", None))
    if kind in ("SequenceKey", "FlattenedIndexKey") and isinstance(index, int):
        # Only a key that equals the position can go without a datum of its own.
        same = KeyKind.SEQUENCE if kind == "SequenceKey" else KeyKind.FLATTENED
        return (same, position) if index == position else (KeyKind.INTEGER, index)
    return dict_key(key, parent)


class TreeWriter:
    """Walks a pytree into a library tree. Array memory is borrowed, so the tree must stay alive until saved."""

    def __init__(self) -> None:
        self._builder = _core.Builder()
        self._path: list[Key] = []
        self._rows: dict[int, int] = {}  # id of an array -> its leaf row
        self._held: list = []  # keeps these ids from being used again

    def write(self, tree: Any) -> _core.PreparedTree:
        """The finished tree. Raises InvalidError, LimitError or UsageError, naming the path."""
        self._node(tree, ROOT)
        return self._builder.finish()

    def _node(self, x: Any, key: Key) -> None:
        level = open_level(x, self._path, with_aliases=True)
        if level is None:
            self._leaf(x, key)
            return
        kind, datum = key[0], datum_for_core(key)
        if level.kind == NodeKind.NONE:
            self._builder.none(kind, datum)
            return
        if len(self._path) >= MAX_DEPTH:
            raise LimitError(
                f"the tree at '{self._place()[:80]}…' is deeper than {MAX_DEPTH} levels, or contains itself; "
                "flatten it",
                code="limit-depth",
                rule="KP-12",
            )
        if level.type is None:
            self._builder.begin(level.kind, kind, datum)
        else:
            self._builder.begin_typed(level.kind, kind, datum, *level.type)
        for child_key, child in zip(level.keys, level.children):  # [TR-11, TR-12]
            self._path.append(child_key)
            self._node(child, child_key)
            self._path.pop()
        self._builder.end()

    def _leaf(self, x: Any, key: Key) -> None:
        kind, datum = key[0], datum_for_core(key)
        plain = type(x)
        if plain in _SCALARS:
            self._scalar(x, kind, datum)
        elif plain is str:
            self._string(x, kind, datum)
        elif plain is bytes:
            self._builder.bytes(kind, datum, x)
        elif isinstance(x, np.ndarray) or _jax.is_array(x):
            self._array(x, kind, datum)
        elif isinstance(x, np.generic):
            number = self._dtype_number(x.dtype)
            self._builder.numpy_scalar(kind, datum, number, _dtypes.as_bytes(_dtypes.native(np.asarray(x))))
        elif isinstance(x, PrngKey):
            self._keys(x, x.impl, _dtypes.native(x.data), kind, datum)
        else:
            raise self._refusal(x)

    def _scalar(self, x: Any, kind: int, datum: Any) -> None:
        json = _values.encode(x, "a scalar")
        if len(json) > _SCALAR_BYTES:
            raise LimitError(
                f"the int at '{self._place()}' has more than {_SCALAR_BYTES} digits; save it as bytes",
                code="limit-inline-bytes",
                rule="TR-45",
                where=Where(key_path=typed(self._path)),
            )
        self._builder.scalar(kind, datum, json)

    def _string(self, x: str, kind: int, datum: Any) -> None:
        try:
            x.encode()
        except UnicodeEncodeError as error:
            raise self._invalid(
                f"the str at '{self._place()}' holds a lone surrogate at character {error.start}, which "
                "UTF-8 cannot hold; save bytes instead",
                "bad-utf8",
                "BY-13",
            ) from None
        self._builder.string(kind, datum, x)

    def _array(self, x: Any, kind: int, datum: Any) -> None:
        row = self._rows.get(id(x))
        if row is not None:
            self._builder.alias(kind, datum, row)
        elif isinstance(x, np.ndarray):
            self._numpy(x, kind, datum)
        else:
            host = _dtypes.native(_jax.host_array(x, self._place))
            if _jax.is_key_dtype(x.dtype):
                self._keys(x, _jax.prng_impl(x.dtype), host, kind, datum)
            else:
                self._host(x, host, bool(getattr(x, "weak_type", False)), kind, datum)

    def _numpy(self, x: np.ndarray, kind: int, datum: Any) -> None:
        if isinstance(x, np.ma.MaskedArray):
            raise self._invalid(
                f"the array at '{self._place()}' is masked, and its mask would be lost; save x.filled(...) "
                "or x.data and x.mask",
                "unsupported-leaf",
                "IN-09",
            )
        if type(x) not in (np.ndarray, np.memmap):
            raise self._invalid(
                f"the array at '{self._place()}' is a {_values.qualified_name(type(x))}; save np.asarray(x)",
                "unsupported-leaf",
                "IN-09",
            )
        self._dtype_number(x.dtype)  # before native(), which would copy what is refused
        self._host(x, _dtypes.native(x), False, kind, datum)

    def _host(self, x: Any, host: np.ndarray, weak: bool, kind: int, datum: Any) -> None:
        number = self._dtype_number(host.dtype)
        self._remember(x, self._builder.array(kind, datum, number, host.shape, _dtypes.as_bytes(host), weak))

    def _keys(self, x: Any, impl: str, data: np.ndarray, kind: int, datum: Any) -> None:
        self._remember(x, self._builder.prng_key(kind, datum, impl, data.shape, _dtypes.as_bytes(data)))

    def _dtype_number(self, dtype: np.dtype) -> int:
        row = _dtypes.find_row(dtype)
        if row is None:
            raise self._invalid(
                f"the leaf '{self._place()}' has dtype {dtype}, which cannot be stored; {_dtypes.remedy(dtype)}",
                "bad-dtype",
                "DT-03",
            )
        return row.number

    def _remember(self, x: Any, row: int) -> None:
        self._rows[id(x)] = row
        self._held.append(x)

    def _place(self) -> str:
        return friendly(match_key(key) for key in self._path)

    def _invalid(self, message: str, code: str, rule: str) -> InvalidError:
        return InvalidError(message, code=code, rule=rule, where=Where(key_path=typed(self._path)))

    def _refusal(self, x: Any) -> Exception:
        name = _values.qualified_name(type(x))
        if _jax.is_abstract(x):
            return UsageError(
                f"the leaf '{self._place()}' is a ShapeDtypeStruct, which has no values; save the arrays",
                code="bad-argument",
                where=Where(key_path=typed(self._path)),
            )
        return self._invalid(
            f"the leaf '{self._place()}' is a {name}, which cannot be stored; save arrays, numbers, str, bytes "
            "and None in dict, list, tuple, namedtuple or a pytree node that is registered with JAX",
            "unsupported-leaf",
            "IN-09",
        )
