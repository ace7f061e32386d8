"""Chapter 01, section "Digests": XXH3-64 and XXH3-128 with seed 0 and the default secret.

From the public document "xxHash fast digest algorithm".  The long form adds up a whole block of 1024 bytes
lane by lane before it reduces: between two scrambles there are only additions.
"""
import struct
from operator import xor

M = (1 << 64) - 1
M32 = 0xFFFFFFFF
P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
P64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
       0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
MX1, MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


def _r32(b, i):
    return int.from_bytes(b[i:i + 4], "little")


def _r64(b, i):
    return int.from_bytes(b[i:i + 8], "little")


def _s32(i):
    return _r32(SECRET, i)


def _s64(i):
    return _r64(SECRET, i)


def _swap32(x):
    return int.from_bytes(x.to_bytes(4, "little"), "big")


def _swap64(x):
    return int.from_bytes(x.to_bytes(8, "little"), "big")


def _rot32(x, n):
    return (x << n | x >> 32 - n) & M32


def _fold(a, b):
    p = a * b
    return (p ^ p >> 64) & M


def _xxh64_avalanche(h):
    h = (h ^ h >> 33) * P64[1] & M
    h = (h ^ h >> 29) * P64[2] & M
    return h ^ h >> 32


def _avalanche(h):
    h = (h ^ h >> 37) * MX1 & M
    return h ^ h >> 32


def _mix16(b, i, s):
    return _fold(_r64(b, i) ^ _s64(s), _r64(b, i + 8) ^ _s64(s + 8))


# For lane k: the secret words that stripes 0 to 15 of a block meet there.
_LANE_SECRETS = [[_s64(8 * j + 8 * k) for j in range(16)] for k in range(8)]
_SCRAMBLE = [_s64(128 + 8 * k) for k in range(8)]
_LAST = [_s64(121 + 8 * k) for k in range(8)]


def _accumulate(b):
    acc = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]

    def stripes(words, secrets):                 # words: 8 a stripe
        lanes = [words[k::8] for k in range(8)]
        for k in range(8):
            total = acc[k] + sum(lanes[k ^ 1])
            for x in map(xor, lanes[k], secrets[k]):
                total += (x & M32) * (x >> 32)
            acc[k] = total & M

    n = len(b)
    blocks = (n - 1) // 1024
    for words in struct.iter_unpack("<128Q", memoryview(b)[:1024 * blocks]):
        stripes(words, _LANE_SECRETS)
        for k in range(8):
            a = acc[k]
            acc[k] = (a ^ a >> 47 ^ _SCRAMBLE[k]) * P32[0] & M
    count = (n - 1 - 1024 * blocks) // 64
    if count:
        stripes(struct.unpack_from(f"<{8 * count}Q", b, 1024 * blocks), _LANE_SECRETS)
    stripes(struct.unpack_from("<8Q", b, n - 64), [[s] for s in _LAST])
    return acc


def _merge(acc, s, start):
    for k in range(4):
        start += _fold(acc[2 * k] ^ _s64(s + 16 * k), acc[2 * k + 1] ^ _s64(s + 8 + 16 * k))
    return _avalanche(start & M)


