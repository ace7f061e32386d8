#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file includes only its own floor or lower ones; Cap'n Proto, system calls and exceptions keep to their rooms."""

from __future__ import annotations

import re
from pathlib import Path

import checker
from checker import Plant

# base -> model || store -> format -> commit -> save || restore -> manage || interop -> capi.
LEVELS = {
    "base": 0,
    "model": 1,
    "store": 1,
    "format": 2,
    "commit": 3,
    "save": 4,
    "restore": 4,
    "manage": 5,
    "interop": 5,
    "capi": 6,
}
# The public headers, and the floor that each belongs to.
PUBLIC = {
    "error": "base",
    "result": "base",
    "id": "base",
    "limits": "base",
    "version": "base",
    "dtype": "model",
    "key_path": "model",
    "list": "model",
    "tree": "model",
    "box": "model",
    "value": "model",
    "builder": "model",
    "codec": "format",
    "record": "format",
    "compat": "format",
    "graph": "format",
    "save": "save",
    "checkpoint": "restore",
    "series": "manage",
    "c": "capi",
    "treering": "capi",
}
DOORS = ("tools/cli", "reference/examples")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
CAPNP_ROOMS = re.compile(r"^reference/src/format/(\w+_capnp\.(h|cc)|capnp_io\.(h|cc)|kj_compat\.h)$")
CAPNP_HEADER = re.compile(r"(_capnp|/capnp_io)\.h$")
SYSTEM_ROOM = "reference/src/store/posix_vfs.cc"
SYSTEM_HEADERS = re.compile(r"^(fcntl\.h|unistd\.h|dirent\.h|aio\.h|sys/(stat|statfs|vfs|mman|uio|syscall|random|ioctl|sendfile|file)\.h|linux/.*)$")
SYSTEM_CALLS = re.compile(
    r"(?<![\w:>.])(?:::[ ]*(open(?:at)?|creat|close|p?readv?|p?writev?|f(?:data)?sync|link(?:at)?|unlink(?:at)?|rename(?:at2?)?"
    r"|mkdir(?:at)?|rmdir|f?l?stat(?:at|fs)?|fstatat|ftruncate|truncate|mmap|munmap|syscall|opendir|fdopendir|readdir|ioctl)"
    r"|(?:std::)?(fopen|freopen|getrandom))[ ]*\("
)
# The library is C++20 without exceptions, streams and global I/O.
FOREIGN = re.compile(r"^(iostream|fstream|filesystem|source_location|format|stdexcept)$")
THROW = re.compile(r"\bthrow\b(?!\s+std::bad_alloc\b)")


def floor_of(path: str) -> str | None:
    parts = path.split("/")
    if parts[:2] == ["reference", "src"] and len(parts) > 3:
        return parts[2]
    if parts[:3] == ["reference", "include", "treering"]:
        return PUBLIC.get(Path(path).stem)
    return None


def target_floor(root: Path, file: Path, include: str) -> str | None:
    """The floor that a quoted include leads to; None where it is none of this library's headers."""
    if include.startswith("treering/"):
        return PUBLIC.get(Path(include).stem)
    first = include.split("/")[0]
    if "/" in include and first in LEVELS:
        return first
    if (file.parent / include).is_file():
        return floor_of(checker.name(root, file.parent / include))
    return None


def may_include(floor: str, other: str) -> bool:
    return floor == other or LEVELS[other] < LEVELS[floor]


