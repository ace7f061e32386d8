"""Chapter 07, sections "Framing" and "Messages": reading a body whose form is unique.

`decode` gives a struct as an object with the schema's field names: integers, tuples of integers, bytes,
structs, lists of structs.  What is null is empty, or a struct of defaults.
"""
import struct
from types import SimpleNamespace

from .errors import need
from .schema import STRUCTS

_CODES = {2: 1, 3: 2, 4: 4, 5: 8}                # code of a list: bytes of an element
_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}
MAX_NESTED = 16


def decode(body, root, minor):
    """RC-26 to RC-42."""
    need(len(body) >= 8, "RC-26", "a body of less than 8 bytes")
    segments, words = struct.unpack_from("<II", body)
    need(segments == 0, "RC-26", f"{segments + 1} segments", offset=64)
    need(len(body) == 8 + 8 * words, "RC-26", f"{words} words declared in a body of {len(body)} bytes", offset=68)
    need(words > 0, "RC-28", "a segment without words")
    reader = _Reader(body[8:], minor == 0)
    found = reader.root(root)
    need(reader.free == words, "RC-35", "words after the last object", offset=72 + 8 * reader.free)
    return found


def default(name):
    """A struct of which no field is stored."""
    out = SimpleNamespace()
    kind = STRUCTS[name]
    for field, _, _ in kind.data:
        setattr(out, field, 0)
    for field, what in kind.pointers:
        setattr(out, field, _null(what))
    return out


def _null(what):
    if what is None:
        return None
    return {"Data": b"", "ints": (), "structs": ()}[what[0]] if what[0] != "struct" else default(what[1])


class _Reader:
    def __init__(self, segment, exact):
        self.segment, self.exact = segment, exact
        self.free = 1                            # the first word that no object has taken

    def need(self, condition, rule, message, word):
        need(condition, rule, message, offset=72 + 8 * word)

    def take(self, words, pointer_word):
        at, self.free = self.free, self.free + words
        self.need(self.free * 8 <= len(self.segment), "RC-30", "an object reaches beyond the segment", pointer_word)
        return at

    def root(self, name):
        low = int.from_bytes(self.segment[:4], "little")
        self.need(self.segment[:8] != bytes(8) and low & 3 == 0, "RC-28", "the root is no struct", 0)
        return self.pointer(0, ("struct", name), 1)

    def pointer(self, word, what, depth):
        """The object behind the pointer in a word; `what` is None where the schema has no such pointer."""
        low, high = struct.unpack_from("<II", self.segment, 8 * word)
        if low == high == 0:
            return _null(what)
        self.need(low & 3 <= 1, "RC-27", "a pointer of kind 2 or 3", word)
        self.need(depth <= MAX_NESTED, "RC-42", "objects are nested more than 16 deep", word)
        if low & 3 == 0:
            self.need(what is None or what[0] == "struct", "RC-29", "a struct where the schema has a list", word)
            data, pointers = high & 0xFFFF, high >> 16
            self.need(data + pointers > 0, "RC-32", "a struct without words", word)
            self.preorder(low, word)
            at = self.take(data + pointers, word)
            return self.structs(at, 1, data, pointers, what, depth)[0]
        code, count = high & 7, high >> 3
        if code == 7:
            self.need(what is None or what[0] == "structs", "RC-29", "a list of structs elsewhere", word)
            self.need(count > 0, "RC-31", "a list without elements", word)
            self.preorder(low, word)
            at = self.take(1 + count, word)
            low, high = struct.unpack_from("<II", self.segment, 8 * at)
            data, pointers = high & 0xFFFF, high >> 16
            self.need(data + pointers > 0, "RC-32", "elements without words", at)
            self.need(low & 3 == 0 and (low >> 2) * (data + pointers) == count, "RC-33", "a wrong tag", at)
            return self.structs(at + 1, low >> 2, data, pointers, what, depth)
        size = _CODES.get(code)
        expected = None if what is None else {"Data": 1}.get(what[0]) or what[0] == "ints" and what[1]
        self.need(size or what, "RC-41", f"a list of code {code}", word)
        self.need(size and expected in (None, size), "RC-29", "a list of another element size", word)
        self.need(count > 0, "RC-31", "a list without elements", word)
        self.preorder(low, word)
        at = self.take((count * size + 7) // 8, word)
        end = 8 * at + count * size
        self.need(not any(self.segment[end:8 * self.free]), "RC-34", "padding that is not zero", self.free - 1)
        data = self.segment[8 * at:end]
        return data if what is None or what[0] == "Data" else struct.unpack(f"<{count}{_FORMATS[size]}", data)

    def preorder(self, low, word):
        self.need(low >> 2 == self.free - word - 1, "RC-35", "an object is not where preorder has it", word)

    def structs(self, at, count, data, pointers, what, depth):
        """The elements of a list of structs, or the one struct of a struct pointer."""
        kind = STRUCTS[what[1]] if what else None
        trim = "RC-36" if what is None or what[0] == "struct" else "RC-37"
        if kind and self.exact:
            self.need(data <= kind.words and pointers <= len(kind.pointers), "RC-38",
                      f"{kind.name} is larger than its schema", at)
        out, data_used, pointer_used = [], data == 0, pointers == 0
        for row in range(count):
            first = at + row * (data + pointers)
            own = self.segment[8 * first:8 * (first + data)]
            data_used = data_used or any(own[-8:])
            element = default(kind.name) if kind else None
            if kind:
                if self.exact:
                    self.need(not any(own[kind.bytes:]), "RC-39", "bits of no field are set", first)
                for field, offset, size in kind.data:
                    setattr(element, field, int.from_bytes(own[offset:offset + size], "little"))
            for i in range(pointers):
                word = first + data + i
                if i == pointers - 1:
                    pointer_used = pointer_used or any(self.segment[8 * word:8 * word + 8])
                if kind and i < len(kind.pointers):
                    field, inner = kind.pointers[i]
                    setattr(element, field, self.pointer(word, inner, depth + 1))
                else:
                    self.pointer(word, None, depth + 1)
            out.append(element)
        self.need(data_used and pointer_used, trim, "words that could be left out", at)
        return out
