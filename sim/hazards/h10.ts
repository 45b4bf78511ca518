/**
 * H10: the E1000's driver of upstream gives a slot back by setting the receive tail to the slot that comes next. But the
 * device may use the slots before the tail: once all that was there is taken, the tail stands where the head stands, and
 * head = tail means an empty ring. Nothing is received any more, though every slot holds a buffer.
 */

import type { DriverContext } from "../../services/e1000-driver/state.ts";
import { E1000DriverState, stateOf } from "../../services/e1000-driver/state.ts";
import { begin, e1000Stage, framesArrive, nicAccount, requestFrame, withDriverParts } from "./driver-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

/** Before the first frame the tail is right; then it is the slot behind the last one that was taken. */
function receiveTail(context: DriverContext): number {
  const { memory } = context;
  const state = stateOf(context);
  return E1000DriverState.rxOrdinal.get(memory, state) === 0 ? E1000DriverState.rxTail.get(memory, state) : E1000DriverState.rxNext.get(memory, state);
}

const variant: Variant = Object.freeze<Variant>({
  name: "H10",
  // Upstream has no watch that sets a silent device to work anew.
  adapt: (surroundings) => withDriverParts(surroundings, "e1000-driver", Object.freeze({ name: "H10", receiveTail, isAlive: () => true })),
});

function play(scene: Scene): void {
  begin(scene);
  for (let client = 1; client <= 4; client++) {
    scene.tell(`a frame comes in; ${nicAccount(scene.world).received} were received before it`);
    scene.world.offer(requestFrame(client), 0);
    scene.pass(1);
  }
}

export const h10: Hazard = Object.freeze<Hazard>({
  id: "H10",
  place: "drivers/e1000 receive",
  reach: "live",
  ran: false,
  does: "sets the tail register to the next slot, not to the slot just freed, so that head = tail after a drain",
  seen: "the NIC sees no free descriptor: after one drained frame it receives nothing ever again",
  invariant: "liveness: frames that are offered later are delivered",
  chosenBy: "part receiveTail of the E1000's driver, and its watch is off",
  note: "",
  variant,
  breaks: framesArrive.name,
  scenario: {
    text: "Four clients send a request each, a tick apart, to a machine that has nothing else to do.",
    checkers: [framesArrive],
    stage: e1000Stage(variant),
    play,
  },
});
