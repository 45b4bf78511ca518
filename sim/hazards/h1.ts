/**
 * H1: the message that falls between two maps. Upstream, a sender who finds a receiver waiting puts the message into a map
 * that is private to the sending function, wakes the receiver, and reports success. The receiver looks into a map of the
 * same purpose that is private to the receiving function, finds nothing, and returns WouldBlock. Here the part that gives a
 * message to a waiting receiver is replaced: the receiver becomes ready, and is told that nothing came.
 */

import { Errno } from "../../kernel/errno.ts";
import { concludeReceive } from "../../kernel/ipc/outcome.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { acting, actorWorld, listener, to } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

function giveNothing(kernel: Kernel, receiver: number): void {
  concludeReceive(kernel, receiver, Errno.wouldBlock);
}

export const h1: Hazard = Object.freeze<Hazard>({
  id: "H1",
  place: "ipc/message_passing",
  reach: "latent",
  ran: false,
  does: "a message handed directly to a waiting receiver is stored in one function's private map and looked up in another function's private map",
  seen: "the sender is told success, the woken receiver gets WouldBlock, the message is gone",
  invariant: "messages sent = received + pending",
  chosenBy: "kernel seam give: who gives a message to a receiver that waits",
  note: "Messages that carry a capability or a buffer go the kernel's own way.",
  breaks: "messages-conserved",
  variant: kernelVariant("H1", { give: giveNothing }),
  scenario: Object.freeze<HazardScenario>({
    text: "Bob waits for messages. At tick 2 Alice sends him one.",
    checkers: Object.freeze([]),
    stage: (_part, boot) => actorWorld({ alice: acting([[2, (context) => context.send(context.needs["bob"], 7, 41)]], { needs: { bob: to("bob.inbox") } }), bob: listener() }, boot),
    play: (scene) => {
      scene.pass(1);
      scene.tell("Bob waits");
      scene.pass(2);
    },
  }),
});
