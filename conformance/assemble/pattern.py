# SPDX-License-Identifier: Apache-2.0
"""Bytes as a source writes them.

    "00 ff 10"                            hex, blanks between bytes are free
    {u8|u16|u32|u64|i8|...|f32|f64 = [..]}  numbers, little endian
    {iota = n, type = "u16", start = 1}   start, start + 1, ...
    {text = "abc"}   {zeros = n}   {repeat = <bytes>, times = n}
    {zip = [<bytes>, ..], unit = 8}       in turn 8 bytes of each
    [<bytes>, <bytes>]                    one after another
"""
import struct

_FORMATS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i8": "b", "i16": "h", "i32": "i", "i64": "q",
            "f16": "e", "f32": "f", "f64": "d"}


def to_bytes(value):
    if isinstance(value, str):
        return bytes.fromhex(value)
    if isinstance(value, list):
        return b"".join(map(to_bytes, value))
    for name, form in _FORMATS.items():
        if name in value:
            return struct.pack(f"<{len(value[name])}{form}", *value[name])
    if "iota" in value:
        start, step = value.get("start", 0), value.get("step", 1)
        return to_bytes({value.get("type", "u8"): [start + i * step for i in range(value["iota"])]})
    if "text" in value:
        return value["text"].encode()
    if "zeros" in value:
        return bytes(value["zeros"])
    if "repeat" in value:
        return to_bytes(value["repeat"]) * value["times"]
    if "zip" in value:
        unit, parts = value["unit"], [to_bytes(part) for part in value["zip"]]
        return b"".join(part[i:i + unit] for i in range(0, len(parts[0]), unit) for part in parts)
    raise ValueError(f"no pattern of bytes: {value}")


def to_text(value):
    """Text stands for itself; a pattern for the text whose UTF-8 it is."""
    return value if isinstance(value, str) else to_bytes(value).decode()
