/**
 * HalfSipHash-1-3 (Aumasson and Bernstein's SipHash over 32-bit words): a hash under two words of key, one word of result.
 * Whoever does not know the key can neither guess a value nor find inputs that fall together more easily than by trying.
 * Made for hash tables and short tags, not for secrets that must last.
 */

const V2 = 0x6c79_6765;
const V3 = 0x7465_6462;
const FINAL_ROUNDS = 3;

/**
 * The hash of `count` words, the first of which is `words[first]` and each next one `stride` further on, and, if `extra`
 * is 1 and not 0, of one word `more` behind them. 32 bits, signed.
 */
export function halfSipHash(words: Int32Array, first: number, stride: number, count: number, extra: number, more: number, key0: number, key1: number): number {
  const inputs = count + extra;
  let v0 = key0;
  let v1 = key1;
  let v2 = V2 ^ key0;
  let v3 = V3 ^ key1;
  for (let index = 0; index <= inputs + FINAL_ROUNDS; index++) {
    // Behind the words their length in bytes; then rounds without input.
    const word = index < count ? words[first + index * stride] : index === inputs ? inputs << 26 : index < inputs ? more : 0;
    if (index === inputs + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}
