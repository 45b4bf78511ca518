import { expect, test } from "vitest";
import { parseSize, sizeText, sizeWords } from "../../sim/size.ts";

test("sizes take K, M and G", () => {
  expect(["0", "4096", "4K", "64K", "4M", "1G"].map(parseSize)).toEqual([0, 4096, 4096, 65536, 4194304, 1073741824]);
  for (const text of ["", "K", "4k", "4KB", "1.5M", "-1", "+1", " 1", "1e3", "0x10", "9999999999999999", "999999999999999G"]) expect(parseSize(text), text).toBe(-1);
});

test("the shortest exact spelling", () => {
  expect([0, 1023, 1024, 4097, 1536 * 1024, 4194304, 1073741824].map(sizeText)).toEqual(["0", "1023", "1K", "4097", "1536K", "4M", "1G"]);
});

test("words are rounded to one decimal", () => {
  expect([12, 1024, 1536, 4096 + 52, 4194304, 5_000_000].map(sizeWords)).toEqual(["12 B", "1 KiB", "1.5 KiB", "4.1 KiB", "4 MiB", "4.8 MiB"]);
});
