/** A tick's interrupt is lost: the kernel hears of the tick with the next one. */

import { ChoiceSite } from "../../../hal/chance.ts";
import type { Fault } from "../fault.ts";

export const lost: Fault = Object.freeze<Fault>({
  name: "timer.lost",
  layer: "timer",
  summary: "a tick's interrupt is lost; the next one tells of both ticks",
  site: ChoiceSite.tickLost,
  parameters: Object.freeze({}),
  words: () => "the tick's interrupt is lost",
});
