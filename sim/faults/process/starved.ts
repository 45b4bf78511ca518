/** A process does not get its turn for some ticks, whatever there is for it. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import { HELD_TICKS_MAX } from "../../../kernel/process/hold.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const starved: Fault = Object.freeze<Fault>({
  name: "process.starved",
  layer: "process",
  summary: "a process does not run for some ticks; asked once in each tick",
  site: KernelChoice.processStarves,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 10, unit: "ticks", least: 1, most: HELD_TICKS_MAX, help: "for how long at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["ticksMost"])),
  words: (answer) => `it does not run for ${answer} ticks`,
});
