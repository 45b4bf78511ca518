/**
 * A world that plays an experiment again and again: booted and configured once, put back to that moment for each run. A run
 * is one function of (experiment, rules, seed) or of (experiment, deviations): whoever plays it, and how often.
 */

import { Panic, assert } from "../../hal/assert.ts";
import { Errno } from "../../kernel/errno.ts";
import { HalTrace } from "../../hal/trace.ts";
import { OperatorTarget } from "../../services/operator-api.ts";
import { CHECKERS } from "../checkers/catalogue.ts";
import type { Checker, Failure, Watch, Watched } from "../checkers/checker.ts";
import type { Decider } from "../chance/decider.ts";
import type { FaultRule } from "../faults/fault.ts";
import type { Turmoil } from "../faults/turmoil.ts";
import { turmoilMaker } from "../faults/turmoil.ts";
import type { Observer } from "../observer.ts";
import { request } from "../operator.ts";
import { problemText } from "../problem.ts";
import { startRun } from "../run.ts";
import type { World, WorldSnapshot } from "../world.ts";
import type { Experiment } from "./experiment.ts";
import { marksOf } from "./marks.ts";
import type { Outcome } from "./outcome.ts";

/** One run's input beside the experiment itself. */
export interface Run {
  readonly seed: number;
  /** Absent: those of the experiment. */
  readonly rules?: readonly FaultRule[];
  /** Absent: drawn by the rules. */
  readonly decider?: Decider;
}

/** Thrown by nobody but the theatre: something does not hold, and the run need not go on. */
class Curtain extends Error {
  override readonly name = "Curtain";
}

const FAILURES_MAX = 16;
const SHUTDOWN_TICKS_MAX = 10_000;

/** Whom the machine's probe and the world's `between` tell: the watches of the run at hand. */
class Audience implements Observer {
  watches: readonly Watch[] = [];
  ticked = false;

  attach(): void {}

  readonly probe: Observer["probe"] = (kind, process, argument0, argument1) => {
    if (kind === HalTrace.tick) this.ticked = true;
    for (const watch of this.watches) watch.probe?.(kind, process, argument0, argument1);
  };

  readonly between = (): void => {
    for (const watch of this.watches) watch.between?.();
    if (!this.ticked) return;
    this.ticked = false;
    for (const watch of this.watches) watch.tick?.();
  };
}

export class Theatre {
  readonly experiment: Experiment;
  readonly world: World;
  readonly turmoil: Turmoil;
  readonly #start: WorldSnapshot;
  readonly #audience = new Audience();
  readonly #checkers: readonly Checker[];
  readonly #failures: Failure[] = [];
  #calm = false;

  /** Boots and configures; throws a RangeError with the problems if that does not succeed. */
  constructor(experiment: Experiment) {
    const { chance, maker, made } = turmoilMaker();
    const setup = { ...experiment.surroundings(), seed: 1, disturbance: maker, choose: chance.choose, crashes: true };
    const { world, problems } = startRun(setup, [this.#audience]);
    if (problems.length > 0) throw new RangeError(problems.map((one) => problemText(one)).join("\n"));
    assert(world.machine.runUntilQuiet(world.machine.tick() + SHUTDOWN_TICKS_MAX), `the machine of ${experiment.name} comes to rest before it begins`);
    this.experiment = experiment;
    this.world = world;
    this.turmoil = made();
    this.#start = world.snapshot();
    this.#checkers = CHECKERS.filter((checker) => (experiment.checks?.includes(checker.name) ?? true) && checker.fits(world));
  }

  /** Plays one run to its end, or to the first thing that does not hold. */
  play(run: Run): Outcome {
    const { experiment, world } = this;
    this.open(run);
    this.#guarded(() => {
      this.#until(() => this.#rests(), world.machine.tick() + experiment.troubleTicks);
      this.turmoil.end();
      this.#calm = true;
      this.#until(() => this.#rests(), world.machine.tick() + experiment.recoveryTicks);
      for (const watch of this.#audience.watches) watch.healed?.();
      this.#judge();
      this.#shutDown();
      for (const watch of this.#audience.watches) watch.end?.();
    });
    this.#audience.watches = [];
    return Object.freeze({
      failures: Object.freeze([...this.#failures]),
      deviations: Object.freeze([...this.turmoil.chance.deviations]),
      marks: marksOf(this),
      hash: world.hash(),
      ticks: world.machine.tick(),
    });
  }

  /** Puts the world in front of its first frame, in the trouble of that run, watched. */
  open(run: Run): void {
    this.world.restore(this.#start);
    this.#failures.length = 0;
    this.#calm = false;
    this.turmoil.use(run.rules ?? this.experiment.faults, run.seed, run.decider);
    this.turmoil.begin();
    this.world.beginReplay();
    const { world } = this;
    this.#audience.ticked = false;
    this.#audience.watches = this.#checkers.map((checker) => {
      const watched: Watched = { world, calm: () => this.#calm, fail: (place, text) => this.#fail(checker.name, place, text) };
      return checker.begin(watched);
    });
  }

  #rests(): boolean {
    return this.world.quiet();
  }

  #until(condition: () => boolean, tickMax: number): void {
    const { world } = this;
    while (!condition() && world.machine.tick() < tickMax) {
      world.step();
      this.#judge();
    }
  }

  #judge(): void {
    if (this.#failures.length > 0) throw new Curtain();
  }

  /** What throws is ours (a panic), or the curtain. Anything else is an error of this program, and goes on. */
  #guarded(play: () => void): void {
    try {
      play();
    } catch (thrown) {
      if (thrown instanceof Curtain) return;
      if (!(thrown instanceof Panic)) throw thrown;
      this.#fail("panic", "the machine", thrown.message);
    }
  }

  #fail(checker: string, place: string, text: string): void {
    if (this.#failures.length < FAILURES_MAX) this.#failures.push(Object.freeze({ checker, place, text, tick: this.world.machine.tick() }));
  }

  #shutDown(): void {
    const { status } = request(this.world, OperatorTarget.shutdown);
    if (status !== Errno.ok) this.#fail("shutdown", "the operator", `the machine does not shut down: status ${status}`);
    this.#until(() => this.#rests(), this.world.machine.tick() + SHUTDOWN_TICKS_MAX);
    if (!this.#rests()) this.#fail("shutdown", "the machine", `it does not come to rest within ${SHUTDOWN_TICKS_MAX} ticks of its shutdown`);
  }
}