def check_library_file(root: Path, file: Path) -> list[str]:
    path = checker.name(root, file)
    code = checker.blank(file.read_text(), strings=False)
    floor = floor_of(path)
    if floor is None or floor not in LEVELS:
        return [f"{path}: belongs to no floor; add it to the tables of check_floors.py"]
    problems = []

    def problem(at: int, text: str) -> None:
        problems.append(f"{path}:{checker.line_of(code, at)}: {text}")

    for match in INCLUDE.finditer(code):
        quoted, include = match[1] == '"', match[2]
        if quoted:
            other = target_floor(root, file, include)
            if other is None:
                problem(match.start(), f'"{include}" is a header of no floor')
            elif not may_include(floor, other):
                problem(match.start(), f'floor {floor} must not include "{include}" of floor {other}')
            elif CAPNP_HEADER.search(include) and not CAPNP_ROOMS.match(path):
                problem(match.start(), f'"{include}" only in format/*_capnp.* and capnp_io')
            elif path.startswith("reference/include/") and not include.startswith("treering/"):
                problem(match.start(), f'a public header must not include the internal "{include}"')
        elif re.match(r"(capnp|kj)/", include) or include.endswith(".capnp.h"):
            if not CAPNP_ROOMS.match(path):
                problem(match.start(), f"<{include}> only in format/*_capnp.*, capnp_io and kj_compat.h")
        elif SYSTEM_HEADERS.match(include) and path != SYSTEM_ROOM:
            problem(match.start(), f"<{include}> only in {SYSTEM_ROOM}; go through the Vfs")
        elif FOREIGN.match(include):
            problem(match.start(), f"<{include}> is not for this library")
    bare = checker.blank(code)
    for match in SYSTEM_CALLS.finditer(bare):
        if path != SYSTEM_ROOM:
            problem(match.start(), f"calls {match[1] or match[2]}() of the system; go through the Vfs")
    for match in THROW.finditer(bare):
        problem(match.start(), "throws; return an Error")
    return problems


def check_door_file(root: Path, file: Path) -> list[str]:
    """Tools and examples see what users see."""
    path = checker.name(root, file)
    code = checker.blank(file.read_text(), strings=False)
    problems = []
    for match in INCLUDE.finditer(code):
        include = match[2]
        internal = match[1] == '"' and not include.startswith("treering/") and not (file.parent / include).is_file()
        foreign = re.match(r"(capnp|kj)/", include) or include.endswith(".capnp.h")
        if internal or foreign or ".." in include:
            problems.append(f'{path}:{checker.line_of(code, match.start())}: "{include}" is no public header')
    return problems


def check(root: Path) -> list[str]:
    problems = []
    for file in checker.files(root, ("reference/include", "reference/src"), checker.CPP):
        problems += check_library_file(root, file)
    for folder in DOORS:
        if (root / folder).is_dir():
            for file in checker.files(root, (folder,), checker.CPP):
                problems += check_door_file(root, file)
    return problems


PLANTS = [
    Plant("an include upward", "reference/src/model/planted.cc", '#include "format/record.h"\n', "floor model must not include"),
    Plant("an include sideways", "reference/src/model/planted.cc", '#include "store/vfs.h"\n', "of floor store"),
    Plant("save includes restore", "reference/src/save/planted.cc", '#include "restore/open.h"\n', "of floor restore"),
    Plant("a public header upward", "reference/include/treering/tree.h", '#include "treering/save.h"\n', "of floor save"),
    Plant("an internal header in public", "reference/include/treering/save.h", '#include "base/try.h"\n', "internal"),
    Plant("an unknown floor", "reference/src/planted/a.cc", "\n", "belongs to no floor"),
    Plant("an unknown public header", "reference/include/treering/planted.h", "\n", "belongs to no floor"),
    Plant("an unknown header", "reference/src/base/planted.cc", '#include "nowhere.h"\n', "of no floor"),
    Plant("Cap'n Proto elsewhere", "reference/src/format/planted.cc", "#include <capnp/message.h>\n", "<capnp/message.h>"),
    Plant("a schema elsewhere", "reference/src/restore/planted.cc", "#include <index.capnp.h>\n", "<index.capnp.h>"),
    Plant("Cap'n Proto through a header", "reference/src/format/record.cc", '#include "format/files_capnp.h"\n', '"format/files_capnp.h" only in'),
    Plant("a system header", "reference/src/commit/planted.cc", "#include <fcntl.h>\n", "<fcntl.h>"),
    Plant("a system call", "reference/src/commit/planted.cc", "int f() { return ::open(0, 0); }\n", "calls open()"),
    Plant("a C stream", "reference/src/commit/planted.cc", 'void* f() { return std::fopen("a", "r"); }\n', "calls fopen()"),
    Plant("an exception", "reference/src/base/planted.cc", "void f() { throw 1; }\n", "throws"),
    Plant("a stream", "reference/src/base/planted.cc", "#include <iostream>\n", "<iostream>"),
    Plant("the tools look inside", "tools/cli/planted.cc", '#include "format/record.h"\n', "no public header"),
]

if __name__ == "__main__":
    checker.run(__doc__, check, PLANTS, ("reference/include", "reference/src", "tools/cli"))
