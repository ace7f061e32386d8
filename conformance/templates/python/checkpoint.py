# SPDX-License-Identifier: Apache-2.0
"""Opening a checkpoint: chapter 14, section 14.2."""
import os
import stat

from record import ABORT, COMMIT, HEADER_SIZE, TOMBSTONE, Refused, check_header


def load(path, out):
    """The `ok` of the command load, for the checkpoint in the directory `path`."""
    if not os.path.isdir(path):
        raise Refused("not-found", "RS-04", "there is no such directory")
    slot = os.path.join(path, "MANIFEST")
    try:
        found = os.lstat(slot)
    except FileNotFoundError:
        raise Refused("not-found", "LY-04", "the directory has no MANIFEST") from None
    if not stat.S_ISREG(found.st_mode):
        raise Refused("malformed", "LY-12", "MANIFEST is not a regular file")
    with open(slot, "rb") as file:
        header = check_header(file.read(HEADER_SIZE), found.st_size, (COMMIT, ABORT, TOMBSTONE))
    return read_manifest(slot, header)


def read_manifest(slot, header):
    # NEXT STEP: read the body, compare its digest (RC-15; chapter 01, "Digests"), answer an abort or tombstone record
    # (RC-16), and decode the message (chapter 07, "Framing" and "Messages"). README.md has the steps after it.
    raise Refused("internal", None, "not written yet: the body of MANIFEST, spec/07-record.md")
