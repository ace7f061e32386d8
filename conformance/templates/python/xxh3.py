# SPDX-License-Identifier: Apache-2.0
"""XXH3-64 of the 56 bytes before a header's digest: chapter 01, "Digests". Other lengths go other ways."""

MASK = (1 << 64) - 1
PRIME = 0x9E3779B185EBCA87
SECRET = bytes.fromhex(                          # the first 64 bytes of the default secret
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c")


def header_digest(data):
    total = 56 * PRIME
    # 16 bytes from the beginning, from the end, and next to each; then 16 bytes of the secret.
    for at, secret in ((16, 32), (24, 48), (0, 0), (40, 16)):
        total += mix(data, at, secret)
    total &= MASK
    total = (total ^ total >> 37) * 0x165667919E3779F9 & MASK
    return total ^ total >> 32


def mix(data, at, secret):
    low = word(data, at) ^ word(SECRET, secret)
    high = word(data, at + 8) ^ word(SECRET, secret + 8)
    product = low * high
    return (product ^ product >> 64) & MASK


def word(data, at):
    return int.from_bytes(data[at:at + 8], "little")
