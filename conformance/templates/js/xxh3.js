// SPDX-License-Identifier: Apache-2.0
// XXH3-64 of the 56 bytes before a header's digest: chapter 01, "Digests". Other lengths go other ways.

const MASK = (1n << 64n) - 1n;
const PRIME = 0x9e3779b185ebca87n;
// The first 64 bytes of the default secret.
const SECRET = Buffer.from(
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f" +
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c",
  "hex",
);

export function headerDigest(data) {
  let total = 56n * PRIME;
  // 16 bytes from the beginning, from the end, and next to each; then 16 bytes of the secret.
  for (const [at, secret] of [[16, 32], [24, 48], [0, 0], [40, 16]]) total += mix(data, at, secret);
  total &= MASK;
  total = ((total ^ (total >> 37n)) * 0x165667919e3779f9n) & MASK;
  return total ^ (total >> 32n);
}

function mix(data, at, secret) {
  const low = data.readBigUInt64LE(at) ^ SECRET.readBigUInt64LE(secret);
  const high = data.readBigUInt64LE(at + 8) ^ SECRET.readBigUInt64LE(secret + 8);
  const product = low * high;
  return (product ^ (product >> 64n)) & MASK;
}
