/**
 * A million operations on arenas of four sizes, each beside a shadow that knows which block every 8 bytes belong to: no
 * block overlaps another, alignment is kept, the books are exact after every operation, and none takes more steps than
 * STEPS_MAX. A step is one word of memory read or written; filling and copying count as one, since they take time with
 * a block's size only. What the arenas held when they refused is printed.
 */

import { expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import type { Address } from "../../../hal/field.ts";
import { ArenaBlock, ArenaHeader, arenaAccount, arenaAllocate, arenaCheck, arenaFormat, arenaFree, arenaOverheadBytes, arenaResize } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Counting } from "./counting.ts";
import { counting } from "./counting.ts";

/** The most words that one operation touches, whatever the arena's size and history. */
const STEPS_MAX = 240;

/** A block's bytes as the allocator rounds them: 8 of header, the request rounded up to 8, at least 16. */
function roundedBytes(bytes: number): number {
  return Math.max(16, ((bytes + 7) & ~7) + 8);
}

const ARENA = 0 as Address<"ArenaHeader">;

interface Trace {
  readonly arenaBytes: number;
  readonly operations: number;
  /** Requests are from 1 up to here; one in eight is up to sixteen times as large. */
  readonly usualBytes: number;
}

/** Numbers by xorshift (Marsaglia 2003), 32 bits. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
}

/** Runs one trace; every operation is judged. */
class Runner {
  readonly trace: Trace;
  readonly dice: Dice;
  readonly plain: Memory;
  readonly counted: Counting;
  /** For each 8 bytes: number of the live block there, 0 for none. */
  readonly shadow: Int32Array;
  /** What each block takes, by its header. */
  readonly bytesOf: number[] = [];
  readonly atOf: number[] = [];
  readonly alignmentOf: number[] = [];
  /** Numbers of live blocks, and of free places in the lists above. */
  readonly live: number[] = [];
  readonly unused: number[] = [];
  /** What the live blocks take. */
  used = 0;
  steps = 0;
  stepsMax = 0;
  refusals = 0;
  usedAtRefusal = 0;
  largestAtRefusal = 0;
  freeAtRefusal = 0;

  constructor(trace: Trace, dice: Dice) {
    this.trace = trace;
    this.dice = dice;
    this.plain = new Memory(new ArrayBuffer(trace.arenaBytes));
    arenaFormat(this.plain, 0, trace.arenaBytes);
    this.counted = counting(this.plain);
    this.shadow = new Int32Array(trace.arenaBytes >> 3);
  }

  operate(): void {
    const kind = this.dice.below(8);
    const bytes = 1 + this.dice.below(this.trace.usualBytes * (this.dice.below(8) === 0 ? 16 : 1));
    if (this.live.length === 0 || kind < 4) this.allocate(bytes, this.dice.below(8) === 0 ? 8 << this.dice.below(6) : 8);
    else if (kind < 7) this.free(this.dice.below(this.live.length));
    else this.resize(this.dice.below(this.live.length), bytes);
    const used = ArenaHeader.usedBytes.get(this.plain, ARENA);
    const count = ArenaHeader.blockCount.get(this.plain, ARENA);
    if (used !== this.used || count !== this.live.length) throw new Error(`the books say ${count} blocks in ${used} bytes; there are ${this.live.length} in ${this.used}`);
  }

  allocate(bytes: number, alignment: number): void {
    const at = this.counting(() => arenaAllocate(this.counted.memory, 0, bytes, alignment));
    if (at < 0) this.refused(at);
    else this.add(at, bytes, alignment);
  }

  free(position: number): void {
    const block = this.remove(position);
    if (this.counting(() => arenaFree(this.counted.memory, 0, this.atOf[block]!)) !== 0) throw new Error(`block ${block} was not freed`);
  }

  resize(position: number, bytes: number): void {
    const block = this.live[position]!;
    const at = this.counting(() => arenaResize(this.counted.memory, 0, this.atOf[block]!, bytes));
    if (at < 0) return this.refused(at);
    this.remove(position);
    this.add(at, bytes, this.alignmentOf[block]!);
  }

  counting(act: () => number): number {
    const before = this.counted.count();
    const answer = act();
    const steps = this.counted.count() - before;
    this.steps += steps;
    if (steps > this.stepsMax) this.stepsMax = steps;
    return answer;
  }

