#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No source file is too long, none names a package registry or a path of somebody's machine, all are tidy text."""

from __future__ import annotations

import re
from pathlib import Path

import checker
from checker import Plant

MOST_LINES = 600
MOST_HEADER_LINES = 300  # of a public header
SOURCES = (".h", ".cc", ".cpp", ".c", ".py", ".cmake", ".capnp", ".sh", ".rs", ".go", ".js")
TEXTS = (*SOURCES, ".md", ".txt", ".csv", ".json", ".toml", ".yaml", ".yml", ".in", ".html", ".cfg", ".lock")
LICENSED = ("reference", "tools", "fuzz", "conformance")
LICENCE = "SPDX-License-Identifier: Apache-2.0"

# Written in pieces, so that this file does not hold them.
HOSTS = ["py" "pi.org", "python" "hosted.org", "crates" ".io", "deb." "debian.org", "archive." "ubuntu.com", "npm" "js.org",
         "proxy." "golang.org", "sum." "golang.org", "ana" "conda.org", "rubygems" ".org", "maven" ".org"]
FORBIDDEN = [
    (re.compile("|".join(map(re.escape, HOSTS))), "the host name of a package registry"),
    (re.compile(r"(?<![\w.$})-])/(home|Users|root|work)/\w+"), "a path of one machine"),
]


def check_file(root: Path, file: Path) -> list[str]:
    path = checker.name(root, file)
    is_source = file.suffix in SOURCES or file.name == "CMakeLists.txt"
    try:
        text = file.read_text()
    except UnicodeDecodeError:
        # Inputs of tests may be anything.
        return [f"{path}: is not UTF-8"] if is_source else []
    problems = []
    for pattern, what in FORBIDDEN:
        problems += [f"{path}:{checker.line_of(text, m.start())}: names {what}: {m[0]}" for m in pattern.finditer(text)]
    if not is_source:
        return problems
    lines = text.count("\n")
    public = path.startswith("reference/include/")
    most = MOST_HEADER_LINES if public else MOST_LINES
    if lines > most:
        problems.append(f"{path}: has {lines} lines, more than {most}; split it")
    if text and not text.endswith("\n"):
        problems.append(f"{path}: does not end with a newline")
    for number, line in enumerate(text.split("\n"), 1):
        if line.endswith((" ", "\t", "\r")):
            problems.append(f"{path}:{number}: ends in a blank")
        if "\t" in line and file.suffix in checker.CPP:
            problems.append(f"{path}:{number}: holds a tab")
    if file.suffix in (".h", ".cc") and path.startswith(LICENSED) and LICENCE not in text[:200]:
        problems.append(f"{path}: does not begin with {LICENCE}")
    if file.suffix == ".h" and path.startswith("reference/") and "#pragma once" not in text and path != "reference/include/treering/c.h":
        problems.append(f"{path}: has no #pragma once")
    return problems


def check(root: Path) -> list[str]:
    problems = []
    for file in checker.files(root):
        if file.suffix in TEXTS or file.name in ("CMakeLists.txt", "LICENSE") or file.suffix == "":
            problems += check_file(root, file)
    return problems


HEAD = f"// {LICENCE}\n"
PLANTS = [
    Plant("a long file", "reference/src/base/planted.cc", HEAD + "//\n" * MOST_LINES, "split it"),
    Plant("a long public header", "reference/include/treering/planted.h", HEAD + "#pragma once\n" * MOST_HEADER_LINES, "split it"),
    Plant("a registry", "README.md", f"\nSee https://{HOSTS[0]}/project/treering\n", "package registry"),
    Plant("a registry in the build", "tools/CMakeLists.txt", f"\n# {HOSTS[2]}\n", "package registry"),
    Plant("a path of a machine", "tools/planted.py", "ROOT = '/" + "work/main'\n", "path of one machine"),
    Plant("a home", "tools/planted.sh", "cd /home/" + "someone/treering\n", "path of one machine"),
    Plant("no licence", "reference/src/base/planted.cc", "int a;\n", "does not begin with"),
    Plant("no guard", "reference/src/base/planted.h", HEAD, "#pragma once"),
    Plant("a blank", "reference/src/base/planted.cc", HEAD + "int a; \n", "ends in a blank"),
    Plant("a tab", "reference/src/base/planted.cc", HEAD + "\tint a;\n", "tab"),
    Plant("no newline", "reference/src/base/planted.cc", HEAD + "int a;", "newline"),
]

if __name__ == "__main__":
    checker.run(__doc__, check, PLANTS, ("reference", "tools", "spec"))
