# SPDX-License-Identifier: Apache-2.0
"""Hex with offsets, the name of each field, and the chapter that defines it."""


def lines(file):
    data, at = bytes(file.data), 0
    for note in sorted(file.notes):
        if note.offset > at:
            yield from _run(data, at, note.offset, "zero" if not any(data[at:note.offset]) else "", "")
        if note.offset < at:
            continue
        yield from _run(data, note.offset, note.offset + note.size, note.name, note.chapter)
        at = note.offset + note.size
    if at < len(data):
        yield from _run(data, at, len(data), "zero" if not any(data[at:]) else "", "")


def _run(data, start, stop, name, chapter):
    if name == "zero" and stop - start > 16:
        yield f"{start:06x}  {'00 ... ' + str(stop - start) + ' bytes':<48} zero"
        return
    for at in range(start, stop, 16):
        part = data[at:min(at + 16, stop)].hex(" ")
        label = f"{name}  [{chapter}]" if at == start and chapter else name if at == start else ""
        yield f"{at:06x}  {part:<48} {label}".rstrip()
