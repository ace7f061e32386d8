#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One stem for a header, its source and its test; a command has its own file; what is built is what stands there.

A file belongs to the family of a stem when its own stem is that stem, or that stem with words before or behind it:
`manifest_capnp.cc` and `manifest_rules.h` are of `manifest`, `copy_box.cc` is of `box`. What the names do not show is in
the tables below, with a reason; an entry that is no longer needed is a problem too.
"""

from __future__ import annotations

import re
from pathlib import Path

import checker
from check_floors import PUBLIC
from checker import Plant

INCLUDE = "reference/include/treering"
SOURCE = "reference/src"
TESTS = "reference/tests"
CLI = "tools/cli"
INCLUDED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)\.h"', re.MULTILINE)
DEFINED = re.compile(r"^void add_(\w+)\(CLI::App", re.MULTILINE)
CALLED = re.compile(r"^\s*add_(\w+)\(app\b", re.MULTILINE)

# A source that declares what it defines in a header of another name.
HEADER_OF = {
    "format/annotate": ("treering/record", "the bytes of one record in words"),
    "model/check_grids": ("model/check_tree", "one part of check_tree"),
    "model/check_nodes": ("model/check_tree", "one part of check_tree"),
    "model/check_specs": ("model/check_tree", "one part of check_tree"),
    "restore/leaf": ("treering/checkpoint", "the class Leaf, which an open checkpoint hands out"),
    "restore/verify": ("treering/checkpoint", "Checkpoint::verify, which is long"),
    "manage/retention": ("treering/series", "what a policy lets go of a series"),
}
# Floors of which all sources share one header.
ONE_HEADER = {"capi": "treering/c"}
# A test that no source has the name of.
TEST_OF = {
    "restore/bad_directory": "pipes, links, sparse files and other names where a checkpoint should be",
    "restore/every_flip": "every bit and every length of two saved checkpoints",
    "restore/restore_faults": "each system call of a restore failing",
    "save/bad_place": "paths that cannot be saved to",
    "save/power_cut": "power cut at each system call of a save",
    "format/spec_examples": "the bytes that the chapters print, of every record",
    "model/leaf_places": "the walk of treering/tree.h over all paths",
    "restore/damage": "every byte changed, through all of the floor",
    "restore/grid_restore": "any grid read, through all of the floor",
}
# A source whose test has another name, and does not include the source's header.
TESTED_BY = {
    "format/field_notes": ("record_schema", "an entry for every field of the schemas"),
    "format/inspect": ("annotate", "the verdict below the annotated bytes"),
    "format/capnp_io": ("manifest", "reads every message"),
    "format/file_table": ("index", "the columns of a table of files"),
    "model/check_tree": ("check_nodes", "the type table, and the order of the parts"),
    "model/name_ids": ("check_nodes", "names that are compared by their ids"),
    "model/siblings": ("check_nodes", "children with one key"),
    "restore/block_reader": ("grid_restore", "executes every plan"),
    "restore/state": ("open", "the files of an open checkpoint"),
    "manage/step_directory": ("series", "the directories of a series"),
}
# Sources of the command line beside the commands, that have no header of their own.
CLI_HEADER_OF = {
    "graph_text": ("show", "the graph record as a tree"),
    "leaf_text": ("show", "the words for one leaf in its rows"),
    "main": ("command", "what the commands share, and the call of each"),
}


def of_family(stem: str, of: str) -> bool:
    return stem == of or stem.startswith(f"{of}_") or stem.endswith(f"_{of}")


def stems(root: Path, folder: str, suffix: str) -> list[str]:
    """Stems of the files in one folder, without those below it."""
    found = root / folder
    return sorted(file.name.removesuffix(suffix) for file in found.glob(f"*{suffix}")) if found.is_dir() else []


def floors(root: Path, folder: str) -> list[str]:
    return sorted(entry.name for entry in (root / folder).iterdir() if entry.is_dir() and (entry / "CMakeLists.txt").is_file())


def public_stems(root: Path, floor: str) -> list[str]:
    return [stem for stem in stems(root, INCLUDE, ".h") if PUBLIC.get(stem) == floor]


def headers(root: Path, floor: str) -> list[str]:
    """Stems of the floor's own and public headers."""
    return stems(root, f"{SOURCE}/{floor}", ".h") + public_stems(root, floor)


def header_path(root: Path, name: str) -> Path:
    return root / INCLUDE / f"{name.removeprefix('treering/')}.h" if name.startswith("treering/") else root / SOURCE / f"{name}.h"


