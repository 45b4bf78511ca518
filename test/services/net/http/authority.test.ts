import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { PortRule, isAuthority } from "../../../../services/net/http/authority.ts";
import * as reference from "./reference.ts";

const memory = new Memory(new ArrayBuffer(256));

/** The byte behind the text would make it longer. */
function judge(text: string, portRule: number = PortRule.optional): boolean {
  memory.fill(0, 256, 0x31);
  memory.u8.set(Buffer.from(text, "latin1"), 8);
  return isAuthority(memory, 8, 8 + text.length, portRule);
}

describe("hosts (RFC 3986, 3.2.2)", () => {
  test.each([
    "a", "A.b-c_d~e", "1.2.3.4", "999.1.1.1", "%41%2f", "a!$&'()*+,;=", "a:", "a:0", "a:99999999999",
    "[::]", "[::1]", "[1::]", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]", "[1::8]:80", "[::1.2.3.4]", "[::0.0.0.0]", "[1::10.0.30.255]", "[1:2:3:4:5:6:255.255.255.255]",
    "[1:2:3:4:5::1.2.3.4]", "[ABCD:ef01::]", "[v1.a]", "[v10.a]", "[v0.a]", "[VF.a:b!]",
  ])("%s is one", (text) => {
    expect(judge(text)).toBe(true);
  });

  test.each([
    "", ":", ":80", "a b", "a/b", "a?b", "a#b", "a@b", "a\\b", "a\"b", "a:b", "a:8a", "a:-1", "%", "%4", "%4g", "a%", "\xe9", "a,b c",
    "[", "[]", "[]:80", "[::1", "::1", "[::1]a", "[::1]80", "[:::]", "[:1]", "[1:]", "[1::2::3]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]",
    "[::12345]", "[::g]", "[::1.2.3]", "[::1.2.3.4.5]", "[::1.2.3.256]", "[::01.2.3.4]", "[::1.2.3.4:5]", "[1.2.3.4]", "[1:2:3:4:5:6:7:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4::]",
    "[::1%25eth0]", "[v.a]", "[v1]", "[v1.]", "[vg.a]", "[v1.a/b]",
  ])("%s is none", (text) => {
    expect(judge(text)).toBe(false);
  });
});

test.each([
  ["a:1", true], ["a:443", true], ["a:65535", true], ["[::1]:00080", true],
  ["a", false], ["a:", false], ["a:0", false], ["a:65536", false], ["a:99999999999999999999", false], ["[::1]", false], [":1", false],
])("where a port is required, %s: %s", (text, expected) => {
  expect(judge(text, PortRule.required)).toBe(expected);
});

test("as the reference has it", () => {
  const group = fc.constantFrom("0", "1", "abcd", "FFFF", "12345", "", ":");
  const literal = fc.array(group, { minLength: 1, maxLength: 9 }).map((groups) => groups.join(":"));
  const tail = fc.constantFrom("", ":1.2.3.4", ":1.2.3.256", "::", "1.2.3.4", ":");
  const text = fc.oneof(
    fc.tuple(literal, tail, fc.constantFrom("", ":80", ":", "x")).map(([head, end, port]) => `[${head}${end}]${port}`),
    fc.string({ unit: fc.constantFrom(..."aZ0.-:%41[]/@ \x80"), maxLength: 10 }),
  );
  fc.assert(
    fc.property(text, (sample) => {
      expect(judge(sample)).toBe(reference.isAuthority(sample));
    }),
    { seed: 1, numRuns: 20_000 },
  );
});
