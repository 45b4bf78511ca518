/** A frame finds no descriptor, or no buffer, though there are some: the NIC drops and counts it. */

import { ChoiceSite } from "../../../hal/chance.ts";
import type { Fault } from "../fault.ts";

export const starve: Fault = Object.freeze<Fault>({
  name: "nic.starve",
  layer: "nic",
  summary: "the NIC sees no descriptor for a frame that is here",
  site: ChoiceSite.receiveStarved,
  parameters: Object.freeze({}),
  words: () => "the NIC finds no descriptor for the frame",
});
