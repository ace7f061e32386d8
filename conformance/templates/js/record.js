// SPDX-License-Identifier: Apache-2.0
// The header of a record: chapter 07.
import { headerDigest } from "./xxh3.js";

export const HEADER_SIZE = 64;
export const [COMMIT, INDEX, PLAN, DATA, ABORT, TOMBSTONE] = [1, 2, 3, 4, 5, 6];
// Bit 0 when codec lz4 is there, bit 1 for bitshuffle-lz4; claim codec.lz4, codec.bitshuffle-lz4 in hello then.
const KNOWN_REQUIRED = 0n;

// Why a checkpoint is refused: a class of appendix B, a rule or null, and a text for people.
export class Refused extends Error {
  constructor(cls, rule, message) {
    super(message);
    this.cls = cls;
    this.rule = rule;
  }
}

// RC-06 to RC-14 in their order. `data`: the first 64 bytes, a Buffer; `fileSize`: a BigInt; `kinds`: those that can
// stand in the file. Sizes and bits of the header are BigInts.
export function checkHeader(data, fileSize, kinds) {
  if (data.length < HEADER_SIZE || data.toString("latin1", 0, 8) !== "TREERING") {
    throw new Refused("malformed", "RC-06", "this is no record");
  }
  if (headerDigest(data.subarray(0, 56)) !== data.readBigUInt64LE(56)) {
    throw new Refused("corrupt", "RC-07", "the header digest does not match");
  }
  const header = {
    kind: data.readUInt16LE(8),
    major: data.readUInt16LE(10),
    minor: data.readUInt16LE(12),
    reserved: data.readUInt16LE(14),
    required: data.readBigUInt64LE(16),
    optional: data.readBigUInt64LE(24),
    bodySize: data.readBigUInt64LE(32),
    bodyDigest: data.subarray(40, 56),
  };
  if (header.major !== 1) {
    throw new Refused("unsupported", "RC-08", `version ${header.major}.${header.minor} is not known`);
  }
  if (header.kind < COMMIT || header.kind > TOMBSTONE) {
    throw new Refused("unsupported", "RC-09", `record kind ${header.kind} is not known`);
  }
  const unknown = header.required & ~KNOWN_REQUIRED;
  if (unknown !== 0n) {
    let bit = 0n;
    while (((unknown >> bit) & 1n) === 0n) bit += 1n;
    throw new Refused("unsupported", "RC-10", `required feature bit ${bit} is not known`);
  }
  if (!kinds.includes(header.kind)) {
    throw new Refused("invalid", "RC-11", `a record of kind ${header.kind} cannot stand here`);
  }
  if (header.kind === DATA) {
    if (header.bodySize !== 64n || fileSize < 128n) {
      throw new Refused("malformed", "RC-14", "a data record has a body of 64 bytes");
    }
    return header;
  }
  if (header.bodySize > ([COMMIT, INDEX].includes(header.kind) ? 1n << 30n : 1n << 20n)) {
    throw new Refused("limit", "RC-12", "the body is larger than the limit of its kind");
  }
  if (fileSize !== BigInt(HEADER_SIZE) + header.bodySize) {
    throw new Refused("malformed", "RC-13", "the file is not exactly 64 bytes longer than its body");
  }
  return header;
}
