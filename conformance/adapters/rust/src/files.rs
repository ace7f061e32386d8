// SPDX-License-Identifier: Apache-2.0
//! Section 10.2: the table of data files, the same in an index and in the manifest.

use crate::bytes::{u32_list, u64_list, Id, SIZE_END};
use crate::error::{need, Result};
use crate::message::{Kind, Schema, Table};

pub static FILES: Schema =
    Schema { bytes: 0, pointers: &[Kind::List(8), Kind::List(4), Kind::List(1), Kind::List(4), Kind::List(4)] };

/// A row: the file that it names (own attempt, own writer, k), and what the row says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRow {
    pub attempt: Id,
    pub writer: u32,
    pub k: u32,
    pub size: u64,
    pub block_size: u32,
}

/// Decodes a table of files (IX-04 to IX-09). `naming` gives the naming record's writer for a row.
pub fn decode(table: Option<&Table>, attempt: Id, naming: impl Fn(usize) -> u32) -> Result<Vec<FileRow>> {
    let list = |pointer| table.map_or(&[][..], |table| table.list(0, pointer));
    let (sizes, numbers, writers, block_sizes) =
        (u64_list(list(0)), u32_list(list(1)), u32_list(list(3)), u32_list(list(4)));
    let attempts = list(2);
    let rows = sizes.len();
    let columns = numbers.len() == rows
        && block_sizes.len() == rows
        && (attempts.is_empty() || attempts.len() == 16 * rows)
        && (writers.is_empty() || writers.len() == rows);
    need!(columns, Invalid, "IX-04", "bad-file-table", "the columns of a table of files differ in length");
    let needless = !writers.is_empty() && (attempts.is_empty() || writers.iter().all(|&writer| writer == 0));
    need!(!needless, Invalid, "IX-08", "bad-file-table", "the writers of a table of files should be null");
    let mut files = Vec::with_capacity(rows);
    let mut foreign = false;
    for row in 0..rows {
        let own = match attempts.get(16 * row..16 * row + 16) {
            Some(own) => (Id::from_field(own, "attempt of a file")?, writers.get(row).copied().unwrap_or(0)),
            None => (attempt, naming(row)),
        };
        foreign |= own != (attempt, naming(row));
        let file =
            FileRow { attempt: own.0, writer: own.1, k: numbers[row], size: sizes[row], block_size: block_sizes[row] };
        need!(file.size < SIZE_END, Invalid, "BY-03", "file-size", "the size of file row {row} is 2^63 or more");
        need!(file.size >= 128, Invalid, "IX-05", "file-size", "the size of file row {row} is below 128");
        let block_size = file.block_size.is_power_of_two() && (4096..=4_194_304).contains(&file.block_size);
        need!(block_size, Invalid, "IX-06", "block-size", "file row {row} has a block size of {}", file.block_size);
        files.push(file);
    }
    need!(
        attempts.is_empty() || foreign,
        Invalid,
        "IX-07",
        "bad-file-table",
        "the attempts of a table of files should be null"
    );
    let mut names: Vec<(Id, u32, u32)> = files.iter().map(|file| (file.attempt, file.writer, file.k)).collect();
    names.sort_unstable();
    let twice = names.windows(2).any(|pair| pair[0] == pair[1]);
    need!(!twice, Invalid, "IX-09", "duplicate-file", "two rows name one data file");
    Ok(files)
}
