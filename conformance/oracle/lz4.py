"""Chapter 08, section 8.4: the LZ4 block, with its end conditions."""
from .errors import Refused, need


def decode(stored, raw_size):
    """The raw bytes of one block, which have to be exactly `raw_size`."""
    out, at, end = bytearray(), 0, len(stored)

    def more(count, at):
        """Further bytes of a count of 15: up to and including the first that is not 255."""
        while True:
            need(at < end, "BL-08", "the block ends within a count")
            byte = stored[at]
            count, at = count + byte, at + 1
            if byte != 255:
                return count, at

    while True:
        need(at < end, "BL-08", "the block ends where a sequence has to begin")
        token = stored[at]
        at += 1
        literals = token >> 4
        if literals == 15:
            literals, at = more(literals, at)
        need(at + literals <= end, "BL-08", "the block ends within literals")
        need(len(out) + literals <= raw_size, "BL-10", f"more than {raw_size} bytes of output")   # BL-13
        out += stored[at:at + literals]
        at += literals
        if at == end:
            break
        need(at + 2 <= end, "BL-08", "the block ends within a distance")
        distance = stored[at] | stored[at + 1] << 8
        at += 2
        length = token & 15
        if length == 15:
            length, at = more(length, at)
        length += 4
        start = len(out)
        need(0 < distance <= start, "BL-09", f"distance {distance} after {start} bytes")
        need(start + length <= raw_size, "BL-10", f"more than {raw_size} bytes of output")        # BL-13
        need(start <= raw_size - 12, "BL-11", f"a match starts at {start} of {raw_size}")
        need(start + length <= raw_size - 5, "BL-12", f"a match ends at {start + length} of {raw_size}")
        if distance >= length:
            out += out[start - distance:start - distance + length]
        else:                                    # it copies what it has itself appended
            period = bytes(out[start - distance:])
            out += (period * (length // distance + 1))[:length]
    if len(out) != raw_size:
        raise Refused("BL-10", f"{len(out)} bytes of output where {raw_size} are expected")
    return bytes(out)
