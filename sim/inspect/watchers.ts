/** Observers that look at a machine between its steps: one checks what always holds, one keeps its RAM as it was at a tick. */

import type { InvariantProblem, Seen } from "../../kernel/invariants/checker.ts";
import { checkInvariants, invariantText, observe } from "../../kernel/invariants/invariants.ts";
import type { Observer } from "../observer.ts";
import type { World } from "../world.ts";

/** Something that always holds did not: at which tick, and what. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
  readonly tick: number;
  readonly cycle: number;
  readonly problems: readonly InvariantProblem[];

  constructor(tick: number, cycle: number, problems: readonly InvariantProblem[]) {
    super(`tick ${tick}: ${problems.map(invariantText).join("; ")}`);
    this.tick = tick;
    this.cycle = cycle;
    this.problems = Object.freeze([...problems]);
  }
}

/** Checks all invariants now; `seen` is what observe() said of this machine before. */
export function requireInvariants({ machine }: World, seen: Seen | null = null): void {
  const problems = checkInvariants(machine, seen);
  if (problems.length > 0) throw new InvariantViolation(machine.tick(), machine.now(), problems);
}

/** Checks all invariants every `everyTicks` ticks (1 or more), and throws InvariantViolation at the first that does not hold. */
export class InvariantWatcher implements Observer {
  readonly #everyTicks: number;
  #nextTick = 0;
  #checks = 0;
  #seen: Seen | null = null;

  constructor(everyTicks: number) {
    this.#everyTicks = everyTicks;
  }

  /** How often it looked. */
  get checks(): number {
    return this.#checks;
  }

  attach(): void {}

  readonly probe = (): void => {};

  readonly between = (world: World): void => {
    if (world.machine.tick() >= this.#nextTick) this.check(world);
  };

  /** Checks now: at the end of a run, whatever the tick. */
  check(world: World): void {
    const { machine } = world;
    requireInvariants(world, this.#seen);
    this.#seen = observe(machine);
    this.#checks += 1;
    this.#nextTick = machine.tick() + this.#everyTicks;
  }
}

/** Copies the machine's RAM as soon as a tick has passed. */
export class DumpRecorder implements Observer {
  readonly #atTick: number;
  #dump: Uint8Array | null = null;

  constructor(atTick: number) {
    this.#atTick = atTick;
  }

  /** Null while the tick has not come. */
  get dump(): Uint8Array | null {
    return this.#dump;
  }

  attach(): void {}

  readonly probe = (): void => {};

  readonly between = (world: World): void => {
    if (this.#dump === null && world.machine.tick() >= this.#atTick) this.#dump = world.machine.snapshot();
  };
}
