#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables in the chapters of spec/ say what spec/registry says."""

from __future__ import annotations

import re
from pathlib import Path

import checker
from check_registry import compare, rows
from checker import Plant


def tables(root: Path, chapter: str) -> list[tuple[str, list[str], list[list[str]]]]:
    """Each table of a chapter: the heading above it, its header, its rows; cells without blanks around them."""
    found, heading, block = [], "", []
    for line in [*(root / "spec" / chapter).read_text().splitlines(), ""]:
        if line.startswith("|"):
            block.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if len(block) > 2:
            found.append((heading, block[0], block[2:]))
        block = []
        if line.startswith("#"):
            heading = line.lstrip("# ")
    return found


def table(root: Path, chapter: str, *header: str) -> list[list[str]]:
    """Rows of the one table whose header begins with these cells; none where there is no such table."""
    for _, cells, found in tables(root, chapter):
        if tuple(cells[: len(header)]) == header:
            return found
    return []


def kinds(root: Path, name: str) -> dict[str, object]:
    return {row["name"]: row["number"] for row in rows(root, "kinds") if row["table"] == name}


def check_kinds(root: Path) -> list[str]:
    problems = []
    for name, chapter, header in (("key", "02-key-path.md", ("number", "kind", "datum")),
                                  ("node", "03-tree.md", ("number", "kind", "children")),
                                  ("record", "07-record.md", ("kind", "name", "body"))):
        prose = {row[1]: row[0] for row in table(root, chapter, *header)}
        problems += compare(f"kinds.csv {name} / {chapter}", kinds(root, name), prose)
    leaves = dict(reversed(row[0].split()) for row in table(root, "03-tree.md", "kind", "form"))
    problems += compare("kinds.csv leaf / 03-tree.md", kinds(root, "leaf"), leaves)
    axes = re.search(r"table `axis`: ([^|]+)", (root / "spec/05-sharding.md").read_text())
    prose = dict(reversed(entry.split()) for entry in axes[1].split(",")) if axes else {}
    return problems + compare("kinds.csv axis / 05-sharding.md", kinds(root, "axis"), prose)


def check_dtypes(root: Path) -> list[str]:
    prose = {}
    for cells in table(root, "04-dtype.md", "number", "name", "bits", "stored bits"):
        numbers, names, bits = (cell.split(", ") for cell in cells[:3])
        stored = bits if cells[3] == "same" else cells[3].split(", ")
        prose.update({name: entry for name, *entry in zip(names, numbers, bits, stored, strict=True)})
    registry = {row["name"]: [row["number"], row["bits"], row["stored_bits"]] for row in rows(root, "dtypes")}
    return compare("dtypes.csv / 04-dtype.md", registry, prose)


def check_codecs(root: Path) -> list[str]:
    prose = {row[1]: [row[0], row[3].replace("none", "")] for row in table(root, "08-block.md", "number", "name", "stored bytes")}
    registry = {row["name"]: [row["number"], row["required_bit"]] for row in rows(root, "codecs")}
    return compare("codecs.csv / 08-block.md", registry, prose)


def check_limits(root: Path) -> list[str]:
    prose = {row[0]: row[1] for row in table(root, "A-limits.md", "limit", "default")}
    return compare("limits.csv / A-limits.md", {row["name"]: row["default"] for row in rows(root, "limits")}, prose)


def check_errors(root: Path) -> list[str]:
    prose = {f"{heading} {row[0]}": row[1] for heading, cells, found in tables(root, "B-errors.md")
             if cells == ["code", "meaning"] for row in found}
    registry = {f"{row['class']} {row['code']}": row["meaning"] for row in rows(root, "errors")}
    return compare("errors.csv / B-errors.md", registry, prose)


def check(root: Path) -> list[str]:
    return [problem for part in (check_kinds, check_dtypes, check_codecs, check_limits, check_errors) for problem in part(root)]


PLANTS = [
    Plant("another key kind", "spec/02-key-path.md", "| 4 | boolean |", "boolean", "| 4 | bool |"),
    Plant("another node kind", "spec/registry/kinds.csv", "node,4,row", "row", "node,4,list"),
    Plant("another leaf number", "spec/03-tree.md", "| 7 process-blob |", "process-blob", "| 6 process-blob |"),
    Plant("another axis type", "spec/05-sharding.md", "3 automatic", "automatic", "3 manual"),
    Plant("another width", "spec/registry/dtypes.csv", "30,float4_e2m1fn,4,8", "float4_e2m1fn", "30,float4_e2m1fn,4,4"),
    Plant("another codec", "spec/08-block.md", "| 3 | lz4 |", "lz4", "| 1 | lz4 |"),
    Plant("another limit", "spec/A-limits.md", "| rank | 33 |", "rank", "| rank | 32 |"),
    Plant("another error", "spec/registry/errors.csv", "corrupt,planted,x\n", "corrupt planted"),
    Plant("another meaning", "spec/B-errors.md", "not beginning with magic", "bad-magic", "not beginning with the magic"),
]

if __name__ == "__main__":
    checker.run(__doc__, check, PLANTS, ("spec",))
