# SPDX-License-Identifier: Apache-2.0
"""Restoring into a template: match by match path, compare everything, then read and place. Spec: 14-restore.md.

Names, key types, shapes, dtypes and Variable types are all compared before Flax sees a value, since nnx.merge
pairs leaves by sorted position and nnx.update accepts any shape.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import _dtypes, _jax, _values
from ._errors import Error, UsageError
from ._keys import Key, LeafKind, MatchPath, NodeKind, friendly, match_key
from ._pytree import Level, TypeInfo, open_level
from ._report import Difference, mismatch
from ._select import Selection, renamer
from ._standins import PrngKey
from ._stored import LeafSpec, Place, Progress, StoredTree, copied, describe, host_value, python_scalar

_SCALARS = (bool, int, float, complex)


class Wanted(NamedTuple):
    """One leaf of the template."""

    match: MatchPath
    leaf: Any
    variable: TypeInfo | None  # type of the nearest Variable above


class Options(NamedTuple):
    selection: Selection = Selection()
    rename: Any = None
    cast: bool = False
    missing: str = "error"
    unexpected: str = "error"
    changes: Any = None  # of the recorded graph: _graph.Changes


class Template:
    """A template, opened: its leaves in order, and the way back to its containers."""

    def __init__(self, tree: Any):
        self.leaves: list[Wanted] = []
        self._root = self._open(tree, (), [], None)
        if len({wanted.match for wanted in self.leaves}) != len(self.leaves):
            raise UsageError(
                "two leaves of the template have one match path; a custom node gives two children one key",
                code="duplicate-template-path",
                rule="RS-33",
            )

    def _open(self, x: Any, path: MatchPath, keys: list[Key], variable: TypeInfo | None) -> Any:
        level = None if x is Ellipsis else open_level(x, keys)
        if level is None:
            self.leaves.append(Wanted(path, x, variable))
            return None
        if len(keys) > 256:
            raise UsageError(
                f"the template at '{friendly(path[:8])}/…' is deeper than 256 levels, or contains itself",
                code="bad-argument",
            )
        if level.kind == NodeKind.VARIABLE:
            variable = level.type
        opened = []
        for key, child in zip(level.keys, level.children):
            below = path if level.kind == NodeKind.VARIABLE else path + (match_key(key),)
            keys.append(key)
            opened.append(self._open(child, below, keys, variable))
            keys.pop()
        return level, opened

    def fill(self, values: list) -> Any:
        """The template's containers around one value for each leaf."""
        remaining = iter(values)

        def build(opened: tuple[Level, list] | None) -> Any:
            if opened is None:
                return next(remaining)
            level, children = opened
            return level.rebuild([build(child) for child in children])

        return build(self._root)


def restore(stored: StoredTree, tree: Any, options: Options, progress: Progress | None = None) -> Any:
    """The template's containers with the checkpoint's values.

    Raises:
        MismatchError: with every difference, before any array is read.
    """
    template = Template(tree)
    matched = _match(stored, template, options)
    differences = matched.differences
    targets: list[_Target | None] = []
    for wanted, place in zip(template.leaves, matched.places):
        target = None
        if place is not None:  # paired by match path, never by position [KP-13, RS-29]
            target, found = _compare(wanted, place, options.cast)
            differences.extend(found)
        targets.append(target)
    changes = options.changes
    if differences or (changes is not None and changes.fails):
        raise mismatch(stored.core.path, differences + ([] if changes is None else changes.report(bool(differences))))
    if changes is not None:
        changes.warn(stored.core.path)
    return template.fill(_values_of(stored, template, matched.places, targets, progress))


class _Matched(NamedTuple):
    places: list[Place | None]  # for each leaf of the template; None: the template's own leaf stays
    differences: list[Difference]


def _match(stored: StoredTree, template: Template, options: Options) -> _Matched:
    places = _renamed(stored.places(), template, options.rename)
    by_path = {place.match: place for place in places}
    differences: list[Difference] = []
    found: list[Place | None] = []
    used_rows: set[int] = set()
    skipped: set[MatchPath] = set()
    for wanted in template.leaves:
        place = None
        if wanted.leaf is Ellipsis:
            skipped.add(wanted.match)
        elif _selected(wanted, options.selection):
            place = by_path.pop(wanted.match, None)
            if place is not None:
                used_rows.add(place.row)
            elif not _may_stay(wanted.leaf, options.missing):
                differences.append(
                    Difference(
                        "missing",  # [RS-25]
                        friendly(wanted.match),
                        "nothing",
                        describe_wanted(wanted.leaf),
                        'missing="keep" leaves the template\'s own value'
                        if not _jax.is_abstract(wanted.leaf)
                        else 'missing="ignore" leaves the abstract leaf; a template leaf of ... skips it',
                    )
                )
        found.append(place)
    if options.unexpected == "error":
        for place in by_path.values():
            # A second place of a shared leaf is no loss where the first one is restored.
            if place.row in used_rows or _below(place.match, skipped) or not options.selection.holds_place(place):
                continue
            differences.append(
                Difference(
                    "unexpected",  # [RS-26]
                    friendly(place.match),
                    describe(place.spec),
                    "nothing",
                    'unexpected="ignore" leaves it out',
                )
            )
    return _Matched(found, differences)


