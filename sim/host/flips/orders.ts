/** What a worker that plays flips is told and what it answers: plain data. */

import type { MessagePort } from "node:worker_threads";
import type { Flip, Flipped } from "../../explore/flip-stage.ts";

export interface FlipStart {
  /** As experimentOf() understands it. */
  readonly text: string;
  readonly flips: readonly Flip[];
  readonly port: MessagePort;
  /** Counts answers: whoever waits for one waits there. */
  readonly bell: Int32Array;
}

/** From this flip on, up to the other, itself not counted. */
export interface FlipShare {
  readonly from: number;
  readonly to: number;
}

/** The worker has booted. */
export interface FlipReady {
  readonly ready: true;
}

export interface FlipDone {
  readonly place: number;
  readonly flipped: Flipped;
}

export interface FlipLost {
  readonly error: string;
}
