// SPDX-License-Identifier: Apache-2.0
//! The header of a record: chapter 07.
use crate::xxh3;

pub const HEADER_SIZE: u64 = 64;
pub const COMMIT: u16 = 1;
pub const INDEX: u16 = 2;
pub const DATA: u16 = 4;
pub const ABORT: u16 = 5;
pub const TOMBSTONE: u16 = 6;
/// Bit 0 when codec lz4 is there, bit 1 for bitshuffle-lz4; claim codec.lz4, codec.bitshuffle-lz4 in hello then.
const KNOWN_REQUIRED: u64 = 0;

/// Why a checkpoint is refused: a class of appendix B, a rule, and a text for people.
#[derive(Debug)]
pub struct Refused {
    pub class: &'static str,
    pub rule: Option<&'static str>,
    pub message: String,
}

impl Refused {
    pub fn new(class: &'static str, rule: Option<&'static str>, message: impl Into<String>) -> Self {
        Refused { class, rule, message: message.into() }
    }
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Refused::new("environment", Some("RS-05"), error.to_string())
    }
}

/// The fields that the steps after this one use.
#[allow(dead_code)]
pub struct Header {
    pub kind: u16,
    pub minor: u16,
    pub reserved: u16,
    pub required: u64,
    pub body_size: u64,
    pub body_digest: [u8; 16],
}

/// RC-06 to RC-14 in their order. `head`: the first 64 bytes; `kinds`: those that can stand in the file.
pub fn check_header(head: &[u8], file_size: u64, kinds: &[u16]) -> Result<Header, Refused> {
    let refuse = |class, rule, message: &str| Err(Refused::new(class, Some(rule), message));
    let Ok(head) = <&[u8; HEADER_SIZE as usize]>::try_from(head) else {
        return refuse("malformed", "RC-06", "this is no record");
    };
    if head[..8] != *b"TREERING" {
        return refuse("malformed", "RC-06", "this is no record");
    }
    let u16_at = |at: usize| u16::from_le_bytes(head[at..at + 2].try_into().unwrap());
    let u64_at = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
    if xxh3::header_digest(head[..56].try_into().unwrap()) != u64_at(56) {
        return refuse("corrupt", "RC-07", "the header digest does not match");
    }
    let major = u16_at(10);
    let header = Header {
        kind: u16_at(8),
        minor: u16_at(12),
        reserved: u16_at(14),
        required: u64_at(16),
        body_size: u64_at(32),
        body_digest: head[40..56].try_into().unwrap(),
    };
    if major != 1 {
        return refuse("unsupported", "RC-08", &format!("version {major}.{} is not known", header.minor));
    }
    if !(COMMIT..=TOMBSTONE).contains(&header.kind) {
        return refuse("unsupported", "RC-09", &format!("record kind {} is not known", header.kind));
    }
    let unknown = header.required & !KNOWN_REQUIRED;
    if unknown != 0 {
        let bit = unknown.trailing_zeros();
        return refuse("unsupported", "RC-10", &format!("required feature bit {bit} is not known"));
    }
    if !kinds.contains(&header.kind) {
        return refuse("invalid", "RC-11", &format!("a record of kind {} cannot stand here", header.kind));
    }
    if header.kind == DATA {
        if header.body_size != 64 || file_size < 128 {
            return refuse("malformed", "RC-14", "a data record has a body of 64 bytes");
        }
        return Ok(header);
    }
    let limit = if [COMMIT, INDEX].contains(&header.kind) { 1 << 30 } else { 1 << 20 };
    if header.body_size > limit {
        return refuse("limit", "RC-12", "the body is larger than the limit of its kind");
    }
    if file_size != HEADER_SIZE + header.body_size {
        return refuse("malformed", "RC-13", "the file is not exactly 64 bytes longer than its body");
    }
    Ok(header)
}
