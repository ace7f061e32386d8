// SPDX-License-Identifier: Apache-2.0
//! Chapter 04: dtypes, and the bits that their elements may have.

use crate::error::{need, Result};
use crate::registry::leaf;

/// A dtype of the registry (DT-02: its number alone identifies it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtype {
    pub number: u16,
    pub name: &'static str,
    pub bits: u32,
    pub stored_bits: u32,
}

const fn row(number: u16, name: &'static str, bits: u32, stored_bits: u32) -> Dtype {
    Dtype { number, name, bits, stored_bits }
}

const REGISTRY: [Dtype; 34] = [
    row(1, "bool", 8, 8),
    row(2, "int1", 1, 1),
    row(3, "int2", 2, 2),
    row(4, "int4", 4, 4),
    row(5, "int8", 8, 8),
    row(6, "int16", 16, 16),
    row(7, "int32", 32, 32),
    row(8, "int64", 64, 64),
    row(9, "uint1", 1, 1),
    row(10, "uint2", 2, 2),
    row(11, "uint4", 4, 4),
    row(12, "uint8", 8, 8),
    row(13, "uint16", 16, 16),
    row(14, "uint32", 32, 32),
    row(15, "uint64", 64, 64),
    row(16, "float16", 16, 16),
    row(17, "float32", 32, 32),
    row(18, "float64", 64, 64),
    row(19, "bfloat16", 16, 16),
    row(20, "float8_e3m4", 8, 8),
    row(21, "float8_e4m3", 8, 8),
    row(22, "float8_e4m3b11fnuz", 8, 8),
    row(23, "float8_e4m3fn", 8, 8),
    row(24, "float8_e4m3fnuz", 8, 8),
    row(25, "float8_e5m2", 8, 8),
    row(26, "float8_e5m2fnuz", 8, 8),
    row(27, "float8_e8m0fnu", 8, 8),
    row(28, "float6_e2m3fn", 6, 8),
    row(29, "float6_e3m2fn", 6, 8),
    row(30, "float4_e2m1fn", 4, 4),
    row(31, "complex64", 64, 64),
    row(32, "complex128", 128, 128),
    row(33, "complex32", 32, 32),
    row(34, "bcomplex32", 32, 32),
];

pub const UINT8: u16 = 12;
pub const UINT32: u16 = 14;

pub fn by_number(number: u16) -> Option<Dtype> {
    REGISTRY.get(usize::from(number).checked_sub(1)?).copied()
}

pub fn by_name(name: &[u8]) -> Option<Dtype> {
    REGISTRY.iter().find(|dtype| dtype.name.as_bytes() == name).copied()
}

impl Dtype {
    /// Bytes of one element in host memory: one for an element of less than 8 bits.
    pub fn host_bytes(self) -> u64 {
        u64::from(self.bits.max(8) / 8)
    }

    /// The element width of bitshuffle (section 8.5).
    pub fn shuffle_width(self) -> usize {
        (self.stored_bits.max(8) / 8) as usize
    }

    /// Stored bytes of so many elements, packed; None beyond 64 bits (BY-02).
    pub fn stored_bytes(self, elements: u64) -> Option<u64> {
        let bits = u128::from(elements) * u128::from(self.stored_bits);
        u64::try_from((bits + 7) / 8).ok()
    }

    /// DT-16 to DT-18 on the raw bytes of a block; `elements` of the shard where it is the last one.
    pub fn check_elements(self, raw: &[u8], elements: Option<u64>) -> Result<()> {
        if self.number == 1 {
            let clean = raw.iter().all(|&byte| byte <= 1);
            need!(clean, Invalid, "DT-16", "bad-element", "a bool byte is neither 00 nor 01");
        }
        if self.bits == 6 {
            let clean = raw.iter().all(|&byte| byte < 0x40);
            need!(clean, Invalid, "DT-17", "bad-element", "a 6-bit float has bits above the sixth");
        }
        if let (Some(elements), true) = (elements, self.stored_bits < 8) {
            let per_byte = 8 / u64::from(self.stored_bits);
            let used = elements % per_byte * u64::from(self.stored_bits);
            let tail = raw.last().map_or(0, |&byte| u32::from(byte) >> used);
            need!(used == 0 || tail == 0, Invalid, "DT-18", "bad-element", "bits after the last element are not zero");
        }
        Ok(())
    }

    /// Host bytes of the first `elements` elements (DT-08, DT-19).
    pub fn unpack(self, raw: Vec<u8>, elements: usize) -> Vec<u8> {
        let width = self.stored_bits as usize;
        if width >= 8 {
            return raw;
        }
        let (per_byte, mask) = (8 / width, (1u8 << width) - 1);
        let units = raw.iter().flat_map(|byte| (0..per_byte).map(move |i| byte >> (i * width) & mask));
        units.take(elements).collect()
    }
}

/// The dtypes that a kind of leaf can have in data files (table of chapter 03).
pub fn fits_kind(dtype: u16, kind: u8) -> bool {
    match kind {
        leaf::ARRAY => dtype != 0,
        leaf::PRNG_KEY => dtype == UINT32,
        leaf::STRING | leaf::BYTES | leaf::PROCESS_BLOB => dtype == UINT8,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_the_examples_of_chapter_04() {
        let unpack = |name: &[u8], raw: &[u8], n| by_name(name).map(|dtype| dtype.unpack(raw.to_vec(), n));
        assert_eq!(unpack(b"int4", &[0xe1, 0x83, 0x07], 5), Some(vec![1, 14, 3, 8, 7]));
        assert_eq!(unpack(b"uint2", &[0x39, 0x02], 5), Some(vec![1, 2, 3, 0, 2]));
        assert_eq!(unpack(b"uint1", &[0x0d, 0x03], 10), Some(vec![1, 0, 1, 1, 0, 0, 0, 0, 1, 1]));
    }

    #[test]
    fn numbers_are_rows() {
        for (row, dtype) in REGISTRY.iter().enumerate() {
            assert_eq!(usize::from(dtype.number), row + 1);
        }
    }
}
