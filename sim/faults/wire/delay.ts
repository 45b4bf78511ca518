/** A frame takes longer on its way, always as long: frames that are delayed keep their order among each other. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { LATE_ANSWERS, LATE_UNIT_CYCLES } from "./cable-fate.ts";

/** As long as an answer can say. */
export const LATE_CYCLES_MAX = (LATE_ANSWERS - 1) * LATE_UNIT_CYCLES;

export const lateWords = (answer: number): string => `the frame is ${answer * LATE_UNIT_CYCLES} cycles late`;

export const delay: Fault = Object.freeze<Fault>({
  name: "wire.delay",
  layer: "wire",
  summary: "a frame takes longer on its way, always as long",
  site: SimSite.frameLate,
  parameters: Object.freeze({
    lateCycles: Object.freeze({ value: 1_000_000, unit: "cycles", least: 1, most: LATE_CYCLES_MAX, help: "how late it is" }),
  }),
  answer: (values, n) => Math.min(n - 1, Math.ceil(values["lateCycles"] / LATE_UNIT_CYCLES)),
  words: lateWords,
});
