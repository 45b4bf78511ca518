/**
 * Whether a run repeats: the same run once more, and once with a snapshot in the middle that is restored after running
 * on. At every tick the rolling hash over all trace records is compared, every 1000 ticks and at the end the whole RAM, every
 * 10,000 and at the end all that the world around it remembers. The first difference is named by tick and by field.
 */

import { assert } from "../hal/assert.ts";
import type { Address } from "../hal/field.ts";
import type { Difference } from "../hal/difference.ts";
import { firstDifference } from "../hal/difference.ts";
import { HalTrace, TraceState } from "../hal/trace.ts";
import type { Observer } from "./observer.ts";
import type { World, WorldSnapshot } from "./world.ts";

/** A run that can be made again and again. */
export interface Repeatable {
  /** A world in front of its first frame, watched by these. */
  start(observers: readonly Observer[]): World;
  /** Runs it to its end. */
  finish(world: World): void;
}

export interface Divergence {
  /** Which run differs from the first, in words. */
  readonly run: string;
  /** Tick at which it was seen; ticks of the whole run if it was seen at its end. */
  readonly tick: number;
  /** The first differing field; `a` is the first run's. Null if only the order of events differed. */
  readonly difference: Difference | null;
}

const STATE_TICKS = 1000;
/** What lives around a machine has much memory, and shows soon in what the machine does. */
const WORLD_TICKS = 10 * STATE_TICKS;

/** What a run looked like at each of its ticks. */
export class TickRecorder implements Observer {
  #words = new Int32Array(4096);
  readonly #hashes = new Map<number, string>();
  #ticks = 0;
  #world: World | null = null;

  attach(world: World): void {
    this.#world = world;
  }

  readonly probe = (kind: number, _process: number, tick: number): void => {
    const world = this.#world;
    if (kind !== HalTrace.tick || world === null) return;
    if (this.#words.length < tick * 2) {
      const grown = new Int32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[tick * 2 - 2] = traceLow(world);
    this.#words[tick * 2 - 1] = traceHigh(world);
    this.#ticks = tick;
    if (tick % STATE_TICKS === 0) this.#hashes.set(tick, hashAt(world, tick));
  };

  get ticks(): number {
    return this.#ticks;
  }

  /** Whether the world, at this tick, is where the recorded run was. */
  agrees(world: World, tick: number): boolean {
    if (tick > this.#ticks) return false;
    if (this.#words[tick * 2 - 2] !== traceLow(world) || this.#words[tick * 2 - 1] !== traceHigh(world)) return false;
    return tick % STATE_TICKS !== 0 || this.#hashes.get(tick) === hashAt(world, tick);
  }
}

/** Thrown out of a running machine, in the very moment of a tick; the machine is only looked at afterwards. */
class Halt extends Error {
  override readonly name = "Halt";
  readonly tick: number;

  constructor(tick: number) {
    super(`halted at tick ${tick}`);
    this.tick = tick;
  }
}

class TickWatcher implements Observer {
  readonly #halts: (world: World, tick: number) => boolean;
  #world: World | null = null;

  constructor(halts: (world: World, tick: number) => boolean) {
    this.#halts = halts;
  }

  attach(world: World): void {
    this.#world = world;
  }

  get world(): World {
    assert(this.#world !== null, "a watcher is attached before the machine runs");
    return this.#world;
  }

  readonly probe = (kind: number, _process: number, tick: number): void => {
    if (kind === HalTrace.tick && this.#halts(this.world, tick)) throw new Halt(tick);
  };
}

/**
 * Repeats a finished first run, watched by `recorder`, twice. Null if nothing differs. The snapshot is taken at `middleTick`:
 * where most is under way.
 */
export function verify(run: Repeatable, first: World, recorder: TickRecorder, middleTick = Math.floor(recorder.ticks / 2)): Divergence | null {
  const disagrees = (world: World, tick: number): boolean => !recorder.agrees(world, tick);
  const second = new TickWatcher(disagrees);
  const found = attempt(run, first, second, "second run", () => run.finish(run.start([second])));
  if (found !== null) return found;
  const third = new TickWatcher(disagrees);
  const copies: WorldSnapshot[] = [];
  const before = attempt(run, first, third, "third run, up to its end", () => {
    const world = run.start([third]);
    world.beginReplay();
    world.runUntilTick(middleTick);
    copies.push(world.snapshot());
    run.finish(world);
  });
  if (before !== null) return before;
  return attempt(run, first, third, "third run, once more from the snapshot in its middle", () => {
    for (const copy of copies) third.world.restore(copy);
    run.finish(third.world);
  });
}

/** Plays a watched run to its end and compares it with the first, on the way and there. */
function attempt(run: Repeatable, first: World, watcher: TickWatcher, name: string, play: () => void): Divergence | null {
  try {
    play();
  } catch (thrown) {
    if (!(thrown instanceof Halt)) throw thrown;
    return { run: name, tick: thrown.tick, difference: differenceAt(run, thrown.tick, watcher.world) };
  }
  return compareEnds(name, first, watcher.world);
}

function compareEnds(run: string, first: World, other: World): Divergence | null {
  if (first.hash() === other.hash()) return null;
  return { run, tick: other.machine.tick(), difference: differenceOf(first, other) };
}

/** The first difference of two worlds: in the machine, or if there is none, in what lives around it. */
function differenceOf(first: World, other: World): Difference | null {
  return firstDifference(first.machine.ram, other.machine.ram, first.machine.parts) ?? firstDifference(first.memory, other.memory, first.parts);
}

/** Where a halted world differs from the first run at that very tick: the first run is repeated up to there. */
function differenceAt(run: Repeatable, tick: number, halted: World): Difference | null {
  const again = new TickWatcher((_, now) => now === tick);
  try {
    run.finish(run.start([again]));
  } catch (thrown) {
    if (!(thrown instanceof Halt)) throw thrown;
  }
  return differenceOf(again.world, halted);
}

function hashAt(world: World, tick: number): string {
  return tick % WORLD_TICKS === 0 ? world.hash() : world.machine.hash();
}

function traceLow(world: World): number {
  return TraceState.hashLow.get(world.machine.ram, stateAt(world));
}

function traceHigh(world: World): number {
  return TraceState.hashHigh.get(world.machine.ram, stateAt(world));
}

function stateAt(world: World): Address<"TraceState"> {
  return world.machine.board.trace.stateAt;
}
