# SPDX-License-Identifier: Apache-2.0
"""The sentences of the spec's rules, and spec/rules.lock: the digest of each sentence as somebody last confirmed it.

Standard library only, so that other suites can import it: `changed(root)` gives the rules whose cases and tests are to be
read again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DEFINITION = re.compile(r"^\*\*([A-Z]{2}-\d{2,})\*\*", re.MULTILINE)
LOCK = "spec/rules.lock"
LOCK_LINE = re.compile(r"([A-Z]{2}-\d{2,}) ([0-9a-f]{16})")
LIST_ITEM = re.compile(r"(\d+\.|[-*]) ")


@dataclass(frozen=True)
class Sentence:
    """One rule as the spec words it."""

    id: str
    text: str  # one line: without the id, each run of white space one blank
    file: str  # relative to the root
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def is_withdrawn(self) -> bool:
        return self.text.lower().startswith("withdrawn")


def extent(text: str, start: int) -> int:
    """Where the rule that begins at `start` ends: with its paragraph, or with the list that a colon announces."""
    end = text.find("\n\n", start)
    if end < 0:
        return len(text)
    after = text[end:].lstrip("\n")
    if text[start:end].endswith(":") and LIST_ITEM.match(after):
        end = text.find("\n\n", len(text) - len(after))
    return len(text) if end < 0 else end


def in_text(text: str, file: str) -> list[Sentence]:
    return [
        Sentence(m[1], " ".join(text[m.end() : extent(text, m.start())].split()), file, text.count("\n", 0, m.start()) + 1)
        for m in DEFINITION.finditer(text)
    ]


def all_of(root: Path) -> list[Sentence]:
    """Every rule sentence of root/spec, chapter after chapter. An id that stands twice is there twice."""
    found: list[Sentence] = []
    for file in sorted((root / "spec").glob("*.md")):
        found += in_text(file.read_text(), f"spec/{file.name}")
    return found


def locked(root: Path) -> dict[str, str]:
    """Id -> digest, as spec/rules.lock has them. Raises ValueError for a line that is none."""
    digests: dict[str, str] = {}
    if not (root / LOCK).exists():
        return digests
    for number, line in enumerate((root / LOCK).read_text().splitlines(), 1):
        match = LOCK_LINE.fullmatch(line)
        if match is None or match[1] in digests:
            raise ValueError(f"{LOCK}:{number}: has no new rule and digest: {line!r}")
        digests[match[1]] = match[2]
    return digests


def changed(root: Path) -> dict[str, str]:
    """Id -> why its citations are to be read again: `new`, `changed` or `gone`."""
    now = {sentence.id: sentence.digest for sentence in all_of(root)}
    then = locked(root)
    why = {id_: "new" if id_ not in then else "changed" for id_ in now if then.get(id_) != now[id_]}
    return why | {id_: "gone" for id_ in then if id_ not in now}


def confirm(root: Path, ids: Iterable[str] | None = None) -> list[str]:
    """Writes the digests of the named rules, or of all, into the lock. Returns what it did, one line a rule.

    A rule that is gone stays in the lock: ids are never removed.
    """
    digests, why = locked(root), changed(root)
    now = {sentence.id: sentence for sentence in all_of(root)}
    wanted = list(why) if ids is None else list(dict.fromkeys(ids))
    unknown = [id_ for id_ in wanted if id_ not in now and id_ not in why]
    if unknown:
        raise ValueError(f"{' '.join(unknown)}: no such rule")
    done = []
    for id_ in wanted:
        if why.get(id_) == "gone":
            done.append(f"{id_} is gone from the spec and stays in the lock: withdraw it there, with its id")
            continue
        done.append(f"{id_} {why.get(id_, 'was confirmed already')}: {now[id_].text}")
        digests[id_] = now[id_].digest
    (root / LOCK).write_text("".join(f"{id_} {digest}\n" for id_, digest in sorted(digests.items())))
    return done
