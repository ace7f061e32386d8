# SPDX-License-Identifier: Apache-2.0
"""Element types: registry numbers, numpy dtypes, and arrays as the bytes that the library takes.

Types go by name, never by ``dtype.str``, which is ``<V1`` for sixteen of them. Spec: 04-dtype.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from . import _core
from ._errors import UnsupportedError

ALIGNMENT = 64  # JAX imports host memory without a copy exactly when it is aligned to this


class DtypeRow(NamedTuple):
    number: int
    name: str
    bits: int  # significant bits of an element
    stored_bits: int  # bits of an element in a file
    host_bytes: int  # bytes of an element in memory: one for every sub-byte type


_ROWS = [DtypeRow(*row) for row in _core.dtypes()]
BY_NUMBER = {row.number: row for row in _ROWS}
BY_NAME = {row.name: row for row in _ROWS}
_NUMPY = {
    "bool",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}
_numpy_dtypes: dict[int, np.dtype] = {}
_rows_of: dict[np.dtype, DtypeRow] = {}  # dtype.name is slow

_REMEDIES = {
    "O": "convert its items to arrays, numbers or strings",
    "U": "save a str, or a list of str",
    "S": "save bytes, or a list of bytes",
    "M": 'save x.view("int64") and the unit',
    "m": 'save x.view("int64") and the unit',
}


def numpy_dtype(number: int) -> np.dtype:
    """The numpy dtype of a registry number. Raises UnsupportedError where it needs ml_dtypes and that is missing."""
    found = _numpy_dtypes.get(number)
    if found is None:
        name = BY_NUMBER[number].name
        if name in _NUMPY:
            found = np.dtype(name)
        else:
            found = _ml_dtype(name)
        _numpy_dtypes[number] = found
    return found


def _ml_dtype(name: str) -> np.dtype:
    try:
        import ml_dtypes
    except ImportError:
        raise UnsupportedError(
            f"numpy has no dtype {name}; pip install ml_dtypes", code="host-type", rule="RS-13"
        ) from None
    scalar = getattr(ml_dtypes, name, None)
    if scalar is None:
        raise UnsupportedError(
            f"this version of ml_dtypes has no {name}; pip install -U ml_dtypes", code="host-type", rule="RS-13"
        )
    return np.dtype(scalar)


def find_row(dtype: np.dtype) -> DtypeRow | None:
    """The registry row of a numpy dtype, or None where it cannot be stored."""
    found = _rows_of.get(dtype)
    if found is None:
        row = BY_NAME.get(dtype.name)
        # A structured or user dtype can carry any name; only the size and the lack of fields tell it apart.
        if row is None or dtype.itemsize != row.host_bytes or dtype.names is not None:
            return None
        found = _rows_of[dtype] = row
    return found


def remedy(dtype: np.dtype) -> str:
    """What to do about a dtype that cannot be stored."""
    if dtype.names is not None:
        return "save each field as an array of its own"
    return _REMEDIES.get(dtype.kind, "convert it to a dtype of JAX, with x.astype(...)")


def native(array: np.ndarray) -> np.ndarray:
    """The array in native byte order and row-major memory; itself, where it is so already."""
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))  # [DT-14]
    if not array.flags.c_contiguous:
        array = np.array(array, order="C", copy=True)  # [DT-15]
    return array


def as_bytes(array: np.ndarray) -> np.ndarray | None:
    """The memory of a native row-major array as uint8, without a copy; None where it has no elements."""
    return array.reshape(-1).view(np.uint8) if array.size else None


def empty(dtype: np.dtype, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A fresh array on a 64-byte boundary, and its memory as uint8."""
    size = dtype.itemsize * math.prod(shape)
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    memory = memory[start : start + size]
    return memory.view(dtype).reshape(shape), memory
