/** A frame is held back until others of its direction have gone by. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { HELD_ANSWERS } from "./cable-fate.ts";

const LANE = 1;

export const reorder: Fault = Object.freeze<Fault>({
  name: "wire.reorder",
  layer: "wire",
  summary: "a frame is overtaken by those behind it",
  site: SimSite.frameHeld,
  parameters: Object.freeze({
    overtakersMost: Object.freeze({ value: 3, unit: "count", least: 1, most: HELD_ANSWERS - 1, help: "frames that overtake it at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["overtakersMost"])),
  words: (answer) => `${answer === 1 ? "the next frame overtakes" : `the next ${answer} frames overtake`} the frame`,
});
