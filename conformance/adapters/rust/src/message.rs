// SPDX-License-Identifier: Apache-2.0
//! Chapter 07, "Framing" and "Messages": the one form of a message.

use crate::bytes::{integer, u32_at};
use crate::error::{need, Result};

/// RC-42: at most so many objects are nested.
const DEPTH: usize = 16;

/// What the schema says of a struct: bytes of its fields, and what its pointers lead to.
pub struct Schema {
    pub bytes: usize,
    pub pointers: &'static [Kind],
}

pub enum Kind {
    /// A list of integers of so many bytes; Data is one of size 1.
    List(usize),
    Struct(&'static Schema),
    Structs(&'static Schema),
}

/// Bytes of the segment: what a list of integers holds. An empty one is a null pointer (RC-31, RC-43).
#[derive(Clone, Copy, Default)]
struct Span {
    at: u32,
    size: u32,
}

/// A struct, or a list of structs, filled up to its schema.
#[derive(Default)]
pub struct Table<'a> {
    segment: &'a [u8],
    first: usize,
    rows: usize,
    words: usize,
    data: usize,
    columns: usize,
    lists: Vec<Span>,
    tables: Vec<Table<'a>>,
}

impl<'a> Table<'a> {
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The data words of a row; fields beyond them are zero.
    pub fn data(&self, row: usize) -> &'a [u8] {
        let at = row.saturating_mul(self.words).saturating_add(self.first).saturating_mul(8);
        self.segment.get(at..).and_then(|rest| rest.get(..8 * self.data)).unwrap_or_default()
    }

    /// The bytes of the list at a pointer of a row.
    pub fn list(&self, row: usize, pointer: usize) -> &'a [u8] {
        let span =
            self.lists.get(row.saturating_mul(self.columns).saturating_add(pointer)).copied().unwrap_or_default();
        let at = span.at as usize;
        self.segment.get(at..at + span.size as usize).unwrap_or_default()
    }

    /// The struct, or the list of structs, at a pointer of row 0; without rows where it is null.
    pub fn table(&self, pointer: usize) -> Option<&Table<'a>> {
        self.tables.get(pointer)
    }
}

/// Decodes the body of a record (RC-26 to RC-42). `exact`: the header's minor is 0.
pub fn decode<'a>(body: &'a [u8], root: &'static Kind, exact: bool) -> Result<Table<'a>> {
    let words = integer(body, 4, 4);
    // RC-26: one segment, of exactly the length of the body.
    let framed = body.len() >= 8 && u32_at(body, 0) == 0 && body.len() as u64 == 8 + 8 * words;
    need!(framed, Malformed, "RC-26", "framing", "the body is not one segment of its length");
    let segment = body.get(8..).unwrap_or_default();
    let mut decoder = Decoder { segment, free: 1, exact };
    need!(segment.len() >= 8, Malformed, "RC-28", "not-canonical", "the segment has no root pointer");
    need!(integer(segment, 0, 8) != 0, Malformed, "RC-28", "not-canonical", "the root pointer is null");
    need!(
        segment.first().map_or(0, |low| low & 3) == 0,
        Malformed,
        "RC-28",
        "not-canonical",
        "the root pointer leads to no struct"
    );
    let mut result = Found::default();
    decoder.pointer(0, Some(root), 1, &mut result)?;
    // RC-35: no word is left over.
    need!(decoder.free * 8 == segment.len(), Malformed, "RC-35", "not-canonical", "words behind the last object");
    Ok(result.table)
}

struct Decoder<'a> {
    segment: &'a [u8],
    free: usize,
    exact: bool,
}

/// What stands behind one pointer.
#[derive(Default)]
struct Found<'a> {
    span: Span,
    table: Table<'a>,
}

impl<'a> Decoder<'a> {
    fn word(&self, at: usize) -> (u32, u32) {
        (u32_at(self.segment, at.saturating_mul(8)), u32_at(self.segment, at.saturating_mul(8).saturating_add(4)))
    }

