/** Inputs of descriptors that are known to reach a reason for refusal, one for each: what a device, or what is behind the driver, must not do. */

import { ControlBit, E1000Register, InterruptCause } from "../../hal/nic/e1000-registers.ts";
import { VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import { PAIRS_OFFSET, queueSize, usedOffset } from "../../services/virtio-driver/rings.ts";
import { half, memory, wait, word, write } from "./driver-steps.ts";
import type { FuzzAction, FuzzInput } from "./input.ts";
import { BURST, stream } from "./known-frames.ts";

const MILLISECOND = 1_000_000;
/** Longer than the watch of either driver. */
const WATCH_CYCLES = 2_500 * MILLISECOND;
const SOON_CYCLES = 20_000;
const NET = 2;
/** Of the standard machines. */
export const RX_DESCRIPTORS = 128;
/** Where in its rings a virtio driver of that size has the used ring of its first receive queue. */
export const USED_AT = PAIRS_OFFSET + usedOffset(queueSize(RX_DESCRIPTORS));
/** Done, end of packet. */
const DONE = 3;
/** Between the arrival of a request and its copy's departure. */
const DECIDING_CYCLES = 1_750;
/** A frame's length, checksum, status and errors stand behind the address. */
const WRITTEN_AT = 8;

const interrupt = write(E1000Register.ICS, InterruptCause.RXT0);
const unplug: FuzzAction = Object.freeze({ op: "plug", value: 0 });
const REQUEST = stream(1, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

function input(stage: string, ...actions: (FuzzAction | readonly FuzzAction[])[]): FuzzInput {
  return Object.freeze({ stage, actions: Object.freeze([...actions.flat(), wait(SOON_CYCLES)]) });
}

/** By reason: the input that reaches it. */
export const KNOWN_DESCRIPTOR_INPUTS: readonly (readonly [string, FuzzInput])[] = Object.freeze(
  (
    [
      ["e1000 driver rxBad", input("e1000", memory(WRITTEN_AT, [...half(0), ...half(0), DONE, 0]), interrupt)],
      ["e1000 driver rxDropped", input("e1000", { op: "crash", process: NET, after: 1 }, BURST)],
      ["e1000 driver txDropped", input("e1000", REQUEST, wait(DECIDING_CYCLES), unplug)],
      ["e1000 driver recoveries", input("e1000", write(E1000Register.CTRL, ControlBit.RST), wait(WATCH_CYCLES))],
      ["e1000 driver pauses", input("short", BURST)],
      ["virtio-net driver rxBad", input("virtio", memory(USED_AT, [...half(0), ...half(1), ...word(0), ...word(0)]), wait(WATCH_CYCLES))],
      ["virtio-net driver rxDropped", input("virtio", { op: "crash", process: NET, after: 1 }, BURST)],
      ["virtio-net driver txDropped", input("virtio", REQUEST, wait(DECIDING_CYCLES), unplug)],
      ["virtio-net driver recoveries", input("virtio", write(VirtioRegister.Status, 0), wait(WATCH_CYCLES))],
      ["virtio-net driver pauses", input("short-virtio", BURST)],
      ["net receiveError", input("e1000", memory(WRITTEN_AT, [...half(60), ...half(0), DONE, 1]), interrupt)],
    ] as const
  ).map((known) => Object.freeze(known)),
);
