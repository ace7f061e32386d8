# SPDX-License-Identifier: Apache-2.0
"""Which leaves: globs over friendly paths, NNX Variable types, predicates; and renaming rules."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from . import _nnx, _values
from ._errors import UsageError
from ._keys import friendly
from ._stored import Place


@functools.lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """A glob over friendly paths: ``*`` and ``?`` within one key, ``**`` over any number of keys.

    It also matches everything below what it matches, so that ``model/encoder`` is a subtree.
    """
    out = []
    for token in re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/")):
        out.append({"**/": "((?:[^/]*/)*)", "**": "(.*)", "*": "([^/]*)", "?": "([^/])"}.get(token) or re.escape(token))
    return re.compile("".join(out) + r"(?P<below>/.*)?", re.DOTALL)


def predicate(given: Any, option: str) -> Callable[[str, tuple[str, ...]], bool]:
    """A test of (friendly path, names of the Variable types) for what ``select`` and ``exclude`` take."""
    if isinstance(given, str):
        pattern = glob(given)
        return lambda path, names: pattern.fullmatch(path) is not None
    if isinstance(given, type):
        if _nnx.module() is None or not issubclass(given, _nnx.module().Variable):
            raise UsageError(f"{option}= takes types of NNX Variables, not {given!r}", code="bad-argument")
        name = _values.qualified_name(given)
        return lambda path, names: name in names
    if callable(given):
        return lambda path, names: bool(given(path))
    if isinstance(given, (list, tuple, set, frozenset)):
        tests = [predicate(item, option) for item in given]
        return lambda path, names: any(test(path, names) for test in tests)
    raise UsageError(
        f"{option}= takes globs, types of NNX Variables, or a function of the path, not {given!r}", code="bad-argument"
    )


class Selection:
    """The leaves that ``select`` names and ``exclude`` does not."""

    def __init__(self, select: Any = None, exclude: Any = None):
        self.everything = select is None and exclude is None
        self._select = None if select is None else predicate(select, "select")
        self._exclude = None if exclude is None else predicate(exclude, "exclude")

    def holds(self, path: str, names: tuple[str, ...]) -> bool:
        if self._select is not None and not self._select(path, names):
            return False
        return self._exclude is None or not self._exclude(path, names)

    def holds_place(self, place: Place) -> bool:
        if self.everything:
            return True
        row = place.variable
        return self.holds(friendly(place.match), () if row is None else (row.name, *row.bases))


def renamer(rename: Any) -> Callable[[str], str]:
    """A function from the friendly path in the checkpoint to the one in the template.

    A mapping renames leaves and subtrees; each wildcard of an old name fills one of the new name, in order.
    """
    if callable(rename):
        return rename
    if not isinstance(rename, Mapping):
        rename = dict(rename)
    rules = [(glob(old), new.strip("/")) for old, new in rename.items()]

    def apply(path: str) -> str:
        for pattern, new in rules:
            match = pattern.fullmatch(path)
            if match:
                below = match.group("below") or ""
                return _filled(new, match.groups()[: pattern.groups - 1]) + below
        return path

    return apply


def _filled(pattern: str, parts: tuple[str | None, ...]) -> str:
    """A glob with its wildcards replaced, in order. A `**/` stands for whole keys and brings its own slash."""
    remaining = iter(parts)
    return re.sub(r"\*\*/|\*\*|\*|\?", lambda _: next(remaining, "") or "", pattern)
