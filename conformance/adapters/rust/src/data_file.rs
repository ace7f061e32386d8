// SPDX-License-Identifier: Apache-2.0
//! Chapter 09: the head of a data file, its blocks as stored, its gaps; section 11.7.

use crate::bytes::{integer, u32_at, Digest, Id};
use crate::checkpoint::check_features;
use crate::error::{need, Class, Error, Result};
use crate::files::FileRow;
use crate::layout::{check_described, data_name, Directory};
use crate::manifest::Manifest;
use crate::record::{Header, Role};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

pub const HEAD_BYTES: u64 = 128;
const CHUNK: u64 = 1 << 20;

pub struct DataFile {
    pub name: String,
    file: File,
}

/// Reads exactly these bytes of a file.
pub fn read_at(file: &File, offset: u64, size: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let room = bytes.try_reserve_exact(size);
    need!(room.is_ok(), Limit, "RS-38", "limit-memory", "no memory for {size} bytes");
    bytes.resize(size, 0);
    file.read_exact_at(&mut bytes, offset).map_err(|error| {
        let (class, rule, code) = match error.kind() {
            io::ErrorKind::UnexpectedEof => (Class::Corrupt, "RC-04", "truncated"),
            _ => (Class::Environment, "RS-05", "io"),
        };
        Error::new(class, rule, code, error.to_string()).at(offset, size as u64)
    })?;
    Ok(bytes)
}

impl DataFile {
    /// RC-03, MF-22, RC-04.
    pub fn open(directory: &Directory, row: &FileRow) -> Result<DataFile> {
        let name = data_name(row);
        let (seen, file) = directory.open_file(&name)?;
        check_described(seen, row.size, "MF-22").map_err(|error| error.in_file(&name))?;
        match file {
            Some(file) => Ok(DataFile { name, file }),
            None => Err(Error::new(Class::Corrupt, "MF-22", "not-a-file", "no regular file".to_owned()).in_file(&name)),
        }
    }

    /// The checks of chapter 07, then chapter 09, then section 11.7 (step 4 of RS-07).
    pub fn check_head(&self, row: &FileRow, manifest: &Manifest) -> Result<()> {
        self.head(row, manifest).map_err(|error| error.in_file(&self.name))
    }

    fn head(&self, row: &FileRow, manifest: &Manifest) -> Result<()> {
        let head = read_at(&self.file, 0, HEAD_BYTES as usize)?;
        let (first, body) = head.split_at(64);
        let header = Header::check(first, row.size, Role::Data)?;
        header.check_body(body)?;
        header.check_reserved()?;
        let zero = body.iter().skip(24).all(|&byte| byte == 0);
        need!(zero, Invalid, "DF-03", "reserved-bytes", "bytes 88 to 127 of a data file are not zero");
        let version = header.minor <= manifest.minor;
        need!(
            version,
            Invalid,
            "MF-23",
            "wrong-version",
            "the data file has minor {} above that of the manifest",
            header.minor
        );
        check_features(header.required, manifest, "file-feature")?;
        let attempt = Id::from_field(body.get(..16).unwrap_or_default(), "attempt")?;
        let (writer, k) = (u32_at(body, 16), integer(body, 20, 4) as u32);
        let same = (attempt, writer, k) == (row.attempt, row.writer, row.k);
        need!(same, Invalid, "MF-24", "wrong-file", "the head is of file {attempt}-{writer}-{k}");
        Ok(())
    }

    /// BL-18: the stored bytes of a block, compared with their digest.
    pub fn read_block(&self, offset: u64, size: u32, digest: Digest) -> Result<Vec<u8>> {
        let stored = read_at(&self.file, offset, size as usize).map_err(|error| error.in_file(&self.name))?;
        if Digest::of(&stored) != digest {
            let text = "the stored bytes are not those that were written".to_owned();
            return Err(Error::new(Class::Corrupt, "BL-18", "block-digest", text)
                .in_file(&self.name)
                .at(offset, size.into()));
        }
        Ok(stored)
    }

    /// DF-14 for one gap: an error from its first to its last byte that is not zero.
    pub fn check_gap(&self, gap: Range<u64>) -> Result<()> {
        let mut damaged: Option<Range<u64>> = None;
        let mut at = gap.start;
        while at < gap.end {
            let size = CHUNK.min(gap.end - at);
            let bytes = read_at(&self.file, at, size as usize).map_err(|error| error.in_file(&self.name))?;
            let dirty = |&byte: &u8| byte != 0;
            if let (Some(first), Some(last)) = (bytes.iter().position(dirty), bytes.iter().rposition(dirty)) {
                let start = damaged.map_or(at + first as u64, |range| range.start);
                damaged = Some(start..at + last as u64 + 1);
            }
            at += size;
        }
        match damaged {
            None => Ok(()),
            Some(range) => {
                let text = "bytes that lie in no shard are not zero".to_owned();
                Err(Error::new(Class::Corrupt, "DF-14", "gap", text)
                    .in_file(&self.name)
                    .at(range.start, range.end - range.start))
            }
        }
    }
}
