/**
 * An endpoint closes under those who use it, with its owner, whom somebody ends from outside between two handlers: what was
 * queued is dropped, calls are answered, tokens are stale. Who restarts the owner has it open again, anew.
 */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const endpointClosed: Fault = Object.freeze<Fault>({
  name: "ipc.endpoint-closed",
  layer: "ipc",
  summary: "an endpoint closes with its owner, between two handlers; asked once in each tick",
  site: KernelChoice.endpointCloses,
  parameters: Object.freeze({}),
  words: () => "the endpoint closes, with its owner",
});
