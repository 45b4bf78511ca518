/**
 * H26: upstream takes the length that a device wrote into a descriptor as the frame's length, and reaches so far into the
 * buffer. A device that lies, or a write that went astray, stops the kernel there; here it stops the driver's process.
 */

import type { Address } from "../../hal/field.ts";
import { ChoiceSite } from "../../hal/chance.ts";
import { RxStatus } from "../../hal/nic/descriptors.ts";
import type { DriverContext } from "../../services/e1000-driver/state.ts";
import { E1000DriverSlot, E1000DriverState, slotAt, stateOf } from "../../services/e1000-driver/state.ts";
import { noFault } from "../checkers/no-fault.ts";
import { begin, e1000Stage, nicAccount, requestFrame, withDriverParts } from "./driver-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

/** Any length is believed, and the frame looked at from its first byte to its last. */
function isWhole(context: DriverContext, status: number, frameBytes: number): boolean {
  const { memory, needs } = context;
  const state = stateOf(context);
  const slot = slotAt(E1000DriverState.rxHandles.get(memory, state), E1000DriverState.rxNext.get(memory, state));
  const at = context.buffer(needs.buffers, E1000DriverSlot.handle.get(memory, slot as Address<"E1000DriverSlot">), 0, frameBytes);
  return at >= 0 && (status & RxStatus.EOP) !== 0;
}

const variant: Variant = Object.freeze<Variant>({
  name: "H26",
  adapt: (surroundings) => withDriverParts(surroundings, "e1000-driver", Object.freeze({ name: "H26", isWhole })),
});

/** What the device says of a length is so much more than the truth. */
const TOO_MUCH = 4000;

function play(scene: Scene): void {
  begin(scene);
  for (let client = 1; client <= 3; client++) {
    scene.tell(`a frame comes in, and the device says that it has ${TOO_MUCH} bytes more than it has; ${nicAccount(scene.world).received} came before it`);
    scene.world.offer(requestFrame(client), 0);
    scene.pass(1);
  }
}

export const h26: Hazard = Object.freeze<Hazard>({
  id: "H26",
  place: "drivers/e1000 and virtio-net receive",
  reach: "live",
  ran: false,
  does: "trusts length and index that the device wrote",
  seen: "a faulty device panics the kernel",
  invariant: "a device cannot crash the kernel",
  chosenBy: "part isWhole of the E1000's driver",
  note: "A process that reaches outside its memory is stopped here; upstream's driver runs in the kernel, and takes it along.",
  variant,
  breaks: noFault.name,
  scenario: {
    text: "Three frames come in at a device that says wrong lengths.",
    checkers: [noFault],
    stage: e1000Stage(variant, {}, (site) => (site === ChoiceSite.lengthWrong ? TOO_MUCH : 0)),
    play,
  },
});
