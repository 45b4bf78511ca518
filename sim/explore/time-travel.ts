/**
 * Goes to any place of a run, forwards and back: the nearest checkpoint before it is put back, and the run goes on from
 * there. The run is played once to lay the checkpoints; whoever looks at the world on the way changes nothing in it.
 */

import { assert } from "../../hal/assert.ts";
import type { Probe } from "../../hal/trace.ts";
import type { Watch } from "../checkers/checker.ts";
import type { World } from "../world.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { Course } from "./course.ts";

/** Of all copies together. */
export const CHECKPOINT_BYTES_MAX = 128 * 1024 * 1024;
const EVERY_STEPS = 16;

export class TimeTravel {
  readonly world: World;
  readonly #course: Course;
  readonly #checkpoints: Checkpoints;
  /** Number of the first step that began at that tick or later, by tick since the first. */
  readonly #stepAtTick: number[] = [];
  #firstTick = 0;
  #end = 0;
  #position = -1;

  /** Plays the run up to `endStep` steps, or to its end, and stands there. */
  constructor(course: Course, endStep = Infinity, bytesMax = CHECKPOINT_BYTES_MAX, everySteps = EVERY_STEPS) {
    this.world = course.world;
    this.#course = course;
    this.#checkpoints = new Checkpoints(course.world, bytesMax, everySteps);
    this.#record(endStep);
  }

  #record(endStep: number): void {
    const { machine } = this.world;
    let steps = 0;
    const keeper: Watch = {
      between: () => {
        if (steps === 0) this.#firstTick = machine.tick();
        while (this.#firstTick + this.#stepAtTick.length <= machine.tick()) this.#stepAtTick.push(steps);
        const standing = this.#checkpoints.isDue(steps) ? this.#course.standing() : null;
        if (standing !== null) this.#checkpoints.take(standing);
        steps += 1;
      },
    };
    this.#end = this.#course.play(null, endStep, [keeper]);
    this.#position = this.#end;
  }

  /** How many steps the run has. */
  get end(): number {
    return this.#end;
  }

  /** How many of them are done now. */
  get position(): number {
    return this.#position;
  }

  get checkpoints(): number {
    return this.#checkpoints.count;
  }

  get firstTick(): number {
    return this.#firstTick;
  }

  /** Puts the world where it was when so many steps were done, 0 to `end`. */
  goTo(position: number): void {
    assert(position >= 0 && position <= this.#end, `the run has ${this.#end} steps; there is no place ${position}`);
    this.#position = this.#playFrom(position, position, () => []);
    assert(this.#position === position, `the run comes to step ${position} again`);
  }

  /** Puts the world where that tick had just passed, or to the run's end if it never did. */
  goToTick(tick: number): void {
    this.goTo(this.stepOfTick(tick));
  }

  /** How many steps were done when that tick had passed; those of the whole run if it never did. */
  stepOfTick(tick: number): number {
    if (tick <= this.#firstTick) return 0;
    return this.#stepAtTick[tick - this.#firstTick] ?? this.#end;
  }

  /** One event back; false at the run's beginning. */
  back(): boolean {
    if (this.#position === 0) return false;
    this.goTo(this.#position - 1);
    return true;
  }

  /** One event on; false at its end. */
  forward(): boolean {
    if (this.#position === this.#end) return false;
    this.goTo(this.#position + 1);
    return true;
  }

  /** Lets `watches` see the steps behind place `first`, up to place `until`, each as it happened. */
  watch(first: number, until: number, watches: readonly Watch[]): void {
    assert(first >= 0 && first <= until && until <= this.#end, `the run has ${this.#end} steps; ${first} to ${until} are not all of it`);
    this.#position = this.#playFrom(first, until, (steps) => [new Gate(steps, first, watches)]);
  }

  /**
   * The last step, of those up to place `last`, that changed what `look` reads in the world; 0 if none did since the run
   * began. Stretches between checkpoints are played backwards, one after the other, each forwards: no change goes unseen
   * but one that a single step takes back itself.
   */
  lastChange(last: number, look: () => string): number {
    for (let until = last, first = 0; until > 0; until = first) {
      const changes: Change[] = [];
      this.#position = this.#playFrom(until - 1, until, (steps) => {
        first = steps;
        changes.push(new Change(steps, look));
        return changes;
      });
      const changed = changes[0].compare();
      if (changed > 0) return changed;
    }
    return 0;
  }

  /** From the nearest checkpoint at or before a place up to another; `watches` are made when it is put back. How many steps are done then. */
  #playFrom(before: number, haltAt: number, watches: (steps: number) => readonly Watch[]): number {
    const standing = this.#checkpoints.putBack(({ steps }) => steps <= before);
    return this.#course.play(standing, haltAt, watches(standing?.steps ?? 0));
  }
}

/** Lets its watches see only what happens behind a place. */
class Gate implements Watch {
  readonly #first: number;
  readonly #watches: readonly Watch[];
  #steps: number;

  constructor(steps: number, first: number, watches: readonly Watch[]) {
    this.#steps = steps;
    this.#first = first;
    this.#watches = watches;
  }

  readonly probe: Probe = (kind, process, argument0, argument1) => {
    if (this.#steps <= this.#first) return;
    for (const watch of this.#watches) watch.probe?.(kind, process, argument0, argument1);
  };

  readonly between = (): void => {
    if (this.#steps >= this.#first) for (const watch of this.#watches) watch.between?.();
    this.#steps += 1;
  };
}

/** Notes at which place of a stretch what is looked at changed last. */
class Change implements Watch {
  readonly #look: () => string;
  #steps: number;
  #seen: string;
  #last = 0;

  constructor(steps: number, look: () => string) {
    this.#look = look;
    this.#steps = steps;
    this.#seen = look();
  }

  readonly between = (): void => {
    this.compare();
    this.#steps += 1;
  };

  /** Looks once more: the last step has no step behind it. */
  compare(): number {
    const now = this.#look();
    if (now !== this.#seen) this.#last = this.#steps;
    this.#seen = now;
    return this.#last;
  }
}
