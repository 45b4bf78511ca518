/** A tick comes late, by less than a tick; those behind it come in time. */

import { ChoiceSite } from "../../../hal/chance.ts";
import { LATE_CYCLES, LATE_MOST } from "../../../hal/clock.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const late: Fault = Object.freeze<Fault>({
  name: "timer.late",
  layer: "timer",
  summary: "a tick comes late; asked at each tick about the next",
  site: ChoiceSite.tickLate,
  parameters: Object.freeze({
    lateCyclesMost: Object.freeze({ value: LATE_MOST * LATE_CYCLES, unit: "cycles", least: LATE_CYCLES, most: LATE_MOST * LATE_CYCLES, help: "how late it is at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, Math.ceil(values["lateCyclesMost"] / LATE_CYCLES))),
  words: (answer) => `the next tick comes ${answer * LATE_CYCLES} cycles late`,
});
