/**
 * What a fault is: a small file that says where reality is asked (a site), what may be answered there, and by which numbers.
 * A rule of a plan says how often it strikes, whom, and when. Two forms:
 *
 * - asked by hal, kernel or the world at the very place where it matters (`site` is theirs): the answer does the rest.
 * - acted: nobody asks, so that once in each tick the turmoil asks for each of `act.entities()`, and `act.perform()` does it.
 *
 * Whatever a fault decides follows from the question alone (site, entity, ordinal) and from draws over it: no memory of
 * its own in objects. The answer says everything, size and place included: from it alone the same is done once more.
 */

import type { World } from "../world.ts";

export interface FaultParameter {
  readonly value: number;
  readonly unit: "cycles" | "ticks" | "bytes" | "count" | "parts";
  readonly least: number;
  readonly most: number;
  readonly help: string;
}

export type Values = Readonly<Record<string, number>>;

/** 0 to n - 1, always the same for one question; `lane` tells several draws of one question apart. */
export type Draw = (lane: number, n: number) => number;

/** A question of a rule: the how-manieth about that entity, and a way to draw as for any other ordinal. */
export interface Strike {
  readonly entity: number;
  readonly ordinal: number;
  readonly parts: number;
  readonly values: Values;
  readonly drawAt: (ordinal: number) => Draw;
}

export interface Act {
  /** About whom it is asked each tick. */
  entities(world: World, values: Values): readonly number[];
  /** How many answers there are, the benign one counted. */
  answers(world: World, entity: number, values: Values): number;
  perform(world: World, entity: number, answer: number): void;
  /** For how many ticks what was performed lasts (more than 0); absent: it is over at once. Meanwhile nobody asks about that entity. */
  lastsTicks?(answer: number): number;
  /** Ends what lasts: its time is over, or trouble is. Called once for each time that it was performed. */
  mend?(world: World, entity: number): void;
}

export const FAULT_LAYERS = Object.freeze(["wire", "nic", "memory", "timer", "ipc", "process", "backend", "client", "operator"] as const);
export type FaultLayer = (typeof FAULT_LAYERS)[number];

export interface Fault {
  /** "layer.what", as plans name it. */
  readonly name: string;
  readonly layer: FaultLayer;
  /** One line for people. */
  readonly summary: string;
  /** One of SITES: no two faults that act share one. */
  readonly site: number;
  readonly parameters: Readonly<Record<string, FaultParameter>>;
  /** Whether it strikes this time; absent: in `parts` of a million cases, each for itself. */
  readonly strikes?: (strike: Strike) => boolean;
  /** What is answered when it strikes: 1 to n - 1; absent: 1. Asked only where n is at least 2. */
  readonly answer?: (values: Values, n: number, draw: Draw, entity: number) => number;
  readonly act?: Act;
  /** Names of kernel invariants (kernel/invariants) and checkers that need not hold when it struck: not the machine broke them, but a device that lies, or time. */
  readonly excuses?: readonly string[];
  /** What it leaves broken for a time may stay broken for good: others can be served all the same. */
  readonly bearable?: true;
  /** A deviation in plain words: "the frame is lost". */
  readonly words: (answer: number) => string;
}

/** How often a fault strikes, whom, and when. Times are ticks since the trouble began. */
export interface FaultRule {
  readonly fault: string;
  /** Values of its parameters that are not its own. */
  readonly parameters?: Values;
  /** Parts of a million of the times that it is asked; 0: it is not there. */
  readonly parts: number;
  /** Only these entities; absent: all. */
  readonly entities?: readonly number[];
  readonly fromTick?: number;
  /** Up to this tick, itself not counted. */
  readonly toTick?: number;
  /** So often at most; absent: as often as it may. With parts 1000000 and fromTick: "at tick T the next N". */
  readonly most?: number;
}
