# SPDX-License-Identifier: Apache-2.0
"""Values: metadata, metrics, records and static fields as canonical JSON. Spec: 01-bytes.md (rules VA-)."""

from __future__ import annotations

import enum
import json
import struct
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import _dtypes
from ._errors import InvalidError, LimitError, UnsupportedError

MAX_DEPTH = 64
_PLAIN_INT = 2**53
_ESCAPES = {ord('"'): '\\"', ord("\\"): "\\\\", **{c: f"\\u{c:04x}" for c in range(0x20)}}


class Named(NamedTuple):
    """A thing that a value names and does not hold: a type, code, an enum member, an opaque object.

    Nothing is imported or looked up. Saved again, it gives the same bytes.
    """

    form: str  # "type", "code", "opaque", "enum", "dtype" or "spec"
    content: Any  # the qualified name; for enum (class, member); for spec the axes

    def __repr__(self) -> str:
        return f"<{self.form} {self.content}>"


def qualified_name(thing: Any) -> str:
    """``module.Outer.Inner`` of a class or function; of the type of anything else."""
    if not isinstance(getattr(thing, "__qualname__", None), str):
        thing = type(thing)
    module = getattr(thing, "__module__", None)
    return f"{module if isinstance(module, str) else 'unknown'}.{thing.__qualname__}"


def encode(value: Any, what: str, *, lenient: bool = False) -> str:
    """The canonical JSON of a value.

    Args:
        value: None, bool, int, float, complex, str, bytes, dtypes, and lists, tuples and dicts of them.
        what: names the value in errors, such as ``metadata``.
        lenient: record functions, classes and other objects by name; else they are refused.
    Raises:
        InvalidError: something that is no such value, with its place.
        LimitError: nesting deeper than 64.
    """
    return _Encoder(lenient).encode(value, what, 0)


def decode(text: str) -> Any:
    """The value of a canonical JSON text, which the library has checked."""
    return _decode(json.loads(text))


def float_bits(value: float) -> str:
    return struct.pack(">d", value).hex()


class _Encoder:
    def __init__(self, lenient: bool):
        self.lenient = lenient

    def encode(self, value: Any, place: str, depth: int) -> str:
        kind = type(value)
        if value is None:
            return "null"
        if kind is bool or kind is np.bool_:
            return "true" if value else "false"
        if kind is str:
            return self.string(value, place)
        if kind is int:
            return str(value) if abs(value) <= _PLAIN_INT else self.tagged("int", f'"{_digits(value)}"', place, depth)
        if kind is float:
            return self.tagged("float", f'"{float_bits(value)}"', place, depth)  # [VA-19, VA-20]
        if kind is complex:
            parts = f'["{float_bits(value.real)}","{float_bits(value.imag)}"]'
            return self.tagged("complex", parts, place, depth, inner=1)
        if kind is bytes:
            return self.tagged("bytes", f'"{value.hex()}"', place, depth)
        if kind is list:
            return self.sequence(value, place, depth)
        if isinstance(value, Named):
            return self.named(value, place, depth)
        if isinstance(value, tuple) and not is_spec(value):
            return self.tagged("tuple", self.sequence(value, place, depth + 1), place, depth)
        if isinstance(value, dict) or _is_mapping_proxy(value):
            return self.mapping(value, place, depth)
        return self.other(value, place, depth)

    def string(self, value: str, place: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InvalidError(
                f"{place} holds a lone surrogate at character {error.start}, which UTF-8 cannot "
                "hold; store bytes instead",
                code="bad-utf8",
                rule="BY-13",
            ) from None
        return '"' + value.translate(_ESCAPES) + '"'

    @staticmethod
    def check_depth(depth: int, place: str) -> None:
        if depth > MAX_DEPTH:
            raise LimitError(
                f"{place[:200]} is nested deeper than {MAX_DEPTH} levels, or contains itself; flatten it",
                code="limit-value-depth",
                rule="VA-08",
            )

    def tagged(self, tag: str, content: str, place: str, depth: int, inner: int = 0) -> str:
        """The tagged form; ``inner`` counts brackets of the content that nobody has checked."""
        self.check_depth(depth + 1 + inner, place)
        return f'{{"${tag}":{content}}}'

    def sequence(self, values, place: str, depth: int) -> str:
        self.check_depth(depth + 1, place)
        return "[" + ",".join(self.encode(v, f"{place}[{i}]", depth + 1) for i, v in enumerate(values)) + "]"

    def mapping(self, value, place: str, depth: int) -> str:
        self.check_depth(depth + 1, place)
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            keys = sorted((str(key) for key in value), key=lambda key: key.encode("utf-8", "surrogatepass"))
            return (
                "{"
                + ",".join(
                    f"{self.string(key, place)}:{self.encode(value[key], f'{place}[{key!r}]', depth + 1)}"
                    for key in keys
                )
                + "}"
            )
        pairs = sorted(
            (self.encode(k, f"a key of {place}", depth + 3), self.encode(v, f"{place}[{k!r}]", depth + 3))
            for k, v in value.items()
        )
        for left, right in zip(pairs, pairs[1:]):
            if left[0] == right[0]:
                raise InvalidError(
                    f"{place} has two keys that are stored as {left[0]}; rename one", code="duplicate-key", rule="VA-15"
                )
        return self.tagged(
            "dict", "[" + ",".join(f"[{key},{item}]" for key, item in pairs) + "]", place, depth, inner=2
        )

    def named(self, value: Named, place: str, depth: int) -> str:
        if value.form == "enum":
            return self.tagged("enum", self.sequence(list(value.content), place, depth + 1), place, depth)
        if value.form == "spec":
            return self.spec(value.content, place, depth)
        return self.tagged(value.form, self.string(value.content, place), place, depth)

    def spec(self, entries, place: str, depth: int) -> str:
        return self.tagged("spec", self.sequence(list(entries), place, depth + 1), place, depth)

    def other(self, value: Any, place: str, depth: int) -> str:
        """Objects that are no JSON: numpy scalars as their value, dtypes, enums, specs and code by name."""
        if isinstance(value, np.generic):
            plain = _plain_scalar(value)
            if plain is not None:
                return self.encode(plain, place, depth)
        elif isinstance(value, enum.Enum):
            return self.named(Named("enum", (qualified_name(type(value)), value.name)), place, depth)
        elif getattr(value, "shape", None) == () and hasattr(value, "item"):
            return self.encode(value.item(), place, depth)  # an array of rank 0, such as a loss
        name = _dtype_name(value)
        if name is not None:
            return self.named(Named("dtype", name), place, depth)
        if is_spec(value):
            entries = (
                [tuple(e) if isinstance(e, (tuple, list)) else e for e in value.partitions]
                if hasattr(value, "partitions")
                else list(value)
            )
            if all(
                e is None or isinstance(e, str) or (isinstance(e, tuple) and all(isinstance(a, str) for a in e))
                for e in entries
            ):
                return self.spec(entries, place, depth)
        if not self.lenient:
            raise InvalidError(
                f"{place} is a {qualified_name(type(value))}, which is no value; use None, bool, int, float, str, "
                "bytes, list, tuple and dict, and put arrays into the tree",
                code="bad-value",
                rule="VA-11",
            )
        if isinstance(value, type):
            return self.named(Named("type", qualified_name(value)), place, depth)
        if callable(value) and hasattr(value, "__qualname__"):
            return self.named(Named("code", qualified_name(value)), place, depth)  # [GC-08]
        return self.named(Named("opaque", qualified_name(type(value))), place, depth)  # [GC-12]


def _digits(value: int) -> str:
    """str(value) without Python's limit on the number of digits, which guards parsers of hostile text."""
    if value < 0:
        return "-" + _digits(-value)
    if value.bit_length() < 10_000:
        return str(value)
    half = value.bit_length() * 1233 // 8192  # about half of the decimal digits
    high, low = divmod(value, 10**half)
    return _digits(high) + _digits(low).rjust(half, "0")


def _integer(digits: str) -> int:
    """int(digits) without that limit; the length is bounded by that of the record."""
    if digits.startswith("-"):
        return -_integer(digits[1:])
    if len(digits) < 4000:
        return int(digits)
    half = len(digits) // 2
    return _integer(digits[:-half]) * 10**half + _integer(digits[-half:])


def _plain_scalar(value: np.generic):
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.complexfloating):
        return complex(value) if value.dtype.itemsize <= 16 else None
    if isinstance(value, np.floating):
        return float(value) if value.dtype.itemsize <= 8 else None
    if value.dtype.name in _dtypes.BY_NAME:  # ml_dtypes: every one of them fits into a double
        return (
            int(value)
            if "int" in value.dtype.name
            else complex(value)
            if "complex" in value.dtype.name
            else float(value)
        )
    return None


