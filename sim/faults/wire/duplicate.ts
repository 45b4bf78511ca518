/** A frame comes twice, the second time at once or later. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { LATE_UNIT_CYCLES } from "./cable-fate.ts";
import { LATE_CYCLES_MAX } from "./delay.ts";

const LANE = 1;

export const duplicate: Fault = Object.freeze<Fault>({
  name: "wire.duplicate",
  layer: "wire",
  summary: "a frame comes twice",
  site: SimSite.frameDoubled,
  parameters: Object.freeze({
    behindCycles: Object.freeze({ value: 0, unit: "cycles", least: 0, most: LATE_CYCLES_MAX, help: "the second comes so long after the first at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, Math.floor(values["behindCycles"] / LATE_UNIT_CYCLES) + 1)),
  words: (answer) => (answer === 1 ? "the frame comes twice" : `the frame comes again ${(answer - 1) * LATE_UNIT_CYCLES} cycles later`),
});
