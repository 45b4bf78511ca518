/** A frame is lost on the way, each for itself. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";

export const drop: Fault = Object.freeze<Fault>({
  name: "wire.drop",
  layer: "wire",
  summary: "a frame is lost on the way, each for itself",
  site: SimSite.frameLost,
  parameters: Object.freeze({}),
  words: () => "the frame is lost",
});
