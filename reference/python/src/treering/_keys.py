# SPDX-License-Identifier: Apache-2.0
"""Keys, key paths and the numbers of kinds. Spec: 02-key-path.md, 03-tree.md, registry/kinds.csv."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from . import _core
from ._errors import InvalidError, Where


class NodeKind:
    LEAF, NONE, DICT, LIST, TUPLE, NAMEDTUPLE, DATACLASS, CUSTOM, VARIABLE = range(1, 10)


class LeafKind:
    ARRAY, PRNG_KEY, SCALAR, STRING, BYTES, PROCESS_BLOB = range(1, 7)


class KeyKind:
    NONE, STRING, ATTRIBUTE, INTEGER, BOOL, FLOAT, SEQUENCE, FLATTENED = range(8)


LEAF_KIND_NAMES = {1: "array", 2: "prng-key", 3: "scalar", 4: "string", 5: "bytes", 6: "process-blob"}

# A key is (kind, datum): str for names, int for integers and positions, bool, float.
Key = tuple[int, Any]
ROOT: Key = (KeyKind.NONE, None)
# Match keys of different sorts never compare equal: names are str, numbers int, the rest tagged tuples.
MatchPath = tuple


def float_bits(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


def datum_for_core(key: Key) -> Any:
    """The datum in the form that the extension module takes."""
    kind, datum = key
    if kind == KeyKind.FLOAT:
        return float_bits(datum)
    return int(datum) if kind == KeyKind.BOOL else datum


def match_key(key: Key) -> Any:
    kind, datum = key
    if kind == KeyKind.BOOL:
        return ("bool", datum)
    return ("float", float_bits(datum)) if kind == KeyKind.FLOAT else datum


def friendly(path: Iterable[Any]) -> str:
    """What people type: names as they are, numbers in decimal, joined with slashes."""
    return "/".join(_friendly_key(key) for key in path)


def _friendly_key(key: Any) -> str:
    if not isinstance(key, tuple):
        return str(key)
    kind, datum = key
    return str(datum) if kind == "bool" else repr(struct.unpack("<d", struct.pack("<q", datum))[0])


def typed(keys: Iterable[Key]) -> str:
    """Typed text of a path. Lone surrogates, which no path can hold, are shown as escapes."""
    shown = [(kind, _shown(datum_for_core((kind, datum)))) for kind, datum in keys]
    return _core.format_path(shown)


def _shown(datum: Any) -> Any:
    return datum.encode("utf-8", "backslashreplace").decode() if isinstance(datum, str) else datum


def dict_key(key: Any, parent: Iterable[Key]) -> Key:
    """The typed key of a dict. Raises InvalidError for a key that has no form, naming the dict."""
    kind = type(key)
    if kind is str:
        return (KeyKind.STRING, checked_text(key, parent))
    if kind is int:
        if -(2**63) <= key < 2**63:
            return (KeyKind.INTEGER, key)
        raise _bad_key(f"the integer key {key} does not fit into 64 bits; use str({key})", "KP-08", parent)
    if kind is bool:
        return (KeyKind.BOOL, key)
    if kind is float:
        return (KeyKind.FLOAT, key)
    raise _bad_key(
        f"a key of type {kind.__module__}.{kind.__qualname__} cannot be stored; use a str, int, bool or float",
        "KP-07",
        parent,
    )


def checked_text(text: str, parent: Iterable[Key]) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _bad_key(
                f"the key {text!r} holds a lone surrogate, which UTF-8 cannot hold; rename it", "BY-13", parent
            ) from None
    return text


def _bad_key(message: str, rule: str, parent: Iterable[Key]) -> InvalidError:
    parent = list(parent)
    place = friendly(match_key(key) for key in parent)
    return InvalidError(
        f"in the dict at '{place}': {message}", code="bad-key", rule=rule, where=Where(key_path=typed(parent))
    )
