/** A frame takes longer on its way, each as long as it happens: frames overtake each other. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { LATE_UNIT_CYCLES } from "./cable-fate.ts";
import { LATE_CYCLES_MAX, lateWords } from "./delay.ts";

const LANE = 1;

export const jitter: Fault = Object.freeze<Fault>({
  name: "wire.jitter",
  layer: "wire",
  summary: "a frame takes longer on its way, each as long as it happens",
  site: SimSite.frameLate,
  parameters: Object.freeze({
    lateCyclesMost: Object.freeze({ value: 5_000_000, unit: "cycles", least: 1, most: LATE_CYCLES_MAX, help: "how late it is at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, Math.ceil(values["lateCyclesMost"] / LATE_UNIT_CYCLES))),
  words: lateWords,
});
