import { beforeAll, describe, expect, test } from "vitest";
import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { AnyField, NumberField } from "../../../hal/field.ts";
import { U64Field } from "../../../hal/field.ts";
import type { Part } from "../../../hal/ram-plan.ts";
import { KernelState, ProcessRecord } from "../../../kernel/process.ts";
import { CanonicalHash } from "../../../sim/explore/canonical-hash.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import type { World, WorldSnapshot } from "../../../sim/world.ts";
import { ownExperiment } from "./own-experiment.ts";

/** A tiny machine in the middle of the small traffic. */
function busyWorld(): World {
  const theatre = new Theatre(ownExperiment());
  theatre.play({ seed: 3 }, { haltAt: 300 });
  return theatre.world;
}

let world: World;
let start: WorldSnapshot;
beforeAll(() => {
  world = busyWorld();
  start = world.snapshot();
});

interface Spot {
  readonly part: Part;
  readonly field: AnyField;
  readonly at: number;
  readonly full: string;
}

/** Each field of each record in the machine's RAM, but those of parts that a record inside is looked at for. */
function spots({ machine }: World): Spot[] {
  return machine.parts.flatMap((part) => {
    const { layout, base, count } = part;
    if (layout === null) return [];
    return Array.from({ length: count }, (_, i) => layout.fields.map((field) => ({ part, field, at: base + i * layout.size, full: `${layout.layoutName}.${field.name}` }))).flat();
  });
}

const SEQUENCES = /^(EventQueueRecord\.nextSequence|EventRecord\.sequence|KernelState\.next(Call)?Sequence|ProcessRecord\.(sequence|call(er)?Sequence)|QueueSlot\.(callS|s)equence)$/;
const isTrace = ({ name }: Part): boolean => name === "trace" || name.startsWith("trace.");
const counts = ({ part, field, full }: Spot): boolean => !isTrace(part) && field.kind !== "statistic" && field.kind !== "scratch" && full !== "ProcessRecord.budgetEndCycle";

/** The hash of the start after a change of it. */
function changed(hash: CanonicalHash, change: () => void): string {
  world.restore(start);
  change();
  const answer = hash.hash();
  world.restore(start);
  return answer;
}

test("every single bit of the machine's records counts, if it is of a kind that does", () => {
  const hash = new CanonicalHash(world);
  const before = hash.hash();
  const { u8 } = world.machine.ram;
  for (const spot of spots(world).filter(({ full }) => !SEQUENCES.test(full))) {
    for (const byte of [0, spot.field.width - 1]) {
      const at = spot.at + spot.field.offset + byte;
      u8[at]! ^= 4;
      expect([spot.full, hash.hash() !== before]).toEqual([spot.full, counts(spot)]);
      u8[at]! ^= 4;
    }
  }
});

test("plain bytes count, in the machine and around it; the questions of chance do unless they are left out", () => {
  const hash = new CanonicalHash(world);
  const without = new CanonicalHash(world, { leftOut: ["chance"] });
  const at = (name: string): number => [...world.machine.parts, ...world.parts].find((part) => part.name === name)!.base;
  for (const name of ["region.frames", "nic0.wire.staging", "names"]) expect(changed(hash, () => world.machine.ram.u8[at(name)]! ^= 1)).not.toBe(hash.hash());
  const arena = world.machine.parts.find(({ name }) => name === "arena.lb")!;
  expect(changed(hash, () => world.machine.ram.u8[arena.base + arena.bytes - 1]! ^= 1)).not.toBe(hash.hash());
  for (const name of ["chance", "chance.keys", "chance.rules"]) {
    expect(changed(hash, () => world.memory.u8[at(name)]! ^= 1)).not.toBe(hash.hash());
    expect(changed(without, () => world.memory.u8[at(name)]! ^= 1)).toBe(without.hash());
  }
  expect(changed(without, () => world.memory.u8[at("turmoil") + 4]! ^= 1)).not.toBe(without.hash());
});

describe("sequence numbers", () => {
  const SPACES = [/^(EventQueueRecord\.nextSequence|EventRecord\.sequence)$/, /^(KernelState\.nextSequence|ProcessRecord\.sequence|QueueSlot\.sequence)$/, /^(KernelState\.nextCallSequence|ProcessRecord\.call(er)?Sequence|QueueSlot\.callSequence)$/];
  const number = ({ field, at }: Spot): number => (field as NumberField).get(world.machine.ram, at as never);
  const set = ({ field, at }: Spot, value: number): void => (field as NumberField).set(world.machine.ram, at as never, value);

  test.each(SPACES)("count from each other: %s", (space) => {
    const hash = new CanonicalHash(world);
    const used = spots(world).filter((spot) => space.test(spot.full) && number(spot) !== 0);
    for (const more of [1, 1000, 0x7fff_fff0]) expect(changed(hash, () => used.forEach((spot) => set(spot, (number(spot) + more) | 0)))).toBe(hash.hash());
  });

  test("count by who comes first, and by who has the same", () => {
    const hash = new CanonicalHash(world);
    const used = spots(world).filter(({ full }) => full === "ProcessRecord.sequence");
    const [first, second] = [used[0]!, used[1]!];
    const [a, b] = [number(first), number(second)];
    expect(a).not.toBe(b);
    expect(changed(hash, () => (set(first, b), set(second, a)))).not.toBe(hash.hash());
    expect(changed(hash, () => set(first, b))).not.toBe(hash.hash());
    expect(changed(hash, () => set(first, 0))).not.toBe(hash.hash());
  });
});

