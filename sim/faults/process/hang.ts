/** A process does not come back from a crossing: the kernel ends it when its budget of cycles is over. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const hang: Fault = Object.freeze<Fault>({
  name: "process.hang",
  layer: "process",
  summary: "a process hangs in its handler, until the kernel ends it",
  site: KernelChoice.processHangs,
  parameters: Object.freeze({}),
  excuses: Object.freeze(["no-fault"]),
  words: () => "it does not come back until its budget is over",
});
