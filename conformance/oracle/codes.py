"""Appendix B: the code that goes with each rule.  Codes are advice; classes are what binds."""

_TABLE = {
    "bad-magic": "RC-06", "body-size": "RC-13 RC-14", "framing": "RC-26",
    "not-canonical": "RC-17 RC-27 RC-28 RC-29 RC-30 RC-31 RC-32 RC-33 RC-34 RC-35 RC-36 RC-37 RC-38 RC-39 RC-41 RC-42",
    "not-a-file": "LY-12 MF-14 MF-22", "missing-file": "RC-03", "file-size": "RC-04 IX-05",
    "index-digest": "RC-05", "header-digest": "RC-07", "body-digest": "RC-15", "block-digest": "BL-18",
    "bad-block": "BL-08 BL-09 BL-10 BL-11 BL-12", "content-digest": "BL-22", "gap": "RC-19 DF-14",
    "unknown-major": "RC-08", "unknown-kind": "RC-09", "unknown-feature": "RC-10",
    "wrong-kind": "RC-11", "reserved-bytes": "RC-18 DF-03", "bad-flags": "MF-01 MF-02 CM-01 CM-02 RC-25 TR-32 TR-33",
    "bad-id": "BY-14", "bad-number": "BY-03 BY-08 BY-09", "bad-column": "BY-07 TR-22 IX-10 IX-15 IX-19",
    "bad-table": "MF-04 MF-05", "bad-utf8": "BY-11 MF-06 TR-37 TR-38 CM-05",
    "bad-value": "VA-01 VA-02 VA-03 VA-04 VA-05 VA-06 VA-07 VA-12 VA-13 VA-14 VA-15 VA-16 VA-17 TR-35",
    "bad-key": "KP-01 KP-02 KP-03 KP-04 KP-05 KP-06 TR-06 TR-07", "duplicate-key": "KP-14",
    "bad-tree": "TR-01 TR-02 TR-03 TR-04 TR-05 TR-08", "bad-type": "TR-13 TR-14 TR-15 TR-16 TR-17",
    "bad-leaf": "TR-24 TR-30 TR-31 TR-34 TR-36", "bad-dtype": "DT-01", "bad-shape": "TR-41 TR-42",
    "bad-element": "DT-16 DT-17 DT-18",
    "bad-grid": """TR-47 GR-01 GR-02 GR-03 GR-04 GR-05 GR-06 GR-07 GR-08 GR-09 GR-10 GR-11 GR-12 GR-13 GR-14 GR-15
        GR-16 GR-18""",
    "bad-sharding": "SH-01 SH-02 SH-03 SH-04 SH-05 SH-06 SH-07", "bad-graph": "GC-01 GC-05 GC-14 GC-21",
    "bad-writer": "IX-01 IX-02 MF-08 MF-09 MF-10 MF-12 CM-03", "bad-file-table": "IX-04 IX-07 IX-08 MF-11",
    "block-size": "IX-06 IX-18 MF-20 MF-21", "duplicate-file": "IX-09",
    "bad-shard": "IX-11 IX-12 IX-13 IX-14 ", "shard-count": "MF-18", "shard-blocks": "MF-19",
    "bad-codec": "IX-16 IX-17 TR-48", "overlap": "IX-21", "out-of-file": "IX-20", "index-identity": "MF-15",
    "index-files": "MF-17", "wrong-file": "MF-24 CM-04", "bad-plan-digest": "IX-03 MF-03", "index-version": "MF-16",
    "file-feature": "RC-24", "wrong-version": "MF-23",
    "limit-value-depth": "VA-08", "limit-key-bytes": "KP-11", "limit-path-bytes": "KP-21", "limit-depth": "KP-12", "limit-nodes": "TR-09",
    "limit-leaves": "TR-23", "limit-inline-bytes": "TR-39", "limit-rank": "TR-40", "limit-cells": "GR-19",
    "limit-boxes": "GR-21", "limit-graph-bytes": "GC-02", "limit-value-bytes": "GC-03", "limit-index-bytes": "MF-13",
    "limit-manifest-bytes": "RC-12", "limit": "LM-02",
    "aborted": "RC-16 LY-05", "no-checkpoint": "LY-04", "no-directory": "RS-04", "io": "RS-05",
    "bad-key-text": "KP-10", "bad-box": "RS-15",
}

BY_RULE = {rule: code for code, rules in _TABLE.items() for rule in rules.split()}
