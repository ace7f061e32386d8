# SPDX-License-Identifier: Apache-2.0
"""Parts of a graph record, on its JSON as it stands: tagged forms need not have a Python value. Spec: 06-graph.md."""

from __future__ import annotations

import json
from typing import Any

from . import _values
from ._keys import MatchPath, friendly

Node = tuple[str, dict]  # typed path, description


def root_type(text: str) -> str | None:
    """Class of the root, where it has one."""
    return _nodes(text)[0][1].get("type")


def entries_of_type(text: str, name: str | None) -> list[str]:
    """Typed paths of the entries of a class that are below no other one of it."""
    found: list[str] = []
    for path, description in _nodes(text):
        if description.get("type") == name and not any(_is_below(path, above) for above in found):
            found.append(path)
    return found


def part_at(text: str, path: MatchPath) -> str:
    """The record of what stands at a match path outside of Variables; empty where nothing does."""
    wanted = "/".join(_loose(key) for key in path)
    for at, _ in _nodes(text):
        if "/".join(map(_loose_text, at.split("/") if at else [])) == wanted:
            return part_of(text, at)
    return ""


def part_of(text: str, path: str) -> str:
    """The record of the entry at a typed path alone. What it shares with others becomes its own."""
    part = _Part(_nodes(text))
    part.add(path, "")
    return '{"nodes":[' + ",".join(map(_dumped, part.kept)) + '],"version":1}'


def spelled(path: MatchPath) -> str:
    """The path as code spells it."""
    text = ""
    for key in path:
        text += f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{_shown(key)}]"
    return text.removeprefix(".")


class _Part:
    def __init__(self, nodes: list[Node]):
        self.nodes = nodes
        self.kept: list[list] = []
        self.placed: dict[str, str] = {}  # path in the whole -> path in the part

    def add(self, path: str, new: str) -> None:
        """Adds an entry and all that is below it as ``new``."""
        skipped: str | None = None
        for at, description in self.nodes:
            if at != path and not _is_below(at, path) or skipped is not None and _is_below(at, skipped):
                continue
            place = _joined(new, at[len(path) :].removeprefix("/"))
            target = at if description["kind"] != "alias" else description["of"]
            if target in self.placed:  # met before, by another way
                self.kept.append([place, {"kind": "alias", "of": self.placed[target]}])
                skipped = at
            elif target != at:
                self.add(target, place)
            else:
                self.placed[at] = place
                self.kept.append([place, description])


def _nodes(text: str) -> list[Node]:
    return json.loads(text)["nodes"]


def _is_below(path: str, above: str) -> bool:
    return path != above and (not above or path.startswith(above + "/"))


def _joined(above: str, below: str) -> str:
    return f"{above}/{below}" if above and below else above or below


def _loose(key: Any) -> str:
    return key if isinstance(key, str) else _shown(key)


def _shown(key: Any) -> str:
    return repr(key) if isinstance(key, str) else friendly([key])


def _loose_text(key: str) -> str:
    """A typed key without what tells its kind, of the keys that lead to modules."""
    if key[0] == "[" or key[0] == "<":
        return key[1:-1]
    return key[1:] if key[0] in ".#" else key


def _dumped(node: Any) -> str:
    """Canonical JSON of what was read from canonical JSON: the order of keys is kept."""
    if isinstance(node, dict):
        return "{" + ",".join(f"{_dumped(key)}:{_dumped(item)}" for key, item in node.items()) + "}"
    return "[" + ",".join(map(_dumped, node)) + "]" if isinstance(node, list) else _values.encode(node, "a record")
