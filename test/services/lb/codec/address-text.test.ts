import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { ADDRESS_TEXT_BYTES, writeAddressText } from "../../../../services/lb/codec/address-text.ts";

const source = new Memory(new ArrayBuffer(32));
const target = new Memory(new ArrayBuffer(64));
const FROM = 5;
const TO = 3;

function textOf(bytes: readonly number[], family: number): string {
  source.u8.set(bytes, FROM);
  target.u8.fill(0);
  const length = writeAddressText(target, TO, source, FROM, family);
  expect(length).toBeLessThanOrEqual(ADDRESS_TEXT_BYTES);
  expect(target.u8[TO + length]).toBe(0);
  return new TextDecoder().decode(target.u8.slice(TO, TO + length));
}

const groups = (...values: number[]): number[] => values.flatMap((value) => [value >> 8, value & 255]);

describe("addresses as text", () => {
  test.each([
    [[0, 0, 0, 0], "0.0.0.0"],
    [[1, 10, 100, 255], "1.10.100.255"],
    [[9, 99, 199, 200], "9.99.199.200"],
    [[109, 101, 110, 5], "109.101.110.5"],
  ])("IPv4 %j", (bytes, text) => {
    expect(textOf(bytes, 4)).toBe(text);
  });

  // RFC 5952 sections 4 and 5.
  test.each([
    [groups(0, 0, 0, 0, 0, 0, 0, 0), "::"],
    [groups(0, 0, 0, 0, 0, 0, 0, 1), "::1"],
    [groups(1, 0, 0, 0, 0, 0, 0, 0), "1::"],
    [groups(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), "2001:db8::1:0:0:1"],
    [groups(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), "2001:db8:0:1:1:1:1:1"],
    [groups(0x2001, 0, 0, 1, 0, 0, 0, 1), "2001:0:0:1::1"],
    [groups(0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 0x0aaa), "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa"],
    [groups(0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    [groups(0, 0, 0, 0, 0, 0xffff, 0xc0a8, 0x01ff), "::ffff:192.168.1.255"],
    [groups(0, 0, 0, 0, 0, 0xfffe, 0xc0a8, 0x01ff), "::fffe:c0a8:1ff"],
  ])("IPv6 %j", (bytes, text) => {
    expect(textOf(bytes, 6)).toBe(text);
  });

  test("IPv6 as the URL standard's serialiser has it, mapped addresses apart", () => {
    const group = fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (values) => {
        fc.pre(!(values.slice(0, 5).every((value) => value === 0) && values[5] === 0xffff));
        const canonical = new URL(`http://[${values.map((value) => value.toString(16)).join(":")}]/`).hostname.slice(1, -1);
        expect(textOf(groups(...values), 6)).toBe(canonical);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
