import { expect, test } from "vitest";
import { bar, count, leftRight, percent, shellWord, tableLines, width } from "../../../sim/host/text.ts";

test("numbers, shares and bars", () => {
  expect([count(1234567), percent(1, 3), percent(0, 0), bar(0, 9, 10), bar(1, 1000, 10).length, bar(9, 9, 10).length, bar(10, 9, 10).length]).toEqual(["1,234,567", "33.3 %", "-", "", 1, 10, 10]);
});

test("a table aligns, wraps its last column, and counts no colours", () => {
  const rows = [
    ["a", "1", "one two three four five six"],
    ["\u001b[31mbbb\u001b[39m", "22", ""],
  ];
  expect(tableLines(rows, ["left", "right", "left"], 29)).toEqual(["a     1  one two three four", "         five six", "\u001b[31mbbb\u001b[39m  22"]);
  expect(width("\u001b[31mbbb\u001b[39m")).toBe(3);
});

test("two ends of a line, or two lines", () => {
  expect(leftRight("ab", 2, "cd", 8)).toBe("ab    cd");
  expect(leftRight("abcdef", 6, "cd", 8)).toBe("abcdef\n  cd");
});

test("words for a shell are quoted only where they must be", () => {
  expect(["a/b-c.pcap", "x=1", "it's", "", "a b"].map(shellWord)).toEqual(["a/b-c.pcap", "x=1", "'it'\\''s'", "''", "'a b'"]);
});
