import { expect, test } from "vitest";
import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { boot } from "../../../kernel/boot.ts";
import { largeKernelLimits } from "../../../kernel/limits.ts";
import type { PriorityName } from "../../../kernel/process.ts";
import { PROCESS_STATE_NAMES, Priority } from "../../../kernel/process.ts";
import { AGING_LEVELS_MAX, AGING_TICKS, rankAfter } from "../../../kernel/process/aging.ts";
import type { Context, Grant } from "../../../kernel/service.ts";
import { service } from "../../../kernel/service.ts";
import { processesOnly } from "../bench-services.ts";

test("states, priorities and numbers are VeridianOS's", () => {
  expect(PROCESS_STATE_NAMES).toEqual(["creating", "ready", "running", "blocked", "sleeping", "zombie", "dead"]);
  expect(Object.values(Priority)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 99]);
  expect([AGING_TICKS, AGING_LEVELS_MAX]).toEqual([100, 20]);
});

test.each([
  [Priority.userNormal, 99, 60],
  [Priority.userNormal, 100, 59],
  [Priority.userNormal, 1999, 41],
  [Priority.userNormal, 2000, 40],
  [Priority.userNormal, 1_000_000, 40],
  [Priority.systemHigh, 500, 30],
  [Priority.systemNormal, 1_000_000, 30],
  [Priority.realTimeLow, 1_000_000, 20],
  [Priority.realTimeHigh, 1_000_000, 0],
  [Priority.idle, 1_000_000, 99],
])("priority %d after %d ticks in vain is %d", (priority, ticks, rank) => expect(rankAfter(priority, ticks)).toBe(rank));

/** Takes time by the dearest of all calls: it is refused, since the timer is no process. */
function pass(context: Pick<Context, "uptimeCycles" | "processRestart"> & { readonly needs: { readonly ticks: Grant<"timer"> } }, cycles: number): void {
  for (const end = context.uptimeCycles() + cycles; context.uptimeCycles() < end; ) context.processRestart(context.needs.ticks as Grant as Grant<"process">);
}

/** Always ready; each run takes a tick. */
const busy = service({
  name: "busy",
  state: layout("BusyState", { runs: u32 }),
  needs: { ticks: "timer" },
  handle: (_message, context) => {
    context.state.runs += 1;
    pass(context, CYCLES_PER_TICK);
    context.notifySelf(1);
  },
});

function race(first: PriorityName, second: PriorityName, ticks: number): number[] {
  const line = (priority: PriorityName) => ({ service: busy, priority, arenaBytes: 512, grants: { ticks: "ticks" } });
  const machine = boot({ ...processesOnly({ first: line(first), second: line(second) }), kernel: largeKernelLimits });
  machine.runUntilTick(ticks);
  return ["first", "second"].map((name) => machine.inspect(`state.${name}`).runs as number);
}

test("who waits comes nearer, until it runs once: 10 levels take 1000 ticks, and it does not starve", () => {
  const [first, second] = race("userHigh", "userNormal", 3100);
  expect(second).toBe(3);
  expect(first).toBeGreaterThan(3000);
});

test("real time is not reached by waiting, and 20 levels are the most", () => {
  expect(race("realTimeLow", "userNormal", 2100)[1]).toBe(0);
  expect(race("systemHigh", "userLow", 2100)[1]).toBe(0);
});

test("equals take turns after each run: a time slice never ends one", () => {
  const [first, second] = race("userNormal", "userNormal", 100);
  expect(Math.abs(first! - second!)).toBeLessThanOrEqual(1);
});

test("a run longer than the time slice of ten ticks is counted", () => {
  const long = service({
    name: "long",
    state: layout("LongState", { unused: u32 }),
    needs: { ticks: "timer" },
    handle: (_message, context) => pass(context, 11 * CYCLES_PER_TICK),
  });
  const machine = boot({ ...processesOnly({ long: { service: long, priority: "userNormal", arenaBytes: 512, grants: { ticks: "ticks" } }, busy: { service: busy, priority: "userNormal", arenaBytes: 512, grants: { ticks: "ticks" } } }), kernel: largeKernelLimits });
  machine.runUntilTick(20);
  expect([0, 1].map((index) => machine.inspect("processes", index).longTurns)).toEqual([1, 0]);
});
