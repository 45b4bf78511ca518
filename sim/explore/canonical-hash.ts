/**
 * The canonical hash of a world between two steps: two worlds that go on alike may hash alike though their bytes differ.
 * It walks the parts of machine and world by the kinds of their layouts' fields:
 *
 * - state counts as it is, and so do plain bytes (arenas, queues' payloads, buffers), of whose meaning nothing is known;
 * - statistic and scratch fields do not count: nobody decides by them. Nor does the trace ring, which nobody reads, nor
 *   what is dead between two steps (DEAD);
 * - a sequence number (SPACES) counts by its rank among those of its space: they are only compared with each other. That
 *   is order of first use, made to keep the order too, since who comes first is decided by it. Other identities are
 *   addresses, handles and tokens: what they point at counts as it is, so they do as well;
 * - time counts as it is, unless `time` says "relative": then it counts from now, a time of 0 ("never") as itself, and the
 *   timer wheel from the slot of now.
 *
 * What makes it sound (alike here, alike from now on, but for what does not count): every field that decides anything is
 * state, time or identity, and none of the last two is used otherwise than stated. Relative time is sound only where no
 * plain bytes hold a time; services' heaps do. What watches a world from outside has its own memory, which is not in here;
 * and so have fault rules that strike only so often. So whoever prunes by this hash must see to those, and plays some of
 * what it could prune all the same, to compare.
 */

import { CYCLES_PER_TICK } from "../../hal/clock.ts";
import type { AnyField, FieldKind } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import type { World } from "../world.ts";

/** Sequence numbers that are compared with those of their own space only; of none that is 0. The first is the next one to be given. */
const SPACES: readonly (readonly string[])[] = Object.freeze([
  ["EventQueueRecord.nextSequence", "EventRecord.sequence"],
  ["KernelState.nextSequence", "ProcessRecord.sequence", "QueueSlot.sequence"],
  ["KernelState.nextCallSequence", "ProcessRecord.callSequence", "ProcessRecord.callerSequence", "QueueSlot.callSequence"],
]);

/** Written anew before each handler runs, read only while it does. */
const DEAD: ReadonlySet<string> = Object.freeze(new Set(["ProcessRecord.budgetEndCycle"]));

const WHEEL = "timers.wheel";
/** The trace ring, and its state. */
const TRACE = "trace";

export interface CanonicalOptions {
  /** Absent: "absolute". */
  readonly time?: "absolute" | "relative";
  /** Parts that do not count, by the beginnings of their names: the questions of chance, for whoever knows who will answer. */
  readonly leftOut?: readonly string[];
}

/** A field that is looked at for itself: where it lies, and in which space (sequences) or unit (times). */
interface Place {
  readonly memory: Memory;
  readonly word: number;
  readonly about: number;
  readonly wide: boolean;
}

const Unit = Object.freeze({ cycles: 0, ticks: 1 });

/** Which bits of a memory count as they are. */
interface Masked {
  readonly memory: Memory;
  readonly mask: Int32Array;
}

export class CanonicalHash {
  readonly #world: World;
  readonly #masked: readonly Masked[];
  readonly #sequences: readonly Place[];
  readonly #times: readonly Place[];
  readonly #wheel: Part | null;

  constructor(world: World, { time = "absolute", leftOut = [] }: CanonicalOptions = {}) {
    const relative = time === "relative";
    const counts = ({ name }: Part): boolean => ![TRACE, ...leftOut].some((beginning) => name === beginning || name.startsWith(`${beginning}.`));
    const sequences: Place[] = [];
    const times: Place[] = [];
    const survey = (memory: Memory, parts: readonly Part[]): Masked => {
      const mask = new Int32Array(memory.bytes >> 2);
      // A named record inside a part comes after it, and is looked at more closely.
      for (const part of parts) maskPart(memory, mask, part, counts(part), relative, { sequences, times });
      return { memory, mask };
    };
    this.#world = world;
    this.#masked = [survey(world.machine.ram, world.machine.parts), survey(world.memory, world.parts)];
    this.#sequences = sequences;
    this.#times = times;
    this.#wheel = relative ? (world.machine.parts.find(({ name }) => name === WHEEL) ?? null) : null;
  }

