import fc from "fast-check";
import { expect, test } from "vitest";
import { addressPortText, addressText, ipv4Text, ipv6Text, isGroupMac, macNumber, macText, parseMac } from "../../sim/address-text.ts";

function six(...groups: number[]): string {
  return ipv6Text(Uint8Array.from([0, ...groups.flatMap((group) => [group >> 8, group & 0xff])]), 1);
}

test("IPv4 is dotted decimal", () => {
  expect(ipv4Text(Uint8Array.of(9, 10, 0, 255, 1), 1)).toBe("10.0.255.1");
  expect(addressText(4, Uint8Array.of(10, 0, 0, 1), 0)).toBe("10.0.0.1");
});

// The examples of RFC 5952, sections 4 and 5, and its edges.
for (const [groups, text] of [
  [[0x2001, 0xdb8, 0, 0, 0, 0, 2, 1], "2001:db8::2:1"],
  [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], "2001:db8:0:1:1:1:1:1"],
  [[0x2001, 0, 0, 1, 0, 0, 0, 1], "2001:0:0:1::1"],
  [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"],
  [[0, 0, 0, 0, 0, 0, 0, 0], "::"],
  [[0, 0, 0, 0, 0, 0, 0, 1], "::1"],
  [[1, 0, 0, 0, 0, 0, 0, 0], "1::"],
  [[0, 0, 1, 0, 0, 0, 0, 0], "0:0:1::"],
  [[0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 0xabc], "2001:db8:aaaa:bbbb:cccc:dddd:eeee:abc"],
  [[0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201], "::ffff:192.0.2.1"],
  [[0, 0, 0, 0, 0, 0xfffe, 0xc000, 0x0201], "::fffe:c000:201"],
  [[0xfd20, 0, 0, 1, 0, 0, 0, 2], "fd20:0:0:1::2"],
] as const) {
  test(`IPv6 ${text}`, () => expect(six(...groups)).toBe(text));
}

test("IPv6 text is never ambiguous: the groups read back", () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, (given) => {
      fc.pre(!(given.slice(0, 5).every((group) => group === 0) && given[5] === 0xffff));
      const text = six(...given);
      const [head, tail] = text.split("::").map((part) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16))));
      const read = tail === undefined ? head : [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
      expect(read).toEqual(given);
    }),
    { seed: 1, numRuns: 1000 },
  );
});

test("address and port, with brackets where there are colons", () => {
  expect([addressPortText("10.0.0.1", 80), addressPortText("::1", 80), addressPortText("app", 1)]).toEqual(["10.0.0.1:80", "[::1]:80", "app:1"]);
});

test("MAC addresses as text and as numbers", () => {
  expect(macText(parseMac("02:20:5e:00:00:fe"))).toBe("02:20:5e:00:00:fe");
  expect(parseMac("FF-FF-FF-FF-FF-FF")).toBe(0xffff_ffff_ffff);
  expect(macNumber(Uint8Array.of(7, 0x80, 0, 0xff, 0, 0, 1), 1)).toBe(0x8000_ff00_0001);
  for (const text of ["", "02:20:5e:00:00", "02:20:5e:00:00:fe:00", "02:20-5e:00:00:fe", "0g:20:5e:00:00:fe", "2:20:5e:00:00:fe"]) expect(parseMac(text)).toBe(-1);
  expect([isGroupMac(parseMac("01:00:5e:00:00:01")), isGroupMac(parseMac("02:00:00:00:00:01")), isGroupMac(0xffff_ffff_ffff)]).toEqual([true, false, true]);
});
