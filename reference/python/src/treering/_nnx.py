# SPDX-License-Identifier: Apache-2.0
"""Flax NNX objects, seen without importing Flax: modules, states and Variables."""

from __future__ import annotations

import sys
from typing import Any

from . import _jax
from ._errors import UsageError
from ._values import qualified_name

# Switches of Flax that say how a Variable works in this process, not what it is. [GC-11]
DROPPED = ("hijax", "ref", "eager_sharding")
STATE = "flax.nnx.statelib.State"
FROZEN_DICT = "flax.core.frozen_dict.FrozenDict"


def module() -> Any:
    """The module flax.nnx, or None where it is not imported."""
    nnx = sys.modules.get("flax.nnx")
    return nnx if nnx is not None and hasattr(nnx, "Variable") and hasattr(nnx, "State") else None


def is_state(x: Any) -> bool:
    nnx = module()
    return nnx is not None and type(x) is nnx.State


def is_variable(x: Any) -> bool:
    nnx = module()
    return nnx is not None and isinstance(x, nnx.Variable)


def is_module(x: Any) -> bool:
    """A module, an optimizer, Rngs: what nnx.state takes."""
    nnx = module()
    return nnx is not None and isinstance(x, getattr(nnx, "Pytree", nnx.Module))


def is_graphdef(x: Any) -> bool:
    nnx = module()
    return nnx is not None and isinstance(x, nnx.GraphDef)


def is_frozen_dict(x: Any) -> bool:
    return is_frozen_dict_type(type(x))


def is_frozen_dict_type(cls: type) -> bool:
    frozen = sys.modules.get("flax.core.frozen_dict")
    return frozen is not None and cls is getattr(frozen, "FrozenDict", None)


def raw_mapping(state: Any) -> dict:
    """The dict of a State; its nested dicts are plain."""
    return state.raw_mapping if hasattr(state, "raw_mapping") else state._mapping


def metadata(variable: Any) -> dict:
    return {key: value for key, value in variable.get_metadata().items() if key not in DROPPED}


def bases(variable_type: type) -> list[str]:
    """Qualified names of the bases that are Variable types, nearest first."""
    nnx = module()
    return [qualified_name(base) for base in variable_type.__mro__[1:] if issubclass(base, nnx.Variable)]


def raw_value(variable: Any, path: str) -> Any:
    """What a Variable holds. Raises UsageError for references, whose value belongs to a running computation."""
    if variable.get_metadata().get("hijax"):
        raise UsageError(
            f"the Variable at '{path}' is a hijax Variable; save and load it with hijax=False", code="bad-argument"
        )
    value = variable.get_raw_value()
    jax = _jax.module()
    if jax is not None and hasattr(jax, "Ref") and isinstance(value, jax.Ref):
        raise UsageError(
            f"the Variable at '{path}' holds a jax.Ref; save a copy whose value is ref[...]", code="bad-argument"
        )
    return value


def with_value(variable: Any, value: Any) -> Any:
    """A Variable of the same type and metadata; no hook and no sharding rule runs."""
    return type(variable).from_metadata(value, dict(variable.get_metadata()))


def make_variable(variable_type: Any, value: Any, stored: dict) -> Any:
    """A Variable of stored metadata; no hook and no sharding rule runs."""
    switches = {"hijax": False, "ref": False, "eager_sharding": True}
    return variable_type.from_metadata(value, {**stored, **switches})


def state_of(x: Any) -> Any:
    """nnx.state of a module: each shared Variable once, at its first path."""
    return module().state(x)


def state_with_aliases(x: Any) -> Any:
    """nnx.state of a module, with each shared Variable at all of its paths.

    A template finds a tied weight by any of them, even when a rename moved the path that NNX calls its first.
    """
    nnx = module()
    state = nnx.state(x)
    groups = nnx.find_duplicates(x)
    if not groups:
        return state
    mapping = _copied(raw_mapping(state))
    for group in groups:
        owner = next((path for path in group if path and _lookup(mapping, path) is not None), None)
        for path in group:
            # A path below the owner, or above it, comes from a cycle and has no end.
            if owner and path and not _is_prefix(owner, path) and not _is_prefix(path, owner):
                _insert(mapping, path, _lookup(mapping, owner))
    return nnx.State(mapping)


def _copied(mapping: dict) -> dict:
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in mapping.items()}


def _lookup(mapping: Any, path: tuple) -> Any:
    for key in path:
        if not isinstance(mapping, dict) or key not in mapping:
            return None
        mapping = mapping[key]
    return mapping


def _insert(mapping: dict, path: tuple, value: Any) -> None:
    for key in path[:-1]:
        mapping = mapping.setdefault(key, {})
        if not isinstance(mapping, dict):
            return
    mapping.setdefault(path[-1], value)


def _is_prefix(short: tuple, long: tuple) -> bool:
    return long[: len(short)] == short
