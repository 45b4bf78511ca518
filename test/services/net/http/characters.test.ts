import { expect, test } from "vitest";
import { hexDigit, isBlank, isDigit, isLetter, isMethodByte, isRegisteredNameByte, isTokenByte } from "../../../../services/net/http/characters.ts";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS = UPPER + UPPER.toLowerCase();
const DIGITS = "0123456789";

test.each([
  ["tchar (RFC 9110, 5.6.2)", isTokenByte, `!#$%&'*+-.^_\`|~${DIGITS}${LETTERS}`],
  ["reg-name without escapes (RFC 3986, 3.2.2)", isRegisteredNameByte, `-._~!$&'()*+,;=${DIGITS}${LETTERS}`],
  ["a method's bytes (contract)", isMethodByte, `${UPPER}-_`],
  ["digits", isDigit, DIGITS],
  ["letters", isLetter, LETTERS],
  ["blanks", isBlank, " \t"],
  ["hex digits", (byte: number) => hexDigit(byte) >= 0, `${DIGITS}abcdefABCDEF`],
] as const)("%s", (_, isIn, members) => {
  const found = Array.from({ length: 256 }, (__, byte) => byte).filter((byte) => isIn(byte));
  expect(String.fromCharCode(...found)).toBe([...members].sort().join(""));
});

test("the value of hex digits", () => {
  for (const digit of "0123456789abcdefABCDEF") expect(hexDigit(digit.charCodeAt(0))).toBe(Number.parseInt(digit, 16));
});
