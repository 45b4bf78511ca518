/** Where a hazard's scenario is played: the world, those who watch it, and who writes down what happens. */

import { HalTrace } from "../../hal/trace.ts";
import type { BootOptions } from "../../kernel/boot.ts";
import type { Seen } from "../../kernel/invariants/checker.ts";
import { checkInvariants, observe } from "../../kernel/invariants/invariants.ts";
import type { Failure, Watch } from "../checkers/checker.ts";
import type { World } from "../world.ts";
import type { Hazard, Part, Scene } from "./hazard.ts";
import { Narrator } from "./narrator.ts";

/** Thrown by nobody but the stage: something does not hold, and the scenario need not go on. */
class Curtain extends Error {
  override readonly name = "Curtain";
}

const FAILURES_MAX = 16;
/** Steps without a tick: whoever takes more never comes to rest. */
const RESTLESS_STEPS = 100_000;

export class Stage implements Scene {
  readonly failures: Failure[] = [];
  readonly #hazard: Hazard;
  readonly #part: Part;
  #world: World | null = null;
  #narrator: Narrator | null = null;
  #watches: readonly Watch[] = [];
  #seen: Seen | null = null;
  #ticked = false;

  constructor(hazard: Hazard, part: Part) {
    this.#hazard = hazard;
    this.#part = part;
  }

  get world(): World {
    if (this.#world === null) throw new TypeError("a scenario has a world once it is opened");
    return this.#world;
  }

  /** Boots the machine and lets everybody watch. */
  open(): void {
    const { scenario, variant } = this.#hazard;
    const boot: BootOptions = {
      probe: (kind, process, argument0, argument1) => this.#told(kind, process, argument0, argument1),
      onException: (process, thrown) => this.fail("exception", `process ${process}`, String(thrown)),
      ...(this.#part === "upstream" && variant.seams !== undefined ? { seams: variant.seams } : {}),
    };
    const world = scenario.stage(this.#part, boot);
    this.#world = world;
    this.#narrator = new Narrator(world.machine);
    this.#watches = scenario.checkers.map((checker) => checker.begin({ world, calm: () => true, fail: (place, text) => this.fail(checker.name, place, text) }));
    this.#seen = observe(world.machine);
  }

  /** All that was to happen has: the last look. */
  close(): void {
    this.#look();
    for (const watch of this.#watches) watch.healed?.();
    for (const watch of this.#watches) watch.end?.();
    this.#judge();
  }

  tell(text: string): void {
    this.#narrator?.tell(text);
  }

  pass(ticks: number): void {
    const { machine } = this.world;
    const untilTick = machine.tick() + ticks;
    while (machine.tick() < untilTick) this.#step();
    this.rest();
  }

  rest(): void {
    for (let steps = 0; this.world.machine.busy(); steps++) {
      if (steps === RESTLESS_STEPS) {
        this.fail("rest", "the machine", `it is still busy after ${RESTLESS_STEPS} steps`);
        this.#judge();
      }
      this.#step();
    }
    this.#look();
  }

  until(condition: () => boolean, ticksMax: number): boolean {
    const { machine } = this.world;
    const untilTick = machine.tick() + ticksMax;
    while (!condition()) {
      if (machine.tick() >= untilTick) return false;
      this.#step();
    }
    return true;
  }

  fail(checker: string, place: string, text: string): void {
    if (this.failures.length >= FAILURES_MAX) return;
    const tick = this.#world?.machine.tick() ?? 0;
    this.failures.push(Object.freeze({ checker, place, text, tick }));
    this.#narrator?.tell(`BROKEN ${checker}: ${place}: ${text}`);
  }

  isOver(thrown: unknown): boolean {
    return thrown instanceof Curtain;
  }

  account(): { readonly lines: readonly string[]; readonly linesBefore: number; readonly ticks: number } {
    const ticks = this.#world?.machine.tick() ?? 0;
    return { ...(this.#narrator?.account() ?? { lines: [], linesBefore: 0 }), ticks };
  }

  #told(kind: number, process: number, argument0: number, argument1: number): void {
    if (kind === HalTrace.tick) this.#ticked = true;
    this.#narrator?.told(kind, process, argument0, argument1);
    for (const watch of this.#watches) watch.probe?.(kind, process, argument0, argument1);
  }

  #step(): void {
    for (const watch of this.#watches) watch.between?.();
    this.#judge();
    if (this.#ticked) {
      this.#ticked = false;
      for (const watch of this.#watches) watch.tick?.();
      this.#look();
    }
    this.world.step();
  }

  /** The kernel's own invariants, and what must never go back since the last look. */
  #look(): void {
    const { machine } = this.world;
    for (const watch of this.#watches) watch.between?.();
    for (const { checker, place, text } of checkInvariants(machine, this.#seen)) this.fail(checker, place, text);
    this.#seen = observe(machine);
    this.#judge();
  }

  #judge(): void {
    if (this.failures.length > 0) throw new Curtain();
  }
}
