# SPDX-License-Identifier: Apache-2.0
"""Refused cases: an accepted source with one thing changed.

    edit   = [["manifest.header.major", 2], ..]     changes of the source, before assembling
    patch  = [{file = "MANIFEST", ..}, ..]          changes of the bytes, after it; each one of
             field = "nodes.keys[1]", int = 2 | hex = ".." | xor = ".."
             (beyond = n: the n-th byte behind the field)
             at = 200, hex = ".." | xor = ".."
             truncate = n | append = <bytes> | remove = true
             link = "pin-x": the content moves to this name, and a symbolic link to it takes the file's place;
                     its text is as long as the file was, so that its size tells nothing
    repair = ["size", "body", "header", "above"]    what is made right again in the patched files, in this order:
             body size; body digest; header digest; size and digest of an index in the manifest (then its digests)

A file is named as in the directory, or shortly: index-<w>, data-<w>-<k>.
"""
import copy
import re
import struct

from oracle import xxh3

from .pattern import to_bytes
from .source import File, build


def assemble(source, case=None):
    """The files of an accepted source, or of one of its refused cases."""
    if case is None:
        return build(source)
    source = copy.deepcopy(source)
    for path, value in case.get("edit", []):
        _edit(source, path, value)
    files = build(source)
    touched = []
    for change in case.get("patch", []):
        name = full_name(change["file"], source["save"]["attempt"])
        if change.get("remove"):
            del files[name]
            continue
        if "link" in change:
            _link(files, name, change["link"])
            continue
        _change(files[name], change)
        touched.append(name)
    for name in dict.fromkeys(touched):
        _repair(files, name, case.get("repair", []))
    return files


def _link(files, name, target):
    file = files[name]
    files[target] = File(file.data, [])
    less = len(file.data) - len(target)
    file.link = "./" * (less // 2 - less % 2) + ".//" * (less % 2) + target
    if len(file.link) != len(file.data) or len(file.link) > 4095:
        raise ValueError(f"no link of {len(file.data)} bytes leads to {target}")


def full_name(name, attempt):
    found = re.fullmatch(r"(index|data)-(\d+(?:-\d+)?)", name)
    return f"{found[1]}-{attempt}-{found[2]}" if found else name


def _edit(source, path, value):
    """Set, append (path ends with +) or remove (value is "$remove") an entry of the source."""
    steps = [int(s) if s.isdigit() else s for s in re.findall(r"\$?\w+|\+", path)]
    place = source
    for step in steps[:-1]:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    if steps[-1] == "+":
        place.append(value)
    elif value == "$remove":
        del place[steps[-1]]
    else:
        place[steps[-1]] = value


def find(file, field):
    """Offset and size of a named field, or of one element of a list."""
    for note in file.notes:
        if note.name == field:
            return note.offset, note.size
    listed = re.fullmatch(r"(.*)\[(\d+)\]", field)
    for note in file.notes:
        if listed and note.name == listed[1] and note.unit:
            return note.offset + int(listed[2]) * note.unit, note.unit
    raise KeyError(f"no field {field}; there are {[n.name for n in file.notes]}")


def _change(file, change):
    if "truncate" in change:
        del file.data[change["truncate"]:]
        return
    if "append" in change:
        file.data += to_bytes(change["append"])
        return
    at, size = find(file, change["field"]) if "field" in change else (change["at"], None)
    if "beyond" in change:
        at, size = at + size + change["beyond"] - 1, None
    if "int" in change:
        new = change["int"].to_bytes(size, "little")
    else:
        new = to_bytes(change["hex" if "hex" in change else "xor"])
    if "xor" in change:
        new = bytes(a ^ b for a, b in zip(file.data[at:at + len(new)], new))
    if at + len(new) > len(file.data) or size is not None and len(new) > size:
        raise ValueError("a patch reaches beyond its field or file")
    file.data[at:at + len(new)] = new


def _repair(files, name, what):
    file = files[name]
    data = file.data
    if len(data) < 64:                           # no header to repair
        return
    size = struct.unpack_from("<Q", data, 32)[0]
    if "size" in what:
        size = len(data) - 64
        struct.pack_into("<Q", data, 32, size)
    if "body" in what:
        data[40:56] = xxh3.stored128(bytes(data[64:64 + size]))
    if "header" in what:
        data[56:64] = xxh3.stored64(bytes(data[:56]))
    if "above" in what and name.startswith("index-"):
        writer = int(name.rsplit("-", 1)[1])
        manifest = files["MANIFEST"]
        at, _ = find(manifest, f"writers.indexSizes[{writer}]")
        struct.pack_into("<Q", manifest.data, at, len(data))
        at, _ = find(manifest, "writers.indexDigests")
        manifest.data[at + 16 * writer:at + 16 * writer + 16] = xxh3.stored128(bytes(data))
        _repair(files, "MANIFEST", ["body", "header"])
