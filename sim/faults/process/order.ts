/** Another process runs than the scheduler would have taken: any that is ready. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const order: Fault = Object.freeze<Fault>({
  name: "process.order",
  layer: "process",
  summary: "another ready process runs than the scheduler would have taken",
  site: KernelChoice.runs,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(LANE, n - 1),
  words: (answer) => `number ${answer} of the others that are ready runs first`,
});
