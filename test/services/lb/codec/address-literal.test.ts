import fc from "fast-check";
import { isIP } from "node:net";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { parseAddressLiteral } from "../../../../services/lb/codec/address-literal.ts";
import { writeAddressText } from "../../../../services/lb/codec/address-text.ts";

const source = new Memory(new ArrayBuffer(256));
const target = new Memory(new ArrayBuffer(64));
const FROM = 5;
const TO = 9;

function parse(text: string): { family: number; bytes: number[] } {
  const encoded = new TextEncoder().encode(text);
  source.u8.fill(0x31);
  source.u8.set(encoded, FROM);
  target.u8.fill(0xee);
  const family = parseAddressLiteral(target, TO, source, FROM, encoded.length);
  expect(target.u8[TO - 1]).toBe(0xee);
  expect(target.u8[TO + 16]).toBe(0xee);
  return { family, bytes: [...target.u8.slice(TO, TO + 16)] };
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

describe("address literals", () => {
  test("IPv4 fills four bytes and zeros the rest", () => {
    expect(parse("10.0.255.9")).toEqual({ family: 4, bytes: [10, 0, 255, 9, ...zeros(12)] });
  });

  test.each([
    ["::", zeros(16)],
    ["::1", [...zeros(15), 1]],
    ["1::", [0, 1, ...zeros(14)]],
    ["1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]],
    ["::2:3:4:5:6:7:8", [0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ["2001:DB8::a0b:c", [0x20, 1, 0x0d, 0xb8, ...zeros(8), 0x0a, 0x0b, 0, 0x0c]],
    ["::ffff:192.168.1.2", [...zeros(10), 255, 255, 192, 168, 1, 2]],
    ["1:2:3:4:5:6:7.8.9.10", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 7, 8, 9, 10]],
  ])("IPv6 %s", (text, bytes) => {
    expect(parse(text)).toEqual({ family: 6, bytes });
  });

  test.each([
    "", ".", ":", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "+1.2.3.4",
    "1e1.2.3.4", "0x1.2.3.4", "1234.1.1.1", "::1%eth0", "[::1]", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", ":1::2", "1::2:",
    "12345::", "g::", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::1:2:3:4:5:6:1.2.3.4", "::256.1.1.1", "localhost", "10.0.0.1.example", "backend-1",
  ])("%j is none, and leaves zeros", (text) => {
    expect(parse(text)).toEqual({ family: 0, bytes: zeros(16) });
  });

  test("agrees with the platform on anything made of their characters", () => {
    const piece = fc.constantFrom("0", "1", "12", "255", "256", "fe80", "A", "00", "::", ":", ".", "1.2.3.4", "ffff");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join("");
        expect(parse(text).family, text).toBe(isIP(text));
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });

  test("reads back what address text writes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(15), (bytes, zeroed) => {
        bytes.fill(0, zeroed, zeroed + 6);
        source.u8.set(bytes, 100);
        const length = writeAddressText(target, 20, source, 100, 6);
        expect(parse(new TextDecoder().decode(target.u8.slice(20, 20 + length)))).toEqual({ family: 6, bytes: [...bytes] });
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
