/** The cable is slow: a frame takes longer for each of its bytes, and whoever comes behind it waits. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { SLOW_ANSWERS } from "./cable-fate.ts";

export const rate: Fault = Object.freeze<Fault>({
  name: "wire.rate",
  layer: "wire",
  summary: "the cable is slow; with parts 1000000 it has no more than that rate",
  site: SimSite.frameSlow,
  parameters: Object.freeze({
    byteCycles: Object.freeze({ value: 800, unit: "cycles", least: 1, most: SLOW_ANSWERS - 1, help: "cycles of each byte: 800 are 10 Mbit/s" }),
  }),
  answer: (values, n) => Math.min(n - 1, values["byteCycles"]),
  words: (answer) => `each byte of the frame takes ${answer} cycles`,
});
