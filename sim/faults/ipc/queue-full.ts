/** A queue is full when a message is sent: the sender is refused. An entity beyond the endpoints is a channel. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const queueFull: Fault = Object.freeze<Fault>({
  name: "ipc.queue-full",
  layer: "ipc",
  summary: "a message is refused, as if its queue was full",
  site: KernelChoice.queueFull,
  parameters: Object.freeze({}),
  words: () => "the queue is full",
});