  refused(answer: number): void {
    expect(answer).toBe(Errno.outOfMemory);
    this.refusals += 1;
    const sampled = this.refusals % 64 === 1;
    if (!sampled) return;
    const account = arenaAccount(this.plain, 0);
    this.usedAtRefusal += account.usedBytes + account.overheadBytes;
    this.freeAtRefusal += account.freeBytes;
    this.largestAtRefusal += account.largestFreeBytes;
  }

  add(at: number, bytes: number, alignment: number): void {
    if (at % alignment !== 0 || at < arenaOverheadBytes(this.trace.arenaBytes) || at + bytes > this.trace.arenaBytes) throw new Error(`${bytes} bytes at ${at}: not where they may be`);
    const block = this.unused.pop() ?? Math.max(1, this.atOf.length);
    const taken = (ArenaBlock.shape.get(this.plain, (at - 8) as Address<"ArenaBlock">) >>> 5) << 3;
    const slack = taken - roundedBytes(bytes);
    if (slack !== 0 && slack !== 8) throw new Error(`${bytes} bytes took ${taken}`);
    this.used += taken;
    this.mark(at, taken, 0, block);
    this.atOf[block] = at;
    this.bytesOf[block] = taken;
    this.alignmentOf[block] = alignment;
    this.live.push(block);
  }

  /** The block leaves the model. Its number. */
  remove(position: number): number {
    const block = this.live[position]!;
    this.used -= this.bytesOf[block]!;
    this.mark(this.atOf[block]!, this.bytesOf[block]!, block, 0);
    this.live[position] = this.live[this.live.length - 1]!;
    this.live.pop();
    this.unused.push(block);
    return block;
  }

  /** Header and content change hands; whoever else is met there is overlapped. */
  mark(at: number, bytes: number, from: number, to: number): void {
    const { shadow } = this;
    const end = (at - 8 + bytes) >> 3;
    for (let index = (at - 8) >> 3; index < end; index++) {
      if (shadow[index] !== from) throw new Error(`the block at ${at} overlaps block ${shadow[index]}`);
      shadow[index] = to;
    }
  }

  /** Everything the arena says of itself. */
  compareAll(): void {
    const fault = arenaCheck(this.plain, 0);
    if (fault !== null) throw new Error(fault);
    const account = arenaAccount(this.plain, 0);
    expect(account.overheadBytes + account.usedBytes + account.freeBytes).toBe(account.sizeBytes);
    expect([account.failures, account.misuses]).toEqual([this.refusals, 0]);
  }
}

/** Fifteen seconds on an idle machine: each word goes through a proxy. */
const TIMEOUT_MILLIS = 600_000;

const TRACES: readonly Trace[] = [
  { arenaBytes: 4 * 1024, operations: 300_000, usualBytes: 40 },
  { arenaBytes: 64 * 1024, operations: 300_000, usualBytes: 120 },
  { arenaBytes: 256 * 1024, operations: 300_000, usualBytes: 1000 },
  { arenaBytes: 4 * 1024 * 1024, operations: 100_000, usualBytes: 8000 },
];

test("a million operations: nothing overlaps, the books are exact, and no operation takes more steps than one constant", () => {
  const lines: string[] = [];
  let operations = 0;
  for (const trace of TRACES) {
    const runner = new Runner(trace, new Dice(trace.arenaBytes));
    for (let done = 0; done < trace.operations; done++) {
      runner.operate();
      if (done % 5000 === 0) runner.compareAll();
    }
    runner.compareAll();
    expect(runner.stepsMax).toBeLessThanOrEqual(STEPS_MAX);
    const samples = Math.ceil(runner.refusals / 64);
    const share = (bytes: number): string => `${((100 * bytes) / samples / trace.arenaBytes).toFixed(1)} %`;
    const room = samples === 0 ? "never refused" : `${share(runner.usedAtRefusal)} used at ${runner.refusals} refusals, largest free block ${share(runner.largestAtRefusal)} of ${share(runner.freeAtRefusal)} free`;
    lines.push(`arena of ${trace.arenaBytes >> 10} KiB: ${(runner.steps / trace.operations).toFixed(1)} steps an operation, at most ${runner.stepsMax}; ${room}`);
    operations += trace.operations;
  }
  expect(operations).toBe(1_000_000);
  console.log(lines.join("\n"));
}, TIMEOUT_MILLIS);
