"""Chapter 02: keys, their typed, match and friendly texts."""
import re
import struct

from .errors import LIMITS, need

NONE, STRING, ATTRIBUTE, INTEGER, BOOL, FLOAT, SEQUENCE, FLATTENED = range(8)

_DECIMAL = re.compile(r"0|-?[1-9][0-9]*")
_HEX16 = re.compile(r"[0-9a-f]{16}")
_ALWAYS = frozenset(b"/~\x7f") | frozenset(range(0x20))
_FIRST = frozenset(b".#[<!=")                    # escaped only at the start of a string key
_NEEDS = re.compile(r"[\x00-\x1f/~\x7f]")


def read(kind, entry, position, string):
    """The key of a row of the node table as (kind, datum).  `string` gives the text of a string number."""
    need(kind <= FLATTENED, "KP-01", f"key kind {kind} is not in the table")
    if kind in (STRING, ATTRIBUTE):
        return kind, string(entry)
    if kind == INTEGER:
        text = string(entry)
        need(_DECIMAL.fullmatch(text), "KP-02", f"integer key {text[:40]!r}")
        need(len(text) <= 20 and -(1 << 63) <= int(text) < 1 << 63, "KP-03", f"integer key {text[:40]}")
        return kind, int(text)
    if kind == BOOL:
        need(entry <= 1, "KP-04", f"bool key {entry}")
        return kind, bool(entry)
    if kind == FLOAT:
        text = string(entry)
        need(_HEX16.fullmatch(text), "KP-05", f"float key {text[:40]!r}")
        return kind, text
    need(entry == 0, "KP-06", f"a key of kind {kind} with the entry {entry}")
    return kind, None if kind == NONE else position


def escape(name, first_too):
    if not name:
        return "~0"
    head = name[0]
    if not _NEEDS.search(name) and not (first_too and ord(head) in _FIRST):
        return name
    out = bytearray()
    for i, byte in enumerate(name.encode()):
        if byte in _ALWAYS or first_too and i == 0 and byte in _FIRST:
            out += b"~%02x" % byte
        else:
            out.append(byte)
    return out.decode()


def typed(key):
    kind, datum = key
    if kind == STRING:
        return escape(datum, True)
    if kind == ATTRIBUTE:
        return "." + escape(datum, False)
    if kind == INTEGER:
        return f"#{datum}"
    if kind == BOOL:
        return f"!{int(datum)}"
    if kind == FLOAT:
        return f"={datum}"
    if kind == SEQUENCE:
        return f"[{datum}]"
    if kind == FLATTENED:
        return f"<{datum}>"
    return ""


def match(key):
    """The match key: name, number, truth value or bits.  Those of different sorts differ."""
    kind, datum = key
    if kind in (STRING, ATTRIBUTE):
        return STRING, datum
    if kind in (INTEGER, SEQUENCE, FLATTENED):
        return INTEGER, datum
    return kind, datum


def friendly(key):
    kind, datum = match(key)
    if kind == FLOAT:
        return repr(struct.unpack(">d", bytes.fromhex(datum))[0])
    return str(datum)                            # a name, a number, True or False


def check_length(text):
    need(len(text) * 4 <= LIMITS["key_bytes"] or len(text.encode()) <= LIMITS["key_bytes"], "KP-11",
         "the typed text of a key is longer than key_bytes (4096)")


def path_text(keys, form):
    return "/".join(map(form, keys))