def check_sources(root: Path, floor: str) -> list[str]:
    problems = []
    known = headers(root, floor)
    for stem in stems(root, f"{SOURCE}/{floor}", ".cc"):
        path, named = f"{SOURCE}/{floor}/{stem}.cc", any(of_family(stem, header) for header in known)
        listed = HEADER_OF.get(f"{floor}/{stem}", (ONE_HEADER.get(floor),))[0]
        if listed is None:
            if not named:
                problems.append(f"{path}: no header has its stem, or one that its own is made of; give it {stem}.h")
        elif not header_path(root, listed).is_file():
            problems.append(f"{path}: check_stems.py gives it {listed}.h, which is not there")
        elif named and f"{floor}/{stem}" in HEADER_OF:
            problems.append(f"{path}: has a header by its name; take it out of HEADER_OF in check_stems.py")
    return problems


def check_tests(root: Path, floor: str) -> list[str]:
    """Tests of a floor have a subject, and its sources a test."""
    problems = []
    sources = stems(root, f"{SOURCE}/{floor}", ".cc")
    subjects = sorted({*sources, *headers(root, floor)})
    tests = stems(root, f"{TESTS}/{floor}", "_test.cc")
    for stem in tests:
        path, named = f"{TESTS}/{floor}/{stem}_test.cc", any(of_family(stem, subject) for subject in subjects)
        if not named and f"{floor}/{stem}" not in TEST_OF:
            problems.append(f"{path}: neither a source nor a header of the floor has its stem; name it after what it tests")
        elif named and f"{floor}/{stem}" in TEST_OF:
            problems.append(f"{path}: has a subject by its name; take it out of TEST_OF in check_stems.py")
    includes: dict[str, str] = {}
    for stem in tests:
        for name in INCLUDED.findall((root / f"{TESTS}/{floor}/{stem}_test.cc").read_text()):
            includes.setdefault(name, stem)
    for stem in sources:
        path, listed = f"{SOURCE}/{floor}/{stem}.cc", TESTED_BY.get(f"{floor}/{stem}")
        tested = any(of_family(stem, test) or of_family(test, stem) for test in tests)
        tested = tested or f"{floor}/{stem}" in includes or (PUBLIC.get(stem) == floor and f"treering/{stem}" in includes)
        tested = tested or (floor in ONE_HEADER and ONE_HEADER[floor].removeprefix("treering/") in tests)
        if listed is None:
            if not tested:
                problems.append(f"{path}: no test of its floor has its stem or includes its header; write {stem}_test.cc")
        elif listed[0] not in tests:
            problems.append(f"{path}: check_stems.py gives it {listed[0]}_test.cc, which is not there")
        elif tested:
            problems.append(f"{path}: has a test by its name or its header; take it out of TESTED_BY in check_stems.py")
    return problems


def check_built(root: Path) -> list[str]:
    """A file that no CMakeLists.txt names is never compiled, and a test in it never runs."""
    problems = []
    for folder in [f"{SOURCE}/{floor}" for floor in floors(root, SOURCE)] + [f"{TESTS}/{floor}" for floor in floors(root, TESTS)]:
        lists = (root / folder / "CMakeLists.txt").read_text()
        problems += [
            f"{folder}/{stem}.cc: its CMakeLists.txt does not name it"
            for stem in stems(root, folder, ".cc")
            if not re.search(rf"(?<![\w/]){re.escape(stem)}\.cc\b", lists)
        ]
    lists = (root / "tools/CMakeLists.txt").read_text()
    missing = [stem for stem in stems(root, CLI, ".cc") if f"cli/{stem}.cc" not in lists]
    return problems + [f"{CLI}/{stem}.cc: tools/CMakeLists.txt does not name it" for stem in missing]


