// SPDX-License-Identifier: Apache-2.0
//! XXH3-64 of the 56 bytes before a header's digest: chapter 01, "Digests". Other lengths go other ways.

/// The first 64 bytes of the default secret, as little-endian words.
const SECRET: [u64; 8] = [
    0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072,
    0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0,
];

pub fn header_digest(data: &[u8; 56]) -> u64 {
    let word = |at: usize| u64::from_le_bytes(data[at..at + 8].try_into().unwrap());
    let mix = |at: usize, secret: usize| {
        let low = word(at) ^ SECRET[secret];
        let high = word(at + 8) ^ SECRET[secret + 1];
        let product = u128::from(low) * u128::from(high);
        (product ^ (product >> 64)) as u64
    };
    let mut total = 0x9e3779b185ebca87u64.wrapping_mul(56);
    // 16 bytes from the beginning, from the end, and next to each; then two words of the secret.
    for (at, secret) in [(16, 4), (24, 6), (0, 0), (40, 2)] {
        total = total.wrapping_add(mix(at, secret));
    }
    total = (total ^ (total >> 37)).wrapping_mul(0x165667919e3779f9);
    total ^ (total >> 32)
}
