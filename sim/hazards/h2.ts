/**
 * H2: guessed numbers are capabilities, and capabilities are none. Upstream's fast path takes any number from 1 to 2^32 - 1
 * for a valid token, and the number itself for the target; a real endpoint token has its type above bit 56, is no such
 * number, and is always refused. Here the part that leads from a token to an endpoint is replaced.
 */

import { Errno } from "../../kernel/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { authority } from "../checkers/authority.ts";
import { ActorState, acting, actorWorld, listener, to, tokenIn } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

function anySmallNumber({ ram, endpoints }: Kernel, _process: number, tokenAt: number): number {
  const low = ram.i32[tokenAt >> 2] >>> 0;
  const high = ram.i32[(tokenAt >> 2) + 1];
  if (high !== 0 || low === 0) return Errno.invalidCapability;
  return low < endpoints.count ? low : Errno.endpointNotFound;
}

export const h2: Hazard = Object.freeze<Hazard>({
  id: "H2",
  place: "ipc/fast_path",
  reach: "live",
  ran: true,
  does: "any number in 1..2^32-1 passes as a capability, and a real endpoint token (type bits above 2^56) is always refused",
  seen: "a process sends with a guessed number; a right held properly does not work",
  invariant: "authority only, and always, through a held capability",
  chosenBy: "kernel seam sendTarget: from a token to the endpoint that it lets its holder send to",
  note: "A guessed number is taken for the number of an endpoint.",
  breaks: "authority",
  variant: kernelVariant("H2", { sendTarget: anySmallNumber }),
  scenario: Object.freeze<HazardScenario>({
    text: "Endpoint 1 is the vault's. Mallory has no right to it and sends by the number 1, at tick 2. At tick 3 Alice, who has the right, sends by her token.",
    checkers: Object.freeze([authority]),
    stage: (_part, boot) =>
      actorWorld(
        {
          hall: listener(),
          vault: listener(),
          mallory: acting([
            [
              2,
              (context) => {
                ActorState.token.setWords(context.memory, context.stateAt, 1, 0);
                context.send(tokenIn(context, "token"), 66);
              },
            ],
          ]),
          alice: acting([[3, (context) => context.send(context.needs["vault"], 7)]], { needs: { vault: to("vault.inbox") } }),
        },
        boot,
      ),
    play: (scene) => scene.pass(4),
  }),
});