def _renamed(places: list[Place], template: Template, rename: Any) -> list[Place]:
    if rename is None:
        return places
    apply = renamer(rename)
    by_text = {friendly(wanted.match): wanted.match for wanted in template.leaves}
    renamed: dict[MatchPath, Place] = {}
    for place in places:
        old = friendly(place.match)
        new = apply(old)
        match = place.match if new == old else by_text.get(new, tuple(new.split("/")))
        if match in renamed:
            raise UsageError(
                f"rename= gives two leaves of the checkpoint the path '{new}', one of them '{old}'",
                code="bad-argument",
                rule="RS-31",
            )
        renamed[match] = place._replace(match=match)
    return list(renamed.values())


def _selected(wanted: Wanted, selection: Selection) -> bool:
    if selection.everything:
        return True
    names = () if wanted.variable is None else (wanted.variable.name, *wanted.variable.bases)
    return selection.holds(friendly(wanted.match), names)


def _may_stay(leaf: Any, missing: str) -> bool:
    return missing == "ignore" or (missing == "keep" and not _jax.is_abstract(leaf))


def _below(path: MatchPath, prefixes: set[MatchPath]) -> bool:
    return bool(prefixes) and any(path[:n] in prefixes for n in range(len(path) + 1))


class _Target(NamedTuple):
    """What one leaf of the checkpoint becomes."""

    form: str  # "jax", "key", "numpy", "numpy key", "scalar"
    dtype: np.dtype | None = None  # of arrays
    sharding: Any = None
    weak_type: bool = False


def _compare(wanted: Wanted, place: Place, cast: bool) -> tuple[_Target | None, list[Difference]]:
    """The target of a matched leaf and all its differences."""
    leaf, spec, path = wanted.leaf, place.spec, friendly(wanted.match)
    found = _variable_difference(wanted, place, path)

    def differ(kind: str, stored: str, template: str, remedy: str) -> None:
        found.append(Difference(kind, path, stored, template, remedy))

    has_array = hasattr(leaf, "shape") and hasattr(leaf, "dtype")
    wants_key = isinstance(leaf, PrngKey) or (has_array and _jax.is_key_dtype(leaf.dtype))
    both_keys = wants_key and spec.kind == LeafKind.PRNG_KEY
    # Of a numpy scalar and an array of rank 0 the value is the same, and the kind is not.
    one_element = has_array and tuple(leaf.shape) == () and _is_numpy_scalar(spec)
    both_arrays = has_array and not wants_key and (spec.kind == LeafKind.ARRAY or one_element)
    if not both_keys and not both_arrays:
        if not _is_same_host_kind(leaf, place):
            differ("kind", describe(spec), describe_wanted(leaf), "change the template's leaf, or give ... to skip it")
        return _Target("scalar"), found

    if both_arrays and isinstance(leaf, np.generic) != _is_numpy_scalar(spec) and not cast:
        differ("kind", describe(spec), describe_wanted(leaf), "cast=True converts")
    same, shape = True, spec.shown_shape
    if shape != tuple(leaf.shape):
        # [RS-27, RS-30]
        differ("shape", describe(spec), describe_wanted(leaf), "nothing is padded or cut; change the template")
    if both_keys:
        impl = leaf.impl if isinstance(leaf, PrngKey) else _jax.prng_impl(leaf.dtype)
        if impl != spec.impl:
            differ("kind", describe(spec), describe_wanted(leaf), "make the template's key with this implementation")
        form, dtype = (("numpy key" if isinstance(leaf, PrngKey) else "key"), _dtypes.numpy_dtype(spec.dtype))
    else:
        form = "numpy" if isinstance(leaf, (np.ndarray, np.generic)) else "jax"
        dtype = np.dtype(leaf.dtype)
        row = _dtypes.find_row(dtype)
        same = row is _dtypes.BY_NUMBER[spec.dtype]
        if row is None:
            differ("dtype", describe(spec), describe_wanted(leaf), _dtypes.remedy(dtype))
        elif not same and not cast:  # [DT-04, RS-27, RS-30]
            differ("dtype", describe(spec), describe_wanted(leaf), "cast=True converts")
        if form == "jax" and _jax.narrows(dtype):
            differ(
                "x64",
                describe(spec),
                f"{describe_wanted(leaf)}, which JAX would narrow to 32 bits",
                'jax.config.update("jax_enable_x64", True), or give a numpy template',
            )
    sharding = _wanted_sharding(leaf) if form in ("jax", "key") else None
    if sharding is not None:
        try:
            sharding = _jax.concrete_sharding(sharding, shape)
        except UsageError as error:
            differ("sharding", describe(spec), describe_wanted(leaf), error.message)
    if isinstance(leaf, np.generic):
        form = "scalar"
    return _Target(form, dtype, sharding, spec.weak_type and same), found


