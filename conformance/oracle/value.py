"""Chapter 01, section "Values": the canonical form of JSON, and the check of it.

`check` proves the form and returns the value as Python objects of plain JSON (tagged forms stay objects with
one key), so that they print again as they stand in the file.
"""
import re

from .dtype import NAMES as DTYPE_NAMES
from .errors import LIMITS, Refused, need

GREATEST = 1 << 53
_INTEGER = re.compile(rb"-?[0-9]+")
_DECIMAL = re.compile(r"0|-?[1-9][0-9]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(rb"\\u00[01][0-9a-f]")
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_HEX16 = re.compile(r"[0-9a-f]{16}")
_BYTES = re.compile(r"(?:[0-9a-f]{2})*")


def check(data):
    """Refuse a value that is not canonical; return it as plain JSON objects."""
    need(len(data) > 0, "VA-02", "the value is empty")
    parser = _Parser(data)
    value, end = parser.value(0, 0)
    need(end == len(data), "VA-02", "there are bytes after the value")
    return value


def text(value):
    """The canonical form of a value that `check` has returned."""
    if isinstance(value, dict):
        return "{" + ",".join(text(key) + ":" + text(item) for key, item in _in_order(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, str):
        return '"' + _ESCAPED.sub(_escape, value) + '"'
    return {None: "null", True: "true", False: "false"}[value] if not type(value) is int else str(value)


def _in_order(value):
    return sorted(value.items(), key=lambda item: item[0].encode())


def _escape(found):
    return f"\\u{ord(found[0]):04x}" if found[0] < " " else "\\" + found[0]


def is_dict(value):
    """A plain object or a `$dict`: what stands for a dict of the user."""
    return isinstance(value, dict) and (tag(value) in (None, "$dict"))


def is_python_scalar(value):
    """TR-35: truth value, plain integer, `$int`, `$float` or `$complex`."""
    return isinstance(value, (bool, int)) or tag(value) in ("$int", "$float", "$complex")


def tag(value):
    """The `$` key of a tagged form, or None."""
    if isinstance(value, dict) and len(value) == 1:
        key = next(iter(value))
        if key.startswith("$"):
            return key
    return None


def _is_strings(value, count=None):
    return isinstance(value, list) and all(isinstance(v, str) for v in value) and count in (None, len(value))


class _Parser:
    def __init__(self, data):
        self.data = bytes(data)

    def value(self, at, depth):
        """The value that begins at `at`, with `depth` arrays and objects open, and the offset after it."""
        data = self.data
        first = data[at:at + 1]
        if first in (b" ", b"\t", b"\n", b"\r") and first:
            raise Refused("VA-02" if at == 0 else "VA-03", f"white space at byte {at}")
        if first == b'"':
            return self.string(at)
        if first == b"{":
            return self.object(at, depth + 1)
        if first == b"[":
            return self.array(at, depth + 1)
        for text, value in ((b"null", None), (b"true", True), (b"false", False)):
            if data.startswith(text, at):
                return value, at + len(text)
        return self.number(at)

    def number(self, at):
        found = _INTEGER.match(self.data, at)
        if not found:
            if self.data[at:at + 1] == b"+":
                raise Refused("VA-04", f"plus sign at byte {at}")
            raise Refused("VA-01", f"no value at byte {at}")
        text = found.group().decode()
        need(_DECIMAL.fullmatch(text), "VA-04", f"number {text[:40]!r} is not in canonical form")
        need(self.data[found.end():found.end() + 1] not in (b".", b"e", b"E"), "VA-04", "fraction or exponent")
        need(len(text) <= 17 and abs(int(text)) <= GREATEST, "VA-05", f"plain integer {text[:40]} is above 2^53")
        return int(text), found.end()

    def string(self, at):
        """Runs of plain bytes and escapes, one after another, up to the closing quote."""
        data, parts, position = self.data, [], at + 1
        while True:
            run = _PLAIN.match(data, position)
            parts.append(run.group())
            position = run.end()
            need(position < len(data), "VA-06", f"the string at byte {at} does not end")
            byte = data[position]
            if byte == 0x22:
                break
            need(byte == 0x5C, "VA-06", f"byte {byte:02x} in a string")
            if data[position + 1:position + 2] in (b'"', b"\\") and position + 1 < len(data):
                parts.append(data[position + 1:position + 2])
                position += 2
            else:
                need(_ESCAPE.match(data, position), "VA-06", f"escape at byte {position} is not canonical")
                parts.append(bytes([int(data[position + 4:position + 6], 16)]))
                position += 6
        try:
            return b"".join(parts).decode("utf-8"), position + 1
        except UnicodeDecodeError:
            raise Refused("VA-06", f"the string at byte {at} is not UTF-8") from None

    def comma(self, at, close):
        """After an entry: True where another one follows."""
        byte = self.data[at:at + 1]
        if byte == b",":
            return True
        need(byte not in (b" ", b"\t", b"\n", b"\r") or not byte, "VA-03", f"white space at byte {at}")
        need(byte == close, "VA-01", f"no comma or closing bracket at byte {at}")
        return False

    def array(self, at, depth):
        need(depth <= LIMITS["value_depth"], "VA-08", "more than value_depth (64) arrays and objects are open")
        entries, at = [], at + 1
        if self.data[at:at + 1] == b"]":
            return entries, at + 1
        while True:
            entry, at = self.value(at, depth)
            entries.append(entry)
            if not self.comma(at, b"]"):
                return entries, at + 1
            at += 1

    def object(self, at, depth):
        need(depth <= LIMITS["value_depth"], "VA-08", "more than value_depth (64) arrays and objects are open")
        entries, last, at = {}, None, at + 1
        if self.data[at:at + 1] == b"}":
            return entries, at + 1
        while True:
            if self.data[at:at + 1] in (b" ", b"\t", b"\n", b"\r"):
                raise Refused("VA-03", f"white space at byte {at}")
            need(self.data[at:at + 1] == b'"', "VA-01", f"no key at byte {at}")
            key, at = self.string(at)
            encoded = key.encode()
            need(last is None or last < encoded, "VA-07", f"key {key!r} is not above the key before it")
            last = encoded
            if self.data[at:at + 1] in (b" ", b"\t", b"\n", b"\r"):
                raise Refused("VA-03", f"white space at byte {at}")
            need(self.data[at:at + 1] == b":", "VA-01", f"no colon at byte {at}")
            start = at + 1
            entries[key], at = self.value(start, depth)
            content = self.data[start:at]
            if not self.comma(at, b"}"):
                break
            at += 1
        if any(key.startswith("$") for key in entries):
            need(len(entries) == 1, "VA-13", "a key with $ stands beside other keys")
            self.tagged(key, entries[key], content)
        return entries, at + 1

    def tagged(self, key, value, content):
        """VA-12 and VA-14 to VA-17: the content of a tagged form."""
        def form(condition):
            need(condition, "VA-14", f"the content of {key} is not of its form")

        if key == "$int":
            form(isinstance(value, str) and _DECIMAL.fullmatch(value))
            need(len(value) > 17 or abs(int(value)) > GREATEST, "VA-17", f"$int {value} is within 2^53")
        elif key == "$float":
            form(isinstance(value, str) and _HEX16.fullmatch(value))
        elif key == "$complex":
            form(_is_strings(value, 2) and all(_HEX16.fullmatch(v) for v in value))
        elif key == "$bytes":
            form(isinstance(value, str) and _BYTES.fullmatch(value))
        elif key == "$tuple":
            form(isinstance(value, list))
        elif key == "$dict":
            form(isinstance(value, list) and all(isinstance(p, list) and len(p) == 2 for p in value))
            keys = _key_texts(content, len(value))
            need(all(a < b for a, b in zip(keys, keys[1:])), "VA-15", "pairs of a $dict are not in order")
            need(not all(isinstance(k, str) and not k.startswith("$") for k, _ in value), "VA-16",
                 "a $dict whose keys are all plain text")
        elif key == "$dtype":
            form(isinstance(value, str) and value in DTYPE_NAMES)
        elif key in ("$type", "$code", "$opaque"):
            form(isinstance(value, str))
        elif key == "$enum":
            form(_is_strings(value, 2))
        elif key == "$spec":
            form(isinstance(value, list))
            for entry in value:
                form(entry is None or isinstance(entry, str)
                     or tag(entry) == "$tuple" and _is_strings(entry["$tuple"]))
        else:
            raise Refused("VA-12", f"{key} is no key of a tagged form")


def _key_texts(content, count):
    """The canonical encoding of the keys of `[[k,v],...]`: the texts are canonical, so they can be cut out."""
    parser, at, keys = _Parser(content), 1, []
    for _ in range(count):
        start = at + 1                           # after the bracket of the pair
        _, at = parser.value(start, 0)
        keys.append(content[start:at])
        _, at = parser.value(at + 1, 0)
        at += 2                                  # the bracket and the comma after it
    return keys
