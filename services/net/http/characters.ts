/**
 * Classes of bytes in HTTP/1 and URIs. A class is three masks, one a row of 32 codes from 0x20 on; control bytes and
 * bytes of 0x80 and more are in none.
 */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

function inClass(byte: number, from20: number, from40: number, from60: number): boolean {
  if (byte < 0x20 || byte >= 0x80) return false;
  const row = byte < 0x40 ? from20 : byte < 0x60 ? from40 : from60;
  return ((row >>> (byte & 31)) & 1) !== 0;
}

/** tchar (RFC 9110, 5.6.2): letters, digits and !#$%&'*+-.^_`|~ */
export function isTokenByte(byte: number): boolean {
  // Nearly every byte of a field name is a lower-case letter.
  if (byte >= 0x61 && byte <= 0x7a) return true;
  return inClass(byte, 0x03ff6cfa, 0xc7fffffe | 0, 0x57ffffff);
}

/** What a registered name may hold besides escapes (RFC 3986, 3.2.2): letters, digits and -._~!$&'()*+,;= */
export function isRegisteredNameByte(byte: number): boolean {
  // Nearly every byte of a host is a lower-case letter.
  if (byte >= 0x61 && byte <= 0x7a) return true;
  return inClass(byte, 0x2bff7fd2, 0x87fffffe | 0, 0x47fffffe);
}

/** A method's bytes as the contract has them: A-Z, '-', '_'. */
export function isMethodByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d || byte === 0x5f;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

export function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** 0 to 15, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
