/** The NIC has a cause to interrupt, and its line does not rise. */

import { ChoiceSite } from "../../../hal/chance.ts";
import type { Fault } from "../fault.ts";

export const lostInterrupt: Fault = Object.freeze<Fault>({
  name: "nic.lost-interrupt",
  layer: "nic",
  summary: "an interrupt of the NIC is lost: its cause stands, and its line does not rise",
  site: ChoiceSite.interruptLate,
  parameters: Object.freeze({}),
  words: () => "the interrupt is lost",
});
