# SPDX-License-Identifier: Apache-2.0
"""Classes by recorded name, and stand-ins where a class may not be used. Spec: 03-tree.md [TR-18, TR-19, TR-20, TR-21].

Loading imports nothing and runs nothing that a file names. A recorded class is used only when it is imported
already and trusted, and has exactly the recorded fields. Everything else becomes a stand-in, which says the
recorded name, prints well and saves again to the same bytes.
"""

from __future__ import annotations

import collections
import functools
import keyword
import sys
from typing import Any

import numpy as np

from . import _jax, _nnx
from ._errors import UsageError
from ._keys import NodeKind
from ._values import Named, qualified_name

_TRUSTED = {"flax", "optax", "jax", "chex"}
_FACTORIES = {f"builtins.{t.__name__}": t for t in (list, dict, set, tuple, int, float, complex, str, bytes, bool)}


class PrngKey:
    """Typed PRNG keys where JAX is not imported.

    Attributes:
        impl: name of the implementation.
        data: uint32 array of the shape of the keys and one more axis.
    """

    def __init__(self, impl: str, data: np.ndarray):
        self.impl = impl
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape[:-1]

    def __repr__(self) -> str:
        return f"PrngKey(impl={self.impl!r}, shape={self.shape})"


class StoredMapping(dict):
    """A mapping of a class that is not here; ``type_name`` says which."""

    type_name = ""
    metadata = ""  # canonical JSON, or empty

    def __repr__(self) -> str:
        return f"<stored {self.type_name} {dict.__repr__(self)}>"


class StoredVariable:
    """An NNX Variable of a class that is not here, or not trusted."""

    def __init__(self, type_name: str, bases: tuple[str, ...], metadata: dict, value: Any):
        self.type_name = type_name
        self.bases = bases
        self.metadata = metadata
        self.value = value

    def __repr__(self) -> str:
        return f"<stored {self.type_name} value={self.value!r} metadata={self.metadata!r}>"


class StoredNode:
    """A dataclass or custom pytree node of a class that is not here, or not trusted.

    ``children`` are the values in recorded order, ``keys`` their typed keys; named children are attributes too.
    ``metadata`` is what was recorded of its static fields.
    """

    def __init__(self, kind: int, type_name: str, metadata_json: str, metadata: Any, keys: list, children: list):
        self.kind = kind
        self.type_name = type_name
        self.metadata_json = metadata_json
        self.metadata = metadata
        self.keys = keys
        self.children = children

    def __getattr__(self, name: str) -> Any:
        for (_, datum), child in zip(self.__dict__.get("keys", ()), self.__dict__.get("children", ())):
            if datum == name:
                return child
        raise AttributeError(f"a stored {self.__dict__.get('type_name', 'node')} has no field {name!r}")

    def __repr__(self) -> str:
        items = ", ".join(f"{datum}={child!r}" for (_, datum), child in zip(self.keys, self.children))
        return f"<stored {self.type_name}({items})>"


@functools.lru_cache(maxsize=1024)
def stand_in_namedtuple(type_name: str, fields: tuple[str, ...]) -> type:
    """A namedtuple class with these fields that remembers the recorded name."""
    short = type_name.rpartition(".")[2]
    usable = short.isidentifier() and not keyword.iskeyword(short)
    made: Any = collections.namedtuple(short if usable else "Stored", fields, rename=True)  # type: ignore[misc]

    def show(self) -> str:
        items = ", ".join(f"{name}={value!r}" for name, value in zip(fields, self))
        return f"<stored {type_name}({items})>"

    return type(
        made.__name__,
        (made,),
        {
            "__slots__": (),
            "__repr__": show,
            "__module__": "treering.stored",
            "treering_type": type_name,
            "treering_fields": fields,
        },
    )