def check_commands(root: Path) -> list[str]:
    """`treering <command>` is add_<command> of <command>.cc, called by main.cc, and known to the tests and the README."""
    problems = []
    sources = stems(root, CLI, ".cc")
    commands = {}
    for stem in sources:
        for name in DEFINED.findall((root / CLI / f"{stem}.cc").read_text()):
            commands[name] = stem
            if name != stem:
                problems.append(f"{CLI}/{stem}.cc: defines add_{name}; a command stands in a file of its name")
    called = CALLED.findall((root / CLI / "main.cc").read_text())
    problems += [f"{CLI}/main.cc: does not call add_{name}" for name in commands if name not in called]
    problems += [f"{CLI}/main.cc: calls add_{name}, and {CLI}/{name}.cc does not define it" for name in called if name not in commands]
    tests = "".join(file.read_text() for file in sorted((root / CLI / "tests").glob("*.py")))
    readme = (root / CLI / "README.md").read_text()
    for name in commands:
        if f'"{name}"' not in tests:
            problems.append(f"{CLI}/{name}.cc: no test of the command line runs `treering {name}`")
        if f"treering {name}" not in readme:
            problems.append(f"{CLI}/{name}.cc: README.md does not speak of `treering {name}`")
    own = stems(root, CLI, ".h")
    for stem in sources:
        if stem in commands.values() or any(of_family(stem, header) for header in own):
            continue
        if CLI_HEADER_OF.get(stem, (None,))[0] not in own:
            problems.append(f"{CLI}/{stem}.cc: is no command and has no header of its stem; give it {stem}.h")
    return problems


def check_tables(root: Path) -> list[str]:
    """Entries of the tables whose file has gone."""
    gone = [name for name in (*HEADER_OF, *TESTED_BY) if not (root / SOURCE / f"{name}.cc").is_file()]
    gone += [f"{name}_test" for name in TEST_OF if not (root / TESTS / f"{name}_test.cc").is_file()]
    gone += [f"cli/{name}" for name in CLI_HEADER_OF if not (root / CLI / f"{name}.cc").is_file()]
    return [f"tools/dev/check_stems.py: {name}.cc is not there; take it out of the tables" for name in gone]


def check(root: Path) -> list[str]:
    problems = check_built(root) + check_commands(root) + check_tables(root)
    for floor in floors(root, SOURCE):
        problems += check_sources(root, floor) + check_tests(root, floor)
    for floor in floors(root, TESTS):
        if not (root / SOURCE / floor).is_dir() and stems(root, f"{TESTS}/{floor}", "_test.cc"):
            problems.append(f"{TESTS}/{floor}: has tests of a floor that is not there")
    return problems


COMMAND = "void add_planted(CLI::App& app, ExitCode& code) {}\n"
PLANTS = [
    Plant("a source without header", f"{SOURCE}/base/planted.cc", "int a;\n", "no header has its stem"),
    Plant("a source without test", f"{SOURCE}/base/planted.cc", "int a;\n", "no test of its floor"),
    Plant("a source that is not built", f"{SOURCE}/base/planted.cc", "int a;\n", "base/planted.cc: its CMakeLists.txt"),
    Plant("a test of nothing", f"{TESTS}/base/planted_test.cc", "int a;\n", "neither a source nor a header"),
    Plant("a test that is not built", f"{TESTS}/format/record_more_test.cc", "int a;\n", "record_more_test.cc: its CMakeLists.txt"),
    Plant("a test of another floor", f"{TESTS}/base/manifest_test.cc", "int a;\n", "base/manifest_test.cc: neither"),
    Plant("a command in another file", f"{CLI}/ls.cc", COMMAND, "defines add_planted"),
    Plant("a command that nobody calls", f"{CLI}/planted.cc", COMMAND, "does not call add_planted"),
    Plant("a command without a test", f"{CLI}/planted.cc", COMMAND, "no test of the command line"),
    Plant("a command without a word", f"{CLI}/planted.cc", COMMAND, "README.md does not speak"),
    Plant("a call of no command", f"{CLI}/main.cc", "  add_gone(app, code);\n  add_verify(", "calls add_gone", "  add_verify("),
    Plant("a file of no command", f"{CLI}/planted.cc", "int a;\n", "is no command and has no header"),
    Plant("a file of the command line that is not built", f"{CLI}/planted.cc", "int a;\n", "tools/CMakeLists.txt does not name it"),
    Plant("a needless header entry", f"{SOURCE}/restore/verify.h", "#pragma once\n", "take it out of HEADER_OF"),
    Plant("a needless entry of a tested source", f"{TESTS}/restore/state_test.cc", "int a;\n", "take it out of TESTED_BY"),
    Plant("a needless test entry", f"{SOURCE}/restore/damage.h", "#pragma once\n", "take it out of TEST_OF"),
]

if __name__ == "__main__":
    copied = (SOURCE, "reference/include", TESTS, CLI, "tools/CMakeLists.txt")
    checker.run(__doc__, check, PLANTS, copied, None, None, None)
