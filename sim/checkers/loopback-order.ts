/** The loopback service gives back what it was sent, in that order: of the frames that wait, the oldest leaves first. */

import type { Address } from "../../hal/field.ts";
import type { Machine } from "../../kernel/machine.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { LOOPBACK_FRAMES_MAX, LoopbackFrame, loopback } from "../../services/examples/loopback.ts";
import type { Checker } from "./checker.ts";
import { ownMemory, processNumber } from "./places.ts";
import { remembering } from "./remembering.ts";

const NAME = "loopback";

export const loopbackOrder: Checker = Object.freeze<Checker>({
  name: "loopback-order",
  law: "what a loopback device was sent first comes back first",
  fits: ({ machine }) => machine.manifest.processes[NAME]?.service.name === loopback.name,
  begin: ({ world: { machine }, fail }) => {
    const state: { before: readonly number[] } = { before: waiting(machine) };
    return remembering(state, {
      // Whoever runs next, the device's last handler is over.
      probe: (kind) => {
        if (kind !== KernelTrace.dispatch) return;
        const now = waiting(machine);
        const { before } = state;
        state.before = now;
        if (now.length === before.length - 1 && now.some((frame, i) => frame !== before[i + 1])) fail(NAME, `of the frames ${before.join(", ")} number ${before.find((frame) => !now.includes(frame))} comes back first`);
      },
    });
  },
});

/** First words of the frames that wait, the oldest first; none of a device that is not alive. */
function waiting(machine: Machine): readonly number[] {
  if (processNumber(machine, NAME) < 0) return [];
  const { memory, state } = ownMemory(machine, NAME)!;
  const { frames, count } = loopback.state.view(memory, state as Address<never>);
  if (frames <= 0 || count > LOOPBACK_FRAMES_MAX) return [];
  return Array.from({ length: count }, (_, i) => LoopbackFrame.word0.get(memory, (frames + i * LoopbackFrame.size) as Address<"LoopbackFrame">));
}
