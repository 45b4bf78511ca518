import { expect, test } from "vitest";
import { checkModuleState } from "./module-state.ts";
import { parse, sources } from "./source.ts";

const judge = (text: string, path = "services/x/x.ts"): string[] => checkModuleState(parse(path, text));

test("no module of the machine holds state of its own", () => {
  expect(sources().flatMap(checkModuleState)).toEqual([]);
});

test.each([
  "let count = 0;",
  "export let count = 0;",
  "var count = 0;",
  "const seen = new Map<string, number>();",
  "export const seen: Set<number> = new Set();",
  "const table = new Uint8Array(256);",
  "const table = Object.freeze(new Map());",
  "const names = [];",
  "export const names: string[] = ['a', 'b'];",
  "const names = ['a'] as const;",
  "const table: { a: number } = { a: 1 };",
  "export const table = { a: 1 } satisfies X;",
  "const table = Array.from({ length: 3 }, f);",
  "const table = Object.fromEntries(list);",
  "const clock = new Clock(1);",
  "const pattern = /a/g;",
  "class A { count = 0; }",
  "class A { #count: number; constructor() { this.#count = 0; } }",
  "export class A<T> extends B { readonly a = 1; private b?: number; f(): void {} }",
  "class A { f(): { a: number } { return { a: 1 }; } count = 0; }",
  "class A { readonly f = (): void => { g(); }; count!: number; }",
  "class A { static count = 0; }",
  "class A { readonly #seen = new Map<string, number>(); }",
  "class A { readonly #seen: Set<number>; constructor() { this.#seen = new Set(); } }",
  "class A { readonly list: number[] = f(); }",
  "class A { readonly list: Array<number>; }",
  "class A { readonly scratch: Uint8Array; }",
  "function f() { return class { count = 0; }; }",
])("caught: %s", (text) => {
  expect(judge(text)).toHaveLength(1);
});

test.each([
  "export const limit = 32; const name = `a${b}`; const both = [1, 2].length; const first = { a: 1 }.a;",
  "export const table = Object.freeze({ a: 1, b: [2] });",
  "const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;",
  "const f = (a: number): number => { let b = a; const seen = []; return b; };",
  "export function f(): void { let a = 1; const m = new Map(); }",
  "export const u = service({ name: 'u', handle(message) { let a = 1; } });",
  "class A { readonly a: number; readonly #b = 1; declare c: number; static readonly d = 4; static plan(): void { let a = 1; } get e(): number { return 1; } }",
  "class A { readonly #ram: Memory; readonly list: readonly number[]; readonly names: ReadonlyMap<string, number>; readonly f: (a: Map<string, 1>) => void; }",
  "abstract class A { abstract show(a: number): string; static { for (const a of b) f(a); } g(): void {} }",
  "export interface A { count: number; list: string[] } type B = { a: number };",
  "const pattern = /a/i;",
])("let through: %s", (text) => {
  expect(judge(text)).toEqual([]);
});

test("sim and tests may keep what they like, and the planner may count", () => {
  expect(judge("let count = 0;", "sim/world/x.ts")).toEqual([]);
  expect(judge("class RamPlan { #end = 0; }", "hal/ram-plan.ts")).toEqual([]);
  expect(judge("class Other { #end = 0; }", "hal/ram-plan.ts")).toHaveLength(1);
  expect(judge("let end = 0;", "hal/ram-plan.ts")).toHaveLength(1);
});
