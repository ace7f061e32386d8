// SPDX-License-Identifier: Apache-2.0
//! The numbers and names of `spec/registry/`, but for dtypes, and the limits of appendix A.

/// Required bits that this reader knows: lz4 and bitshuffle-lz4.
pub const KNOWN_FEATURES: u64 = 0b11;

pub mod record {
    pub const COMMIT: u16 = 1;
    pub const INDEX: u16 = 2;
    pub const DATA: u16 = 4;
    pub const ABORT: u16 = 5;
    pub const TOMBSTONE: u16 = 6;
}

pub mod node {
    pub const LEAF: u8 = 1;
    pub const NONE: u8 = 2;
    pub const DICT: u8 = 3;
    pub const LIST: u8 = 4;
    pub const TUPLE: u8 = 5;
    pub const NAMEDTUPLE: u8 = 6;
    pub const DATACLASS: u8 = 7;
    pub const CUSTOM: u8 = 8;
    pub const VARIABLE: u8 = 9;

    pub fn name(kind: u8) -> &'static str {
        match kind {
            LEAF => "leaf",
            NONE => "none",
            DICT => "dict",
            LIST => "list",
            TUPLE => "tuple",
            NAMEDTUPLE => "namedtuple",
            DATACLASS => "dataclass",
            CUSTOM => "custom",
            _ => "variable",
        }
    }
}

pub mod key {
    pub const NONE: u8 = 0;
    pub const STRING: u8 = 1;
    pub const ATTRIBUTE: u8 = 2;
    pub const INTEGER: u8 = 3;
    pub const BOOL: u8 = 4;
    pub const FLOAT: u8 = 5;
    pub const SEQUENCE: u8 = 6;
    pub const FLATTENED: u8 = 7;
}

pub mod leaf {
    pub const ARRAY: u8 = 1;
    pub const PRNG_KEY: u8 = 2;
    pub const SCALAR: u8 = 3;
    pub const STRING: u8 = 4;
    pub const BYTES: u8 = 5;
    pub const PROCESS_BLOB: u8 = 6;

    pub fn name(kind: u8) -> &'static str {
        match kind {
            ARRAY => "array",
            PRNG_KEY => "prng-key",
            SCALAR => "scalar",
            STRING => "string",
            BYTES => "bytes",
            _ => "process-blob",
        }
    }
}

pub mod axis {
    pub fn name(kind: u8) -> &'static str {
        match kind {
            1 => "auto",
            2 => "explicit",
            _ => "manual",
        }
    }
}

pub mod codec {
    pub const RAW: u8 = 0;
    pub const LZ4: u8 = 1;
    pub const BITSHUFFLE_LZ4: u8 = 2;
}

/// Appendix A: the defaults (LM-05).
pub mod limit {
    pub const LEAVES: usize = 4_194_304;
    pub const NODES: usize = 16_777_216;
    pub const CELLS: u64 = 67_108_864;
    pub const BOXES: u64 = 65_536;
    pub const MANIFEST_BYTES: u64 = 1 << 30;
    pub const INDEX_BYTES: u64 = 1 << 30;
    pub const RECORD_BYTES: u64 = 1 << 20;
    pub const DEPTH: usize = 256;
    pub const RANK: usize = 32;
    pub const KEY_BYTES: usize = 4096;
    pub const PATH_BYTES: u64 = 1 << 30;
    pub const VALUE_DEPTH: usize = 64;
    pub const VALUE_BYTES: u64 = 16_777_216;
    pub const GRAPH_BYTES: u64 = 268_435_456;
    pub const INLINE_BYTES: usize = 4096;
    pub const WRITERS: usize = 65_536;
    pub const FILES: usize = 1_048_576;
}
