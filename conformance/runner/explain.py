# SPDX-License-Identifier: Apache-2.0
"""What a failure is about: the sentence of the rule, and the bytes around the change."""
import functools
import glob
import json
import os
import re

from assemble import annotate, patch

from .cases import HERE

AROUND, RUNS = 2, 3                              # lines before and after a change; changes of one file that are shown
FOLLOWS = re.compile(r"header\.(bodySize|bodyDigest|headerDigest)|body\.(segments|words)|.*\.pointer|.*\.tag"
                     r"|writers\.index(Sizes|Digests)")


@functools.cache
def rules():
    """Rule -> (its sentence, chapter)."""
    out = {}
    for path in sorted(glob.glob(os.path.join(HERE, "..", "spec", "*.md"))):
        with open(path, encoding="utf-8") as file:
            for rule, text in re.findall(r"(?m)^\*\*([A-Z]{2}-\d+)\*\* (.*)$", file.read()):
                out[rule] = text, "spec/" + os.path.basename(path)
    return out


def details(case):
    """Lines for people."""
    out = []
    for rule in case.rules:
        text, chapter = rules().get(rule, ("(no such rule)", "spec"))
        out.append(f"{rule}  {text}  [{chapter}]")
    if case.refused:
        out += changes(case)
    return out


def changes(case):
    """What was changed, and the annotated bytes around what differs from the accepted source."""
    out = [f"changed: {path} = {json.dumps(value)}" for path, value in case.refused.get("edit", [])]
    base, follow = patch.assemble(case.source), []
    patched = {patch.full_name(c["file"], case.source["save"]["attempt"]) for c in case.refused.get("patch", [])}
    behind = {os.path.normpath(file.link) for file in case.files.values() if file.link}
    for name in sorted((set(base) | set(case.files)) - behind):
        if name not in case.files:
            out.append(f"{name}: removed")
        elif name not in base:
            out.append(f"{name}: not in {case.golden}")
        elif case.files[name].link:
            out.append(f"{name}: is a symbolic link, {os.path.normpath(case.files[name].link)}")
        elif base[name].data != case.files[name].data:
            lines = _of_file(name, base[name], case.files[name], name in patched)
            out += lines
            follow += [] if lines else [name]
    if follow and not any(line.startswith("    > ") for line in out):  # a size or digest is the subject
        return out + [line for name in follow for line in _of_file(name, base[name], case.files[name], True)]
    if follow:
        out.append(f"sizes and digests follow in {', '.join(follow)}")
    return out


def _of_file(name, old, file, patched):
    """The lines around the fields that differ; none where only sizes, places and digests do."""
    before, after = _fields(old), _fields(file)
    changed = {key for key in after if before.get(key) != after[key]}
    own = {key for key in changed if not FOLLOWS.fullmatch(key[0])}
    covered = {i for note in file.notes for i in range(note.offset, note.offset + note.size)}
    loose = set()
    if len(old.data) == len(file.data):          # bytes of no field
        loose = {i for i, (a, b) in enumerate(zip(old.data, file.data)) if a != b and i not in covered}
    elif not own:
        loose = {len(file.data) - 1}
    if not own and not loose and not patched:
        return []
    places = loose | {i for key in own or (() if loose else changed) for i in _differ(before.get(key), after[key])}
    return _lines(name, len(old.data), file, places)


def _fields(file):
    """(name, how many of this name stood before) -> its offset and bytes, the offset not being compared."""
    out, seen = {}, {}
    for note in sorted(file.notes):
        count = seen[note.name] = seen.get(note.name, -1) + 1
        out[note.name, count] = _Field((note.offset, bytes(file.data[note.offset:note.offset + note.size])))
    return out


def _differ(before, after):
    """Offsets of the bytes that differ; the first one of a field that is new, or of another size."""
    if before is None or len(before[1]) != len(after[1]):
        return [after[0]]
    return [after[0] + i for i, (a, b) in enumerate(zip(before[1], after[1])) if a != b]


class _Field(tuple):
    def __eq__(self, other):
        return other is not None and self[1] == other[1]

    def __ne__(self, other):
        return not self == other

    __hash__ = None


def _lines(name, old_size, file, places):
    lines = list(annotate.lines(file))
    starts = [int(line.split()[0], 16) for line in lines]
    hit = sorted({max((n for n, start in enumerate(starts) if start <= i), default=0) for i in places}) if lines else []
    size = f"{len(file.data)} bytes" + (f" instead of {old_size}" if len(file.data) != old_size else "")
    out, shown = [f"{name}: {size}; > marks what differs from the accepted source"], -1
    for n in hit[:RUNS]:
        start = max(n - AROUND, shown + 1)
        if start > shown + 1:
            out.append("      ...")
        for i in range(start, min(n + AROUND + 1, len(lines))):
            out.append(("    > " if i in hit else "      ") + lines[i])
            shown = i
    if len(hit) > RUNS:
        out.append(f"      and {len(hit) - RUNS} more places")
    return out
