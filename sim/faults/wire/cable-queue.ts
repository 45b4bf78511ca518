/**
 * Frames that wait on the cable, by the cycle at which they are due; of one cycle the one that came first. A frame may also
 * wait for others to go before it: it is due when they have, and at its cycle at the latest. Bounded in number and bytes.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { CABLE_ARENA_BYTES, CABLE_FRAMES_MAX, CableFrame, CablePlace, CableState } from "./cable-state.ts";

export type FrameAddress = Address<"CableFrame">;

export const NO_FRAME = 0 as FrameAddress;

/** What waits: bytes that copyOf() took in, which the queue owns from put() on. */
export interface Waiting {
  readonly bytesAt: number;
  readonly frameBytes: number;
  readonly direction: number;
  readonly dueCycle: number;
  readonly overtakers: number;
  readonly captureFrame: number;
}

export class CableQueue {
  readonly #memory: Memory;
  readonly #state: Address<"CableState">;
  readonly #first: number;
  readonly #heap: Heap;

  /** The cable's part of a new world's memory begins at `at`. */
  constructor(memory: Memory, at: number) {
    arenaFormat(memory, at + CablePlace.arena, CABLE_ARENA_BYTES);
    this.#memory = memory;
    this.#state = at as Address<"CableState">;
    this.#first = at + CablePlace.frames;
    this.#heap = arenaHeap(memory, at + CablePlace.arena);
    Object.freeze(this);
  }

  isEmpty(): boolean {
    return CableState.waiting.get(this.#memory, this.#state) === 0;
  }

  /** Room for one frame more, and a double of it? */
  hasRoom(): boolean {
    return CableState.waiting.get(this.#memory, this.#state) + 2 <= CABLE_FRAMES_MAX;
  }

  /** When the first is due; 0 while none waits. */
  dueCycle(): number {
    return CableState.dueCycle.get(this.#memory, this.#state);
  }

  /** A copy of bytes, in the world's memory; its address there, or 0 when there is no room. */
  copyOf(bytes: Uint8Array, at: number, count: number): number {
    const copy = this.#heap.allocate(count);
    if (copy < 0) return 0;
    this.#memory.u8.set(bytes.subarray(at, at + count), copy);
    return copy;
  }

  /** Gives back what copyOf() took. */
  free(bytesAt: number): void {
    this.#heap.free(bytesAt);
  }

  /** There is room: hasRoom(). */
  put(waiting: Waiting): void {
    const memory = this.#memory;
    let frame = this.#frame(0);
    while (CableFrame.bytesAt.get(memory, frame) !== 0) frame = (frame + CableFrame.size) as FrameAddress;
    const order = CableState.orders.get(memory, this.#state);
    CableState.orders.set(memory, this.#state, (order + 1) | 0);
    CableFrame.dueCycle.set(memory, frame, waiting.dueCycle);
    CableFrame.order.set(memory, frame, order);
    CableFrame.bytesAt.set(memory, frame, waiting.bytesAt);
    CableFrame.frameBytes.set(memory, frame, waiting.frameBytes);
    CableFrame.direction.set(memory, frame, waiting.direction);
    CableFrame.overtakers.set(memory, frame, waiting.overtakers);
    CableFrame.captureFrame.set(memory, frame, waiting.captureFrame);
    CableState.waiting.add(memory, this.#state, 1);
    this.#refresh();
  }

  /** Does one of that direction wait that is due by that cycle and waits for nobody else? */
  isAhead(direction: number, cycle: number): boolean {
    return this.#some((frame) => CableFrame.direction.get(this.#memory, frame) === direction && CableFrame.overtakers.get(this.#memory, frame) === 0 && CableFrame.dueCycle.get(this.#memory, frame) <= cycle);
  }

  /** One of that direction goes by, at that cycle: those that wait for it have one less to wait for. */
  overtake(direction: number, cycle: number): void {
    const memory = this.#memory;
    this.#some((frame) => {
      const left = CableFrame.overtakers.get(memory, frame);
      if (CableFrame.direction.get(memory, frame) !== direction || left === 0) return false;
      CableFrame.overtakers.set(memory, frame, left - 1);
      if (left === 1) CableFrame.dueCycle.set(memory, frame, Math.min(cycle, CableFrame.dueCycle.get(memory, frame)));
      return false;
    });
    this.#refresh();
  }

  /** The first that is due by that cycle, and does not go in the direction `except`; NO_FRAME if there is none. */
  next(cycle: number, except: number): FrameAddress {
    const memory = this.#memory;
    let first = NO_FRAME;
    this.#some((frame) => {
      if (CableFrame.dueCycle.get(memory, frame) <= cycle && CableFrame.direction.get(memory, frame) !== except && (first === NO_FRAME || this.#isBefore(frame, first))) first = frame;
      return false;
    });
    return first;
  }

  /** It waits no longer; its bytes are given back. */
  drop(frame: FrameAddress): void {
    this.#heap.free(CableFrame.bytesAt.get(this.#memory, frame));
    this.#memory.fill(frame, CableFrame.size, 0);
    CableState.waiting.add(this.#memory, this.#state, -1);
    this.#refresh();
  }

  /** Nobody waits for anything any more: all are due at that cycle at the latest, in their order. */
  hurry(cycle: number): void {
    const memory = this.#memory;
    this.#some((frame) => {
      CableFrame.overtakers.set(memory, frame, 0);
      CableFrame.dueCycle.set(memory, frame, Math.min(cycle, CableFrame.dueCycle.get(memory, frame)));
      return false;
    });
    this.#refresh();
  }

  #isBefore(one: FrameAddress, other: FrameAddress): boolean {
    const memory = this.#memory;
    const difference = CableFrame.dueCycle.get(memory, one) - CableFrame.dueCycle.get(memory, other);
    return difference < 0 || (difference === 0 && ((CableFrame.order.get(memory, one) - CableFrame.order.get(memory, other)) | 0) < 0);
  }

  #refresh(): void {
    const memory = this.#memory;
    let due = 0;
    this.#some((frame) => {
      const cycle = CableFrame.dueCycle.get(memory, frame);
      if (due === 0 || cycle < due) due = cycle;
      return false;
    });
    CableState.dueCycle.set(memory, this.#state, due);
  }

  /** Whether one of those that wait is meant; visits no more of them than there are. */
  #some(isMeant: (frame: FrameAddress) => boolean): boolean {
    let left = CableState.waiting.get(this.#memory, this.#state);
    for (let i = 0; left > 0 && i < CABLE_FRAMES_MAX; i++) {
      const frame = this.#frame(i);
      if (CableFrame.bytesAt.get(this.#memory, frame) === 0) continue;
      if (isMeant(frame)) return true;
      left -= 1;
    }
    return false;
  }

  #frame(i: number): FrameAddress {
    return (this.#first + i * CableFrame.size) as FrameAddress;
  }
}
