/** A tick's interrupt comes twice: the second time there is nothing to take. */

import { ChoiceSite } from "../../../hal/chance.ts";
import type { Fault } from "../fault.ts";

export const doubled: Fault = Object.freeze<Fault>({
  name: "timer.doubled",
  layer: "timer",
  summary: "a tick's interrupt comes twice",
  site: ChoiceSite.tickDoubled,
  parameters: Object.freeze({}),
  words: () => "the tick's interrupt comes again",
});
