# SPDX-License-Identifier: Apache-2.0
"""The one report with all differences between a template and a checkpoint."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import NamedTuple

from ._errors import MismatchError

_HEADINGS = {
    "missing": "in the template, not in the checkpoint",
    "unexpected": "in the checkpoint, not in the template",
    "kind": "another kind of leaf",
    "shape": "another shape",
    "dtype": "another dtype",
    "variable type": "another Variable type",
    "x64": "64-bit values while JAX has x64 off",
    "sharding": "a sharding that cannot place the array",
    "compat": "another compatibility record",
    "graph": "the model changed since",
}
# Candidates that one missing leaf is compared with: a report on a million leaves must come soon.
_MOST_CANDIDATES = 32


class Difference(NamedTuple):
    """One difference.

    Attributes:
        kind: missing, unexpected, kind, shape, dtype, variable type, x64, sharding, compat or graph.
        path: friendly path of the leaf; of a graph the place as code spells it; keys of a compatibility record.
        stored: what the checkpoint has.
        wanted: what the template has.
        remedy: the option that accepts it, or what to change.
        candidate: friendly path of the leaf that was probably renamed to or from this one, or empty.
    """

    kind: str
    path: str
    stored: str
    wanted: str
    remedy: str
    candidate: str = ""
    text: str = ""  # of a graph: all of it in words


def mismatch(path: str, differences: list[Difference]) -> MismatchError:
    """One error that lists all differences, each with both sides."""
    differences = _with_candidates(differences)
    count, first = len(differences), differences[0].kind
    what = {"compat": "compat=", "graph": "the template's model"}.get(first, "the template")
    lines = [f"the checkpoint {path} does not fit {what}: {count} difference{'s' if count > 1 else ''}"]
    for kind, heading in _HEADINGS.items():
        group = [difference for difference in differences if difference.kind == kind]
        if group:
            lines.append(f"  {heading} ({len(group)}):")
            lines.extend(_line(difference) for difference in group)
    code, rule = {"compat": ("compat", "GC-18"), "graph": ("graph", "")}.get(first, ("template", "RS-28"))
    return MismatchError("\n".join(lines), differences=differences, code=code, rule=rule)


def _line(difference: Difference) -> str:
    if difference.kind == "graph":
        return f"    {difference.text} [{difference.remedy}]" if difference.remedy else f"    {difference.text}"
    sides = {
        "missing": f"template {difference.wanted}, checkpoint nothing",
        "unexpected": f"checkpoint {difference.stored}, template nothing",
        "compat": f"checkpoint {difference.stored}, expected {difference.wanted}",
    }.get(difference.kind, f"checkpoint {difference.stored}, template {difference.wanted}")
    hint = ""
    if difference.candidate:
        old, new = _shortest_rename(difference.candidate, difference.path)
        if difference.kind == "unexpected":
            old, new = new, old
        hint = f'; renamed? rename={{"{old}": "{new}"}}'
    return f"    {difference.path or '(the root)'}: {sides} [{difference.remedy}{hint}]"


def _shortest_rename(old: str, new: str) -> tuple[str, str]:
    """The two paths without the keys that they end with in common."""
    left, right = old.split("/"), new.split("/")
    while len(left) > 1 and len(right) > 1 and left[-1] == right[-1]:
        left.pop()
        right.pop()
    return "/".join(left), "/".join(right)


def _with_candidates(differences: list[Difference]) -> list[Difference]:
    """For each missing leaf the nearest unexpected one of the same shape and dtype, and the reverse."""
    unexpected = defaultdict(list)
    for difference in differences:
        if difference.kind == "unexpected" and difference.path:
            unexpected[difference.stored].append(difference.path)
    partner: dict[tuple[str, str], str] = {}
    for difference in differences:
        free = unexpected.get(difference.wanted) if difference.kind == "missing" else None
        if not free or not difference.path:
            continue
        best = max(free[:_MOST_CANDIDATES], key=lambda path: _likeness(path, difference.path))
        free.remove(best)
        partner["missing", difference.path] = best
        partner["unexpected", best] = difference.path
    return [
        difference._replace(candidate=partner.get((difference.kind, difference.path), "")) for difference in differences
    ]


def _likeness(a: str, b: str) -> int:
    """Characters that two paths begin and end with in common; cheap, for there are many pairs."""
    return len(os.path.commonprefix([a, b])) + len(os.path.commonprefix([a[::-1], b[::-1]]))
