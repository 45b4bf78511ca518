/**
 * H23: a call needs no right. Upstream's system calls to send and to receive check a capability; the ones to call and to
 * reply take a small number for the target and check nothing. Here the part that leads from a call's token to its endpoint
 * is replaced: a small number is an endpoint's, anybody's.
 */

import { decodeEndpoint } from "../../kernel/ipc.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { Delivery } from "../../kernel/service.ts";
import { authority } from "../checkers/authority.ts";
import { ActorState, acting, actorWorld, listener, tokenIn } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

function calledByNumber(kernel: Kernel, process: number, tokenAt: number): number {
  const { ram, endpoints } = kernel;
  const low = ram.i32[tokenAt >> 2] >>> 0;
  return ram.i32[(tokenAt >> 2) + 1] === 0 && low < endpoints.count ? low : decodeEndpoint(kernel, process, tokenAt);
}

export const h23: Hazard = Object.freeze<Hazard>({
  id: "H23",
  place: "syscall ipc_call and ipc_reply",
  reach: "live",
  ran: false,
  does: "no right is checked (send and receive do check)",
  seen: "any process calls or answers with any small number",
  invariant: "authority only through a held capability",
  chosenBy: "kernel seam callTarget: from the token of a call to its endpoint",
  note: "Our answers name no target: they go to the caller of the handler that runs, so that this half cannot even be asked for.",
  breaks: "authority",
  variant: kernelVariant("H23", { callTarget: calledByNumber }),
  scenario: Object.freeze<HazardScenario>({
    text: "Endpoint 1 is the vault's, which answers calls. Mallory has no right to it, and calls the number 1.",
    checkers: Object.freeze([authority]),
    stage: (_part, boot) =>
      actorWorld(
        {
          hall: listener(),
          vault: { receives: ["inbox"], handle: ({ delivery }, context) => delivery === Delivery.message && context.reply(0, 4711) },
          mallory: acting([
            [
              2,
              (context) => {
                ActorState.token.setWords(context.memory, context.stateAt, 1, 0);
                context.call(tokenIn(context, "token"), 66);
              },
            ],
          ]),
        },
        boot,
      ),
    play: (scene) => scene.pass(3),
  }),
});
