/** Inputs of frames: runs of a capture with damage, conversations that nobody recorded, known refusals, and noise. */

import { macNumber } from "../address-text.ts";
import { ownMac } from "../capture/own-mac.ts";
import type { Capture } from "../capture/pcap.ts";
import { conversation } from "./conversation.ts";
import type { Draws } from "./draws.ts";
import type { FuzzAction, FuzzInput } from "./input.ts";
import { KNOWN_FRAME_INPUTS } from "./known-frames.ts";
import { flutter, mutateActions, mutateFrame, pause, trouble } from "./mutate.ts";

const RUN_FRAMES_MAX = 40;
const NOISE_FRAMES_MAX = 30;
const NOISE_BYTES_MAX = 1600;
const SERVED_PORTS: readonly number[] = Object.freeze([80, 8080]);
const MAC_BYTES = 6;
/** DEFAULT_MAC. */
const OWN: readonly number[] = Object.freeze([2, 0, 0, 0, 0, 1]);

export class FrameSource {
  /** What a machine with the capture's own address is offered, addressed to ours. */
  readonly #frames: readonly Uint8Array[];

  constructor(capture: Capture) {
    const mac = ownMac(capture, SERVED_PORTS);
    const frames: Uint8Array[] = [];
    for (let number = 1; number <= capture.count; number++) {
      const frame = Uint8Array.from(capture.frame(number));
      if (frame.length < 2 * MAC_BYTES || macNumber(frame, MAC_BYTES) === mac) continue;
      if (macNumber(frame, 0) === mac) frame.set(OWN);
      frames.push(frame);
    }
    this.#frames = Object.freeze(frames);
    Object.freeze(this);
  }

  /** Known inputs first, each on its own stage; then one of all kinds for the stage whose turn it is. */
  make(draws: Draws, execution: number, stage: string): FuzzInput {
    if (execution < KNOWN_FRAME_INPUTS.length) return KNOWN_FRAME_INPUTS[execution][1];
    const actions = this.traffic(draws);
    if (draws.oneIn(4)) actions.splice(draws.below(actions.length + 1), 0, ...(draws.oneIn(4) ? flutter(draws) : [trouble(draws)]));
    // Whatever came, those who come later are served.
    if (draws.oneIn(30)) return { stage, actions: [...actions.filter(({ op }) => op !== "crash" && op !== "shutdown"), { op: "plug", value: 1 }, { op: "request" }] };
    return { stage, actions };
  }

  /** Frames and pauses, some in pieces. */
  traffic(draws: Draws): FuzzAction[] {
    switch (draws.below(8)) {
      case 0:
      case 1:
      case 2:
        return this.#run(draws);
      case 3:
      case 4:
      case 5:
        return mutateActions(draws, conversation(draws), 2 + draws.below(30));
      case 6:
        return mutateActions(draws, draws.of(KNOWN_FRAME_INPUTS)[1].actions, 2 + draws.below(8));
      default:
        return noise(draws);
    }
  }

  /** Frames of the capture that follow each other, from anywhere on. */
  #run(draws: Draws): FuzzAction[] {
    const count = Math.min(this.#frames.length, 1 + draws.below(RUN_FRAMES_MAX));
    if (count === 0) return noise(draws);
    const from = draws.below(this.#frames.length - count + 1);
    return mutateActions(draws, this.#frames.slice(from, from + count).map((bytes) => ({ op: "frame", bytes }) as const), 2 + draws.below(25));
  }
}

/** Bytes that are hardly a frame, to us or to anybody. */
function noise(draws: Draws): FuzzAction[] {
  return Array.from({ length: 1 + draws.below(NOISE_FRAMES_MAX) }, () => {
    if (draws.oneIn(10)) return pause(draws);
    const bytes = draws.bytes(draws.small(NOISE_BYTES_MAX));
    if (!draws.oneIn(4)) bytes.set(OWN.slice(0, bytes.length));
    if (draws.oneIn(2) && bytes.length > 2 * MAC_BYTES + 2) bytes.set(draws.of([[8, 0], [0x86, 0xdd], [0x81, 0]]), 2 * MAC_BYTES);
    return { op: "frame", bytes: draws.oneIn(2) ? bytes : mutateFrame(draws, bytes) } as const;
  });
}