    /// RC-30: an object lies within the segment.
    fn take(&mut self, words: usize) -> Result<usize> {
        let at = self.free;
        let end = at.checked_add(words).filter(|end| *end <= self.segment.len() / 8);
        need!(end.is_some(), Malformed, "RC-30", "not-canonical", "an object reaches beyond the segment");
        self.free = end.unwrap_or(at);
        Ok(at)
    }

    /// Visits the pointer in word `at`; false where it is null.
    fn pointer(&mut self, at: usize, kind: Option<&'static Kind>, depth: usize, found: &mut Found<'a>) -> Result<bool> {
        let (low, high) = self.word(at);
        if low == 0 && high == 0 {
            return Ok(false);
        }
        need!(low & 3 <= 1, Malformed, "RC-27", "not-canonical", "a pointer of another sort in word {at}");
        need!(depth <= DEPTH, Malformed, "RC-42", "not-canonical", "more than 16 objects are nested");
        let follows = u64::from(low >> 2) + at as u64 + 1 == self.free as u64;
        need!(follows, Malformed, "RC-35", "not-canonical", "the object of word {at} is not the next one");
        if low & 3 == 0 {
            let schema = match kind {
                None => None,
                Some(Kind::Struct(schema)) => Some(*schema),
                _ => return mistyped(at),
            };
            let (data, pointers) = ((high & 0xffff) as usize, (high >> 16) as usize);
            need!(data + pointers > 0, Malformed, "RC-32", "not-canonical", "the struct of word {at} has no words");
            let first = self.take(data + pointers)?;
            found.table = self.rows(Shape { first, rows: 1, data, pointers }, schema, depth, "RC-36")?;
            return Ok(true);
        }
        let (code, count) = (high & 7, (high >> 3) as usize);
        need!(count > 0, Malformed, "RC-31", "not-canonical", "the list of word {at} has no elements");
        if code == 7 {
            let schema = match kind {
                None => None,
                Some(Kind::Structs(schema)) => Some(*schema),
                _ => return mistyped(at),
            };
            let tag = self.take(1 + count)?;
            let (low, high) = self.word(tag);
            let (data, pointers) = ((high & 0xffff) as usize, (high >> 16) as usize);
            need!(low & 3 == 0, Malformed, "RC-33", "not-canonical", "the tag in word {tag} is no tag");
            need!(data + pointers > 0, Malformed, "RC-32", "not-canonical", "the elements of word {at} have no words");
            let rows = (low >> 2) as usize;
            let fits = rows.checked_mul(data + pointers) == Some(count);
            need!(fits, Malformed, "RC-33", "not-canonical", "the tag in word {tag} does not fit its list");
            found.table = self.rows(Shape { first: tag + 1, rows, data, pointers }, schema, depth, "RC-37")?;
            return Ok(true);
        }
        let element = match (code, kind) {
            (2..=5, None) => 1 << (code - 2),
            (2..=5, Some(Kind::List(size))) if *size == 1 << (code - 2) => *size,
            _ => return mistyped(at),
        };
        let size = count * element;
        let first = self.take((size + 7) / 8)? * 8;
        // RC-34: the last word is filled with zeros.
        let filled =
            self.segment.get(first + size..self.free * 8).map_or(false, |rest| rest.iter().all(|&byte| byte == 0));
        need!(filled, Malformed, "RC-34", "not-canonical", "bytes after the list of word {at} are not zero");
        found.span = Span { at: first as u32, size: size as u32 };
        Ok(true)
    }

