"""Chapter 07: the header of a record, and the order of the checks."""
import struct

from . import xxh3
from .errors import LIMITS, Refused, need

MAGIC = b"TREERING"
SIZE = 64
COMMIT, INDEX, PLAN, DATA, ABORT, TOMBSTONE = range(1, 7)
KIND_NAMES = {1: "commit", 2: "index", 3: "plan", 4: "data", 5: "abort", 6: "tombstone"}
KNOWN_REQUIRED = 0b11                            # lz4, bitshuffle-lz4
FEATURE_NAMES = {63: "header-extension"}
BODY_LIMIT = {COMMIT: "manifest_bytes", INDEX: "index_bytes", PLAN: "record_bytes", ABORT: "record_bytes",
              TOMBSTONE: "record_bytes"}


class Header:
    def __init__(self, data):
        (self.magic, self.kind, self.major, self.minor, self.reserved, self.required, self.optional,
         self.body_size, self.body_digest, self.header_digest) = struct.unpack_from("<8sHHHHQQQ16sQ", data)


def read(file_size, read_at, kinds):
    """RC-06 to RC-15: the header and the body of the record in a file of `file_size` bytes.

    `read_at(offset, size)` reads; `kinds` are those that can stand in the file.
    """
    head = read_at(0, SIZE) if file_size >= SIZE else b""
    need(len(head) == SIZE, "RC-06", f"{file_size} bytes are no record", code="truncated", offset=0)
    need(head[:8] == MAGIC, "RC-06", "the magic is missing", offset=0)
    need(xxh3.stored64(head[:56]) == head[56:64], "RC-07", "the header digest does not match", offset=0, size=SIZE)
    header = Header(head)
    need(header.major == 1, "RC-08", f"version {header.major}.{header.minor} is not known", offset=8)
    need(header.kind in KIND_NAMES, "RC-09", f"record kind {header.kind} is not known", offset=8)
    unknown = header.required & ~KNOWN_REQUIRED
    if unknown:
        bit = (unknown & -unknown).bit_length() - 1
        raise Refused("RC-10", f"required feature bit {bit} ({FEATURE_NAMES.get(bit, 'no name')}) is not known",
                      offset=16)
    need(header.kind in kinds, "RC-11", f"a record of kind {KIND_NAMES[header.kind]} cannot stand here", offset=8)
    if header.kind == DATA:
        need(header.body_size == 64 and file_size >= 128, "RC-14", "a data record has a body of 64 bytes", offset=32)
    else:
        limit = BODY_LIMIT[header.kind]
        need(header.body_size <= LIMITS[limit], "RC-12", f"the body is above the limit {limit}", offset=32,
             code="limit-" + limit.replace("_", "-"))
        need(file_size == SIZE + header.body_size, "RC-13",
             f"the file has {file_size} bytes, the record {SIZE + header.body_size}", offset=32)
    body = read_at(SIZE, header.body_size)
    need(len(body) == header.body_size and xxh3.stored128(body) == header.body_digest, "RC-15",
         "the body digest does not match", offset=SIZE, size=header.body_size)
    return header, body


def check_fields(header):
    need(header.reserved == 0, "RC-18", "the reserved bytes of the header are not zero", offset=14)


def check_agreement(header, manifest_header, rule):
    """MF-16 or MF-23, and RC-24: a file that the manifest names."""
    need(header.minor <= manifest_header.minor, rule,
         f"minor version {header.minor} under a manifest of {manifest_header.minor}", offset=8)
    need(header.required & ~manifest_header.required == 0, "RC-24", "a required bit that the manifest does not have",
         offset=16, code="index-feature" if header.kind == INDEX else "file-feature")