def _dtype_name(value: Any) -> str | None:
    """Registry name of a numpy dtype, of a numpy scalar class or of JAX's ``jnp.float32``."""
    if isinstance(value, np.dtype):
        name = value.name
    elif isinstance(value, type) and issubclass(value, np.generic):
        name = value.__name__.rstrip("_")
    elif type(value).__name__ == "_ScalarMeta" and isinstance(getattr(value, "dtype", None), np.dtype):
        name = value.dtype.name
    else:
        return None
    return name if name in _dtypes.BY_NAME else None


def is_spec(value: Any) -> bool:
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.sharding.PartitionSpec)


def _is_mapping_proxy(value: Any) -> bool:
    return type(value).__name__ in ("mappingproxy", "FrozenDict")


def _decode(node: Any) -> Any:
    if isinstance(node, list):
        return [_decode(item) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((key, content),) = node.items()
        if key.startswith("$"):
            return _DECODERS[key](content)
    return {key: _decode(item) for key, item in node.items()}


def _hex_float(digits: str) -> float:
    return struct.unpack(">d", bytes.fromhex(digits))[0]


def _decode_dtype(name: str):
    try:
        return _dtypes.numpy_dtype(_dtypes.BY_NAME[name].number)
    except UnsupportedError:
        return Named("dtype", name)


def _decode_spec(entries: list):
    decoded = [_decode(entry) for entry in entries]
    jax = sys.modules.get("jax")
    return Named("spec", tuple(decoded)) if jax is None else jax.sharding.PartitionSpec(*decoded)


def _decode_dict(pairs: list) -> dict:
    decoded = {_hashable(_decode(key)): _decode(item) for key, item in pairs}
    if len(decoded) != len(pairs):  # 1 and True are one key to Python
        raise UnsupportedError("a stored dict has keys that Python cannot tell apart", code="host-type", rule="RS-13")
    return decoded


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$int": _integer,
    "$float": _hex_float,
    "$complex": lambda parts: complex(*map(_hex_float, parts)),
    "$bytes": bytes.fromhex,
    "$tuple": lambda items: tuple(_decode(item) for item in items),
    "$dict": _decode_dict,
    "$dtype": _decode_dtype,
    "$type": lambda name: Named("type", name),  # [VA-18]
    "$code": lambda name: Named("code", name),
    "$opaque": lambda name: Named("opaque", name),
    "$enum": lambda names: Named("enum", tuple(names)),
    "$spec": _decode_spec,
}


def _hashable(key: Any) -> Any:
    """A key as Python can hold it: another writer may have used a list."""
    if isinstance(key, dict):
        key = list(key.items())
    return tuple(_hashable(item) for item in key) if isinstance(key, (list, tuple)) else key
