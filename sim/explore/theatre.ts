/**
 * A world that plays an experiment again and again: booted and configured once, put back to that moment for each run. A run
 * is one function of (experiment, rules, seed) or of (experiment, deviations): whoever plays it, and how often.
 */

import { Panic, assert } from "../../hal/assert.ts";
import { Errno } from "../../kernel/errno.ts";
import { OperatorTarget } from "../../services/operator-api.ts";
import { CHECKERS } from "../checkers/catalogue.ts";
import type { Checker, Failure, Watch, Watched } from "../checkers/checker.ts";
import { whyUnrecoverable } from "../checkers/recoverable.ts";
import type { Decider } from "../chance/decider.ts";
import type { FaultRule } from "../faults/fault.ts";
import type { Turmoil } from "../faults/turmoil.ts";
import { turmoilMaker } from "../faults/turmoil.ts";
import { isOperated, request } from "../operator.ts";
import { problemText } from "../problem.ts";
import { startRun } from "../run.ts";
import type { World } from "../world.ts";
import { Beginnings } from "./configurations.ts";
import { servesEncore, takesEncore } from "./encore.ts";
import { Audience, Curtain } from "./audience.ts";
import { EndConditions } from "./end-condition.ts";
import type { Experiment } from "./experiment.ts";
import { marksOf } from "./marks.ts";
import type { Outcome } from "./outcome.ts";
import type { Staging, Standing } from "./standing.ts";

/** One run's input beside the experiment itself. */
export interface Run {
  readonly seed: number;
  /** Absent: those of the experiment. */
  readonly rules?: readonly FaultRule[];
  /** Absent: drawn by the rules. */
  readonly decider?: Decider;
  /** What the balancer is given before the run begins; absent: the experiment's. One of theatre.configurations. */
  readonly configuration?: string;
}

const Phase = Object.freeze({ trouble: 0, recovery: 1, proof: 2, shutdown: 3, over: 4 });

const FAILURES_MAX = 16;
const SHUTDOWN_TICKS_MAX = 10_000;

