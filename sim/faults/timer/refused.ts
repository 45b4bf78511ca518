/** A timer cannot be had, as if all were armed. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const refused: Fault = Object.freeze<Fault>({
  name: "timer.refused",
  layer: "timer",
  summary: "a timer cannot be had, as if all were armed",
  site: KernelChoice.timersArmed,
  parameters: Object.freeze({}),
  words: () => "there is no timer for it",
});
