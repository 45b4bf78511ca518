/**
 * H28: nobody wakes the waiter. Upstream, the endpoints of a process that has died are dropped without being closed, and a
 * caller that waits for an answer from there is never told; an answer that comes before the caller waits is refused, and a
 * fast receive waits in no queue from which it could be woken. Here the part that ends the waits for a dead process is
 * replaced: it does nothing.
 */

import { Delivery } from "../../kernel/service.ts";
import { acting, actorWorld, to } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";


export const h28: Hazard = Object.freeze<Hazard>({
  id: "H28",
  place: "ipc/sync and exit",
  reach: "live",
  ran: false,
  does: "nobody wakes the waiter: an early reply is refused, fast receive enters no wait queue, a dead owner's endpoints are dropped unclosed",
  seen: "a caller hangs for ever",
  invariant: "every waiter gets an answer or an error",
  chosenBy: "kernel seam endWaits: who waits for a process that has ended is told",
  note: "Our calls leave when their handler has returned, so that no answer can come before its caller waits, and who receives is in a mask of the kernel's: only the third way is left.",
  breaks: "waiters-wakeable",
  variant: kernelVariant("H28", { endWaits: () => {} }),
  scenario: Object.freeze<HazardScenario>({
    text: "At tick 2 Alice calls Bob, who ends instead of answering.",
    checkers: Object.freeze([]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting([[2, (context) => context.call(context.needs["bob"], 1)]], { needs: { bob: to("bob.inbox") } }),
          bob: { receives: ["inbox"], handle: ({ delivery }, context) => delivery === Delivery.message && context.exit() },
        },
        boot,
      ),
    play: (scene) => scene.pass(4),
  }),
});