export class Theatre {
  readonly experiment: Experiment;
  readonly world: World;
  readonly turmoil: Turmoil;
  readonly #beginnings: Beginnings;
  readonly #audience = new Audience();
  readonly #checkers: readonly Checker[];
  readonly #failures: Failure[] = [];
  readonly #ends: EndConditions;
  #thorough = false;
  /** Whether the machine of the last run was one of which nobody promised that it would serve again. */
  excused = false;
  /** The checkers' watches of the run at hand. */
  #checking: readonly Watch[] = [];
  #phase: number = Phase.over;
  #beganTick = 0;
  #untilTick = 0;

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
    this.#ends = new EndConditions(world, experiment.end ?? []);
    this.#beginnings = new Beginnings(world, setup.configuration);
    this.#checkers = CHECKERS.filter((checker) => (experiment.checks?.includes(checker.name) ?? true) && checker.fits(world));
  }

  /** Other configurations that a run may ask for. */
  get configurations(): readonly string[] {
    return this.#beginnings.taken;
  }

  /** Plays one run to its end, or to the first thing that does not hold. */
  play(run: Run, staging: Staging = {}): Outcome {
    this.open(run, staging);
    this.#guarded(() => {
      while (this.#phase !== Phase.over) {
        if (this.#rests() || this.world.machine.tick() >= this.#untilTick) this.#nextPhase();
        else this.#step();
      }
    });
    this.#audience.watches = [];
    return this.#outcome();
  }

  /** Puts the world in front of its first frame, in the trouble of that run, watched; or to where `staging.from` stands, its buffers put back. */
  open(run: Run, staging: Staging = {}): void {
    const { from } = staging;
    if (from === undefined) this.#beginnings.enter(run.configuration);
    this.#failures.length = 0;
    this.excused = false;
    this.turmoil.use(run.rules ?? this.experiment.faults, run.seed, run.decider, from?.deviations);
    if (from === undefined) {
      this.turmoil.begin();
      this.world.beginReplay();
    }
    this.#begin(staging);
  }

  /** How many steps of the run are done. */
  position(): number {
    return this.#audience.steps;
  }

  /** Where the run stands, told to a watch before a step (Watch.between); null while it is proven and shut down: it cannot go on from within. */
  standing(): Standing | null {
    if (this.#phase > Phase.recovery) return null;
    const { steps, ticked } = this.#audience;
    const known = this.#checking.length === this.#checkers.length && this.#checking.every((watch) => watch.keep !== undefined);
    const kept = known ? this.#checking.map((watch) => watch.keep?.()) : null;
    return Object.freeze<Standing>({
      phase: this.#phase,
      beganTick: this.#beganTick,
      untilTick: this.#untilTick,
      steps,
      ticked,
      deviations: Object.freeze([...this.turmoil.chance.deviations]),
      kept: kept === null ? null : Object.freeze(kept),
    });
  }

  #begin({ watches = [], checked = true, thorough = false, haltAt = Infinity, from, troubleTicks = this.experiment.troubleTicks }: Staging): void {
    const { world } = this;
    const audience = this.#audience;
    this.#thorough = thorough;
    audience.ticked = from?.ticked ?? false;
    audience.steps = from?.steps ?? 0;
    audience.haltAt = haltAt;
    this.#phase = from?.phase ?? Phase.trouble;
    this.#beganTick = from?.beganTick ?? world.machine.tick();
    this.#untilTick = this.#phase === Phase.trouble ? this.#beganTick + troubleTicks : from!.untilTick;
    assert(!checked || from === undefined || from.kept !== null, "a run goes on from a place that its checkers remember, or unchecked");
    this.#checking = checked ? this.#checkers.map((checker, i) => this.#beginWatch(checker, from?.kept?.[i])) : [];
    audience.watches = [...watches, ...this.#checking];
  }

  #beginWatch(checker: Checker, kept: unknown): Watch {
    const watched: Watched = { world: this.world, calm: () => this.#phase > Phase.trouble, fail: (place, text) => this.#fail(checker.name, place, text) };
    const watch = checker.begin(watched);
    if (kept !== undefined) watch.recall?.(kept);
    return watch;
  }

  #rests(): boolean {
    return this.world.quiet() && !(this.#phase === Phase.trouble && this.experiment.restless === true);
  }

  #nextPhase(): void {
    if (this.#phase === Phase.trouble) {
      this.turmoil.end();
      this.#phase = Phase.recovery;
      this.#untilTick = this.world.machine.tick() + this.experiment.recoveryTicks;
      return;
    }
    this.#phase = Phase.proof;
    this.#prove();
    for (const watch of this.#audience.watches) watch.healed?.();
    this.#ends.judge((place, text) => this.#fail("end", place, text));
    this.#judge();
    this.#phase = Phase.shutdown;
    this.#shutDown();
    for (const watch of this.#audience.watches) watch.end?.();
    this.#phase = Phase.over;
  }

  /** What can be served is served, and all comes to rest. */
  #prove(): void {
    const { world, experiment } = this;
    this.excused = whyUnrecoverable(world).length > 0;
    if (!this.world.quiet()) this.#failIfRecoverable("the world", `it is not at rest ${experiment.recoveryTicks} ticks after the end of trouble`);
    this.#judge();
    const served = !takesEncore(world) || servesEncore(world, this.#untilTick, experiment.recoveryTicks, () => this.#step());
    if (!served) this.#failIfRecoverable("a client", `it asks when trouble is over, and once more when ${experiment.recoveryTicks} ticks have passed, and is not served`);
    this.#judge();
  }

  /** A machine that was not promised to come back is let be. */
  #failIfRecoverable(place: string, text: string): void {
    if (whyUnrecoverable(this.world).length === 0) this.#fail("liveness", place, text);
  }

  #outcome(): Outcome {
    return Object.freeze({
      failures: Object.freeze([...this.#failures]),
      deviations: Object.freeze([...this.turmoil.chance.deviations]),
      marks: marksOf(this),
      hash: this.world.hash(),
      ticks: this.#tick(),
    });
  }

  #step(): void {
    this.world.step();
    this.#judge();
  }

  #judge(): void {
    if (this.#failures.length > 0 && !this.#thorough) throw new Curtain();
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
    if (this.#thorough && this.#failures.some((known) => known.checker === checker && known.place === place)) return;
    if (this.#failures.length < FAILURES_MAX) this.#failures.push(Object.freeze({ checker, place, text, tick: this.#tick() }));
  }

  /** The machine's tick; -1 where its clock is damaged so far that it says none. */
  #tick(): number {
    try {
      return this.world.machine.tick();
    } catch (thrown) {
      if (!(thrown instanceof Panic)) throw thrown;
      return -1;
    }
  }

  #shutDown(): void {
    if (!isOperated(this.world)) return;
    const { status } = request(this.world, OperatorTarget.shutdown);
    if (status !== Errno.ok && whyUnrecoverable(this.world).length === 0) this.#fail("shutdown", "the operator", `the machine does not shut down: status ${status}`);
    const tickMax = this.world.machine.tick() + SHUTDOWN_TICKS_MAX;
    while (!this.world.quiet() && this.world.machine.tick() < tickMax) this.#step();
    if (!this.world.quiet()) this.#fail("shutdown", "the machine", `it does not come to rest within ${SHUTDOWN_TICKS_MAX} ticks of its shutdown`);
  }
}
