/** One client is cut off for a time: its frames, and those for it, are swallowed. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { CUT_OFF_ANSWERS } from "./cable-fate.ts";

const LANE = 1;

export const partition: Fault = Object.freeze<Fault>({
  name: "wire.partition",
  layer: "wire",
  summary: "one client is cut off from the machine for a time",
  site: SimSite.clientCutOff,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 50, unit: "ticks", least: 1, most: CUT_OFF_ANSWERS - 1, help: "how long it is cut off at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["ticksMost"])),
  words: (answer) => `the client is cut off for ${answer} ticks`,
});
