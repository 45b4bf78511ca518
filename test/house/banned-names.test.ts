import { expect, test } from "vitest";
import { checkBannedNames } from "./banned-names.ts";
import { parse, sources } from "./source.ts";

const judge = (path: string, text: string): string[] => checkBannedNames(parse(path, text));

test("no file uses a name that its room bans", () => {
  expect(sources().flatMap(checkBannedNames)).toEqual([]);
});

test.each([
  ["hal/a.ts", "const now = Date.now();"],
  ["sim/world/a.ts", "const now = new Date();"],
  ["kernel/a.ts", "const x = Math.random();"],
  ["sim/a.ts", "const x = performance.now();"],
  ["hal/a.ts", "setTimeout(f, 1);"],
  ["services/a.ts", "queueMicrotask(f);"],
  ["hal/a.ts", "const p: Promise<void> = f();"],
  ["sim/a.ts", "export async function f(): X {}"],
  ["sim/a.ts", "for (const x of xs) { await x; }"],
  ["hal/a.ts", "function* f() {}"],
  ["hal/a.ts", "class A { *items() {} }"],
  ["sim/a.ts", "yield 1;"],
  ["kernel/a.ts", "console.log(1);"],
  ["sim/a.ts", "process.exit(1);"],
  ["sim/a.ts", "const x = BigInt(1);"],
  ["hal/a.ts", "const x = 1n;"],
  ["hal/a.ts", "const x = 0xffn;"],
  ["hal/a.ts", "memory.view.getBigUint64(0);"],
  ["sim/a.ts", "x.toLocaleString();"],
  ["sim/a.ts", "names.sort((a, b) => a.localeCompare(b));"],
  ["sim/a.ts", "new Intl.NumberFormat();"],
  ["sim/a.ts", "globalThis.x = 1;"],
  ["sim/a.ts", "const fs = require('node:fs');"],
  ["kernel/a.ts", "const x = Math.log2(3);"],
  ["hal/a.ts", "const x = 0.5;"],
  ["hal/a.ts", "const x = 1e-3;"],
  ["kernel/a.ts", "x.toFixed(1);"],
  ["kernel/a.ts", "const raw = memory.buffer;"],
  ["services/a.ts", "const raw = context.memory.u8.buffer;"],
  ["services/a.ts", "const { buffer } = memory;"],
  ["services/a.ts", "const v = new DataView(x);"],
  ["test/a.ts", "eval('1');"],
  ["sim/host/a.ts", "new Function('a');"],
  ["sim/host/a.ts", "export enum Color { red }"],
  ["test/a.ts", "namespace X { }"],
  ["services/a.ts", "const text = `at ${Date.now()}`;"],
])("%s may not hold: %s", (path, text) => {
  expect(judge(path, text)).toHaveLength(1);
});

test("what is said comes with what to use instead", () => {
  expect(judge("hal/a.ts", "\nDate.now()")).toEqual([
    "hal/a.ts:2: Date is not used here; use the machine's own time: board.now() in cycles, context.uptimeTicks() in ticks",
  ]);
});

test.each([
  ["hal/a.ts", "/** Date */ const text = 'Date' + `Math.random()`; // setTimeout"],
  ["kernel/a.ts", "TraceState.process.set(ram, state, process); const p = process.index;"],
  ["services/a.ts", "const at = context.buffer(pool, handle, 0, 4); if (place === HeadPlace.buffer) f({ buffer: 1 });"],
  ["hal/a.ts", "const raw = memory.buffer; const x = 0x1e3 + 1_000 + 1e9; Math.floor(x / 2) * 3;"],
  ["sim/host/a.ts", "console.log(Date.now(), process.argv, await f());"],
  ["test/a.ts", "const x = Date.now(); await f();"],
  ["sim/a.ts", "const share = count / total * 0.5;"],
  ["kernel/a.ts", "function require(rights: number): void {} require(Right.read);"],
  ["kernel/a.ts", "const module = f(); const namespace = 1; const a = { async: 1 };"],
])("%s may hold: %s", (path, text) => {
  expect(judge(path, text)).toEqual([]);
});
