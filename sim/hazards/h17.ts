/**
 * H17: one of eight. Upstream sends a batch message by message on the fast path, which asks for a receiver that is blocked.
 * The first message makes it ready; so the rest finds nobody, is not queued either, and is cleared with the batch. Here the
 * part that sends a batch is replaced.
 */

import type { Address } from "../../hal/field.ts";
import { Errno } from "../../kernel/errno.ts";
import type { BatchAddress } from "../../kernel/ipc/batch.ts";
import { BatchRecord, batchMessage } from "../../kernel/ipc/batch.ts";
import { deliverWithin, whetherWaiting } from "../../kernel/ipc/sending.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { acting, actorWorld, listener, to } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

function flushFast(kernel: Kernel, process: number, batch: BatchAddress, endpoint: number, grant: number): number {
  const { ram } = kernel;
  const count = BatchRecord.count.get(ram, batch);
  for (let position = 0; position < count; position++) {
    const message: Address<"SmallMessage"> = batchMessage(batch, position);
    const sent = whetherWaiting(kernel, endpoint) === Errno.ok && deliverWithin(kernel, process, endpoint, message, 0, grant) === Errno.ok;
    if (sent) BatchRecord.sent.add(ram, batch, 1);
  }
  BatchRecord.count.set(ram, batch, 0);
  return Errno.ok;
}

export const h17: Hazard = Object.freeze<Hazard>({
  id: "H17",
  place: "ipc batch flush",
  reach: "latent",
  ran: true,
  does: "the first send makes the target ready, so the rest of a batch of 8 cannot take the fast path; what was not sent is cleared",
  seen: "1 of 8 delivered, 7 lost, only a count tells",
  invariant: "messages sent = received + pending",
  chosenBy: "kernel seam flushBatch: how a batch is sent",
  note: "",
  breaks: "messages-conserved",
  variant: kernelVariant("H17", { flushBatch: flushFast }),
  scenario: Object.freeze<HazardScenario>({
    text: "Alice collects eight messages in her batch and sends it to Bob, who waits, at tick 2.",
    checkers: Object.freeze([]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting(
            [
              [
                2,
                (context) => {
                  for (let number = 1; number <= 8; number++) context.batchAdd(number);
                  context.batchFlush(context.needs["bob"]);
                },
              ],
            ],
            { needs: { bob: to("bob.inbox") }, batch: true },
          ),
          bob: listener(),
        },
        boot,
      ),
    play: (scene) => scene.pass(3),
  }),
});
