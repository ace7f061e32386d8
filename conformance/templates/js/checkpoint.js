// SPDX-License-Identifier: Apache-2.0
// Opening a checkpoint: chapter 14, section 14.2.
import { closeSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

import { ABORT, COMMIT, HEADER_SIZE, Refused, TOMBSTONE, checkHeader } from "./record.js";

// The `ok` of the command load, for the checkpoint in the directory `path`.
export function load(path, out) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Refused("not-found", "RS-04", "there is no such directory");
  }
  const slot = join(path, "MANIFEST");
  const found = lstatSync(slot, { bigint: true, throwIfNoEntry: false });
  if (!found) throw new Refused("not-found", "LY-04", "the directory has no MANIFEST");
  if (!found.isFile()) throw new Refused("malformed", "LY-12", "MANIFEST is not a regular file");
  const header = checkHeader(readAt(slot, 0, HEADER_SIZE), found.size, [COMMIT, ABORT, TOMBSTONE]);
  return readManifest(slot, header);
}

function readManifest(slot, header) {
  // NEXT STEP: read the body, compare its digest (RC-15; chapter 01, "Digests"), answer an abort or tombstone record
  // (RC-16), and decode the message (chapter 07, "Framing" and "Messages"). README.md has the steps after it.
  throw new Refused("internal", null, "not written yet: the body of MANIFEST, spec/07-record.md");
}

// Up to `size` bytes; fewer where the file ends.
function readAt(path, offset, size) {
  const file = openSync(path);
  try {
    const data = Buffer.alloc(size);
    return data.subarray(0, readSync(file, data, 0, size, offset));
  } finally {
    closeSync(file);
  }
}
