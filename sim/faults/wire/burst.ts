/**
 * Frames are lost in bursts, after Gilbert and Elliott: a cable is good or bad, turns from the one to the other with every
 * frame by a chance of its own, and loses frames while it is bad. Which of both it is follows from the ordinal alone: from the
 * last turn in front of it, looked for among so many frames; before them it was good.
 */

import { SimSite } from "../../chance/site.ts";
import type { Draw, Fault } from "../fault.ts";

const PARTS = 1_000_000;
const FRAMES_BACK = 256;
const TURN_LANE = 1;
const LOSS_LANE = 2;

/** One draw says both: a turn to the bad below `parts`, a turn to the good in the topmost `endParts`. */
function isBad(drawAt: (ordinal: number) => Draw, ordinal: number, parts: number, endParts: number): boolean {
  for (let back = 0; back < FRAMES_BACK && back <= ordinal; back++) {
    const turn = drawAt(ordinal - back)(TURN_LANE, PARTS);
    if (turn < parts) return true;
    if (turn >= PARTS - endParts) return false;
  }
  return false;
}

export const burst: Fault = Object.freeze<Fault>({
  name: "wire.burst",
  layer: "wire",
  summary: "frames are lost in bursts; `parts` is how often one begins",
  site: SimSite.frameLost,
  parameters: Object.freeze({
    endParts: Object.freeze({ value: 200_000, unit: "parts", least: 1, most: PARTS, help: "chance that a burst ends, with each frame" }),
    lossParts: Object.freeze({ value: 800_000, unit: "parts", least: 1, most: PARTS, help: "chance that a frame of a burst is lost" }),
  }),
  strikes: ({ ordinal, parts, values, drawAt }) => isBad(drawAt, ordinal, parts, values["endParts"]) && drawAt(ordinal)(LOSS_LANE, PARTS) < values["lossParts"],
  words: () => "the frame is lost, in a burst",
});