def _variable_difference(wanted: Wanted, place: Place, path: str) -> list[Difference]:
    """Containers are not compared, so a Variable may meet a plain dict; two Variables must be of one type."""
    if wanted.variable is None or place.variable is None:
        return []
    name = wanted.variable.name
    if name == place.variable.name:
        return []
    return [
        Difference(
            "variable type", path, place.variable.name, name, "use this Variable type, or a plain dict as the template"
        )
    ]


def _is_numpy_scalar(spec: LeafSpec) -> bool:
    return spec.kind == LeafKind.SCALAR and spec.dtype != 0


def _is_same_host_kind(leaf: Any, place: Place) -> bool:
    kind = place.spec.kind
    if type(leaf) in _SCALARS:
        return python_scalar(place.spec) == type(leaf).__name__
    return (type(leaf) is str and kind == LeafKind.STRING) or (type(leaf) is bytes and kind == LeafKind.BYTES)


def _wanted_sharding(leaf: Any) -> Any:
    """The template's sharding; None, for the default placement, of an array that is not committed to its devices."""
    if _jax.is_array(leaf) and not leaf.committed:
        return None
    return getattr(leaf, "sharding", None)


def describe_wanted(leaf: Any) -> str:
    """A leaf of a template in few characters."""
    if isinstance(leaf, PrngKey):
        return f"key<{leaf.impl}>[{','.join(map(str, leaf.shape))}]"
    if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
        shape = "[" + ",".join(map(str, leaf.shape)) + "]"
        if _jax.is_key_dtype(leaf.dtype):
            return f"key<{_jax.prng_impl(leaf.dtype)}>{shape}"
        return f"numpy {leaf.dtype} scalar" if isinstance(leaf, np.generic) else f"{leaf.dtype}{shape}"
    return type(leaf).__name__ if type(leaf) in (*_SCALARS, str, bytes) else _values.qualified_name(type(leaf))


def _values_of(
    stored: StoredTree,
    template: Template,
    places: list[Place | None],
    targets: list[_Target | None],
    progress: Progress | None,
) -> list:
    """One value for each leaf of the template, in memory of its own unless the template shares the object. [TR-29]"""
    arrays = stored.read((place.row for place in places if place is not None), progress)  # [RS-32]
    values: list[Any] = []
    to_place: list[tuple[int, np.ndarray, _Target, Place]] = []
    first_use: set[int] = set()
    shared: dict[tuple[int, int], int] = {}  # (template object, row) -> position of its first use
    repeats: list[tuple[int, int]] = []
    for position, (wanted, place, target) in enumerate(zip(template.leaves, places, targets)):
        values.append(wanted.leaf)
        if place is None or target is None:
            continue
        if isinstance(wanted.leaf, np.ndarray) or _jax.is_array(wanted.leaf):
            same = shared.setdefault((id(wanted.leaf), place.row), position)
            if same != position:
                repeats.append((position, same))
                continue
        array = _array_of(place, arrays, target, first_use)
        if target.form in ("jax", "key"):
            to_place.append((position, array, target, place))
        else:
            values[position] = _host(wanted.leaf, place, array, target)
    _place_all(values, to_place)
    for position, same in repeats:
        values[position] = values[same]
    return values


def _array_of(place: Place, arrays: dict[int, np.ndarray], target: _Target, first_use: set[int]) -> Any:
    """The leaf's elements in a buffer of its own, of the target's dtype; None where it has none."""
    if target.dtype is None:
        return arrays.get(place.row)
    array = arrays.get(place.row)
    if array is None:  # a numpy scalar for an array of rank 0
        array = copied(np.asarray(host_value(place.spec, None, friendly(place.match))))
    elif place.row in first_use:
        array = copied(array)
    first_use.add(place.row)
    return array if array.dtype == target.dtype else copied(array.astype(target.dtype.newbyteorder("=")))


def _host(leaf: Any, place: Place, array: Any, target: _Target) -> Any:
    if target.form == "numpy":
        return array
    if target.form == "numpy key":
        return PrngKey(place.spec.impl, array)
    if isinstance(leaf, np.generic):
        return array[()]
    return host_value(place.spec, array, friendly(place.match))


def _place_all(values: list, to_place: list[tuple[int, np.ndarray, _Target, Place]]) -> None:
    plain = [item for item in to_place if item[2].form == "jax"]
    for item, x in zip(plain, _placed([item[1] for item in plain], [item[2].sharding for item in plain], plain)):
        values[item[0]] = _jax.weaken(x) if item[2].weak_type else x
    for position, array, target, place in (item for item in to_place if item[2].form == "key"):
        keys = _jax.wrap_key(array, place.spec.impl, friendly(place.match))
        values[position] = keys if target.sharding is None else _jax.module().device_put(keys, target.sharding)


def _placed(arrays: list, shardings: list, items: list) -> list:
    try:
        return _jax.place(arrays, shardings)
    except Error:
        raise
    except Exception:
        # One by one, to say which leaf it is.
        for _, array, target, place in items:
            try:
                _jax.place([array], [target.sharding])
            except Exception as error:
                raise UsageError(
                    f"JAX cannot hold the leaf '{friendly(place.match)}' ({describe(place.spec)}): {error}; "
                    "give a numpy template for it",
                    code="bad-argument",
                ) from error
        raise
