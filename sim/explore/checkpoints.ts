/**
 * Checkpoints of one run: copies of machine and world along its way, in buffers that are used again and again, within so
 * many bytes. When all buffers are full every second checkpoint is given up, and from then on they lie twice as far apart:
 * wherever a run is, one lies at most two distances back, and the run may be of any length.
 */

import { assert } from "../../hal/assert.ts";
import { restore, snapshotInto } from "../../hal/snapshot.ts";
import type { World } from "../world.ts";
import type { Standing } from "./standing.ts";

interface Checkpoint {
  readonly standing: Standing;
  readonly machine: Uint8Array;
  readonly world: Uint8Array;
}

/** Two are needed at least: one stays where the run begins. */
const CHECKPOINTS_MIN = 2;

export class Checkpoints {
  readonly #world: World;
  readonly #countMax: number;
  readonly #free: { machine: Uint8Array; world: Uint8Array }[] = [];
  /** In order of their steps; the first is the run's beginning. */
  #taken: Checkpoint[] = [];
  #everySteps: number;

  /** As many as `bytesMax` bytes hold, two at least; at first one every `everySteps` steps. */
  constructor(world: World, bytesMax: number, everySteps: number) {
    assert(everySteps >= 1, "checkpoints lie a step apart at least");
    this.#world = world;
    this.#countMax = Math.max(CHECKPOINTS_MIN, Math.floor(bytesMax / (world.machine.ram.bytes + world.memory.bytes)));
    this.#everySteps = everySteps;
  }

  get count(): number {
    return this.#taken.length;
  }

  /** How many steps lie between two of them now. */
  get everySteps(): number {
    return this.#everySteps;
  }

  /** Whether the next one is due, so many steps into the run. */
  isDue(steps: number): boolean {
    const last = this.#taken.at(-1);
    return last === undefined || steps >= last.standing.steps + this.#everySteps;
  }

  /** Copies the world as it stands now. */
  take(standing: Standing): void {
    if (this.#taken.length === this.#countMax) this.#thin();
    const { machine, memory } = this.#world;
    const buffers = this.#free.pop() ?? { machine: new Uint8Array(machine.ram.bytes), world: new Uint8Array(memory.bytes) };
    snapshotInto(machine.ram, buffers.machine);
    snapshotInto(memory, buffers.world);
    this.#taken.push(Object.freeze({ standing, machine: buffers.machine, world: buffers.world }));
  }

  /** Puts the world back to the last checkpoint for which `before` holds, and says where the run stands then; null where there is none. */
  putBack(before: (standing: Standing) => boolean): Standing | null {
    let last = this.#taken.length - 1;
    while (last >= 0 && !before(this.#taken[last].standing)) last -= 1;
    if (last < 0) return null;
    const found = this.#taken[last];
    restore(this.#world.machine.ram, found.machine);
    restore(this.#world.memory, found.world);
    return found.standing;
  }

  /** Gives all buffers back for another run. */
  clear(everySteps: number): void {
    this.#free.push(...this.#taken);
    this.#taken = [];
    this.#everySteps = everySteps;
  }

  #thin(): void {
    this.#everySteps *= 2;
    this.#free.push(...this.#taken.filter((_, i) => i % 2 === 1));
    this.#taken = this.#taken.filter((_, i) => i % 2 === 0);
  }
}
