#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule id of the spec stands once, and every id that is cited exists. --matrix counts who cites what."""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from pathlib import Path

import checker
from checker import Plant

DEFINITION = re.compile(r"^\*\*([A-Z]{2}-\d{2,})\*\*", re.MULTILINE)
MENTION = re.compile(r"\b([A-Z]{2}-\d{2,})\b")
# In sources: `// [RC-04]`, `[RC-04, RC-05]`, and "RC-04" as the rule of an error.
TAG = re.compile(r"\[([A-Z]{2}-\d{2,}(?:[^\]\n]*[A-Z0-9])?)\]")
STRING = re.compile(r"""["']([A-Z]{2}-\d{2,})["']""")
SOURCES = (".h", ".cc", ".cpp", ".c", ".py", ".json", ".toml", ".csv")
PLACES = {
    "source": ("reference/include", "reference/src"),
    "tests": ("reference/tests", "reference/python", "tools/cli", "fuzz"),
    "conformance": ("conformance",),
}


def definitions(root: Path) -> list[tuple[str, str]]:
    """(id, place) for every rule sentence."""
    found = []
    for file in checker.files(root, ("spec",), (".md",)):
        text = file.read_text()
        found += [(m[1], f"{checker.name(root, file)}:{checker.line_of(text, m.start())}") for m in DEFINITION.finditer(text)]
    return found


def citations(root: Path, folders: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for file in checker.files(root, [f for f in folders if (root / f).exists()], SOURCES):
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        for match in TAG.finditer(text):
            found += [(id_, f"{checker.name(root, file)}:{checker.line_of(text, match.start())}") for id_ in MENTION.findall(match[1])]
        for match in STRING.finditer(text):
            found.append((match[1], f"{checker.name(root, file)}:{checker.line_of(text, match.start())}"))
    return found


def check(root: Path) -> list[str]:
    problems = []
    first: dict[str, str] = {}
    for id_, place in definitions(root):
        if id_ in first:
            problems.append(f"{place}: {id_} stands already at {first[id_]}")
        first.setdefault(id_, place)
    for file in checker.files(root, ("spec",), (".md",)):
        text = file.read_text()
        for match in MENTION.finditer(text):
            if match[1] not in first and any(match[1][:3] == id_[:3] for id_ in first) and file.name != "G-changes.md":
                problems.append(f"{checker.name(root, file)}:{checker.line_of(text, match.start())}: {match[1]} is no rule")
    for folders in PLACES.values():
        for id_, place in citations(root, folders):
            if id_ not in first:
                problems.append(f"{place}: {id_} is no rule of the spec")
    return list(dict.fromkeys(problems))


def report(arguments: argparse.Namespace, root: Path) -> None:
    rules = {id_ for id_, _ in definitions(root)}
    cited = {place: {id_ for id_, _ in citations(root, folders)} for place, folders in PLACES.items()}
    by_letters: dict[str, list[str]] = defaultdict(list)
    for id_ in sorted(rules):
        by_letters[id_[:2]].append(id_)
    if arguments.matrix:
        print(f"{'rules':<8}{'count':>6}" + "".join(f"{place:>13}" for place in PLACES))
        for letters, ids in [*sorted(by_letters.items()), ("all", sorted(rules))]:
            print(f"{letters:<8}{len(ids):>6}" + "".join(f"{len(cited[place] & set(ids)):>13}" for place in PLACES))
        print()
    everywhere = set().union(*cited.values())
    for letters, ids in sorted(by_letters.items()):
        lonely = [id_[3:] for id_ in ids if id_ not in everywhere]
        if lonely:
            print(f"warning: cited nowhere: {letters}- {' '.join(lonely)}")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--matrix", action="store_true", help="print how many rules each place cites")


PLANTS = [
    Plant("a rule twice", "spec/08-block.md", "\n**BL-01** A writer MUST do it again.\n", "BL-01 stands already"),
    Plant("a rule of another chapter again", "spec/09-data-file.md", "\n**BL-02** A writer MUST do it again.\n", "BL-02 stands already"),
    Plant("the spec cites no rule", "spec/08-block.md", "\nSee BL-9998.\n", "BL-9998 is no rule"),
    Plant("a tag of no rule", "reference/src/base/planted.cc", "int a;  // [BL-9999]\n", "BL-9999"),
    Plant("the second of two tags", "reference/src/base/planted.cc", "int a;  // [BL-01, BL-9997]\n", "BL-9997"),
    Plant("an error of no rule", "reference/src/base/planted.cc", 'auto a = "ZZ-01";\n', "ZZ-01"),
    Plant("a test of no rule", "reference/tests/planted.cc", 'auto a = "ZZ-02";\n', "ZZ-02"),
    Plant("a case of no rule", "conformance/planted.py", 'RULE = "ZZ-03"\n', "ZZ-03"),
]

if __name__ == "__main__":
    checker.run(__doc__, check, PLANTS, ("spec", "reference", "conformance", "tools/cli", "fuzz"), options, report)
