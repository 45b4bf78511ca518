import fc from "fast-check";
import { expect, test } from "vitest";
import { CYCLES_PER_TICK } from "../../hal/clock.ts";
import { checkInvariants } from "../../kernel/invariants/invariants.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Actor } from "./ipc/stage.ts";
import { Stage } from "./ipc/stage.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);

interface Armed {
  readonly id: number;
  readonly process: number;
  readonly bits: number;
  readonly period: number;
  deadline: number;
}

/** Two processes that arm timers, cancel them, and work so long that ticks pass inside their handlers. */
class Played {
  readonly stage: Stage;
  readonly #ids = new Set<number>();
  /** What fired, as [process, bits], in the order in which the kernel took it. */
  readonly #fired: number[][] = [];
  #armed: Armed[] = [];
  #bits = 0;
  #tick = 0;
  #cycle = 0;

  constructor() {
    const actor = { needs: { ticks: "timer", nobody: "process" }, grants: { ticks: "ticks", nobody: "a" }, receives: [] } as const;
    this.stage = new Stage({ a: actor, b: actor }, {
      probe: (kind, _process, argument0, argument1) => void (kind === KernelTrace.timer && this.#fired.push([argument0, argument1])),
    });
  }

  arm(process: number, delay: number, period: number): void {
    const bits = (this.#bits = (this.#bits + 1) & 0xffff);
    const [id, tick] = this.#play(process, (context) => {
      const before = context.uptimeTicks();
      return [context.timerStart(context.needs.ticks!, delay, period, bits), before];
    });
    expect(this.#ids.has(id)).toBe(false);
    this.#ids.add(id);
    this.#armed.push({ id, process, bits, period, deadline: tick + delay });
  }

  cancel(pick: number): void {
    const victim = this.#armed[pick % Math.max(1, this.#armed.length)];
    if (victim === undefined) return;
    const other = this.#play(1 - victim.process, (context) => context.timerCancel(context.needs.ticks!, victim.id));
    expect(other).toBe(-19);
    this.#settle();
    const armed = this.#armed.includes(victim);
    expect(this.#play(victim.process, (context) => context.timerCancel(context.needs.ticks!, victim.id))).toBe(armed ? 0 : -19);
    this.#armed = this.#armed.filter((timer) => timer !== victim);
  }

  /** The handler takes `ticks` ticks and a half: they are all taken afterwards, one by one. */
  work(process: number): void {
    this.#play(process, (context) => {
      const end = context.uptimeCycles() + 1.5 * CYCLES_PER_TICK;
      while (context.uptimeCycles() < end) context.processRestart(context.needs.nobody!);
    });
  }

  pass(ticks: number): void {
    this.stage.pass(ticks);
    this.#settle();
  }

  #play(process: number, script: (context: Actor) => any): any {
    const result = this.stage.play(["a", "b"][process]!, (context) => {
      const [tick, cycle] = [context.uptimeTicks(), context.uptimeCycles()];
      expect([tick >= this.#tick, cycle >= this.#cycle]).toEqual([true, true]);
      [this.#tick, this.#cycle] = [tick, cycle];
      return script(context);
    });
    this.#settle();
    return result;
  }

  /** Everything that was due by now has fired: tick by tick, on each in the order of arming. */
  #settle(): void {
    const expected: number[][] = [];
    for (let tick = this.#settled + 1; tick <= this.stage.machine.tick(); tick++) {
      for (const timer of this.#armed.filter((one) => one.deadline === tick)) {
        expected.push([timer.process, timer.bits]);
        this.#armed = this.#armed.filter((one) => one !== timer);
        timer.deadline += timer.period;
        if (timer.period > 0) this.#armed.push(timer);
      }
    }
    this.#settled = this.stage.machine.tick();
    expect(this.#fired.splice(0)).toEqual(expected);
    expect(checkInvariants(this.stage.machine)).toEqual([]);
    this.stage.look("a");
    this.stage.look("b");
  }
  #settled = 0;
}

const process_ = fc.nat(1);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(process_, fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 0, 1, 2, 5)).map(([process, delay, period]) => (played: Played) => played.arm(process, delay, period)) },
  { weight: 2, arbitrary: fc.nat().map((pick) => (played: Played) => played.cancel(pick)) },
  { weight: 1, arbitrary: process_.map((process) => (played: Played) => played.work(process)) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }).map((ticks) => (played: Played) => played.pass(ticks)) },
);

test(`timers of processes fire on their ticks, though handlers overrun them, and time never goes back (${RUNS} sequences)`, () => {
  const history = fc.property(fc.array(step, { maxLength: 25, size: "max" }), (steps) => {
    const played = new Played();
    for (const make of steps) make(played);
    played.pass(10);
  });
  fc.assert(history, { seed: 2, numRuns: RUNS });
});
