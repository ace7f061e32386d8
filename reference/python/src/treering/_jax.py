# SPDX-License-Identifier: Apache-2.0
"""JAX arrays, seen without importing JAX: an array of JAX can only exist when JAX is imported already."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ._errors import InvalidError, UnsupportedError, UsageError

_WIDE = {"int64", "uint64", "float64", "complex128"}
_PRNG_TAGS = {
    "fry": "threefry2x32",
    "rbg": "rbg",
    "urbg": "unsafe_rbg",
    "fry4": "threefry4x32",
    "phx2": "philox2x32",
    "phx4": "philox4x32",
}


def module() -> Any:
    """The module jax, or None where it is not imported."""
    jax = sys.modules.get("jax")
    return jax if jax is not None and hasattr(jax, "Array") and hasattr(jax, "tree_util") else None


def is_array(x: Any) -> bool:
    jax = module()
    return jax is not None and isinstance(x, jax.Array)


def is_abstract(x: Any) -> bool:
    jax = module()
    return jax is not None and isinstance(x, jax.ShapeDtypeStruct)


def is_key_dtype(dtype: Any) -> bool:
    """Of typed PRNG keys, whose dtype is no numpy dtype."""
    jax = module()
    return jax is not None and not isinstance(dtype, np.dtype) and jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)


def prng_impl(dtype: Any) -> str:
    """Name of the PRNG implementation of a key dtype, as ``jax.random.key(seed, impl=name)`` takes it."""
    impl = getattr(dtype, "_impl", None)
    if impl is not None:
        return str(impl.name)
    tag = str(dtype.name).removeprefix("key<").removesuffix(">")
    return _PRNG_TAGS.get(tag, tag)


def host_array(x: Any, place: Callable[[], str]) -> np.ndarray:
    """The values of a jax.Array in host memory: a read-only view where JAX allows it, once they are computed.

    The view keeps the values: a later donation of ``x`` leaves them alone.
    ``place`` gives the path for errors.
    Raises InvalidError or UsageError, naming the path, for arrays that have no values of their own here.
    """
    jax = module()
    if isinstance(x, jax.core.Tracer):
        raise UsageError(
            f"the leaf '{place()}' is a tracer; call save outside of jit, grad and vmap", code="bad-argument"
        )
    if x.is_deleted():
        raise UsageError(
            f"the array at '{place()}' has been deleted or donated; save before the step that donates it",
            code="bad-argument",
        )
    if getattr(getattr(x.sharding, "spec", None), "unreduced", None):
        raise InvalidError(
            f"the array at '{place()}' is unreduced: its shards are partial sums; reshard it first, "
            "with jax.reshard(x, P(...))",
            code="unsupported-leaf",
            rule="SH-13",
        )
    if not x.is_fully_addressable and not x.is_fully_replicated:
        raise UsageError(
            f"the array at '{place()}' is spread over several processes, and saving from several is not built yet",
            code="bad-argument",
        )
    return np.asarray(jax.random.key_data(x) if is_key_dtype(x.dtype) else x)


def narrows(dtype: np.dtype) -> bool:
    """Whether JAX would silently make the dtype a 32-bit one."""
    return dtype.name in _WIDE and not module().config.jax_enable_x64


def concrete_sharding(sharding: Any, shape: tuple[int, ...]) -> Any:
    """A sharding that can place data; of an AbstractMesh the same over the mesh of jax.set_mesh.

    Raises UsageError, without a path, where there is no such mesh or the sharding does not fit the shape.
    """
    jax = module()
    if isinstance(getattr(sharding, "mesh", None), getattr(jax.sharding, "AbstractMesh", ())):
        current, axes = jax.sharding.get_mesh(), dict(sharding.mesh.shape)
        if dict(current.shape) != axes:
            raise UsageError(
                f"its sharding is over the abstract mesh {axes}; call load inside "
                "jax.set_mesh(mesh) with a mesh of these axes",
                code="bad-argument",
            )
        sharding = jax.sharding.NamedSharding(current, sharding.spec, memory_kind=sharding.memory_kind)
    try:
        sharding.shard_shape(shape)
    except ValueError as error:
        raise UsageError(f"its sharding does not fit: {error}", code="bad-argument") from None
    return sharding


def place(arrays: list[np.ndarray], shardings: list[Any]) -> list[Any]:
    """The arrays on devices: uncommitted where the sharding is None. 64-byte aligned memory is not copied on CPU."""
    jax = module()
    placed: list[Any] = [None] * len(arrays)
    for wanted in (False, True):
        chosen = [i for i, sharding in enumerate(shardings) if (sharding is not None) is wanted]
        if not chosen:
            continue
        sources = [arrays[i] for i in chosen]
        done = jax.device_put(sources, [shardings[i] for i in chosen]) if wanted else jax.device_put(sources)
        for i, x in zip(chosen, done):
            placed[i] = x
    return placed


def wrap_key(data: Any, impl: str, path: str) -> Any:
    """A typed key array of its data, uint32 with the key's own axis last."""
    jax = module()
    try:
        return jax.random.wrap_key_data(data, impl=impl)
    except (ValueError, TypeError) as error:
        raise UnsupportedError(
            f"the PRNG keys at '{path}' are of the implementation '{impl}', which this JAX cannot make: {error}",
            code="host-type",
            rule="RS-13",
        ) from None


def weaken(x: Any) -> Any:
    """The same array with a weak type, sharing its buffers; ``x`` itself where this JAX has no way to do it."""
    try:
        from jax._src.array import ArrayImpl  # no public call makes a weak array of given bits
        from jax._src.core import ShapedArray

        aval = ShapedArray(x.shape, x.dtype, weak_type=True, sharding=getattr(x.aval, "sharding", None))
        return ArrayImpl(aval, x.sharding, x._arrays, committed=x.committed)
    except (ImportError, TypeError, AttributeError, ValueError):
        return x


def one_level(x: Any) -> tuple[list[tuple[tuple, Any]], Any] | None:
    """Children of a registered pytree node with their JAX keys, and the treedef of this level; None for a leaf."""
    jax = module()
    if jax is None:
        return None
    pairs, treedef = jax.tree_util.tree_flatten_with_path(x, is_leaf=lambda y: y is not x)
    return None if len(pairs) == 1 and pairs[0][0] == () else (pairs, treedef)
