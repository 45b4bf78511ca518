import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Ratchet } from "./sizes.ts";
import { checkRatchet, checkSizes, FILE_GATE, FILE_TARGET, fileLines, FUNCTION_GATE, FUNCTION_TARGET, functionSizes, overTarget } from "./sizes.ts";
import { parse, sources } from "./source.ts";
import { UPDATE } from "./golden.ts";

const RATCHET = new URL("ratchet.json", import.meta.url);
const lines = (count: number): string => "f();\n".repeat(count);
const sizes = (text: string): [string, number][] => functionSizes(parse("hal/a.ts", text)).map((one) => [one.name, one.lines]);

test("no file and no function is over its gate", () => {
  expect(sources().flatMap(checkSizes)).toEqual([]);
});

test("what is over its target grows fewer", () => {
  const recorded = JSON.parse(readFileSync(RATCHET, "utf8")) as Ratchet;
  if (UPDATE) {
    const over = overTarget(sources());
    const lowered: Ratchet = {
      filesOverTarget: Math.min(over.files.length, recorded.filesOverTarget),
      functionsOverTarget: Math.min(over.functions.length, recorded.functionsOverTarget),
    };
    writeFileSync(RATCHET, `${JSON.stringify(lowered, null, 2)}\n`);
  }
  expect(checkRatchet(JSON.parse(readFileSync(RATCHET, "utf8")) as Ratchet, sources())).toEqual([]);
});

describe("measuring", () => {
  test("finds functions, methods and arrow functions, with types of every kind around them", () => {
    expect(sizes("function a(): void {\n}\nfunction b<T extends { c: number }>(x: T): { c: number } {\n\n}\nfunction* g() {\n}")).toEqual([["a", 2], ["b", 3], ["g", 2]]);
    expect(sizes("class A extends B<C> {\n constructor(a: () => void) {\n super(a);\n }\n get b(): number {\n return 1;\n}\n #c(): x is { d: 1 } | E {\n }\n}"))
      .toEqual([["constructor", 3], ["b", 3], ["#c", 2]]);
    expect(sizes("const a = (b: number): { c: 1 } => {\n return d;\n};\nconst e = { f() {\n }, 'g'(x = {}) {\n } };")).toEqual([["an arrow function", 3], ["f", 2], ["g", 2]]);
    expect(sizes("export default function () {\n}")).toEqual([["function", 2]]);
  });

  test("takes nothing else for a function", () => {
    const text = `if (a) { f(); } for (;;) { g(); } while (h(x)) { } switch (i) { default: } try { } catch (e) { }
      const t = a ? f(x) : { y: 1 }; interface A { f(a: number): { b: number }; g(): void } abstract class B { abstract f(): void; }
      declare function o(a: string): void; f({ a }); new C({ b }); label(x); { }`;
    expect(sizes(text)).toEqual([]);
  });

  test("counts a file's lines, the last end of line aside", () => {
    expect(fileLines(parse("a.ts", "a\nb\n"))).toBe(2);
    expect(fileLines(parse("a.ts", "a\nb"))).toBe(2);
  });
});

describe("the gates catch", () => {
  test("a file that is too long", () => {
    expect(checkSizes(parse("hal/a.ts", lines(FILE_GATE)))).toEqual([]);
    expect(checkSizes(parse("hal/a.ts", lines(FILE_GATE + 1)))).toHaveLength(1);
  });

  test("a function that is too long, whatever its form", () => {
    for (const [head, foot] of [["function f() {", "}"], ["class A { #f(): void {", "} }"], ["const f = (): void => {", "};"]] as const) {
      expect(checkSizes(parse("hal/a.ts", `${head}\n${lines(FUNCTION_GATE - 2)}${foot}`))).toEqual([]);
      expect(checkSizes(parse("hal/a.ts", `${head}\n${lines(FUNCTION_GATE - 1)}${foot}`))).toHaveLength(1);
    }
  });

  test("a long test, but not a long group of tests", () => {
    const body = `test("a", () => {\n${lines(FUNCTION_GATE)}});`;
    expect(checkSizes(parse("test/a.test.ts", `describe("x", () => {\n${body}\n});`))).toHaveLength(1);
    expect(checkSizes(parse("test/a.test.ts", `describe("x", () => {\n${lines(FUNCTION_GATE)}\n});`))).toEqual([]);
    expect(checkSizes(parse("hal/a.ts", `describe("x", () => {\n${lines(FUNCTION_GATE)}\n});`))).toHaveLength(1);
  });
});

test("the ratchet turns one way only", () => {
  const long = parse("hal/a.ts", lines(FILE_TARGET + 1));
  const longer = parse("hal/b.ts", `function f() {\n${lines(FUNCTION_TARGET)}}\n${lines(FILE_TARGET)}`);
  expect(checkRatchet({ filesOverTarget: 2, functionsOverTarget: 1 }, [long, longer])).toEqual([]);
  expect(checkRatchet({ filesOverTarget: 1, functionsOverTarget: 1 }, [long, longer])).toEqual([
    "2 files of more than 250 lines, 1 recorded: shorten one of them",
    "292 lines: hal/b.ts",
    "251 lines: hal/a.ts",
  ]);
  expect(checkRatchet({ filesOverTarget: 2, functionsOverTarget: 0 }, [long, longer])).toHaveLength(2);
  expect(checkRatchet({ filesOverTarget: 3, functionsOverTarget: 1 }, [long, longer])).toHaveLength(1);
});
