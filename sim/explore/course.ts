/**
 * A run that can be played from any place of it: a theatre's, or that of a world alone. A place is a number of steps: of
 * interrupts taken, handlers run, and moves of the clock.
 */

import type { Watch } from "../checkers/checker.ts";
import type { Observer } from "../observer.ts";
import type { World, WorldSnapshot } from "../world.ts";
import type { Standing } from "./standing.ts";
import type { Run, Theatre } from "./theatre.ts";

export interface Course {
  readonly world: World;
  /**
   * Plays on from `from`, whose buffers are put back already, or from the run's beginning, until `haltAt` steps are done or the
   * run is over. Nobody checks anything. How many steps are done then.
   */
  play(from: Standing | null, haltAt: number, watches: readonly Watch[]): number;
  /** Where it stands, asked by a watch before a step; null where it cannot go on from. */
  standing(): Standing | null;
}

/** A run of a theatre; trouble lasts `troubleTicks` ticks at most. */
export function theatreCourse(theatre: Theatre, run: Run, troubleTicks = theatre.experiment.troubleTicks): Course {
  return Object.freeze<Course>({
    world: theatre.world,
    play: (from, haltAt, watches) => {
      theatre.play(run, { watches, checked: false, haltAt, troubleTicks, ...(from === null ? {} : { from }) });
      return theatre.position();
    },
    standing: () => theatre.standing(),
  });
}

/** Told of a world's records, which it hands to the watches of the moment: an observer given at boot. */
export class Relay implements Observer {
  watches: readonly Watch[] = [];

  attach(): void {}

  readonly probe: Observer["probe"] = (kind, process, argument0, argument1) => {
    for (const watch of this.watches) watch.probe?.(kind, process, argument0, argument1);
  };
}

/** What a world does from now on, up to a tick. */
export class WorldCourse implements Course {
  readonly world: World;
  readonly #relay: Relay;
  readonly #start: WorldSnapshot;
  readonly #untilTick: number;
  #steps = 0;

  constructor(world: World, untilTick: number, relay: Relay = new Relay()) {
    this.world = world;
    this.#relay = relay;
    this.#untilTick = untilTick;
    this.#start = world.snapshot();
  }

  play(from: Standing | null, haltAt: number, watches: readonly Watch[]): number {
    const { world } = this;
    if (from === null) world.restore(this.#start);
    this.#steps = from?.steps ?? 0;
    this.#relay.watches = watches;
    while (this.#steps < haltAt && world.machine.tick() < this.#untilTick) {
      for (const watch of watches) watch.between?.();
      world.step();
      this.#steps += 1;
    }
    this.#relay.watches = [];
    return this.#steps;
  }

  standing(): Standing {
    return Object.freeze<Standing>({ phase: 0, beganTick: 0, untilTick: this.#untilTick, steps: this.#steps, ticked: false, deviations: Object.freeze([]), kept: null });
  }
}
