/** One direction of the cable is clogged for a time: then all that waited comes at once. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { CLOGGED_ANSWERS } from "./cable-fate.ts";

const LANE = 1;

export const clog: Fault = Object.freeze<Fault>({
  name: "wire.clog",
  layer: "wire",
  summary: "one direction of the cable is clogged for a time, and nothing is lost",
  site: SimSite.cableClogged,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 20, unit: "ticks", least: 1, most: CLOGGED_ANSWERS - 1, help: "how long it is clogged at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["ticksMost"])),
  words: (answer) => `this direction of the cable is clogged for ${answer} ticks`,
});
