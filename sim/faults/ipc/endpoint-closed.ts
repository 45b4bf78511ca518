/** An endpoint closes under those who use it, and is open again a tick later, anew: what was queued is dropped, old tokens are stale. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const endpointClosed: Fault = Object.freeze<Fault>({
  name: "ipc.endpoint-closed",
  layer: "ipc",
  summary: "an endpoint closes, and is opened anew a tick later; asked once in each tick",
  site: KernelChoice.endpointCloses,
  parameters: Object.freeze({}),
  words: () => "the endpoint closes, for a tick",
});
