/**
 * One bit of one structure of hal or kernel flips at one tick of a run, and what became of it:
 *
 *     masked     requests and frames are what they are without it
 *     detected   an invariant, a checker, a panic or an exception of the machine's own code noticed it
 *     fault      a process ended, and the kernel dealt with that
 *     wrong      a request was decided otherwise, or not, or another frame was sent; and nobody noticed
 *
 * Invariants are asked every INVARIANTS_TICKS ticks. Somebody may still run in circles for ever: who plays flips watches
 * the clock on the wall (sim/host/flips).
 */

import { Panic } from "../../hal/assert.ts";
import { CYCLES_PER_TICK } from "../../hal/clock.ts";
import { HalTrace } from "../../hal/trace.ts";
import { checkInvariants, invariantText } from "../../kernel/invariants/invariants.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { NetTrace } from "../../services/net/api.ts";
import type { Deviation } from "../chance/deviation.ts";
import { Listed } from "../chance/decider.ts";
import { SimSite } from "../chance/site.ts";
import type { Watch } from "../checkers/checker.ts";
import { decidedReader } from "../checkers/decided.ts";
import { noFault } from "../checkers/no-fault.ts";
import type { FaultRule } from "../faults/fault.ts";
import { fieldOf, structureAt } from "../faults/memory/structures.ts";
import type { Experiment } from "./experiment.ts";
import { Theatre } from "./theatre.ts";

export const FLIP_CLASSES = Object.freeze(["masked", "detected", "fault", "wrong"] as const);
export type FlipClass = (typeof FLIP_CLASSES)[number];

export interface Flip {
  /** As structures.ts counts them. */
  readonly structure: number;
  /** From the first bit of the structure. */
  readonly bit: number;
  /** From 1: counted from the beginning of the run. */
  readonly tick: number;
}

export interface Flipped {
  readonly flip: Flip;
  readonly structure: string;
  /** "processes.state". */
  readonly field: string;
  readonly became: FlipClass;
  /** Who detected it: a checker's name, "invariants", "panic", "exception", "watchdog"; else "". */
  readonly by: string;
}

const INVARIANTS_TICKS = 10;
/** A run that needs more is one that never ends. */
const STEPS_IN_A_TICK_MAX = 20_000;
const TICKS_MAX = 12_000;
/** The checker that says no more than that a process ended by its own fault: here that is expected. */
const OWN_FAULT = noFault.name;
const RULES: readonly FaultRule[] = Object.freeze([Object.freeze({ fault: "memory.flip", parts: 1_000_000 })]);

export class FlipStage {
  readonly theatre: Theatre;
  readonly #expected: string;
  /** Processes that end without a flip. */
  readonly #ends: number;
  /** Tick of the last request's decision: flips come at it at the latest. */
  readonly lastTick: number;

  /** Boots, and plays the run without a flip; throws a RangeError where that does not succeed. */
  constructor(experiment: Experiment) {
    this.theatre = new Theatre(experiment);
    const { failures, results, ends, lastTick } = this.#run([]);
    if (failures !== "") throw new RangeError(`without a flip ${experiment.name} fails already: ${failures}`);
    this.#expected = results;
    this.#ends = ends;
    this.lastTick = Math.max(1, lastTick);
  }

  play(flip: Flip): Flipped {
    const { ends, failures, results } = this.#run([{ site: SimSite.bitFlips, entity: flip.structure, ordinal: flip.tick - 1, answer: flip.bit + 1, rule: 0, tick: flip.tick }]);
    const fault = failures === "" ? ends !== this.#ends : failures === OWN_FAULT;
    if (fault) return this.flipped(flip, "fault", "");
    const became = failures !== "" ? "detected" : results === this.#expected ? "masked" : "wrong";
    return this.flipped(flip, became, failures);
  }

  flipped(flip: Flip, became: FlipClass, by: string): Flipped {
    const part = structureAt(this.theatre.world.machine, flip.structure);
    return Object.freeze({ flip, structure: part.name, field: fieldOf(part, flip.bit >> 3), became, by });
  }

  #run(deviations: readonly Deviation[]): { readonly failures: string; readonly ends: number; readonly results: string; readonly lastTick: number } {
    const { theatre } = this;
    const witness = new Witness(theatre);
    const run = { seed: 1, rules: RULES, decider: new Listed(deviations, [SimSite.bitFlips]) };
    let failures = "";
    try {
      failures = theatre.play(run, { watches: [witness.watch] }).failures[0]?.checker ?? "";
    } catch {
      // What the machine's own code, or a checker, threw over damaged memory: noticed, as by a processor's trap.
      failures = "exception";
    }
    return { failures: witness.broken === "" ? failures : "invariants", ends: witness.ends, results: witness.results(), lastTick: witness.lastTick };
  }
}

/** What a run did that somebody outside sees; and what the invariants say in between. */
class Witness {
  readonly watch: Watch;
  broken = "";
  /** Processes that ended. */
  ends = 0;
  lastTick = 0;
  readonly #theatre: Theatre;
  readonly #lines: string[] = [];
  readonly #read: ReturnType<typeof decidedReader>;
  /** -1 before the first step. */
  #beganTick = -1;
  #steps = 0;
  #ticks = 0;
  #frames = "";

  constructor(theatre: Theatre) {
    this.#theatre = theatre;
    this.#read = decidedReader(theatre.world);
    this.watch = { probe: this.#probe, between: this.#between, tick: this.#tick };
  }

  /** Requests by client and place in its connection, then the frames in order. */
  results(): string {
    return [...this.#lines].sort().join("\n") + this.#frames;
  }

  readonly #probe: Required<Watch>["probe"] = (kind, _process, argument0, argument1) => {
    if (kind === NetTrace.requestDecided) this.#decided(argument0, argument1);
    else if (kind === KernelTrace.fault || kind === KernelTrace.exit) this.ends += 1;
    else if (kind === HalTrace.frameTransmitted) this.#frames += `\n${frameDigest(this.#theatre.world.machine.ram.u8, argument0, argument1)}`;
    else if (kind === HalTrace.tick) {
      this.#steps = 0;
      if (++this.#ticks > TICKS_MAX) throw new Panic("the clock runs away");
    }
  };

  readonly #between = (): void => {
    if (++this.#steps > STEPS_IN_A_TICK_MAX) throw new Panic("time stands still");
    const { machine } = this.#theatre.world;
    if (this.#beganTick < 0) this.#beganTick = machine.tick();
    // Asked of the cycle, since whoever comes next would count all ticks up to it.
    if (machine.now() > (this.#beganTick + TICKS_MAX) * CYCLES_PER_TICK) throw new Panic("the clock runs away");
  };

  readonly #tick = (): void => {
    const { machine } = this.#theatre.world;
    if (machine.tick() % INVARIANTS_TICKS !== 0) return;
    for (const broken of checkInvariants(machine)) {
      this.broken = invariantText(broken);
      throw new Panic(this.broken);
    }
  };

  #decided(descriptor: number, decision: number): void {
    this.lastTick = this.#theatre.world.machine.tick() - this.#beganTick;
    const decided = this.#read?.(descriptor, decision);
    if (decided !== undefined) this.#lines.push([decided.client, decided.nthInFlow, decided.method, decided.target, decided.outcome, decided.group, decided.backend].join(" "));
  }
}

/** FNV-1a, and the length. */
function frameDigest(bytes: Uint8Array, at: number, count: number): string {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < count; i++) hash = Math.imul(hash ^ bytes[at + i], 0x0100_0193);
  return `${count} ${hash >>> 0}`;
}
