/**
 * H18: ids that come again. Upstream's capability manager gives the id of a deleted capability to the next one, with
 * generation 0; slots elsewhere still hold the old id. If type and flags are the same, the stale token is valid again, and
 * leads to another object. Here the part that writes a token is replaced: the number of a slot's first token is that of all
 * its later ones, and its generation stays.
 */

import { CapabilitySlot, slotAddress } from "../../kernel/capability/slot.ts";
import { SLOT_BITS, SLOT_MASK, TYPE_BIT, writeToken } from "../../kernel/capability/token.ts";
import { tokenFlags } from "../../kernel/capability/right.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { Right } from "../../kernel/service.ts";
import { ActorState, acting, actorWorld, listener, to, tokenIn } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

/** A slot remembers only its generation when it is free: there the recycled number stands, as long as it fits. */
const NUMBER_MAX = 255;
const RIGHTS = Right.write | Right.delete;

function writeRecycled(kernel: Kernel, slot: number): void {
  const { ram, spaces } = kernel;
  const at = slotAddress(spaces, slot);
  const recycled = CapabilitySlot.generation.get(ram, at);
  writeToken(ram, spaces, slot);
  const fresh = CapabilitySlot.token.low(ram, at) >>> SLOT_BITS;
  const number = recycled === 0 ? fresh : recycled;
  if (number > NUMBER_MAX) return;
  CapabilitySlot.generation.set(ram, at, number);
  const index = CapabilitySlot.token.low(ram, at) & SLOT_MASK;
  const high = (number << 16) | (CapabilitySlot.objectType.get(ram, at) << TYPE_BIT) | (tokenFlags(CapabilitySlot.rights.get(ram, at)) << 28);
  CapabilitySlot.token.setWords(ram, at, (number << SLOT_BITS) | index, high);
}

export const h18: Hazard = Object.freeze<Hazard>({
  id: "H18",
  place: "cap/manager delete",
  reach: "latent",
  ran: false,
  does: "ids are recycled with generation 0 while a stale slot still holds the old object",
  seen: "a stale token of the same type and flags is valid again, and delegating it hands out the new object",
  invariant: "revoked stays revoked",
  chosenBy: "kernel seam writeToken: the token that a slot gets when it is filled",
  note: "Tokens of ours are looked up in their holder's own slots, so that it is his own stale tokens that come to life again. Only the first 255 numbers are recycled.",
  breaks: "revoked-stays-revoked",
  variant: kernelVariant("H18", { writeToken: writeRecycled }),
  scenario: Object.freeze<HazardScenario>({
    text: "Alice derives a right to write to Bob at tick 2, notes its token, and deletes it at tick 4. At tick 6 she derives one to write to Carol; at tick 7 she sends by the note.",
    checkers: Object.freeze([]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting(
            [
              [2, (context) => context.capabilityDerive(context.needs["bob"], RIGHTS, tokenIn(context, "token"))],
              [3, (context) => ActorState.spare.setWords(context.memory, context.stateAt, ActorState.token.low(context.memory, context.stateAt), ActorState.token.high(context.memory, context.stateAt))],
              [4, (context) => context.capabilityDelete(tokenIn(context, "token"))],
              [6, (context) => context.capabilityDerive(context.needs["carol"], RIGHTS, tokenIn(context, "token"))],
              [7, (context) => context.send(tokenIn(context, "spare"), 13)],
            ],
            { needs: { bob: to("bob.inbox"), carol: to("carol.inbox") }, rights: { bob: ["create", "delete"], carol: ["create", "delete"] } },
          ),
          bob: listener(),
          carol: listener(),
        },
        boot,
      ),
    play: (scene) => {
      scene.pass(3);
      scene.tell("Alice has a token of a right to write to Bob, and a note of it");
      scene.pass(2);
      scene.tell("she has deleted the right: the note is worth nothing, for good");
      scene.pass(3);
    },
  }),
});
