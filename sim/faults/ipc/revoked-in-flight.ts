/** A capability is revoked while the message that carries it waits in a queue: the message arrives without it. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

export const revokedInFlight: Fault = Object.freeze<Fault>({
  name: "ipc.revoked-in-flight",
  layer: "ipc",
  summary: "a capability is revoked while the message that carries it is queued",
  site: KernelChoice.capabilityRevoked,
  parameters: Object.freeze({}),
  words: () => "what it carries is revoked on its way",
});
