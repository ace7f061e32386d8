"""Chapter 04: the registry of dtypes, and the layout of elements in a shard."""
from .errors import need

# number, name, bits, stored bits: registry dtypes.csv.
_ROWS = """
1 bool 8 8,2 int1 1 1,3 int2 2 2,4 int4 4 4,5 int8 8 8,6 int16 16 16,7 int32 32 32,8 int64 64 64
9 uint1 1 1,10 uint2 2 2,11 uint4 4 4,12 uint8 8 8,13 uint16 16 16,14 uint32 32 32,15 uint64 64 64
16 float16 16 16,17 float32 32 32,18 float64 64 64,19 bfloat16 16 16,20 float8_e3m4 8 8,21 float8_e4m3 8 8
22 float8_e4m3b11fnuz 8 8,23 float8_e4m3fn 8 8,24 float8_e4m3fnuz 8 8,25 float8_e5m2 8 8
26 float8_e5m2fnuz 8 8,27 float8_e8m0fnu 8 8,28 float6_e2m3fn 6 8,29 float6_e3m2fn 6 8
30 float4_e2m1fn 4 4,31 complex64 64 64,32 complex128 128 128,33 complex32 32 32,34 bcomplex32 32 32
"""

BOOL, UINT8, UINT32 = 1, 12, 14


class Dtype:
    def __init__(self, number, name, bits, stored_bits):
        self.number, self.name, self.bits, self.stored_bits = int(number), name, int(bits), int(stored_bits)
        self.host_bytes = max(1, self.stored_bits // 8)      # one byte for an element of less than 8 bits


DTYPES = {d.number: d for d in (Dtype(*row.split()) for row in _ROWS.replace("\n", ",").split(",") if row)}
NAMES = {d.name for d in DTYPES.values()}


def lookup(number):
    need(number in DTYPES, "DT-01", f"dtype {number} is not in the registry")
    return DTYPES[number]


def raw_size(dtype, volume):
    """Section 8.1: the bytes of a shard of so many elements."""
    return (volume * dtype.stored_bits + 7) // 8


def check_elements(dtype, raw, volume, **where):
    """DT-16 to DT-18, for all bytes of one shard (or of one scalar)."""
    if dtype.number == BOOL:
        need(not raw.translate(None, b"\x00\x01"), "DT-16", "a bool byte is neither 00 nor 01", **where)
    elif dtype.bits == 6:
        need(max(raw, default=0) < 0x40, "DT-17", "a 6-bit float has one of its upper bits set", **where)
    elif dtype.stored_bits < 8:
        used = volume * dtype.stored_bits % 8
        need(not used or raw[-1] >> used == 0, "DT-18", "bits after the last element are not zero", **where)


# For each width, tables that take element j out of a byte.
_TAKE = {w: [bytes(byte >> j * w & (1 << w) - 1 for byte in range(256)) for j in range(8 // w)] for w in (1, 2, 4)}


def unpack(dtype, raw, volume):
    """The elements in host form: one byte for each element of less than 8 stored bits, upper bits clear (DT-19)."""
    width = dtype.stored_bits
    if width >= 8:
        return raw
    per = 8 // width
    out = bytearray(len(raw) * per)
    for j, table in enumerate(_TAKE[width]):
        out[j::per] = raw.translate(table)
    return bytes(out[:volume])
