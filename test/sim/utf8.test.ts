import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../sim/utf8.ts";

test("any text is encoded as the platform does it, and comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect([...encodeUtf8(text)]).toEqual([...new TextEncoder().encode(text)]);
      expect(decodeUtf8(encodeUtf8(text))).toBe(text);
    }),
    { seed: 1, numRuns: 1000 },
  );
});

test("unpaired surrogates become U+FFFD", () => expect(decodeUtf8(encodeUtf8("a\ud800b\udc00"))).toBe("a\ufffdb\ufffd"));

test("ill-formed bytes are never read as characters", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const replaced = (text: string): string => text.replaceAll(/\ufffd+/g, "\ufffd");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      expect(replaced(decodeUtf8(bytes))).toBe(replaced(decoder.decode(bytes)));
    }),
    { seed: 1, numRuns: 5000 },
  );
  for (const bytes of [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe0, 0x80, 0xaf], [0xc3]]) expect(replaced(decodeUtf8(Uint8Array.from(bytes)))).toBe("\ufffd");
});

test("a part of the bytes", () => expect(decodeUtf8(encodeUtf8("abc"), 1, 1)).toBe("b"));
