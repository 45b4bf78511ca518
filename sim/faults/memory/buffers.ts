/** The pool of DMA buffers seems empty to whoever asks for one. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const buffers: Fault = Object.freeze<Fault>({
  name: "memory.buffers",
  layer: "memory",
  summary: "no DMA buffer is to be had",
  site: KernelChoice.buffersShort,
  parameters: Object.freeze({}),
  words: () => "there is no DMA buffer for it",
});
