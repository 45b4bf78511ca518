/** The logarithm of a uniform draw, in integers: the same on every engine. */

/** 1 in the units of logarithms: 2^26. */
export const LOGARITHM_UNIT = 2 ** 26;
const TABLE_BITS = 8;

/** log2(1 + i/256) for i from 0 to 256, in LOGARITHM_UNIT. */
const LOGARITHMS: readonly number[] = Object.freeze(Array.from({ length: (1 << TABLE_BITS) + 1 }, (_, i) => exactLogarithm(i)));

/** Bit by bit: squaring a number doubles its logarithm, and where it passes 2 there is a one. */
function exactLogarithm(i: number): number {
  if (i === 1 << TABLE_BITS) return LOGARITHM_UNIT;
  let power = LOGARITHM_UNIT + i * (LOGARITHM_UNIT >> TABLE_BITS);
  let sum = 0;
  for (let bit = LOGARITHM_UNIT / 2; bit >= 1; bit /= 2) {
    power = Math.floor((power * power) / LOGARITHM_UNIT);
    if (power < 2 * LOGARITHM_UNIT) continue;
    power = Math.floor(power / 2);
    sum += bit;
  }
  return sum;
}

/**
 * -log2 of the word taken as a fraction, (word + 1/2) / 2^32, in LOGARITHM_UNIT: from about 0 (all ones) to 33 units. Between
 * the 256 points of its table it runs straight, so that it falls whenever the word grows; it is off by at most 3 parts
 * in 10^6 of a unit.
 */
export function negativeLogarithm(word: number): number {
  const leading = Math.clz32(word);
  const fraction = ((word << leading) << 1) | (1 << leading);
  const place = fraction >>> (32 - TABLE_BITS);
  const rest = fraction & 0xff_ffff;
  const low = LOGARITHMS[place]!;
  return (leading + 1) * LOGARITHM_UNIT - low - Math.floor(((LOGARITHMS[place + 1]! - low) * rest) / 0x100_0000);
}
