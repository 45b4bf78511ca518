/**
 * A simple model of an arena: which blocks are live, what they hold, which addresses were freed and lie in memory that
 * nobody has used since. What the arena says about itself is compared with what a plain walk over its blocks, written
 * here once more, finds.
 */

import fc from "fast-check";
import { expect } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaAllocate, arenaCheck, arenaFormat, arenaFree, arenaOverheadBytes, arenaResize } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";

interface Live {
  readonly at: number;
  readonly bytes: number;
  readonly alignment: number;
  readonly mark: number;
}

interface Piece {
  readonly start: number;
  readonly bytes: number;
  readonly free: boolean;
}

export type Step =
  | { readonly kind: "allocate"; readonly bytes: number; readonly alignment: number }
  | { readonly kind: "free"; readonly pick: number }
  | { readonly kind: "resize"; readonly pick: number; readonly bytes: number }
  | { readonly kind: "stray"; readonly pick: number };

export class Model {
  readonly memory: Memory;
  readonly base: number;
  readonly sizeBytes: number;
  live: Live[] = [];
  /** Freed, and the memory not given out again. */
  readonly ghosts = new Set<number>();
  peak = 0;
  failures = 0;
  misuses = 0;
  marks = 0;

  constructor(base: number, sizeBytes: number) {
    this.memory = new Memory(new ArrayBuffer(base + sizeBytes + 64));
    this.base = base;
    this.sizeBytes = sizeBytes;
    arenaFormat(this.memory, base, sizeBytes);
  }

  /** Every block of the arena, by the two words of its header. */
  pieces(): Piece[] {
    const found: Piece[] = [];
    let start = this.base + arenaOverheadBytes(this.sizeBytes);
    while (start < this.base + this.sizeBytes) {
      const shape = this.memory.i32[start >> 2]!;
      found.push({ start, bytes: (shape >>> 5) * 8, free: (shape & 31) < 4 });
      start += found[found.length - 1]!.bytes;
    }
    expect(start).toBe(this.base + this.sizeBytes);
    return found;
  }

  run(step: Step): void {
    if (step.kind === "allocate") this.allocate(step.bytes, step.alignment);
    else if (step.kind === "stray") this.stray(step.pick);
    else if (this.live.length > 0) {
      const index = step.pick % this.live.length;
      if (step.kind === "free") this.free(index);
      else this.resize(index, step.bytes);
    }
    this.compare();
  }

  allocate(bytes: number, alignment: number): void {
    const before = this.pieces();
    const at = arenaAllocate(this.memory, this.base, bytes, alignment);
    if (at < 0) {
      expect(at).toBe(Errno.outOfMemory);
      this.failures += 1;
      this.expectNoRoom(before, bytes, alignment);
      return;
    }
    this.add(at, bytes, alignment, 0);
  }

  free(index: number): void {
    const block = this.live.splice(index, 1)[0]!;
    expect(arenaFree(this.memory, this.base, block.at)).toBe(0);
    this.ghosts.add(block.at);
  }

  resize(index: number, bytes: number): void {
    const block = this.live[index]!;
    const before = this.pieces();
    const at = arenaResize(this.memory, this.base, block.at, bytes);
    if (at < 0) {
      expect(at).toBe(Errno.outOfMemory);
      this.failures += 1;
      this.expectNoRoom(before, bytes, block.alignment);
      return;
    }
    this.live.splice(index, 1);
    const kept = Math.min(bytes, block.bytes);
    expect(this.holds(at, kept, block.mark)).toBe(true);
    if (at !== block.at) this.ghosts.add(block.at);
    this.add(at, bytes, block.alignment, block.mark);
  }

  /** An address where no live block begins is refused, and rightly named as far as the model knows. */
  stray(pick: number): void {
    const at = this.base + 8 * (pick % (this.sizeBytes / 8 + 1));
    if (this.live.some((block) => block.at === at)) return;
    const answer = pick % 2 === 0 ? arenaFree(this.memory, this.base, at) : arenaResize(this.memory, this.base, at, 8);
    this.misuses += 1;
    const inFree = this.pieces().some((piece) => piece.free && at - 8 >= piece.start && at < piece.start + piece.bytes);
    if (inFree) expect([at, answer]).toEqual([at, this.ghosts.has(at) ? Errno.doubleFree : Errno.foreignPointer]);
    else expect([Errno.doubleFree, Errno.foreignPointer]).toContain(answer);
    expect(arenaFree(this.memory, this.base, at + 4)).toBe(Errno.foreignPointer);
    this.misuses += 1;
  }

