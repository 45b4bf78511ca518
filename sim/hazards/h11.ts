/**
 * H11: upstream's virtio driver frees descriptor and buffer of a frame as soon as it has published them. The device reads
 * later: by then the next frame stands in the same descriptor, and leaves twice, the first one never.
 */

import { ChoiceSite } from "../../hal/chance.ts";
import { HalTrace } from "../../hal/trace.ts";
import { handleIn, takeUsed } from "../../services/virtio-driver/queue.ts";
import type { DriverContext, QueueAddress } from "../../services/virtio-driver/state.ts";
import { VirtioDriverQueue, VirtioDriverState, stateOf } from "../../services/virtio-driver/state.ts";
import type { Checker } from "../checkers/checker.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";
import { begin, virtioStage, withDriverParts } from "./driver-scene.ts";
import type { Hazard, Scene } from "./hazard.ts";
import type { Variant } from "./variant.ts";

/** The slot is free again, and the buffer at home, before the device has seen either. */
function sent(context: DriverContext, _rings: number, queue: QueueAddress, handle: number): void {
  const { memory } = context;
  for (let slot = 0; slot < VirtioDriverQueue.slots.get(memory, queue); slot++) {
    if (handleIn(memory, queue, slot) !== handle) continue;
    context.bufferRelease(context.needs.buffers, takeUsed(memory, queue, slot));
    VirtioDriverState.txUsed.add(memory, stateOf(context), -1);
    VirtioDriverState.txFrames.add(memory, stateOf(context), 1);
    return;
  }
}

const variant: Variant = Object.freeze<Variant>({
  name: "H11",
  adapt: (surroundings) => withDriverParts(surroundings, "virtio-driver", Object.freeze({ name: "H11", sent, reclaim: () => true, isAlive: () => true })),
});

const REQUESTS = 4;
/** Each transfer takes ten microseconds more: the device is busy, as a real one is. */
const LATE = 40;

/** Each request of the scene has a number in its path: so many times it must leave. */
const framesLeave: Checker = Object.freeze<Checker>({
  name: "frames-leave",
  law: "what is given to the device for sending leaves once, unaltered",
  fits: ({ nic }) => nic !== "",
  begin: ({ world, fail }) => {
    const left = new Map<string, number>();
    return {
      probe: (kind, _process, address, frameBytes) => {
        if (kind !== HalTrace.frameTransmitted) return;
        const path = /GET (\/[0-9]+) /.exec(String.fromCharCode(...world.machine.ram.u8.subarray(address, address + frameBytes)))?.[1] ?? "(something else)";
        const times = (left.get(path) ?? 0) + 1;
        left.set(path, times);
        if (times > 1) fail(world.nic, `the frame with ${path} leaves for the ${times}th time; so far left ${[...left.keys()].join(", ")}`);
      },
      healed: () => {
        for (let number = 1; number <= REQUESTS; number++) if (!left.has(`/${number}`)) fail(world.nic, `the frame with /${number} never left`);
      },
    };
  },
});

function play(scene: Scene): void {
  begin(scene);
  scene.tell(`${REQUESTS} requests come in in one frame, and are sent on one after the other`);
  const data = Array.from({ length: REQUESTS }, (_, i) => `GET /${i + 1} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");
  scene.world.offer(frameOf({ source: "10.0.0.1", sport: 50_001, sequence: 1000, flags: Flag.ack | Flag.push, data }), 0);
  scene.pass(2);
}

export const h11: Hazard = Object.freeze<Hazard>({
  id: "H11",
  place: "drivers/virtio-net transmit",
  reach: "live",
  ran: false,
  does: "frees descriptor and buffer when they are published, before the device has read them",
  seen: "the second frame leaves twice, the first never",
  invariant: "a buffer has one writer; frames leave unaltered",
  chosenBy: "parts sent and reclaim of the virtio driver, and its watch is off",
  note: "The device takes ten microseconds longer for a transfer.",
  variant,
  breaks: framesLeave.name,
  scenario: {
    text: "Pipelined requests are sent on to their backends, back to back.",
    checkers: [framesLeave],
    stage: virtioStage(variant, {}, (site) => (site === ChoiceSite.transferLate ? LATE : 0)),
    play,
  },
});
