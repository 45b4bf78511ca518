/** Bytes written as hexadecimal digits, two a byte. */

const DIGITS = "0123456789abcdef";

/** The bytes of a text of lower-case digits; null if it is none. */
export function bytesOfHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    const high = DIGITS.indexOf(text[2 * at]);
    const low = DIGITS.indexOf(text[2 * at + 1]);
    if (high < 0 || low < 0) return null;
    bytes[at] = high * 16 + low;
  }
  return bytes;
}

export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte >> 4] + DIGITS[byte & 15];
  return text;
}