  add(at: number, bytes: number, alignment: number, mark: number): void {
    expect(at % alignment).toBe(0);
    const held = mark === 0 ? ((this.marks = (this.marks % 255) + 1), this.marks) : mark;
    this.memory.fill(at, bytes, held);
    this.live.push({ at, bytes, alignment, mark: held });
    const piece = this.pieces().find((one) => one.start === at - 8)!;
    for (const ghost of this.ghosts) if (ghost - 8 >= piece.start && ghost - 8 < piece.start + piece.bytes) this.ghosts.delete(ghost);
  }

  holds(at: number, bytes: number, mark: number): boolean {
    for (let i = at; i < at + bytes; i++) if (this.memory.u8[i] !== mark) return false;
    return true;
  }

  /** A refusal is right: no free block could hold the request even if it were as much larger as its size class is wide. */
  expectNoRoom(pieces: readonly Piece[], bytes: number, alignment: number): void {
    const granules = Math.ceil((bytes + 8) / 8);
    const padded = alignment === 8 ? granules : granules + alignment / 8 + 1;
    const listShift = Math.max(1, Math.min(5, Math.floor((Math.floor(Math.log2(this.sizeBytes)) - 5) / 3)));
    const width = Math.max(1, 2 ** (Math.floor(Math.log2(padded)) - listShift));
    const enough = Math.ceil(padded / width) * width * 8;
    const largest = Math.max(0, ...pieces.filter((piece) => piece.free).map((piece) => piece.bytes));
    expect(largest).toBeLessThan(enough);
    const free = pieces.filter((piece) => piece.free);
    if (free.length <= 8 && alignment === 8) expect(largest).toBeLessThan(granules * 8);
  }

  compare(): void {
    const fault = arenaCheck(this.memory, this.base);
    if (fault !== null) throw new Error(fault);
    const pieces = this.pieces();
    const starts = new Map(pieces.map((piece) => [piece.start, piece]));
    for (const block of this.live) {
      const piece = starts.get(block.at - 8);
      const most = Math.max(16, Math.ceil((block.bytes + 8) / 8) * 8) + 8;
      const right = piece !== undefined && !piece.free && piece.bytes >= block.bytes + 8 && piece.bytes <= most;
      if (!right) throw new Error(`block at ${block.at} of ${block.bytes} bytes: ${JSON.stringify(piece)}`);
      if (!this.holds(block.at, block.bytes, block.mark)) throw new Error(`block at ${block.at} lost its content`);
    }
    const used = pieces.reduce((sum, piece) => sum + (piece.free ? 0 : piece.bytes), 0);
    const account = arenaAccount(this.memory, this.base);
    this.peak = Math.max(this.peak, used);
    // While a block moves, old and new are both in use: the peak may be higher than any sum seen between steps.
    expect(account.peakBytes).toBeGreaterThanOrEqual(this.peak);
    expect(account).toEqual({
      sizeBytes: this.sizeBytes,
      overheadBytes: arenaOverheadBytes(this.sizeBytes),
      usedBytes: used,
      freeBytes: pieces.reduce((sum, piece) => sum + (piece.free ? piece.bytes : 0), 0),
      largestFreeBytes: pieces.reduce((most, piece) => Math.max(most, piece.free ? piece.bytes - 8 : 0), 0),
      peakBytes: account.peakBytes,
      blocks: this.live.length,
      failures: this.failures,
      misuses: this.misuses,
    });
    if (pieces.length - this.live.length !== pieces.filter((piece) => piece.free).length) throw new Error("live blocks and pieces differ in number");
  }

  freeAll(): void {
    while (this.live.length > 0) this.free(this.live.length >> 1);
    this.compare();
    expect(this.pieces().length).toBe(1);
  }
}

export function steps(bytesMax: number): fc.Arbitrary<Step[]> {
  const bytes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: bytesMax }));
  const alignment = fc.oneof({ weight: 4, arbitrary: fc.constant(8) }, { weight: 1, arbitrary: fc.constantFrom(16, 32, 64, 128, 256) });
  const pick = fc.nat(100_000);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("allocate" as const), bytes, alignment }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("free" as const), pick }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("resize" as const), pick, bytes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("stray" as const), pick }) },
  );
  return fc.array(step, { minLength: 1, maxLength: 120, size: "max" });
}
