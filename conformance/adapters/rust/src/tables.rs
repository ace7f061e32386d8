// SPDX-License-Identifier: Apache-2.0
//! Section 11.3: the tables of strings and blobs; chapter 01: numbers.

use crate::bytes::u32_list;
use crate::error::{need, Result};
use crate::key_path;
use crate::message::Table;

/// Rows of bytes, back to back. Number k is row k - 1.
#[derive(Default)]
pub struct Rows {
    bytes: Box<[u8]>,
    ends: Box<[u32]>,
}

impl Rows {
    /// From a struct Strings or Blobs (MF-04, MF-05).
    pub fn decode(table: Option<&Table>) -> Result<Rows> {
        let list = |pointer| table.map_or(&[][..], |table| table.list(0, pointer));
        let rows = Rows { bytes: list(0).into(), ends: u32_list(list(1)) };
        let ascend = rows.ends.windows(2).all(|pair| pair[0] <= pair[1]);
        need!(ascend, Invalid, "MF-04", "bad-table", "the ends of a string or blob table decrease");
        let last = rows.ends.last().copied();
        need!(
            last.is_some() || rows.bytes.is_empty(),
            Invalid,
            "MF-05",
            "bad-table",
            "a string or blob table has bytes and no rows"
        );
        let end = last.unwrap_or(0) as usize;
        need!(
            end == rows.bytes.len(),
            Invalid,
            "MF-04",
            "bad-table",
            "the last row of a string or blob table does not end with its bytes"
        );
        Ok(rows)
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    fn row(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The bytes of a number; empty for number 0.
    pub fn number(&self, number: u32) -> &[u8] {
        (number as usize).checked_sub(1).map_or(&[], |row| self.row(row))
    }
}

/// The string table: checked text, with what the tree asks of each row.
pub struct Strings {
    rows: Rows,
    /// For each number one that stands for all rows of this text: equal texts have equal ones.
    same: Box<[u32]>,
    /// For each number the length of its escaped text (chapter 02).
    escaped: Box<[u32]>,
}

impl Strings {
    pub fn decode(table: Option<&Table>) -> Result<Strings> {
        let rows = Rows::decode(table)?;
        let mut escaped = vec![0];
        for row in 0..rows.len() {
            // MF-06, BY-11: each row is UTF-8 by itself.
            let text = rows.row(row);
            need!(std::str::from_utf8(text).is_ok(), Invalid, "MF-06", "bad-utf8", "string {} is not UTF-8", row + 1);
            escaped.push(u32::try_from(key_path::escaped_len(text)).unwrap_or(u32::MAX));
        }
        let numbers = escaped.len() as u32;
        let mut order: Vec<u32> = (0..numbers).collect();
        order.sort_unstable_by(|&a, &b| rows.number(a).cmp(rows.number(b)).then(a.cmp(&b)));
        let mut same: Box<[u32]> = (0..numbers).collect();
        for pair in order.windows(2) {
            if rows.number(pair[0]) == rows.number(pair[1]) {
                same[pair[1] as usize] = same[pair[0] as usize];
            }
        }
        Ok(Strings { rows, same, escaped: escaped.into() })
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn text(&self, number: u32) -> &str {
        std::str::from_utf8(self.rows.number(number)).unwrap_or_default()
    }

    /// Equal for numbers of equal text (BY-12), the empty one being 0.
    pub fn identity(&self, number: u32) -> u32 {
        self.same.get(number as usize).copied().unwrap_or(0)
    }

    pub fn escaped_len(&self, number: u32) -> usize {
        self.escaped.get(number as usize).map_or(0, |&size| size as usize)
    }
}

/// The row of a number; None for 0.
pub fn by_number<T>(rows: &[T], number: u32) -> Option<&T> {
    rows.get((number as usize).checked_sub(1)?)
}

/// BY-08: a number refers to a row that is there.
pub fn check_number(number: u32, rows: usize, what: &str) -> Result<()> {
    need!(number as usize <= rows, Invalid, "BY-08", "bad-number", "{what} number {number} of {rows} rows");
    Ok(())
}

/// BY-09: and is not 0, where a row is required.
pub fn check_row(number: u32, rows: usize, what: &str) -> Result<()> {
    need!(number != 0, Invalid, "BY-09", "bad-number", "{what} number 0 where a row is required");
    check_number(number, rows, what)
}
