# SPDX-License-Identifier: Apache-2.0
"""Chapter 07: records and messages, written in their one form.

A struct is a dict by the schema's field names; what is left out has its default.  A list of integers can be a
pattern of bytes.  Three keys bend the form, for records of a later minor and for refused ones:

    "$size" = [D, P]                      this size, whatever the fields need
    "$set" = [[offset, size, value], ..]  bits of the data words that belong to no field
    "$more" = {words = [..], pointers = [..]}   data words and pointers after those of the schema;
                                          a pointer is null ({}), {data = <bytes>}, {u16|u32|u64 = [..]},
                                          {words = .., pointers = ..} or {structs = [{words = .., pointers = ..}]}
"""
import struct
from collections import namedtuple

from oracle import xxh3

from . import layout
from .pattern import to_bytes

# A place that has a name: `unit` is the size of an element of a list.
Note = namedtuple("Note", "offset size name chapter unit", defaults=(0,))

_CODES = {1: 2, 2: 3, 4: 4, 8: 5}
_GENERIC = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


class _Struct:
    """A struct on its way: data words, and pointers as (name, thing) where a thing is None, bytes or structs."""

    def __init__(self, words, pointers, chapter, names):
        self.words, self.pointers, self.chapter, self.names = words, pointers, chapter, names
        self.size = None

    def needs(self):
        d = max((i + 1 for i, w in enumerate(self.words) if w), default=0)
        p = max((i + 1 for i, (_, thing) in enumerate(self.pointers) if thing is not None), default=0)
        return d, p


class _Ints:
    def __init__(self, data, unit, chapter):
        self.data, self.unit, self.chapter = data, unit, chapter


def _plan(name, value):
    """The struct of the schema `name` with the content `value`."""
    kind = layout.STRUCTS[name]
    unknown = set(value) - set(kind.data) - set(kind.pointers) - {"$size", "$set", "$more"}
    if unknown:
        raise ValueError(f"{name} has no field {sorted(unknown)}")
    data = bytearray(8 * kind.words)
    names = []
    for field, (at, size) in kind.data.items():
        data[at:at + size] = value.get(field, 0).to_bytes(size, "little")
        names.append((at, size, field))
    for at, size, number in value.get("$set", []):
        data[at:at + size] = number.to_bytes(size, "little")
    pointers = []
    for field, (_, what) in kind.pointers.items():
        pointers.append((field, _thing(what, value.get(field), kind.chapter)))
    words = list(struct.unpack(f"<{kind.words}Q", data))
    more = value.get("$more", {})
    words += more.get("words", [])
    pointers += [(f"$more[{i}]", _generic(one)) for i, one in enumerate(more.get("pointers", []))]
    out = _Struct(words, pointers, kind.chapter, names)
    out.size = tuple(value["$size"]) if "$size" in value else None
    return out


def _thing(what, content, chapter):
    form, inner = layout.element(what)
    if content is None:
        return None
    if form == "Data":
        data = content if isinstance(content, bytes) else to_bytes(content)
        return _Ints(data, 1, chapter) if data else None
    if form == "ints":
        data = to_bytes(content) if isinstance(content, dict) else b"".join(n.to_bytes(inner, "little") for n in content)
        return _Ints(data, inner, chapter) if data else None
    if form == "struct":
        out = _plan(inner, content)
        return out if any(out.size or out.needs()) else None
    return [_plan(inner, one) for one in content] or None


def _generic(value):
    if not value:
        return None
    if "data" in value:
        return _Ints(to_bytes(value["data"]), 1, "07")
    for name, size in _GENERIC.items():
        if name in value:
            return _Ints(b"".join(n.to_bytes(size, "little") for n in value[name]), size, "07")
    if "structs" in value:
        return [_generic(one) for one in value["structs"]]
    pointers = [(f"[{i}]", _generic(one)) for i, one in enumerate(value.get("pointers", []))]
    return _Struct(list(value.get("words", [])), pointers, "07", [])


