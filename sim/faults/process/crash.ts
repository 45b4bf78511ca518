/** A process dies at a crossing: what it did before stays done. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const crash: Fault = Object.freeze<Fault>({
  name: "process.crash",
  layer: "process",
  summary: "a process dies at a crossing, in the middle of what it does",
  site: KernelChoice.processDies,
  parameters: Object.freeze({}),
  words: () => "it dies at this crossing",
});