    /// The words of a struct or of all elements, then their pointers in preorder.
    fn rows(
        &mut self,
        shape: Shape,
        schema: Option<&'static Schema>,
        depth: usize,
        trimmed: &'static str,
    ) -> Result<Table<'a>> {
        let Shape { first, rows, data, pointers } = shape;
        let (fields, kinds) = schema.map_or((8 * data, &[][..]), |schema| (schema.bytes, schema.pointers));
        if let (true, Some(_)) = (self.exact, schema) {
            let small = data <= (fields + 7) / 8 && pointers <= kinds.len();
            need!(small, Malformed, "RC-38", "not-canonical", "a struct is greater than its schema");
        }
        let columns = kinds.len();
        let mut table =
            Table { segment: self.segment, first, rows, words: data + pointers, data, columns, ..Table::default() };
        let (mut data_used, mut pointer_used) = (data == 0, pointers == 0);
        for row in 0..rows {
            let own = table.data(row);
            data_used |= own.rchunks(8).next().map_or(false, |word| word.iter().any(|&byte| byte != 0));
            // RC-39: no bit outside the fields; RC-40: a later minor may have them.
            let clear = !self.exact || own.iter().skip(fields).all(|&byte| byte == 0);
            need!(clear, Malformed, "RC-39", "not-canonical", "a bit that belongs to no field is set");
            let at = first + row * (data + pointers) + data;
            for pointer in 0..pointers.max(columns) {
                let mut found = Found::default();
                if pointer < pointers {
                    // RC-41: pointers beyond the schema are held to the same rules.
                    let set = self.pointer(at + pointer, kinds.get(pointer), depth + 1, &mut found)?;
                    pointer_used |= set && pointer + 1 == pointers;
                }
                if pointer < columns {
                    table.lists.push(found.span);
                    if rows == 1 {
                        table.tables.push(found.table);
                    }
                }
            }
        }
        // RC-36, RC-37: the last words are used, in at least one element.
        need!(
            data_used && pointer_used,
            Malformed,
            trimmed,
            "not-canonical",
            "a struct ends with words that are not used"
        );
        Ok(table)
    }
}

struct Shape {
    first: usize,
    rows: usize,
    data: usize,
    pointers: usize,
}

/// RC-29: the pointer is not of the field's type.
fn mistyped(at: usize) -> Result<bool> {
    need!(false, Malformed, "RC-29", "not-canonical", "the pointer in word {at} is of another type than its field");
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    static SHARDING: Schema = Schema { bytes: 8, pointers: &[Kind::List(4), Kind::List(4)] };
    static ROOT: Kind = Kind::Struct(&Schema { bytes: 0, pointers: &[Kind::Structs(&SHARDING)] });

    /// The second example of chapter 07.
    fn example() -> Vec<u8> {
        let words: [(u32, u32); 16] = [
            (0, 0x10000),
            (1, 0x4f),
            (0xc, 0x20001),
            (1, 0),
            (0x1d, 0x14),
            (0x1d, 0x14),
            (1, 3),
            (0x19, 0xc),
            (0x19, 0xc),
            (1, 0),
            (0, 0),
            (0, 0),
            (2, 0),
            (0, 1),
            (1, 0),
            (1, 0),
        ];
        let mut body = vec![0, 0, 0, 0, 16, 0, 0, 0];
        words.iter().for_each(|(low, high)| body.extend(low.to_le_bytes().iter().chain(&high.to_le_bytes())));
        body
    }

    #[test]
    fn decodes_the_example() {
        let body = example();
        let root = decode(&body, &ROOT, true).expect("the example");
        let table = root.table(0).expect("a list");
        assert_eq!(table.rows(), 3);
        assert_eq!(u32_at(table.data(1), 4), 3);
        assert_eq!(table.list(0, 1), [0, 0, 0, 0, 1, 0, 0, 0]);
        assert!(table.list(2, 0).is_empty());
    }

    #[test]
    fn survives_every_flipped_byte() {
        for at in 0..example().len() {
            for flip in [1, 2, 4, 0x80, 0xff] {
                let mut body = example();
                body[at] ^= flip;
                let _ = decode(&body, &ROOT, true);
                let _ = decode(&body, &ROOT, false);
            }
        }
    }
}
