/**
 * Who disturbs a world: stands between the machine and those around it, and acts between two steps. The world tells it
 * what goes by; what it remembers lies in the world's memory.
 */

import type { Memory } from "../hal/memory.ts";
import type { Part } from "../hal/ram-plan.ts";
import type { World } from "./world.ts";

/** Whoever asks something of the balancer in the middle of everything, and does not wait for the answer (faults/operator/operations.ts). */
export interface OperatorDesk {
  /** Begins to change or ask something; not done if too much is under way. */
  begin(operation: number, member: number, detail?: number): void;
  /** Puts right what was changed. */
  mend(operation: number, member: number, detail?: number): void;
  /** An answer has come out at the mailbox, taken by somebody else. */
  answered(requestId: number, status: number): void;
}

export interface Disturbance {
  readonly desk: OperatorDesk;
  /** What lies where in its part of the world's memory. */
  readonly parts: readonly Part[];
  /**
   * A frame without FCS goes to the machine: as Machine.offer(), but 0 where it never reaches the wire, or does so later.
   * -1: no room, nothing has happened. `captureFrame` is its number in the capture, 0 for any other frame.
   */
  offer(frame: Uint8Array, notBeforeCycle: number, captureFrame: number): number;
  /** Number in the capture of the frame with that wire ordinal, if it came by lately; else 0. */
  captureFrame(wireOrdinal: number): number;
  /** The machine has sent a frame, which lies in its RAM there: it goes on to those around it as often as it likes. */
  sent(ram: Memory, at: number, frameBytes: number): void;
  /** Cycle at which it wants to act next; -1 if it does not. */
  nextCycle(): number;
  /** Does what is due by that cycle. */
  act(cycle: number): void;
  /** Whether it will do nothing any more by itself. */
  quiet(): boolean;
  /** Whether the kernel invariant of that name need not hold, after what has happened so far. */
  excuses(invariant: string): boolean;
}

/** Makes it, in `bytes` bytes of the world's memory from `at` on. */
export interface DisturbanceMaker {
  readonly bytes: number;
  make(world: World, at: number): Disturbance;
}
