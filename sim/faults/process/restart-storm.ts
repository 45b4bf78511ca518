/** A process that was begun anew dies again before it has started: restarts follow each other, until whoever restarts it gives up or luck turns. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const restartStorm: Fault = Object.freeze<Fault>({
  name: "process.restart-storm",
  layer: "process",
  summary: "a process that begins anew dies again in its start handler; asked at each crossing there",
  site: KernelChoice.processDiesStarting,
  parameters: Object.freeze({}),
  words: () => "it dies while it starts",
});
