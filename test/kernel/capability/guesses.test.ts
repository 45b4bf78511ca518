/** A million numbers that are no tokens of the process that tries them. */

import { expect, test } from "vitest";
import { findHeld, lookUp } from "../../../kernel/capability.ts";
import { GOVERNING_RIGHTS } from "../../../kernel/capability/right.ts";
import { nextHeld } from "../../../kernel/capability/space.ts";
import { copyToken } from "../../../kernel/capability/token.ts";
import { Errno } from "../../../kernel/errno.ts";
import { ProcessRecord } from "../../../kernel/process.ts";
import { cell, makeBench } from "./bench.ts";

const GUESSES = 1_000_000;

test("random numbers, real tokens with one or two bits changed, and tokens of other processes: all are refused", () => {
  const all = { a: GOVERNING_RIGHTS, b: GOVERNING_RIGHTS, region: GOVERNING_RIGHTS };
  const { kernel, run } = makeBench(all, { capabilities: 40, capabilityTable: 16, capabilityTables: 6 });
  const { ram, spaces } = kernel;
  // Spaces of three tables, so that guesses meet held, free and missing slots.
  for (const process of [0, 1, 2]) run(process, (context) => { for (let n = 0; n < 31; n++) expect(context.capabilityDerive(context.needs.region, 255, cell(context, 0))).toBe(0); });
  const guess = ProcessRecord.arenaBase.get(ram, kernel.processes.at(0)) + 512;
  const at = guess >> 2;
  const held: number[][] = [0, 1, 2].map((process) => tokensOf(process));
  expect(held.map((tokens) => tokens.length)).toEqual([80, 80, 80]);
  const mine = new Set(held[0].flatMap((low, index) => (index % 2 === 0 ? [`${low}.${held[0][index + 1]}`] : [])));

  function tokensOf(process: number): number[] {
    const words: number[] = [];
    for (let slot = nextHeld(ram, spaces, process, 0); slot !== 0; slot = nextHeld(ram, spaces, process, slot)) {
      copyToken(ram, spaces, slot, guess);
      words.push(ram.i32[at], ram.i32[at + 1]);
    }
    return words;
  }

  let word = 4;
  const draw = (): number => (word = (Math.imul(word, 1664525) + 1013904223) | 0);
  let tried = 0;
  for (let n = 0; tried < GUESSES; n++) {
    const owner = n % 3;
    const index = (draw() >>> 8) % (held[owner].length / 2);
    ram.i32[at] = held[owner][index * 2];
    ram.i32[at + 1] = held[owner][index * 2 + 1];
    if (n % 4 === 0) [ram.i32[at], ram.i32[at + 1]] = [draw(), draw()];
    // Above the slot's twelve bits everything is random, so that the slot itself is often a real one.
    if (n % 4 === 1) [ram.i32[at], ram.i32[at + 1]] = [(draw() & ~0xfff) | ((n >> 2) & 0x3f), draw()];
    if (n % 4 === 2) ram.i32[at + (n & 1)] ^= 1 << (draw() >>> 27);
    if (mine.has(`${ram.i32[at]}.${ram.i32[at + 1]}`)) continue;
    tried += 1;
    if (findHeld(ram, spaces, 0, guess) !== Errno.invalidCapability || lookUp(ram, spaces, 0, guess, n % 9, 0) !== Errno.invalidCapability) expect.unreachable(`guess ${n}`);
  }
});

test("each bit of each token counts", () => {
  const { kernel } = makeBench({}, {});
  const { ram, spaces } = kernel;
  const at = ProcessRecord.arenaBase.get(ram, kernel.processes.at(1)) + 512;
  for (let slot = nextHeld(ram, spaces, 1, 0); slot !== 0; slot = nextHeld(ram, spaces, 1, slot)) {
    copyToken(ram, spaces, slot, at);
    expect(findHeld(ram, spaces, 1, at)).toBe(spaces.slots.at(slot));
    for (let bit = 0; bit < 64; bit++) {
      ram.i32[(at >> 2) + (bit >> 5)] ^= 1 << (bit & 31);
      expect(findHeld(ram, spaces, 1, at), `slot ${slot}, bit ${bit}`).toBe(Errno.invalidCapability);
      ram.i32[(at >> 2) + (bit >> 5)] ^= 1 << (bit & 31);
    }
  }
});
