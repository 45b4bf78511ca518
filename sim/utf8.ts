/** UTF-8, written here since the room has no TextEncoder: texts cross the mailbox as bytes. */

const REPLACEMENT = 0xfffd;

/** The bytes of a text; an unpaired surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? REPLACEMENT;
    at = encodePoint(bytes, at, point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point);
  }
  return bytes.slice(0, at);
}

function encodePoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point;
    return at + 1;
  }
  const continuations = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  const lead = continuations === 1 ? 0xc0 : continuations === 2 ? 0xe0 : 0xf0;
  bytes[at] = lead | (point >> (6 * continuations));
  for (let i = 1; i <= continuations; i++) bytes[at + i] = 0x80 | ((point >> (6 * (continuations - i))) & 0x3f);
  return at + 1 + continuations;
}

/** The text of `count` bytes from `at` on; a byte that begins no well-formed character becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, at = 0, count: number = bytes.length - at): string {
  const end = at + count;
  let text = "";
  while (at < end) {
    const length = sequenceLength(bytes, at, end);
    text += String.fromCodePoint(length === 0 ? REPLACEMENT : pointAt(bytes, at, length));
    at += length === 0 ? 1 : length;
  }
  return text;
}

/** Bytes of the well-formed character at `at` (Unicode, table 3-7), or 0. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > end) return 0;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (bytes[at + 1] < lowest || bytes[at + 1] > highest) return 0;
  for (let i = 2; i < length; i++) if (bytes[at + i] >> 6 !== 2) return 0;
  return length;
}

function pointAt(bytes: Uint8Array, at: number, length: number): number {
  let point = length === 1 ? bytes[at] : bytes[at] & (0x7f >> length);
  for (let i = 1; i < length; i++) point = (point << 6) | (bytes[at + i] & 0x3f);
  return point;
}
