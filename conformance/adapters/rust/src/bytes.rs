// SPDX-License-Identifier: Apache-2.0
//! Chapter 01: little-endian integers, Ids, digests, byte sizes.

use crate::error::{need, Result};
use std::fmt;
use xxhash_rust::xxh3;

/// BY-03: byte sizes and offsets are below this.
pub const SIZE_END: u64 = 1 << 63;

/// An unsigned integer of `size` bytes (BY-01); bytes beyond the end count as zero, as in a struct
/// that is shorter than its schema (chapter 07).
pub fn integer(bytes: &[u8], at: usize, size: usize) -> u64 {
    bytes.iter().skip(at).take(size).rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    integer(bytes, at, 4) as u32
}

/// The entries of a list of u32.
pub fn u32_list(list: &[u8]) -> Box<[u32]> {
    list.chunks_exact(4).map(|entry| u32_at(entry, 0)).collect()
}

/// The entries of a list of u64.
pub fn u64_list(list: &[u8]) -> Box<[u64]> {
    list.chunks_exact(8).map(|entry| integer(entry, 0, 8)).collect()
}

/// BY-02, BY-03: a sum of two byte sizes, below 2^63.
pub fn size_sum(a: u64, b: u64) -> Option<u64> {
    a.checked_add(b).filter(|&sum| sum < SIZE_END)
}

fn sixteen(field: &[u8]) -> [u8; 16] {
    field.try_into().unwrap_or_default()
}

/// 16 bytes that name an attempt or a run; shown by BY-15, byte 0 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// BY-14: an Id field has 16 bytes.
    pub fn from_field(field: &[u8], name: &str) -> Result<Id> {
        need!(field.len() == 16, Invalid, "BY-14", "bad-id", "{} has {} bytes instead of 16", name, field.len());
        Ok(Id(sixteen(field)))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// An XXH3-128. Stored low half first (BY-20), shown highest digit first (BY-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub u128);

impl Digest {
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(xxh3::xxh3_128(bytes))
    }

    /// The digest of row `row` of a list of digests; zero where the list is shorter.
    pub fn stored(list: &[u8], row: usize) -> Digest {
        let at = row.saturating_mul(16);
        let (low, high) = (integer(list, at, 8), integer(list, at.saturating_add(8), 8));
        Digest(u128::from(high) << 64 | u128::from(low))
    }

    pub fn to_stored(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

pub fn digest64(bytes: &[u8]) -> u64 {
    xxh3::xxh3_64(bytes)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{:02x}", byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_chapter_01() {
        let table = [
            (0, "2d06800538d394c2", "99aa06d3014798d86001c324468d497f"),
            (1, "c44bdff4074eecdb", "a6cd5e9392000f6ac44bdff4074eecdb"),
            (3, "5f4299fc161c9cbb", "e3b55f57945a17cf5f4299fc161c9cbb"),
            (4, "60dab036a58211f2", "eb70bf5fc779e9e6a6111d53e80a3db5"),
            (8, "3a1c2d7c85af88f8", "e1e4432a62217fe4cfd50c61c8bb98c1"),
            (9, "e9612598145bb9dc", "16c769d83e4aebce907931979dca3746"),
            (16, "8355e3a6f61770db", "72950631827607e2842812cc870dcae2"),
            (17, "9ef341a99de37328", "685bc458b37d057fc06e233df7729217"),
            (128, "85c6174c7ff4c46b", "14792fc3af88dc6c05321a0b64d67b41"),
            (129, "ec7642b431ba3e5a", "dd5e74ac6b45f54ebc30b63382b09a3b"),
            (240, "375a384d957fe865", "65b5be86da5540e7c92b68e16f83bbb6"),
            (241, "02e8cd95421c6d02", "1da1cb61bcb8a2a102e8cd95421c6d02"),
            (1024, "e5d78bafa45b2aa5", "d0ac1f7b93bf57b9e5d78bafa45b2aa5"),
            (1025, "e95c42288f28186e", "2882ebca04ec915ce95c42288f28186e"),
            (4096, "7135ffa504f1bc71", "e12cd72144990fe57135ffa504f1bc71"),
        ];
        for (length, short, long) in table {
            let input: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            assert_eq!(format!("{:016x}", digest64(&input)), short);
            assert_eq!(Digest::of(&input).to_string(), long);
        }
        let stored = Digest::of(b"treering").to_stored();
        assert_eq!(hex(&stored), "d73328367f5014ac1ab556eb55eed430");
        assert_eq!(Digest::stored(&stored, 0), Digest::of(b"treering"));
    }
}
