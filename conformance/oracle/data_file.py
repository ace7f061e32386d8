"""Chapter 09: the head of a data file, and its gaps."""
import struct

from . import header as headers
from .errors import Refused, need

HEAD = 128


def check_head(file_size, read_at, attempt, writer, k, manifest_header):
    """The record at the head, its fields, and its agreement with the row that names the file."""
    header, body = headers.read(file_size, read_at, (headers.DATA,))
    headers.check_fields(header)
    need(body[24:] == bytes(40), "DF-03", "bytes 88 to 127 are not zero", offset=88, size=40)
    need(body[:16] == attempt and struct.unpack_from("<II", body, 16) == (writer, k), "MF-24",
         "the head is of another attempt, writer or k than the row that names the file", offset=64, size=24)
    headers.check_agreement(header, manifest_header, "MF-23")
    return header


def gaps(extents, file_size):
    """The ranges from offset 128 on that lie in no extent."""
    at = HEAD
    for start, stop in sorted(extents):
        if at < start:
            yield at, start
        at = max(at, stop)
    if at < file_size:
        yield at, file_size


def check_gap(read_at, start, stop):
    """DF-14: the range from the first to the last byte that is not zero."""
    first = last = None
    for at in range(start, stop, 1 << 20):
        data = read_at(at, min(1 << 20, stop - at))
        if any(data):
            last = at + len(data.rstrip(b"\0"))
            if first is None:
                first = at + len(data) - len(data.lstrip(b"\0"))
    if first is not None:
        raise Refused("DF-14", "bytes between shards are not zero", offset=first, size=last - first)
