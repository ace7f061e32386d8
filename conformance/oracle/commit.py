"""Chapter 13: the records Plan and End, decoded on request.  Opening a checkpoint decodes neither."""
from . import header as headers, message
from .errors import Refused, need


def _read(data, kinds, root):
    header, body = headers.read(len(data), lambda at, size: data[at:at + size], kinds)
    found = message.decode(body, root, header.minor)
    headers.check_fields(header)
    need(found.flags & ~1 == 0, "CM-01", "an unknown flag")
    need((found.flags & 1 or found.step == 0) and found.step < 1 << 63, "CM-02", "step")
    for name in ("attempt", "runId"):
        need(len(getattr(found, name)) == 16, "BY-14", f"{name} has {len(getattr(found, name))} bytes")
    return found


def read_plan(data, attempt):
    found = _read(data, (headers.PLAN,), "Plan")
    need(found.writers >= 2 and len(found.planDigest) == 16, "CM-03", "writers or planDigest")
    need(found.attempt == attempt, "CM-04", "the attempt is not that of the file name")
    return found


def read_end(data):
    found = _read(data, (headers.ABORT, headers.TOMBSTONE), "End")
    try:
        found.reason = found.reason.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("CM-05", "the reason is not UTF-8") from None
    return found