  /** 16 hex digits. */
  hash(): string {
    const lanes = new Lanes();
    for (const { memory, mask } of this.#masked) lanes.masked(memory.i32, mask);
    this.#mixSequences(lanes);
    this.#mixTimes(lanes);
    if (this.#wheel !== null) this.#mixWheel(lanes, this.#wheel);
    return lanes.text();
  }

  #mixSequences(lanes: Lanes): void {
    for (let space = 0; space < SPACES.length; space++) {
      const places = this.#sequences.filter(({ about }) => about === space);
      if (places.length === 0) continue;
      const values = places.map(({ memory, word }) => memory.i32[word]);
      // How long ago each was given: it wraps, and is compared by difference.
      const ages = values.map((value) => (value === 0 ? 0 : (value - values[0]) | 0));
      const ranks = [...new Set(ages.filter((_, i) => values[i] !== 0))].sort((a, b) => a - b);
      const rankOf = new Map(ranks.map((age, rank) => [age, rank + 1]));
      values.forEach((value, i) => lanes.add(value === 0 ? 0 : (rankOf.get(ages[i]) ?? 0)));
    }
  }

  #mixTimes(lanes: Lanes): void {
    if (this.#times.length === 0) return;
    const cycle = this.#world.machine.now();
    const tick = this.#world.machine.tick();
    for (const { memory, word, about, wide } of this.#times) {
      const low = memory.i32[word];
      const value = wide ? memory.i32[word + 1] * 0x1_0000_0000 + (low >>> 0) : low;
      const since = value <= 0 ? value : value - (about === Unit.cycles ? cycle : tick);
      lanes.add(value <= 0 ? 1 : 2);
      lanes.add(since | 0);
      lanes.add(Math.floor(since / 0x1_0000_0000));
    }
    lanes.add(cycle % CYCLES_PER_TICK);
  }

  /** From the slot of now on, once around. */
  #mixWheel(lanes: Lanes, { base, bytes, count }: Part): void {
    const words = bytes / count / 4;
    const { ram } = this.#world.machine;
    const now = this.#world.machine.tick() % count;
    for (let i = 0; i < count; i++) {
      const at = (base >> 2) + ((now + i) % count) * words;
      for (let word = 0; word < words; word++) lanes.add(ram.i32[at + word]);
    }
  }
}

/** Says for each bit of the part whether it counts as it is; what counts otherwise is put on its list. */
function maskPart(memory: Memory, mask: Int32Array, part: Part, counts: boolean, relative: boolean, lists: { sequences: Place[]; times: Place[] }): void {
  const { base, bytes, layout, count, name } = part;
  const first = base >> 2;
  const whole = counts && layout === null;
  mask.fill(whole ? -1 : 0, first, first + ((bytes + 3) >> 2));
  if (layout === null || !counts || (relative && name === WHEEL)) return;
  for (let i = 0; i < count; i++) {
    for (const field of layout.fields) {
      const at = base + i * layout.size + field.offset;
      const full = `${layout.layoutName}.${field.name}`;
      const space = SPACES.findIndex((names) => names.includes(full));
      if (space >= 0) lists.sequences[full === SPACES[space][0] ? "unshift" : "push"]({ memory, word: at >> 2, about: space, wide: false });
      else if (relative && field.kind === "time" && !DEAD.has(full)) lists.times.push({ memory, word: at >> 2, about: unitOf(field), wide: field.width === 8 });
      else if (COUNTED.has(field.kind) && !DEAD.has(full)) maskBytes(mask, at, field.width);
    }
  }
}

const COUNTED: ReadonlySet<FieldKind> = Object.freeze(new Set<FieldKind>(["state", "time", "identity"]));

/** Names end with their unit: "deadlineTick", "dueCycle". */
function unitOf({ name }: AnyField): number {
  return /tick(s)?$/i.test(name) ? Unit.ticks : Unit.cycles;
}

/** Bytes lie in words as the least significant first. */
function maskBytes(mask: Int32Array, at: number, bytes: number): void {
  for (let byte = at; byte < at + bytes; byte++) mask[byte >> 2] |= 0xff << ((byte & 3) << 3);
}

/** The two lanes of hal's hash over bytes (hal/snapshot.ts), word by word. */
class Lanes {
  #low = 0x243f6a88;
  #high = 0x05a308d3;

  add(word: number): void {
    const first = Math.imul(word ^ this.#low, 0x9e3779b1);
    this.#low = (((first << 13) | (first >>> 19)) + this.#high) | 0;
    this.#high = ((((this.#high << 17) | (this.#high >>> 15)) ^ Math.imul(word ^ this.#low, 0x85ebca77)) + 0x3c6ef372) | 0;
  }

  masked(words: Int32Array, mask: Int32Array): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < mask.length; i++) {
      const first = Math.imul((words[i] & mask[i]) ^ low, 0x9e3779b1);
      low = (((first << 13) | (first >>> 19)) + high) | 0;
      high = ((((high << 17) | (high >>> 15)) ^ low) + 0x3c6ef372) | 0;
    }
    this.#low = low;
    this.#high = high;
  }

  text(): string {
    this.add(0);
    this.add(0);
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.#low) + hex(this.#high);
  }
}
