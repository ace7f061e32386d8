# SPDX-License-Identifier: Apache-2.0
"""The messages of protocol.md.  `protocol.schema.json` says the same; test_runner.py compares the two."""

VERSION = 1
CLASSES = ("malformed", "corrupt", "unsupported", "invalid", "limit", "not-found", "conflict", "mismatch",
           "environment", "usage", "internal")
CODEC_FEATURES = ("codec.lz4", "codec.bitshuffle-lz4")                 # by their bit in `required`
FEATURES = (*CODEC_FEATURES, "elements")

# Member -> its type, in what stands under "ok".  All of them are required.
TEXT, NUMBER, FLAG, LIST, OBJECT, ANY = "string", "integer", "boolean", "array", "object", None
REPLIES = {
    "hello": {"protocol": NUMBER, "name": TEXT, "version": TEXT, "language": TEXT, "commands": LIST, "features": LIST},
    "load": {"show": OBJECT},
    "verify": {"damage": LIST, "ok": FLAG, "path": TEXT, "step": ANY, "target": TEXT},
    "bye": {},
}
ERROR = {"class": TEXT}                          # of "err", and of each entry of `damage`
LEAF = {"leaf": NUMBER, "file": TEXT}            # of each entry of `leaves` and `released` in an answer to load
_TYPES = {TEXT: str, NUMBER: int, FLAG: bool, LIST: list, OBJECT: dict}


def members(found, wanted, what):
    """The problems of an object whose members are told."""
    if not isinstance(found, dict):
        return [f"{what} is no object"]
    out = []
    for name, kind in wanted.items():
        if name not in found:
            out.append(f"{what} has no member {name}")
        elif kind and type(found[name]) is not _TYPES[kind]:
            out.append(f"{what}.{name} is no {kind}")
    return out


def check(command, reply, seq):
    """The problems of a reply, as texts; none where it has the form of protocol.md."""
    if not isinstance(reply, dict):
        return ["the reply is no object"]
    out = [] if type(reply.get("seq")) is int and reply["seq"] == seq else [
        f"seq is {reply.get('seq')!r}, the command has {seq}"]
    if ("ok" in reply) == ("err" in reply):
        return out + ["the reply has not exactly one of ok and err"]
    if "err" in reply:
        out += error(reply["err"], "err")
        return out or (_leaves(reply["err"], "err", "released") if command == "load" else [])
    ok = reply["ok"]
    out += members(ok, REPLIES.get(command, {}), "ok")
    if out:
        return out
    if command == "load":
        out += _leaves(ok, "ok", "leaves")
    if command == "verify":
        for i, row in enumerate(ok["damage"]):
            out += error(row, f"ok.damage[{i}]")
    if command == "hello":
        if ok["protocol"] != VERSION:
            out.append(f"the adapter speaks protocol {ok['protocol']}, the runner {VERSION}")
        if "load" not in ok["commands"]:
            out.append("commands does not have load")
    return out


def _leaves(found, what, name):
    rows = found.get(name, [])
    if not isinstance(rows, list):
        return [f"{what}.{name} is no array"]
    return [line for i, row in enumerate(rows) for line in members(row, LEAF, f"{what}.{name}[{i}]")]


def error(found, what):
    out = members(found, ERROR, what)
    if not out and found["class"] not in CLASSES:
        out.append(f"{what}.class is {found['class']!r}, which is no class of appendix B")
    return out
