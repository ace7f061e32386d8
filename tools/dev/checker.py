# SPDX-License-Identifier: Apache-2.0
"""What the checkers share: the command line, walking the repository, and the proof that a checker can fail."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = re.compile(r"^(\.git|build|build-.*|\.venv|\.cache|__pycache__|\.pytest_cache|\.mypy_cache|.*\.egg-info|runs|dist|Cargo\.lock|node_modules)$")
CPP = (".h", ".cc", ".cpp", ".c")


@dataclass(frozen=True)
class Plant:
    """A violation for --self-test: `text` is appended to `file` (made where missing), or replaces `old` in it."""

    name: str
    file: str
    text: str
    expect: str  # part of the message that must then appear
    old: str | None = None


def files(root: Path, under: Iterable[str] = (".",), suffixes: tuple[str, ...] | None = None) -> Iterator[Path]:
    """Regular files below root/<under>, sorted, without build output."""
    for folder in under:
        stack = [root / folder]
        while stack:
            entries = sorted(stack.pop().iterdir()) if stack[-1].is_dir() else [stack.pop()]
            for entry in entries:
                if entry.is_symlink() or SKIPPED.match(entry.name):
                    continue
                if entry.is_dir():
                    stack.append(entry)
                elif entry.is_file() and (suffixes is None or entry.suffix in suffixes):
                    yield entry


def name(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()


_CODE = re.compile(
    r'(?P<raw>R"(?P<mark>[^ ()\\\n]{0,16})\(.*?\)(?P=mark)")|(?P<text>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+')|(?P<comment>//[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)


def blank(text: str, strings: bool = True) -> str:
    """C++ without comments (and contents of strings); every line keeps its number."""

    def empty(match: re.Match[str]) -> str:
        newlines = "\n" * match[0].count("\n")
        if match["comment"] is not None:
            return " " + newlines
        return '""' + newlines if strings else match[0]

    return _CODE.sub(empty, text)


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _prove(check: Callable[[Path], list[str]], plants: list[Plant], copied: Iterable[str]) -> list[str]:
    """Problems of the checker: plants that it did not see."""
    failures = []
    with tempfile.TemporaryDirectory(prefix="treering-check-") as temporary:
        copy = Path(temporary)
        for folder in copied:
            if not (ROOT / folder).exists():
                continue
            for file in files(ROOT, (folder,)):
                target = copy / file.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        before = set(check(copy))
        for plant in plants:
            target = copy / plant.file
            saved = target.read_text() if target.exists() else None
            if plant.old is not None and (saved is None or plant.old not in saved):
                failures.append(f"{plant.name}: {plant.file} no longer has the text that the plant replaces")
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text((saved or "") + plant.text if plant.old is None else saved.replace(plant.old, plant.text, 1))
            found = [problem for problem in check(copy) if problem not in before]
            if not any(plant.expect in problem for problem in found):
                failures.append(f"{plant.name}: not found; new problems: {found}")
            if saved is None:
                target.unlink()
            else:
                target.write_text(saved)
    return failures


def run(
    description: str,
    check: Callable[[Path], list[str]],
    plants: list[Plant],
    copied: Iterable[str],
    options: Callable[[argparse.ArgumentParser], None] | None = None,
    after: Callable[[argparse.Namespace, Path], None] | None = None,
    before: Callable[[argparse.Namespace, Path], None] | None = None,
) -> None:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="repository to check")
    parser.add_argument("--self-test", action="store_true", help="plant violations in a copy and demand that they are found")
    if options:
        options(parser)
    arguments = parser.parse_args()
    if arguments.self_test:
        problems = _prove(check, plants, copied)
        summary = f"{len(plants)} planted violations, all found"
    else:
        if before:
            before(arguments, arguments.root)
        problems = check(arguments.root)
        summary = "no problems"
        if after:
            after(arguments, arguments.root)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problem(s)" if problems else summary)
    sys.exit(1 if problems else 0)
