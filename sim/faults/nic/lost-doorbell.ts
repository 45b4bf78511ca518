/** The write by which the driver tells the NIC of more descriptors does not arrive. */

import { ChoiceSite } from "../../../hal/chance.ts";
import type { Fault } from "../fault.ts";

export const lostDoorbell: Fault = Object.freeze<Fault>({
  name: "nic.lost-doorbell",
  layer: "nic",
  summary: "the NIC does not hear that there are more descriptors: the queue is stuck until it is told again",
  site: ChoiceSite.doorbellLost,
  parameters: Object.freeze({}),
  words: () => "the NIC does not hear of the new descriptors",
});