test("ranks of sequence numbers keep their order, whatever their distance", () => {
  const hash = new CanonicalHash(world);
  const { ram, kernelState } = world.machine;
  const next = KernelState.nextSequence.get(ram, kernelState);
  const processes = world.machine.parts.find(({ name }) => name === "processes")!.base;
  const aged = (first: number, second: number): string => changed(hash, () => [first, second].forEach((age, i) => ProcessRecord.sequence.set(ram, (processes + i * ProcessRecord.size) as never, (next - age) | 0)));
  // Older than all others, each in its turn.
  expect(aged(1_000_010, 1_000_009)).toBe(aged(1_000_009, 1_000_008));
  expect(aged(1_010_000, 1_000_009)).toBe(aged(1_000_100, 1_000_099));
  expect(aged(1_000_010, 1_000_009)).not.toBe(aged(1_000_009, 1_000_010));
  expect(aged(10_000_000, 9_000_000)).not.toBe(aged(9_000_000, 10_000_000));
  expect(aged(10_000_000, 9_000_000)).toBe(aged(9_000_000, 8_000_000));
});

describe("time", () => {
  const later = (ticks: number): void => {
    for (const { part, field, at } of spots(world)) {
      if (field.kind !== "time" || isTrace(part)) continue;
      const number = field as NumberField;
      const value = number.get(world.machine.ram, at as never);
      const step = /tick(s)?$/i.test(field.name) ? ticks : ticks * CYCLES_PER_TICK;
      if (value > 0 && (field instanceof U64Field || value + step < 0x7fff_ffff)) number.set(world.machine.ram, at as never, value + step);
    }
    const wheel = world.machine.parts.find(({ name }) => name === "timers.wheel")!;
    const words = [...world.machine.ram.i32.subarray(wheel.base >> 2, (wheel.base + wheel.bytes) >> 2)];
    words.forEach((word, i) => (world.machine.ram.i32[(wheel.base >> 2) + ((i + 2 * ticks) % words.length)] = word));
  };

  test("counts from now where that is asked for, however much later all is", () => {
    const relative = new CanonicalHash(world, { time: "relative", leftOut: ["world", "turmoil", "chance", "cable"] });
    const absolute = new CanonicalHash(world);
    for (const ticks of [1, 3, 8, 1000, 10_000_000]) {
      expect(changed(relative, () => later(ticks))).toBe(relative.hash());
      expect(changed(absolute, () => later(ticks))).not.toBe(absolute.hash());
    }
  });

  test("every single time counts", () => {
    const relative = new CanonicalHash(world, { time: "relative" });
    const before = relative.hash();
    for (const spot of spots(world).filter(({ field, full }) => field.kind === "time" && full !== "ProcessRecord.budgetEndCycle" && !full.startsWith("Trace"))) {
      expect([spot.full, changed(relative, () => world.machine.ram.i32[(spot.at + spot.field.offset) >> 2]! ^= 64) !== before]).toEqual([spot.full, true]);
    }
  });

  test("a machine that has nothing to do is the same after all periods of its timers, and not in between", () => {
    const { world: idle } = new Theatre(ownExperiment());
    const hash = new CanonicalHash(idle, { time: "relative" });
    const stands = (tick: number): string => {
      while (idle.machine.tick() < tick || idle.machine.busy()) idle.machine.step();
      return hash.hash();
    };
    // Periods of 10 and 1000 ticks, both begun at the same tick.
    const before = stands(1004);
    const bytes = idle.hash();
    expect(stands(1005)).not.toBe(before);
    expect(stands(2004)).toBe(before);
    expect(idle.hash()).not.toBe(bytes);
  });
});

/** Always 0 between two steps; and a cache, which is sound as a whole or not at all. */
const KEPT = /^(ClockRecord\.firing|CacheEntry\..*)$/;

test("two worlds that hash alike go on alike", () => {
  const theatre = new Theatre(ownExperiment());
  const { world: own } = theatre;
  const hash = new CanonicalHash(own);
  const states = (spoil: boolean): string[] => {
    const seen: string[] = [];
    theatre.play({ seed: 3 }, { checked: false, watches: [{ between: () => {
      const steps = theatre.position();
      if (spoil && steps === 200) for (const spot of spots(own)) if (!counts(spot) && !KEPT.test(spot.full)) own.machine.ram.u8[spot.at + spot.field.offset]! ^= 3;
      if (steps >= 200) seen.push(hash.hash());
    } }] });
    return seen;
  };
  const plain = states(false);
  expect(plain.length).toBeGreaterThan(100);
  expect(states(true)).toEqual(plain);
});
