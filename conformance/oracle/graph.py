"""Chapter 06: graph record and compatibility record.  The shape of graph records, and their fingerprints."""
import re

from . import dtype, key_path, value, xxh3
from .errors import Refused, need, within

LEAF_KINDS = ("none", "array", "static", "alias")


def check_record(blob, name):
    """GC-01 after the checks of the value: returns the value."""
    if name == "graph":
        within(len(blob), "graph_bytes", "GC-02")
    found = value.check(blob)
    need(value.is_dict(found), "GC-01", f"the {name} record is no dict")
    return found


def is_text(v):
    return isinstance(v, str)


def is_texts(v):
    return isinstance(v, list) and all(map(is_text, v))


def is_length(v):
    return type(v) is int and v >= 0 or value.tag(v) == "$int" and not v["$int"].startswith("-")


# kind -> (keys that are there, keys that can be)
SHAPES = {
    "module": ({"type": is_text}, {}),
    "pytree": ({"type": is_text}, {"fields": is_texts, "aux": lambda v: True}),
    "dict": ({}, {}), "list": ({}, {}), "tuple": ({}, {}), "none": ({}, {}),
    "variable": ({"type": is_text, "bases": is_texts, "metadata": value.is_dict}, {}),
    "array": ({"dtype": lambda v: is_text(v) and v in dtype.NAMES,
               "shape": lambda v: isinstance(v, list) and all(map(is_length, v))},
              {"impl": is_text, "weak": lambda v: v is True}),
    "static": ({"value": lambda v: True}, {}),
    "alias": ({"of": is_text}, {}),
}


class Graph:
    """A graph record that is of its shape (GC-05, GC-14, GC-21): descriptions by typed path, in recorded order."""

    def __init__(self, record):
        need(isinstance(record, dict) and set(record) == {"nodes", "version"} and isinstance(record["nodes"], list)
             and type(record["version"]) is int and record["version"] == 1, "GC-05", "the graph record has other keys")
        self.nodes = {}
        self.match_keys = {}                     # of the entries below a path
        for entry in record["nodes"]:
            need(isinstance(entry, list) and len(entry) == 2 and is_text(entry[0]), "GC-05", "an entry is no pair")
            check_description(entry[1])
            self._add(*entry)
        need("" in self.nodes, "GC-05", "the graph record has no root")

    def _add(self, path, description):
        need(path not in self.nodes, "GC-14", f"two entries of the path {path[:80]!r}")
        if path == "":
            need(not self.nodes, "GC-05", "the first entry is not the root")
        else:
            need(self.nodes, "GC-05", "the first entry is not the root")
            within(path.count("/") + 1, "depth", "KP-12")
            above, _, key = path.rpartition("/")
            key_path.check_length(key)
            parse_key(key)
            need(above in self.nodes and not path.startswith("/"), "GC-14", f"{path[:80]!r} stands before its parent")
            self._check_sibling(above, match_key(key))
        if description["kind"] == "alias":
            target = self.nodes.get(description["of"])
            need(target and target["kind"] != "alias", "GC-14", f"{path[:80]!r} is an alias of nothing before it")
        self.nodes[path] = description

    def _check_sibling(self, above, key):
        kind = self.nodes[above]["kind"]
        need(kind not in LEAF_KINDS, "GC-21", f"an entry below one of kind {kind}")
        beside = self.match_keys.setdefault(above, set())
        need(not beside or kind != "variable", "GC-21", "two entries below one variable")
        need(key not in beside, "GC-21", "two entries of one match key below one entry")
        beside.add(key)

    def match_text(self, path):
        keys, at = path.split("/") if path else [], ""
        kept = []
        for key in keys:
            if self.nodes[at]["kind"] != "variable":
                kept.append(match_key(key))
            at = f"{at}/{key}" if at else key
        return "/".join(kept)

    def fingerprint(self, level):
        """GC-16: the printed digest of a level."""
        if level == "arrays":
            rows = [(self.match_text(path), self._array(found)) for path, found in self.nodes.items()
                    if found["kind"] in ("array", "alias")]
        else:
            rows = [(path, found if level == "program" else without_code(found)) for path, found in self.nodes.items()]
        text = "[" + ",".join("[" + value.text(path) + "," + value.text(found) + "]" for path, found
                              in sorted(rows, key=lambda row: row[0].encode())) + "]"
        return xxh3.printed(xxh3.stored128(text.encode()))

    def _array(self, found):
        kept = {key: found[key] for key in ("dtype", "impl", "kind", "of", "shape") if key in found}
        if "of" in kept:
            kept["of"] = self.match_text(kept["of"])
        return kept


def check_description(found):
    need(isinstance(found, dict) and value.tag(found) is None and found.get("kind") in list(SHAPES), "GC-05",
         "a description is no object of a known kind")
    there, can_be = SHAPES[found["kind"]]
    names = set(found) - {"kind"}
    need(set(there) <= names <= set(there) | set(can_be), "GC-05", f"other keys for the kind {found['kind']}")
    for name in names:
        need((there.get(name) or can_be[name])(found[name]), "GC-05", f"{name} is not of its form")
    need("impl" not in found or found["kind"] != "array" or found["dtype"] == "uint32", "GC-05", "keys that are not uint32")


def parse_key(text):
    """The key of a typed text, which is the text of no other key (KP-10); here as GC-05."""
    def name(escaped):
        if escaped == "~0":
            return ""
        found = re.sub(rb"~([0-9a-f]{2})", lambda m: bytes.fromhex(m[1].decode()), escaped.encode())
        return found.decode("utf-8", "replace")

    forms = [(key_path.ATTRIBUTE, r"\.(.+)", name), (key_path.INTEGER, r"#(-?\d+)", int),
             (key_path.BOOL, r"!([01])", lambda v: v == "1"), (key_path.FLOAT, r"=([0-9a-f]{16})", str),
             (key_path.SEQUENCE, r"\[(\d+)\]", int), (key_path.FLATTENED, r"<(\d+)>", int), (key_path.STRING, r"(.+)", name)]
    for kind, pattern, datum in forms:
        found = re.fullmatch(pattern, text, re.ASCII | re.DOTALL)
        if found:
            key = kind, datum(found[1])
            whole = not isinstance(key[1], int) or -(1 << 63) <= key[1] < 1 << 63
            if whole and key_path.typed(key) == text:
                return key
    raise Refused("GC-05", f"{text[:80]!r} is no typed text of a key")


def match_key(text):
    """The match text of one key."""
    kind, datum = key_path.match(parse_key(text))
    return key_path.typed((kind, datum))


def without_code(found):
    """Every $code and $opaque replaced by null; nothing is sorted again."""
    if value.tag(found) in ("$code", "$opaque"):
        return None
    if isinstance(found, dict):
        return {key: without_code(item) for key, item in found.items()}
    return [without_code(item) for item in found] if isinstance(found, list) else found


def fingerprints(record):
    """The three of a graph record; None where there is none, or none of the shape of the text."""
    if record is None:
        return None
    try:
        graph = Graph(record)
    except Refused:
        return None
    return {level: graph.fingerprint(level) for level in ("arrays", "structure", "program")}
