import { expect, test } from "vitest";
import { CYCLES_PER_TICK, LATE_CYCLES } from "../../../../hal/clock.ts";
import { ChoiceSite } from "../../../../hal/chance.ts";
import { HalTrace } from "../../../../hal/trace.ts";
import { boot } from "../../../../kernel/boot.ts";
import { KernelTrace } from "../../../../kernel/trace-kinds.ts";
import { echo, processesOnly } from "../../../kernel/bench-services.ts";
import { ALWAYS, Bites } from "../bites.ts";

const bites = new Bites();
const { machine } = bites.theatre.world;
const TICK_LINE = 0;

/** How many of the ticks' interrupts were raised less than there were ticks. */
function unraised(rules: Parameters<Bites["play"]>[0]): number {
  let missing = 0;
  bites.play(rules, (kind, _process, argument) => {
    if (kind === HalTrace.tick) missing += 1;
    if (kind === HalTrace.interruptRaised && argument === TICK_LINE) missing -= 1;
  });
  return missing;
}

test("a lost tick raises nothing, and the next one tells of it: the next three ticks from the fifth on", () => {
  const rules = [{ fault: "timer.lost", parts: ALWAYS, fromTick: 5, most: 3 }];
  expect(unraised(rules) - unraised([])).toBe(3);
  expect(bites.play(rules).outcome.failures).toEqual([]);
});

test("a late tick comes so late as its answer says, and those behind it in time", () => {
  const late: number[] = [];
  const { outcome } = bites.play([{ fault: "timer.late", parts: ALWAYS, fromTick: 5, most: 2 }], (kind) => {
    if (kind === HalTrace.tick) late.push(machine.now() % CYCLES_PER_TICK);
  });
  expect(late.filter((cycles) => cycles !== 0)).toEqual(outcome.deviations.map(({ answer }) => answer * LATE_CYCLES));
  expect([outcome.deviations.length, outcome.failures]).toEqual([2, []]);
});

test("a tick's interrupt that comes twice is dismissed: time goes on, and the line is down", () => {
  const asked: number[] = [];
  const twice = boot(processesOnly({ echo: { service: echo, priority: "userNormal", arenaBytes: 512 } }), {
    choose: (site) => {
      if (site === ChoiceSite.tickDoubled) asked.push(twice.tick());
      return site === ChoiceSite.tickDoubled ? 1 : 0;
    },
  });
  for (let steps = 0; twice.tick() < 5; steps++) {
    expect(steps).toBeLessThan(100);
    twice.step();
  }
  while (twice.busy()) twice.step();
  expect([asked, twice.board.interrupts.lines(), twice.board.unhandledTicks()]).toEqual([[1, 2, 3, 4, 5], 0, 0]);
});

test("time jumps: nobody runs meanwhile", () => {
  const ran: number[] = [];
  let ticks = 0;
  const { outcome } = bites.play([{ fault: "timer.jump", parts: ALWAYS, fromTick: 6, most: 1, parameters: { ticksMost: 30 } }], (kind) => {
    if (kind === HalTrace.tick) ticks += 1;
    if (kind === KernelTrace.dispatch) ran.push(ticks);
  });
  const [{ answer, tick }] = outcome.deviations;
  expect([tick, outcome.failures]).toEqual([6, []]);
  expect(ran.filter((at) => at > tick && at < tick + answer)).toEqual([]);
  expect(ran.some((at) => at >= tick + answer)).toBe(true);
});

test("a timer that is refused: the supervisor restarts at once instead of waiting", () => {
  const restarted = (refused: boolean): number => {
    let [died, again, ticks] = [0, 0, 0];
    const rules = [{ fault: "process.crash", parts: ALWAYS, entities: [bites.process("net")], fromTick: 10, most: 1 }];
    const { outcome } = bites.play(refused ? [...rules, { fault: "timer.refused", parts: ALWAYS, entities: [bites.process("supervisor")] }] : rules, (kind) => {
      if (kind === HalTrace.tick) ticks += 1;
      if (kind === KernelTrace.fault) died = ticks;
      if (kind === KernelTrace.restarted) again = ticks;
    });
    expect(outcome.failures).toEqual([]);
    expect(outcome.deviations.length).toBe(refused ? 2 : 1);
    return again - died;
  };
  expect([restarted(false), restarted(true)]).toEqual([1, 0]);
});