def xxh3_64(b):
    """The XXH3-64 of the bytes, as an integer."""
    n = len(b)
    if n == 0:
        return _xxh64_avalanche(_s64(56) ^ _s64(64))
    if n <= 3:
        c = b[0] << 16 | b[n >> 1] << 24 | b[-1] | n << 8
        return _xxh64_avalanche(c ^ _s32(0) ^ _s32(4))
    if n <= 8:
        x = (_r32(b, n - 4) + (_r32(b, 0) << 32)) ^ _s64(8) ^ _s64(16)
        x ^= (x << 49 | x >> 15) & M ^ (x << 24 | x >> 40) & M
        x = x * MX2 & M
        x = (x ^ (x >> 35) + n) * MX2 & M
        return x ^ x >> 28
    if n <= 16:
        lo = _s64(24) ^ _s64(32) ^ _r64(b, 0)
        hi = _s64(40) ^ _s64(48) ^ _r64(b, n - 8)
        return _avalanche(n + _swap64(lo) + hi + _fold(lo, hi) & M)
    h = n * P64[0]
    if n <= 128:
        for i in range((n - 1) // 32, -1, -1):
            h += _mix16(b, 16 * i, 32 * i) + _mix16(b, n - 16 * (i + 1), 32 * i + 16)
        return _avalanche(h & M)
    if n <= 240:
        for i in range(8):
            h += _mix16(b, 16 * i, 16 * i)
        h = _avalanche(h & M)
        for i in range(8, n // 16):
            h += _mix16(b, 16 * i, 16 * (i - 8) + 3)
        return _avalanche(h + _mix16(b, n - 16, 119) & M)
    return _merge(_accumulate(b), 11, n * P64[0] & M)


def xxh3_128(b):
    """The XXH3-128 of the bytes, as the pair (low, high)."""
    n = len(b)
    if n == 0:
        return _xxh64_avalanche(_s64(64) ^ _s64(72)), _xxh64_avalanche(_s64(80) ^ _s64(88))
    if n <= 3:
        c = b[0] << 16 | b[n >> 1] << 24 | b[-1] | n << 8
        return (_xxh64_avalanche(c ^ _s32(0) ^ _s32(4)),
                _xxh64_avalanche(_rot32(_swap32(c), 13) ^ _s32(8) ^ _s32(12)))
    if n <= 8:
        x = (_r32(b, 0) + (_r32(b, n - 4) << 32)) ^ _s64(16) ^ _s64(24)
        p = x * (P64[0] + (n << 2) & M)
        lo, hi = p & M, p >> 64
        hi = hi + (lo << 1) & M
        lo ^= hi >> 3
        lo = (lo ^ lo >> 35) * MX2 & M
        return lo ^ lo >> 28, _avalanche(hi)
    if n <= 16:
        a, c = _r64(b, 0), _r64(b, n - 8)
        p = (a ^ c ^ _s64(32) ^ _s64(40)) * P64[0]
        lo, hi = p & M, p >> 64
        lo = lo + ((n - 1) << 54) & M
        c ^= _s64(48) ^ _s64(56)
        hi = hi + c + (c & M32) * (P32[1] - 1) & M
        lo ^= _swap64(hi)
        p = lo * P64[1]
        return _avalanche(p & M), _avalanche((p >> 64) + hi * P64[1] & M)
    if n <= 240:
        a, c = n * P64[0] & M, 0

        def mix32(i, j, s):
            nonlocal a, c
            a = (a + _mix16(b, i, s) & M) ^ (_r64(b, j) + _r64(b, j + 8) & M)
            c = (c + _mix16(b, j, s + 16) & M) ^ (_r64(b, i) + _r64(b, i + 8) & M)

        if n <= 128:
            for i in range((n - 1) // 32, -1, -1):
                mix32(16 * i, n - 16 * (i + 1), 32 * i)
        else:
            for i in range(4):
                mix32(32 * i, 32 * i + 16, 32 * i)
            a, c = _avalanche(a), _avalanche(c)
            for i in range(4, n // 32):
                mix32(32 * i, 32 * i + 16, 32 * (i - 4) + 3)
            mix32(n - 16, n - 32, 103)
        return (_avalanche(a + c & M),
                -_avalanche(a * P64[0] + c * P64[3] + n * P64[1] & M) & M)
    acc = _accumulate(b)
    return _merge(acc, 11, n * P64[0] & M), _merge(acc, 117, ~(n * P64[1]) & M)


def stored64(b):
    """BY-19: the 8 stored bytes of an XXH3-64."""
    return xxh3_64(b).to_bytes(8, "little")


def stored128(b):
    """BY-20: the 16 stored bytes of an XXH3-128, the low half first."""
    low, high = xxh3_128(b)
    return low.to_bytes(8, "little") + high.to_bytes(8, "little")


def printed(stored):
    """BY-21: the highest digit first, which is the stored bytes in reverse order."""
    return bytes(stored)[::-1].hex()
