import { describe, expect, test } from "vitest";
import { HalTrace } from "../../../../hal/trace.ts";
import { SLOW_CYCLES } from "../../../../kernel/crossing.ts";
import { KernelTrace } from "../../../../kernel/trace-kinds.ts";
import { ALWAYS, Bites } from "../bites.ts";

const bites = new Bites();
const lb = bites.process("lb");
const only = { parts: ALWAYS, entities: [lb], most: 1 };

test.each([
  ["process.crash", "was made to crash"],
  ["process.hang", "ran longer than its cycle budget"],
])("%s ends it, once, and it is begun anew", (fault, words) => {
  const { outcome, report } = bites.play([{ fault, ...only }]);
  expect([outcome.failures, outcome.deviations.length, report.processes[lb].restarts]).toEqual([[], 1, 1]);
  expect(report.processes[lb].fault).toContain(words);
});

test("a hanging process takes its whole budget", () => {
  const before = bites.play([]).report.processes[lb].cyclesUsed;
  expect(bites.play([{ fault: "process.hang", ...only }]).report.processes[lb].cyclesUsed).toBeGreaterThan(before + 0.9 * bites.theatre.world.machine.manifest.kernel.handlerCycles);
});

test("a slow process takes longer by what the answers say", () => {
  const before = bites.play([]).report.processes[lb];
  const { outcome, report } = bites.play([{ fault: "process.slow", ...only, most: 3 }]);
  const longer = outcome.deviations.reduce((sum, { answer }) => sum + answer * SLOW_CYCLES, 0);
  expect([outcome.failures, outcome.deviations.length, report.processes[lb].handled]).toEqual([[], 3, before.handled]);
  expect(report.processes[lb].cyclesUsed - before.cyclesUsed).toBe(longer);
});

describe("held", () => {
  test("a starved process does not run for so many ticks, and then it does", () => {
    const ran: number[] = [];
    let ticks = 0;
    const { outcome } = bites.play([{ fault: "process.starved", ...only, fromTick: 8, parameters: { ticksMost: 20 } }], (kind, process) => {
      if (kind === HalTrace.tick) ticks += 1;
      if (kind === KernelTrace.dispatch && process === lb) ran.push(ticks);
    });
    const [{ answer, tick }] = outcome.deviations;
    expect(answer).toBeGreaterThan(1);
    expect(ran.filter((at) => at >= tick && at < tick + answer)).toEqual([]);
    expect(ran.some((at) => at >= tick + answer)).toBe(true);
    expect(outcome.failures).toEqual([]);
  });
});

test("a restart storm: who dies once dies twice more while it starts", () => {
  const { outcome, report } = bites.play([{ fault: "process.crash", ...only }, { fault: "process.restart-storm", ...only, most: 2 }]);
  expect([outcome.deviations.map(({ rule }) => rule), report.processes[lb].restarts]).toEqual([[0, 1, 1], 3]);
  expect(outcome.failures).toEqual([]);
  expect(bites.play([{ fault: "process.restart-storm", ...only }]).outcome.deviations).toEqual([]);
});

test("others run first, and all is done nevertheless", () => {
  const orderOf = (fault: string | null): string => {
    const ran: number[] = [];
    const { outcome } = bites.play(fault === null ? [] : [{ fault, parts: ALWAYS }], (kind, process) => void (kind === KernelTrace.dispatch && ran.push(process)));
    expect(outcome.failures).toEqual([]);
    return ran.join("");
  };
  const [scheduled, otherwise] = [orderOf(null), orderOf("process.order")];
  expect(otherwise).not.toBe(scheduled);
});
