/**
 * H12: a virtio device that finds its receive queue dry goes to sleep until it is notified (VIRTIO 1.2, 2.7.10 and
 * 2.7.13). Upstream's driver puts fresh buffers into the queue and does not notify: a burst that takes all buffers once
 * is the end of receiving.
 */

import { begin, framesArrive, nicAccount, requestFrame, virtioStage, withDriverParts } from "./driver-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

const variant: Variant = Object.freeze<Variant>({
  name: "H12",
  // Nothing is told; and upstream has no watch that wakes a device which has been silent for long.
  adapt: (surroundings) => withDriverParts(surroundings, "virtio-driver", Object.freeze({ name: "H12", tellPosted: () => {}, isAlive: () => true })),
});

/** Frames of the burst: they come faster than the driver can post. */
const BURST = 16;
const POSTED = 2;
const BUFFERS = 3;

function play(scene: Scene): void {
  begin(scene);
  scene.tell(`${BURST} frames come in at once, and ${POSTED} buffers are posted`);
  for (let client = 1; client <= BURST; client++) scene.world.offer(requestFrame(client), 0);
  scene.pass(2);
  for (let client = 1; client <= 3; client++) {
    scene.tell(`one more frame comes in; ${nicAccount(scene.world).received} were received before it`);
    scene.world.offer(requestFrame(BURST + client), 0);
    scene.pass(1);
  }
}

export const h12: Hazard = Object.freeze<Hazard>({
  id: "H12",
  place: "drivers/virtio-net receive",
  reach: "live",
  ran: false,
  does: "refills descriptors without notifying the queue",
  seen: "a device that went to sleep on a dry ring stays asleep",
  invariant: "liveness after back-pressure",
  chosenBy: "part tellPosted of the virtio driver, and its watch is off",
  note: `Two buffers are posted instead of 64, of ${BUFFERS} in all: a burst of ${BURST} frames is enough.`,
  variant,
  breaks: framesArrive.name,
  scenario: {
    text: "A burst takes all posted buffers; then frames come one by one, a tick apart.",
    checkers: [framesArrive],
    stage: virtioStage(variant, { "rx.posted": POSTED, buffers: BUFFERS }),
    play,
  },
});
