"""Chapter 00, appendix B: classes of errors, and the class of every rule that refuses.

The table below is a copy of what stands in parentheses at the end of each rule; a test compares it with
the text.  A check is one call, `need(condition, "RC-06", "what is wrong")`.
"""

from . import codes

CLASSES = ("malformed", "corrupt", "unsupported", "invalid", "limit", "not-found", "conflict", "mismatch",
           "environment", "usage", "internal")

_TABLE = {
    "malformed": """RC-06 RC-13 RC-14 RC-17 RC-26 RC-27 RC-28 RC-29 RC-30 RC-31 RC-32 RC-33 RC-34 RC-35 RC-36
        RC-37 RC-38 RC-39 RC-41 RC-42 LY-12""",
    "corrupt": """RC-03 RC-04 RC-05 RC-07 RC-15 RC-19 BL-08 BL-09 BL-10 BL-11 BL-12 BL-18 BL-22 DF-14 MF-14
        MF-22""",
    "unsupported": "RC-08 RC-09 RC-10",
    "invalid": """BY-03 BY-07 BY-08 BY-09 BY-11 BY-14
        VA-01 VA-02 VA-03 VA-04 VA-05 VA-06 VA-07 VA-12 VA-13 VA-14 VA-15 VA-16 VA-17
        KP-01 KP-02 KP-03 KP-04 KP-05 KP-06 KP-14
        TR-01 TR-02 TR-03 TR-04 TR-05 TR-06 TR-07 TR-08 TR-13 TR-14 TR-15 TR-16 TR-17 TR-22 TR-24 TR-30 TR-31
        TR-32 TR-33 TR-34 TR-35 TR-36 TR-37 TR-38 TR-41 TR-42 TR-47 TR-48
        DT-01 DT-16 DT-17 DT-18
        GR-01 GR-02 GR-03 GR-04 GR-05 GR-06 GR-07 GR-08 GR-09 GR-10 GR-11 GR-12 GR-13 GR-14 GR-15 GR-16 GR-18
        SH-01 SH-02 SH-03 SH-04 SH-05 SH-06 SH-07
        GC-01 GC-05 GC-14 GC-21 RC-11 RC-18 RC-24 RC-25 DF-03 MF-24
        IX-01 IX-02 IX-03 IX-04 IX-05 IX-06 IX-07 IX-08 IX-09 IX-10 IX-11 IX-12 IX-13 IX-14 IX-15 IX-16 IX-17
        IX-18 IX-19 IX-20 IX-21
        MF-01 MF-02 MF-03 MF-04 MF-05 MF-06 MF-08 MF-09 MF-10 MF-11 MF-12 MF-15 MF-16 MF-17 MF-18 MF-19 MF-20
        MF-21 MF-23 CM-01 CM-02 CM-03 CM-04 CM-05""",
    "limit": "VA-08 KP-11 KP-12 KP-21 TR-09 TR-23 TR-39 TR-40 GR-19 GR-21 GC-02 GC-03 RC-12 MF-13 LM-02",
    "not-found": "RC-16 LY-04 LY-05 RS-04",
    "environment": "RS-05",
    "usage": "KP-10 RS-15",
}

RULES = {rule: name for name, rules in _TABLE.items() for rule in rules.split()}


class Refused(Exception):
    """A record, a file or a block that was refused.  `cls` and `rule` are the answer, the rest says where."""

    def __init__(self, rule, message, code=None, file=None, offset=None, size=None, leaf=None):
        super().__init__(f"{rule}: {message}")
        self.rule, self.cls, self.message = rule, RULES[rule], message
        self.code = code or codes.BY_RULE[rule]
        self.file, self.offset, self.size = file, offset, size
        self.leaf = leaf                         # leaf row that is concerned, or None

    def at(self, file=None, offset=None, size=None, leaf=None):
        """Fill in what the place of the check did not know."""
        self.file = file if self.file is None else self.file
        self.offset = offset if self.offset is None else self.offset
        self.size = size if self.size is None else self.size
        self.leaf = leaf if self.leaf is None else self.leaf
        return self


def need(condition, rule, message, **where):
    if not condition:
        raise Refused(rule, message, **where)


# Appendix A: the defaults.
LIMITS = {
    "leaves": 4194304, "nodes": 16777216, "cells": 67108864, "boxes": 65536, "manifest_bytes": 1 << 30, "index_bytes": 1 << 30,
    "record_bytes": 1 << 20, "depth": 256, "rank": 32, "key_bytes": 4096, "path_bytes": 1 << 30, "value_depth": 64,
    "value_bytes": 1 << 24, "graph_bytes": 1 << 28, "inline_bytes": 4096, "writers": 65536, "files": 1048576,
    "block_bytes": 4194304, "entries": 1048576,
}


def within(count, limit, rule="LM-02", **where):
    if count > LIMITS[limit]:
        raise Refused(rule, f"{count} is above the limit {limit} ({LIMITS[limit]})",
                      code="limit-" + limit.replace("_", "-"), **where)
