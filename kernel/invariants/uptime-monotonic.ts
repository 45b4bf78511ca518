/** The clock goes forward only, and counts its own ticks right, each when it comes: in time, or late by less than a tick. */

import { CYCLES_PER_TICK, ClockRecord, LATE_CYCLES, LATE_MOST } from "../../hal/clock.ts";
import type { Say, Seen } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { wide } from "./tables.ts";

export const uptimeMonotonic = checker("uptime-monotonic", "cycles and ticks never go back, and a tick is a million cycles", check);

function check({ ram, clock }: KernelTables, say: Say, seen: Seen | null): void {
  const cycle = wide(ClockRecord.cycle, ram, clock);
  const ticks = wide(ClockRecord.ticks, ram, clock);
  const passed = Math.floor(cycle / CYCLES_PER_TICK);
  const next = wide(ClockRecord.nextTickCycle, ram, clock);
  const late = next - (ticks + 1) * CYCLES_PER_TICK;
  // A tick that is late has not been counted yet.
  if (ticks !== passed && !(late > 0 && ticks === passed - 1 && cycle < next)) say("clock: ticks", `it is ${ticks}; at cycle ${cycle} there were ${passed}`);
  const isLate = late > 0 && late <= LATE_MOST * LATE_CYCLES && late % LATE_CYCLES === 0;
  if (late !== 0 && !isLate) say("clock: nextTickCycle", `it is ${next}; tick ${ticks + 1} is at ${(ticks + 1) * CYCLES_PER_TICK}`);
  const unhandled = ClockRecord.unhandledTicks.get(ram, clock);
  if (unhandled < 0 || unhandled > ticks) say("clock: unhandledTicks", `it is ${unhandled} of ${ticks}`);
  const due = wide(ClockRecord.dueCycle, ram, clock);
  if (due > next) say("clock: dueCycle", `it is ${due}; the next tick is at ${next}`);
  if (seen === null) return;
  if (cycle < seen.cycle) say("clock: cycle", `it is ${cycle}, and was ${seen.cycle}`);
  if (ticks < seen.ticks) say("clock: ticks", `it is ${ticks}, and was ${seen.ticks}`);
}
