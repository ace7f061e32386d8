# SPDX-License-Identifier: Apache-2.0
"""Equality to the bit: same containers, types, dtypes, shapes, bytes."""

import struct

import jax
import numpy as np
from flax import nnx


def assert_same(a, b, path="", types=True):
    """Fails with the path of the first difference. ``types=False`` lets a numpy array stand for one of JAX."""
    if isinstance(a, jax.Array) or isinstance(a, np.ndarray):
        assert hasattr(b, "dtype") and hasattr(b, "shape"), (path, type(a), type(b))
        if types:
            assert isinstance(b, jax.Array) == isinstance(a, jax.Array), (path, type(a), type(b))
        assert a.dtype == b.dtype and a.shape == b.shape, (path, a.dtype, b.dtype, a.shape, b.shape)
        if types and isinstance(a, jax.Array) and not jax.dtypes.issubdtype(a.dtype, jax.dtypes.prng_key):
            assert a.weak_type == b.weak_type, path
        assert bits(a) == bits(b), path
        return
    assert type(a) is type(b), (path, type(a), type(b))
    if isinstance(a, nnx.Variable):
        assert a.get_metadata() == b.get_metadata(), path
        assert_same(a.get_raw_value(), b.get_raw_value(), path, types)
    elif isinstance(a, nnx.State) or isinstance(a, dict) or hasattr(a, "unfreeze"):
        assert list(a) == list(b) and [type(k) for k in a] == [type(k) for k in b], (path, list(a), list(b))
        for key in a:
            assert_same(a[key], b[key], f"{path}/{key}", types)
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b)):
            assert_same(x, y, f"{path}/{i}", types)
    elif isinstance(a, np.generic):
        assert a.dtype == b.dtype and bits(a) == bits(b), path
    elif isinstance(a, float):
        assert struct.pack("d", a) == struct.pack("d", b), path
    elif hasattr(a, "__dataclass_fields__"):
        for name in a.__dataclass_fields__:
            assert_same(getattr(a, name), getattr(b, name), f"{path}/{name}", types)
    else:
        assert a == b, path


def bits(x):
    if isinstance(x, jax.Array) and jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key):
        return str(jax.random.key_impl(x)), np.asarray(jax.random.key_data(x)).tobytes()
    x = np.asarray(x)
    raw = np.ascontiguousarray(x).reshape(-1).view(np.uint8)
    # The upper bits of sub-byte elements mean nothing.
    width = {
        "int1": 1,
        "uint1": 1,
        "int2": 2,
        "uint2": 2,
        "int4": 4,
        "uint4": 4,
        "float4_e2m1fn": 4,
        "float6_e2m3fn": 6,
        "float6_e3m2fn": 6,
    }.get(x.dtype.name, 8)
    return (raw & (2**width - 1)).tobytes()
