# SPDX-License-Identifier: Apache-2.0
"""Static values of a graph record: data as data, code by name, the rest by the name of its type. Spec: 06-graph.md."""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from . import _values
from ._errors import Error
from ._values import Named

# A container opens up to three brackets, and the entry around the value four of the 64 that are allowed. [VA-08]
_MOST_LEVELS = 19
_MOST_ITEMS = 100_000
_ATOMS = (type(None), bool, int, float)


def static_json(value: Any) -> str:
    """The canonical JSON of any Python object. Never raises, imports or calls anything. [GC-08, GC-12]"""
    if type(value) in _ATOMS:
        return _values.encode(value, "a static value")
    return _values.encode(_Plain().of(value, ()), "a static value", lenient=True)


def opaque(value: Any) -> Named:
    """What stands for a thing that cannot be stored."""
    return Named("opaque", safe_name(type(value)))


def safe_name(thing: Any) -> str:
    """The qualified name; lone surrogates, which no record can hold, are escaped."""
    return _values.qualified_name(thing).encode("utf-8", "backslashreplace").decode()


class _Plain:
    """Makes a value of what may be anything: bounded, without cycles, each part one that can be stored."""

    def __init__(self) -> None:
        self.items = 0

    def of(self, value: Any, above: tuple[int, ...]) -> Any:
        self.items += 1
        if type(value) in _ATOMS:
            return value
        if self.items > _MOST_ITEMS or len(above) >= _MOST_LEVELS or id(value) in above:
            return opaque(value)
        inside = (*above, id(value))
        if type(value) is list:
            return [self.of(item, inside) for item in value]
        if isinstance(value, functools.partial):
            return {
                "func": self.of(value.func, inside),
                "args": [self.of(item, inside) for item in value.args],
                "keywords": self.of(dict(value.keywords), inside),
            }
        if isinstance(value, tuple) and not isinstance(value, Named) and not _values.is_spec(value):
            return tuple(self.of(item, inside) for item in value)
        if isinstance(value, (dict, types.MappingProxyType)):
            return self.mapping(value, inside)
        return self.other(value)

    def mapping(self, value: Any, inside: tuple[int, ...]) -> Any:
        plain = {self.of(key, inside): self.of(item, inside) for key, item in value.items()}
        try:
            if len(plain) == len(value):
                _values.encode({key: None for key in plain}, "keys", lenient=True)  # two keys can look alike
                return plain
        except Error:
            pass
        return opaque(value)

    @staticmethod
    def other(value: Any) -> Any:
        try:
            # The values of an array are data of the tree, and asking a tracer for them raises.
            if hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, np.generic):
                return opaque(value)
            _values.encode(value, "a static value", lenient=True)
        except Exception:  # attributes of a foreign object can raise anything
            return opaque(value)
        return value
