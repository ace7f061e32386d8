# SPDX-License-Identifier: Apache-2.0
"""Places of fields from the schema files, which are normative for numbers and types.

Cap'n Proto gives data fields their places in the order of their numbers: a field takes the first hole of its
size; a hole is made by halving a larger one, at last a new word.  Pointers are numbered as they come.
The oracle has the places from the tables of chapters 10, 11 and 13; a test compares the two.
"""
import csv
import os
import re

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "spec")
_SIZES = {"UInt8": 1, "UInt16": 2, "UInt32": 4, "UInt64": 8}
_CHAPTERS = {"Index": "10.1", "Files": "10.1", "Manifest": "11.1", "Strings": "11.3", "Blobs": "11.3", "Nodes": "03",
             "Type": "03", "Spec": "03", "Grid": "05", "Mesh": "05", "Sharding": "05", "Writers": "11.5",
             "Plan": "13.2", "End": "13.2"}


class Struct:
    def __init__(self, name):
        self.name, self.chapter = name, _CHAPTERS.get(name, "")
        self.data, self.pointers = {}, {}        # name: (offset, bytes); name: (number, type)
        self.words = 0


def _allocate(holes, size):
    """A free place of `size` bytes, splitting larger ones; None where a new word is needed."""
    if size > 8:
        return None
    if holes.get(size):
        return holes[size].pop(0)
    at = _allocate(holes, 2 * size)
    if at is not None:
        holes.setdefault(size, []).append(at + size)
    return at


def _place(struct, fields):
    holes = {}
    for _, name, kind in sorted(fields):
        if kind not in _SIZES:
            struct.pointers[name] = (len(struct.pointers), kind)
            continue
        size = _SIZES[kind]
        at = _allocate(holes, size)
        if at is None:
            holes[8] = [8 * struct.words]
            struct.words += 1
            at = _allocate(holes, size)
        struct.data[name] = (at, size)


def load(folder=os.path.join(SPEC, "schema")):
    structs = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".capnp"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = re.sub(r"#.*", "", file.read())
        for struct, body in re.findall(r"struct (\w+) \{(.*?)\}", text, re.S):
            fields = [(int(n), f, t) for f, n, t in re.findall(r"(\w+)\s+@(\d+)\s*:([\w()]+);", body)]
            structs[struct] = Struct(struct)
            _place(structs[struct], fields)
    return structs


STRUCTS = load()


def element(kind):
    """Of a pointer type: ("Data", 1), ("ints", bytes), ("struct", name) or ("structs", name)."""
    inner = re.fullmatch(r"List\((\w+)\)", kind)
    if kind == "Data":
        return "Data", 1
    if not inner:
        return "struct", kind
    return ("ints", _SIZES[inner[1]]) if inner[1] in _SIZES else ("structs", inner[1])


def _numbers():
    out = {}
    with open(os.path.join(SPEC, "registry", "kinds.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            out.setdefault(row["table"], {})[row["name"]] = int(row["number"])
    for table in ("dtypes", "codecs"):
        with open(os.path.join(SPEC, "registry", f"{table}.csv"), encoding="utf-8") as file:
            out[table] = {row["name"]: int(row["number"]) for row in csv.DictReader(file)}
    return out


NUMBERS = _numbers()


def number(table, name):
    """A registry number; numbers stand for themselves, so that a source can use one that is not registered."""
    return name if isinstance(name, int) else NUMBERS[table][name]
