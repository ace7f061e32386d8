// SPDX-License-Identifier: Apache-2.0
//! Chapter 07, "Header" and "Order of checks".

use crate::bytes::{digest64, integer, Digest};
use crate::error::{need, Result};
use crate::registry::{limit, record, KNOWN_FEATURES};

pub const HEADER_BYTES: u64 = 64;
const MAGIC: &[u8] = b"TREERING";

/// The file in which a record stands, as far as RC-11 asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Slot,
    Index,
    Data,
}

pub struct Header {
    pub kind: u16,
    pub major: u16,
    pub minor: u16,
    pub required: u64,
    pub body_size: u64,
    reserved: u16,
    body_digest: Digest,
}

impl Header {
    /// RC-06 to RC-14, in this order. `first` is the beginning of the file, up to 64 bytes.
    pub fn check(first: &[u8], file_size: u64, role: Role) -> Result<Header> {
        need!(first.len() >= 64, Malformed, "RC-06", "truncated", "a record of less than 64 bytes");
        need!(first.starts_with(MAGIC), Malformed, "RC-06", "bad-magic", "a record that does not begin with the magic");
        let digest = digest64(first.get(..56).unwrap_or_default());
        need!(digest == integer(first, 56, 8), Corrupt, "RC-07", "header-digest", "the header differs from its digest");
        let header = Header {
            kind: integer(first, 8, 2) as u16,
            major: integer(first, 10, 2) as u16,
            minor: integer(first, 12, 2) as u16,
            reserved: integer(first, 14, 2) as u16,
            required: integer(first, 16, 8),
            // RC-21: bytes 24 to 31 are the optional bits, of which version 1.0 knows none.
            body_size: integer(first, 32, 8),
            body_digest: Digest::stored(first.get(40..56).unwrap_or_default(), 0),
        };
        // RC-08, IN-04: the version is named. RC-20: every minor of major 1 is accepted.
        need!(
            header.major == 1,
            Unsupported,
            "RC-08",
            "unknown-major",
            "the record has version {}.{}",
            header.major,
            header.minor
        );
        let kind = header.kind;
        need!(
            (record::COMMIT..=record::TOMBSTONE).contains(&kind),
            Unsupported,
            "RC-09",
            "unknown-kind",
            "record kind {kind} is not known"
        );
        // RC-10, RC-22, IN-04: the lowest bit is named.
        let unknown = header.required & !KNOWN_FEATURES;
        need!(
            unknown == 0,
            Unsupported,
            "RC-10",
            "unknown-feature",
            "required bit {} is not known",
            unknown.trailing_zeros()
        );
        let stands = match role {
            Role::Slot => matches!(kind, record::COMMIT | record::ABORT | record::TOMBSTONE),
            Role::Index => kind == record::INDEX,
            Role::Data => kind == record::DATA,
        };
        need!(stands, Invalid, "RC-11", "wrong-kind", "a record of kind {kind} cannot stand in this file");
        header.check_sizes(file_size)?;
        Ok(header)
    }

    /// RC-12 to RC-14.
    fn check_sizes(&self, file_size: u64) -> Result<()> {
        let (limit, name, code) = match self.kind {
            record::DATA => {
                let sizes = self.body_size == 64 && file_size >= 128;
                need!(sizes, Malformed, "RC-14", "body-size", "the head of a data file has another size");
                return Ok(());
            }
            record::COMMIT => (limit::MANIFEST_BYTES, "manifest_bytes", "limit-manifest-bytes"),
            record::INDEX => (limit::INDEX_BYTES, "index_bytes", "limit-index-bytes"),
            _ => (limit::RECORD_BYTES, "record_bytes", "limit-record-bytes"),
        };
        need!(
            self.body_size <= limit,
            Limit,
            "RC-12",
            code,
            "a body of {} bytes passes the limit {name}",
            self.body_size
        );
        let exact = file_size.checked_sub(HEADER_BYTES) == Some(self.body_size);
        need!(exact, Malformed, "RC-13", "body-size", "a file of {file_size} bytes with a body of {}", self.body_size);
        Ok(())
    }

    /// RC-15, then RC-16.
    pub fn check_body(&self, body: &[u8]) -> Result<()> {
        need!(
            Digest::of(body) == self.body_digest,
            Corrupt,
            "RC-15",
            "body-digest",
            "the body differs from its digest"
        );
        // LY-05: the directory was given up, or retired.
        need!(self.kind != record::ABORT, NotFound, "RC-16", "aborted", "the slot holds an ABORT record");
        need!(self.kind != record::TOMBSTONE, NotFound, "RC-16", "retired", "the slot holds a TOMBSTONE record");
        Ok(())
    }

    /// RC-18: together with the rules on fields.
    pub fn check_reserved(&self) -> Result<()> {
        need!(self.reserved == 0, Invalid, "RC-18", "reserved-bytes", "the reserved bytes of the header are not zero");
        Ok(())
    }
}
