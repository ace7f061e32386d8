# SPDX-License-Identifier: Apache-2.0
"""The header of a record: chapter 07."""
import struct

from xxh3 import header_digest

HEADER_SIZE = 64
COMMIT, INDEX, PLAN, DATA, ABORT, TOMBSTONE = range(1, 7)
# Bit 0 when codec lz4 is there, bit 1 for bitshuffle-lz4; claim codec.lz4, codec.bitshuffle-lz4 in hello then.
KNOWN_REQUIRED = 0


class Refused(Exception):
    """Why a checkpoint is refused: a class of appendix B, a rule or None, and a text for people."""

    def __init__(self, cls, rule, message):
        super().__init__(message)
        self.cls, self.rule, self.message = cls, rule, message


class Header:
    def __init__(self, data):
        (self.magic, self.kind, self.major, self.minor, self.reserved, self.required, self.optional,
         self.body_size, self.body_digest, self.digest) = struct.unpack("<8sHHHHQQQ16sQ", data)


def check_header(data, file_size, kinds):
    """RC-06 to RC-14 in their order. `data`: the first 64 bytes; `kinds`: those that can stand in the file."""
    if len(data) < HEADER_SIZE or data[:8] != b"TREERING":
        raise Refused("malformed", "RC-06", "this is no record")
    header = Header(data)
    if header_digest(data[:56]) != header.digest:
        raise Refused("corrupt", "RC-07", "the header digest does not match")
    if header.major != 1:
        raise Refused("unsupported", "RC-08", f"version {header.major}.{header.minor} is not known")
    if not COMMIT <= header.kind <= TOMBSTONE:
        raise Refused("unsupported", "RC-09", f"record kind {header.kind} is not known")
    unknown = header.required & ~KNOWN_REQUIRED
    if unknown:
        bit = (unknown & -unknown).bit_length() - 1
        raise Refused("unsupported", "RC-10", f"required feature bit {bit} is not known")
    if header.kind not in kinds:
        raise Refused("invalid", "RC-11", f"a record of kind {header.kind} cannot stand here")
    if header.kind == DATA:
        if header.body_size != 64 or file_size < 128:
            raise Refused("malformed", "RC-14", "a data record has a body of 64 bytes")
        return header
    if header.body_size > (1 << 30 if header.kind in (COMMIT, INDEX) else 1 << 20):
        raise Refused("limit", "RC-12", "the body is larger than the limit of its kind")
    if file_size != HEADER_SIZE + header.body_size:
        raise Refused("malformed", "RC-13", "the file is not exactly 64 bytes longer than its body")
    return header
