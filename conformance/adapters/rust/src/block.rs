// SPDX-License-Identifier: Apache-2.0
//! Chapter 08: from the stored bytes of a block to its raw bytes.

use crate::error::{need, Result};
use crate::registry::codec;

/// A match starts at least so many bytes before the end of the output (BL-11).
const LAST_START: usize = 12;
/// And ends at least so many bytes before it (BL-12).
const LAST_END: usize = 5;

/// Decodes a block whose digest has been compared (BL-18). `width` is the element width of bitshuffle.
pub fn decode(codec: u8, stored: Vec<u8>, raw_size: usize, width: usize) -> Result<Vec<u8>> {
    match codec {
        codec::LZ4 => decode_lz4(&stored, raw_size),
        // BL-16: the shuffle is undone after the LZ4 block is decoded.
        codec::BITSHUFFLE_LZ4 => decode_lz4(&stored, raw_size).map(|shuffled| unshuffle(&shuffled, width)),
        _ => Ok(stored),
    }
}

/// Section 8.4: BL-08 to BL-13.
fn decode_lz4(stored: &[u8], raw_size: usize) -> Result<Vec<u8>> {
    let mut input = stored.iter().copied();
    let mut output: Vec<u8> = Vec::with_capacity(raw_size);
    loop {
        let token = next(&mut input)?;
        let literals = count(&mut input, token >> 4)?;
        need!(literals <= input.len(), Corrupt, "BL-08", "bad-block", "an LZ4 block ends within literals");
        // BL-13: the output never grows beyond the raw size.
        need!(
            literals <= raw_size - output.len(),
            Corrupt,
            "BL-10",
            "bad-block",
            "an LZ4 block gives more than its raw size"
        );
        output.extend(input.by_ref().take(literals));
        if input.len() == 0 {
            need!(output.len() == raw_size, Corrupt, "BL-10", "bad-block", "an LZ4 block gives less than its raw size");
            return Ok(output);
        }
        let distance = usize::from(u16::from_le_bytes([next(&mut input)?, next(&mut input)?]));
        let length = count(&mut input, token & 15)? + 4;
        let near = 0 < distance && distance <= output.len();
        need!(
            near,
            Corrupt,
            "BL-09",
            "bad-block",
            "an LZ4 block has a distance of {distance} after {} bytes",
            output.len()
        );
        let left = raw_size - output.len();
        need!(length <= left, Corrupt, "BL-10", "bad-block", "an LZ4 block gives more than its raw size");
        need!(left >= LAST_START, Corrupt, "BL-11", "bad-block", "a match of an LZ4 block starts too near to the end");
        need!(
            left - length >= LAST_END,
            Corrupt,
            "BL-12",
            "bad-block",
            "a match of an LZ4 block ends too near to the end"
        );
        for at in output.len() - distance..output.len() - distance + length {
            output.push(output[at]);
        }
    }
}

/// BL-08: the next byte of a sequence is there.
fn next(input: &mut impl Iterator<Item = u8>) -> Result<u8> {
    let byte = input.next();
    need!(byte.is_some(), Corrupt, "BL-08", "bad-block", "an LZ4 block ends within a sequence");
    Ok(byte.unwrap_or_default())
}

/// A count of a token, with the bytes that extend it. The bytes of a block bound it far below 2^64.
fn count(input: &mut impl Iterator<Item = u8>, first: u8) -> Result<usize> {
    let mut count = usize::from(first);
    let mut more = first == 15;
    while more {
        let byte = next(input)?;
        count += usize::from(byte);
        more = byte == 255;
    }
    Ok(count)
}

/// Section 8.5, the way back.
fn unshuffle(shuffled: &[u8], width: usize) -> Vec<u8> {
    let plane = shuffled.len() / width / 8;
    let (planes, rest) = shuffled.split_at(plane * 8 * width);
    let mut raw = vec![0u8; planes.len()];
    for (bit, bytes) in planes.chunks_exact(plane.max(1)).enumerate() {
        for (group, &byte) in bytes.iter().enumerate() {
            for e in 0..8 {
                raw[(group * 8 + e) * width + bit / 8] |= (byte >> e & 1) << (bit % 8);
            }
        }
    }
    raw.extend_from_slice(rest);
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKED: [u8; 17] =
        [0x4f, 0x61, 0x62, 0x63, 0x64, 0x04, 0x00, 0x09, 0x80, 0x74, 0x72, 0x65, 0x65, 0x72, 0x69, 0x6e, 0x67];

    #[test]
    fn decodes_the_example_of_section_8_4() {
        let raw = decode_lz4(&PACKED, 40).expect("the example");
        assert_eq!(raw, b"abcdabcdabcdabcdabcdabcdabcdabcdtreering");
        assert!(decode_lz4(&PACKED, 39).is_err() && decode_lz4(&PACKED, 41).is_err());
    }

    #[test]
    fn survives_every_changed_byte() {
        for at in 0..PACKED.len() {
            for value in 0..=255 {
                let mut packed = PACKED;
                packed[at] = value;
                let _ = decode_lz4(&packed, 40);
            }
            assert!(decode_lz4(&PACKED[..at], 40).is_err());
        }
    }

    #[test]
    fn unshuffles_the_example_of_section_8_5() {
        let shuffled = [0x55, 0x66, 0x78, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 10, 0];
        let raw: Vec<u8> = (1..=10u16).flat_map(u16::to_le_bytes).collect();
        assert_eq!(unshuffle(&shuffled, 2), raw);
        assert_eq!(unshuffle(&[1, 2, 3], 1), [1, 2, 3]);
    }
}
