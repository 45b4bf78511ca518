/** A single request takes longer than planned. */

import { SimSite } from "../../chance/site.ts";
import { LATE_TICKS_MAX } from "../../inhabitants/backends/limits.ts";
import type { Fault } from "../fault.ts";

export const late: Fault = Object.freeze<Fault>({
  name: "backend.late",
  layer: "backend",
  summary: "a backend takes longer than planned for a request",
  site: SimSite.answerLate,
  parameters: Object.freeze({
    mostTicks: Object.freeze({ value: 300, unit: "ticks", least: 1, most: LATE_TICKS_MAX, help: "it takes so many ticks more at most" }),
  }),
  answer: ({ mostTicks }, n, draw) => 1 + draw(0, Math.min(mostTicks, n - 1)),
  words: (answer) => `it takes ${answer} ticks more`,
});
