"""Chapter 08: cutting, codecs, digests of blocks and content."""
from . import lz4, xxh3
from .errors import need

RAW, LZ4, BITSHUFFLE_LZ4 = 0, 1, 2
REQUIRED_BIT = {LZ4: 0, BITSHUFFLE_LZ4: 1}
NAMES = {0: "raw", 1: "lz4", 2: "bitshuffle-lz4"}
PIECE = 1048576

_SPREAD = [bytes(byte >> i & 1 for i in range(8)) for byte in range(256)]


def count(raw_size, block_size):
    return -(-raw_size // block_size)


def raw_size_of(i, raw_size, block_size):
    return min(block_size, raw_size - i * block_size)


def width(dtype):
    """Section 8.5: the bytes that are shuffled as one element."""
    return max(1, dtype.stored_bits // 8)


def unshuffle(data, w):
    """Section 8.5, the way back.  Plane b of p bytes holds bit b of the elements; eight planes make a byte."""
    n = len(data) // w
    m = n - n % 8
    p = m // 8
    out = bytearray(m * w)
    for byte in range(w):
        column = 0                               # byte `byte` of all elements, as one integer
        for bit in range(8):
            plane = data[(8 * byte + bit) * p:(8 * byte + bit + 1) * p]
            column |= int.from_bytes(b"".join(map(_SPREAD.__getitem__, plane)), "little") << bit
        out[byte::w] = column.to_bytes(m, "little")
    return bytes(out) + data[m * w:]


def check_digest(stored, digest, **where):
    need(xxh3.stored128(stored) == digest, "BL-18", "the stored bytes of a block are not those that were written",
         **where)


def decode(stored, codec, raw_size, dtype):
    """The raw bytes of a block whose digest is right."""
    if codec == RAW:
        return stored                            # MF-20 has compared the size
    raw = lz4.decode(stored, raw_size)
    return unshuffle(raw, width(dtype)) if codec == BITSHUFFLE_LZ4 else raw


def content(raw):
    """Section 8.7: the content digest of a shard's raw bytes."""
    return xxh3.stored128(b"".join(xxh3.stored128(raw[i:i + PIECE]) for i in range(0, len(raw), PIECE)))


def derived(codecs, raw_size, block_size):
    """Section 8.7: does the content digest follow from those of the blocks?"""
    return not any(codecs) and (block_size == PIECE or len(codecs) == 1 and raw_size <= PIECE)