class _Writer:
    def __init__(self, base):
        self.out, self.base, self.notes = bytearray(8), base, []

    def note(self, at, size, name, chapter, unit=0):
        self.notes.append(Note(self.base + at, size, name, chapter, unit))

    def point(self, at, low, high):
        """Write a pointer to the end of what is written so far."""
        offset = (len(self.out) - at) // 8 - 1
        struct.pack_into("<II", self.out, at, low | offset << 2, high)

    def thing(self, at, thing, path):
        if isinstance(thing, _Ints):
            self.point(at, 1, _CODES[thing.unit] | len(thing.data) // thing.unit << 3)
            self.note(len(self.out), len(thing.data), path, thing.chapter, thing.unit)
            self.out += thing.data + bytes(-len(thing.data) % 8)
        elif isinstance(thing, _Struct):
            d, p = thing.size or thing.needs()
            self.point(at, 0, d | p << 16)
            start = len(self.out)
            self.out += bytes(8 * (d + p))
            self.fill(start, thing, d, p, path)
        elif thing is not None:
            self.list(at, thing, path)

    def list(self, at, elements, path):
        sizes = [one.size or one.needs() for one in elements]
        d, p = max(s[0] for s in sizes), max(s[1] for s in sizes)
        self.point(at, 1, 7 | len(elements) * (d + p) << 3)
        self.note(len(self.out), 8, f"{path}.tag", "07")
        self.out += struct.pack("<II", len(elements) << 2, d | p << 16)
        start = len(self.out)
        self.out += bytes(8 * (d + p) * len(elements))
        for i, one in enumerate(elements):
            self.fill(start + 8 * (d + p) * i, one, d, p, f"{path}[{i}]")

    def fill(self, start, thing, d, p, path):
        dot = f"{path}." if path else ""
        for i, word in enumerate(thing.words[:d]):
            struct.pack_into("<Q", self.out, start + 8 * i, word)
        for at, size, name in thing.names:
            if at < 8 * d:
                self.note(start + at, size, dot + name, thing.chapter)
        for i in range(p):
            name = thing.pointers[i][0] if i < len(thing.pointers) else f"$pad[{i}]"
            self.note(start + 8 * (d + i), 8, f"{dot}{name}.pointer", "07")
        for i, (name, inner) in enumerate(thing.pointers[:p]):
            self.thing(start + 8 * (d + i), inner, dot + name)


def message(root, value):
    """The body of a record, and its notes with offsets from the start of the file."""
    writer = _Writer(72)
    writer.note(-8, 4, "body.segments", "07")
    writer.note(-4, 4, "body.words", "07")
    writer.note(0, 8, "root.pointer", "07")
    thing = _plan(root, value)
    writer.thing(0, thing, "")
    return struct.pack("<II", 0, len(writer.out) // 8) + bytes(writer.out), writer.notes


_HEADER = (("magic", 0, 8), ("kind", 8, 2), ("major", 10, 2), ("minor", 12, 2), ("reserved", 14, 2),
           ("required", 16, 8), ("optional", 24, 8), ("bodySize", 32, 8), ("bodyDigest", 40, 16),
           ("headerDigest", 56, 8))


def header(fields, body):
    """The 64 bytes before a body; sizes and digests are computed unless `fields` gives them."""
    out = bytearray(64)
    out[:8] = b"TREERING"
    for name, at, size in _HEADER[1:8]:
        default = {"major": 1, "bodySize": len(body)}.get(name, 0)
        out[at:at + size] = fields.get(name, default).to_bytes(size, "little")
    if "magic" in fields:
        out[:8] = to_bytes(fields["magic"])
    out[40:56] = to_bytes(fields["bodyDigest"]) if "bodyDigest" in fields else xxh3.stored128(body)
    out[56:] = to_bytes(fields["headerDigest"]) if "headerDigest" in fields else xxh3.stored64(bytes(out[:56]))
    return bytes(out)


def header_notes():
    return [Note(at, size, f"header.{name}", "07") for name, at, size in _HEADER]


def record(fields, root, value):
    body, notes = message(root, value)
    return header(fields, body) + body, header_notes() + notes