class Classes:
    """Finds the classes that a checkpoint may use."""

    def __init__(self, types: Any = ()):
        types = types if isinstance(types, (list, tuple, set, frozenset)) else (types,)
        for given in types:
            if not isinstance(given, type):
                raise UsageError(f"types= takes classes, not {given!r}", code="bad-argument")
        self._given = {qualified_name(given): given for given in types}
        self._found: dict[str, type | None] = {}

    def find(self, name: str) -> type | None:
        """The trusted, imported class of this qualified name, or None."""
        if name not in self._found:
            self._found[name] = self._given.get(name) or _imported(name)
        return self._found[name]

    def namedtuple(self, name: str, fields: tuple[str, ...]) -> type:
        found = self.find(name)
        if found is not None and issubclass(found, tuple) and getattr(found, "_fields", None) == fields:
            return found
        return stand_in_namedtuple(name, fields)

    def variable(self, name: str, bases: tuple[str, ...], metadata: dict, value: Any) -> Any:
        nnx, found = _nnx.module(), self.find(name)
        plain = all(isinstance(key, str) for key in metadata)
        if nnx is not None and found is not None and issubclass(found, nnx.Variable) and plain:
            return _nnx.make_variable(found, value, metadata)
        return StoredVariable(name, bases, metadata, value)

    def mapping(self, name: str, metadata_json: str, metadata: Any, items: dict) -> Any:
        if name == "collections.OrderedDict" and not metadata_json:
            return collections.OrderedDict(items)
        if name == "collections.defaultdict" and isinstance(metadata, dict) and set(metadata) == {"default_factory"}:
            factory = metadata["default_factory"]
            if factory is None:
                return collections.defaultdict(None, items)
            if isinstance(factory, Named) and factory.form == "type" and factory.content in _FACTORIES:
                return collections.defaultdict(_FACTORIES[factory.content], items)
        if name in (_nnx.STATE, _nnx.FROZEN_DICT) and not metadata_json:
            found = self.find(name)
            if found is not None:
                return found(items)
        stored = StoredMapping(items)
        stored.type_name, stored.metadata = name, metadata_json
        return stored

    def dataclass(self, kind: int, name: str, metadata_json: str, metadata: Any, keys: list, children: list) -> Any:
        """A trusted registered dataclass with exactly the recorded fields, else a stand-in."""
        found = self.find(name)
        if found is not None and kind == NodeKind.DATACLASS and not _is_named(metadata):
            made = _registered_dataclass(found, metadata if isinstance(metadata, dict) else {}, keys, children)
            if made is not None:
                return made
        return StoredNode(kind, name, metadata_json, metadata, keys, children)


def _registered_dataclass(found: type, static: dict, keys: list, children: list) -> Any:
    """The class as JAX unflattens it; None where it is not registered, or has other fields."""
    names = [datum for _, datum in keys]
    if set(getattr(found, "__dataclass_fields__", ())) != {*names, *static}:
        return None
    probe: Any = object.__new__(found)  # no constructor runs to find that out
    for name, value in [*zip(names, children), *static.items()]:
        object.__setattr__(probe, name, value)
    opened = _jax.one_level(probe)
    if opened is None or [getattr(path[0], "name", None) for path, _ in opened[0]] != names:
        return None
    return opened[1].unflatten(children)


def prng_key(impl: str, data: np.ndarray, path: str) -> Any:
    """Typed keys of JAX where it is imported, else a PrngKey."""
    return PrngKey(impl, data) if _jax.module() is None else _jax.wrap_key(data, impl, path)  # [RS-12]


def _is_named(value: Any) -> bool:
    """Whether a decoded value names something that it does not hold."""
    if isinstance(value, Named):
        return True
    if isinstance(value, dict):
        return any(_is_named(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(_is_named(item) for item in value)


def _imported(name: str) -> type | None:
    parts = name.split(".")
    if parts[0] not in _TRUSTED:
        return None
    for cut in range(len(parts) - 1, 0, -1):
        thing: Any = sys.modules.get(".".join(parts[:cut]))  # [RS-34]
        if thing is None:
            continue
        for part in parts[cut:]:
            thing = vars(thing).get(part) if hasattr(thing, "__dict__") else None
        # A module can hold somebody else's class under any name.
        return thing if isinstance(thing, type) and qualified_name(thing) == name else None
    return None
