/** A crossing takes longer than it should: caches are cold, and the bus is busy. */

import { KernelChoice, SLOW_CYCLES, SLOW_MOST } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const slow: Fault = Object.freeze<Fault>({
  name: "process.slow",
  layer: "process",
  summary: "a process takes longer at a crossing",
  site: KernelChoice.processSlow,
  parameters: Object.freeze({
    slowCyclesMost: Object.freeze({ value: 5 * SLOW_CYCLES, unit: "cycles", least: SLOW_CYCLES, most: SLOW_MOST * SLOW_CYCLES, help: "how much longer at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, Math.ceil(values["slowCyclesMost"] / SLOW_CYCLES))),
  excuses: Object.freeze(["no-fault"]),
  words: (answer) => `it takes ${answer * SLOW_CYCLES} cycles longer`,
});
