/**
 * Inputs of descriptors: traffic to a running machine, and a mad device that writes to the driver's rings meanwhile, at
 * once or in the middle of the driver's work: descriptors that are done or not, lengths, errors, indexes and heads of used
 * rings, bytes of buffers that net and load balancer read, and plain noise.
 */

import { ControlBit, E1000Register } from "../../hal/nic/e1000-registers.ts";
import { VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import { BUFFERS_AT } from "./ambush.ts";
import type { Draws } from "./draws.ts";
import { half, wait, word, write } from "./driver-steps.ts";
import type { FrameSource } from "./frame-source.ts";
import type { FuzzAction, FuzzInput } from "./input.ts";
import { KNOWN_DESCRIPTOR_INPUTS, USED_AT } from "./known-descriptors.ts";
import { mutateActions } from "./mutate.ts";

const WRITES_MAX = 30;
const CROSSINGS_MAX = 300;
const DESCRIPTOR_BYTES = 16;
const RINGS_BYTES_MAX = 0x1_0000;
const SLOTS = 160;
const PIECES: readonly (readonly number[])[] = Object.freeze(["\r\n\r\n", "GET ", " HTTP/1.1\r\n", "Content-Length: 9999", "Transfer-Encoding: chunked\r\n", "\0", "\n", ":"].map((text) => Object.freeze(Array.from(text, (letter) => letter.charCodeAt(0)))));

export function descriptorInput(draws: Draws, execution: number, stage: string, frames: FrameSource): FuzzInput {
  if (execution < KNOWN_DESCRIPTOR_INPUTS.length) return KNOWN_DESCRIPTOR_INPUTS[execution][1];
  const isVirtio = stage.includes("virtio");
  const traffic = draws.oneIn(8) ? mutateActions(draws, draws.of(KNOWN_DESCRIPTOR_INPUTS)[1].actions, 4) : frames.traffic(draws);
  const actions = [...traffic];
  for (let writes = 1 + draws.small(WRITES_MAX); writes > 0; writes--) actions.splice(draws.below(actions.length + 1), 0, draws.oneIn(4) ? bufferWrite(draws) : isVirtio ? virtioWrite(draws) : e1000Write(draws));
  if (draws.oneIn(8)) return { stage, actions };
  const harmless = actions.filter(isHarmless);
  return { stage, actions: draws.oneIn(8) ? [...harmless, ...recovery(isVirtio)] : harmless };
}

/** The device stops being mad, and is reset: traffic resumes. */
function recovery(isVirtio: boolean): readonly FuzzAction[] {
  return [
    { op: "plug", value: 1 },
    wait(1_000_000),
    isVirtio ? write(VirtioRegister.Status, 0) : write(E1000Register.CTRL, ControlBit.RST),
    { op: "request" },
  ];
}

/** All but what ends a process: the others are played more often. */
function isHarmless(action: FuzzAction): boolean {
  return action.op !== "shutdown" && action.op !== "crash";
}

function ambush(draws: Draws, address: number, bytes: readonly number[]): FuzzAction {
  return { op: "memory", address, bytes: Uint8Array.from(bytes), after: draws.oneIn(2) ? 0 : 1 + draws.small(CROSSINGS_MAX) };
}

function noise(draws: Draws): FuzzAction {
  return ambush(draws, draws.below(RINGS_BYTES_MAX), [...draws.bytes(1 + draws.small(32))]);
}

/** Into a buffer whose frame somebody may be reading: headers, and what a head is made of. */
function bufferWrite(draws: Draws): FuzzAction {
  const at = BUFFERS_AT + draws.below(draws.oneIn(2) ? 16 : 176) * draws.of([2048, 4096]) + draws.below(draws.oneIn(4) ? 2048 : 200);
  return ambush(draws, at, draws.oneIn(2) ? [...draws.bytes(1 + draws.small(64))] : draws.of(PIECES));
}

/** A write-back that never should have been, or an interrupt. */
function e1000Write(draws: Draws): FuzzAction {
  if (draws.oneIn(3)) return write(E1000Register.ICS, draws.oneIn(2) ? 0x80 : draws.value());
  if (draws.oneIn(6)) return noise(draws);
  const slot = draws.below(draws.oneIn(2) ? 8 : SLOTS) * DESCRIPTOR_BYTES;
  if (draws.oneIn(6)) return ambush(draws, slot, [...word(draws.value()), ...word(draws.oneIn(2) ? 0 : draws.value())]);
  const length = draws.oneIn(4) ? draws.below(0x1_0000) : draws.below(2100);
  const status = draws.oneIn(4) ? draws.below(256) : draws.of([1, 3, 3, 3, 2]);
  return ambush(draws, slot + 8, [...half(length), ...half(draws.word()), status, draws.oneIn(4) ? draws.below(256) : 0, ...half(draws.word())]);
}

/** A used ring that says what never was. */
function virtioWrite(draws: Draws): FuzzAction {
  if (draws.oneIn(6)) return noise(draws);
  if (draws.oneIn(12)) return write(VirtioRegister.QueueNotify, draws.below(10));
  // The flags, the index, and the first elements, of the standard machine's first receive queue; others by chance.
  const at = draws.oneIn(4) ? draws.below(RINGS_BYTES_MAX) & ~3 : USED_AT;
  if (draws.oneIn(2)) return ambush(draws, at + 2, half(draws.oneIn(2) ? draws.below(80) : draws.word()));
  const element = [...word(draws.oneIn(3) ? draws.value() : draws.below(128)), ...word(draws.oneIn(3) ? draws.value() : draws.below(2100))];
  return ambush(draws, at + 4 + 8 * draws.below(16), element);
}
