/**
 * The device's side of one split virtqueue (VIRTIO 1.2, 2.7). The driver's words are read when they are needed and
 * checked each time; whatever is wrong makes the device ask for a reset (VirtioInterrupts.needsReset), after which the
 * queue is not ready any more until it happens. Nothing is kept but positions: a chain is walked again for each use.
 *
 * One chain at a time: take() it, gather() from its readable part and scatter() into its writable part, then put() it
 * into the used ring, as often as needed; publish() shows the driver what was put. untake() gives back everything
 * since the last publish(), as if it had never been taken. A taken chain may wait for a later event; when the queue was
 * stopped or the device reset in between, it is gone: isTaken() is false, and the calls for it are without effect.
 */

import { assert } from "../../assert.ts";
import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { deviceAddress } from "../descriptors.ts";
import { Torn, astrayBy, saidLength, tornParts } from "../out-of-order.ts";
import type { VirtioInterrupts } from "./interrupts.ts";
import { VirtioFeature } from "./mmio-registers.ts";
import {
  VirtqAvailableFlag,
  VirtqIndex,
  VirtqRing,
  VirtqUsedElement,
  VirtqUsedFlag,
  availableAt,
  availableEventAt,
  availableRingBytes,
  eventPassed,
  usedAt,
  usedEventAt,
  usedRingBytes,
} from "./split-ring.ts";
import { TakenChain } from "./taken-chain.ts";
import { VirtioFault, VirtioQueue, VirtioRegisters } from "./transport-state.ts";

/** What take() and available() answer besides a head or a count: nothing there (or not ready), or the device asked for a reset. */
export const EMPTY = -1;
export const BROKEN = -2;

const POSITIONS = 0xffff;

export class Virtqueue {
  /** Its number: QueueSel and QueueNotify. */
  readonly index: number;
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #registers: Address<"VirtioRegisters">;
  readonly #queue: Address<"VirtioQueue">;
  readonly #interrupts: VirtioInterrupts;
  readonly #chain: TakenChain;

  constructor(port: DevicePort, registers: Address<"VirtioRegisters">, queue: Address<"VirtioQueue">, index: number, interrupts: VirtioInterrupts) {
    this.index = index;
    this.#ram = port.ram;
    this.#port = port;
    this.#registers = registers;
    this.#queue = queue;
    this.#interrupts = interrupts;
    this.#chain = new TakenChain(port, registers, queue);
    Object.freeze(this);
  }

  /** May the device use it now? QueueReady is 1, DRIVER_OK set, and no reset asked for. */
  isReady(): boolean {
    return VirtioQueue.ready.get(this.#ram, this.#queue) === 1 && this.#interrupts.isRunning();
  }

  /** Chains that the driver has made available and the device has not taken: 0 when it is not ready; BROKEN. */
  available(): number {
    if (!this.isReady()) return 0;
    const ram = this.#ram;
    const queue = this.#queue;
    const size = VirtioQueue.entries.get(ram, queue);
    const ring = this.#availableRing(size);
    if (ring < 0) return BROKEN;
    const index = VirtqRing.index.get(ram, ring);
    // The driver owns `size` descriptors, and has back only those that were published.
    if (((index - VirtioQueue.publishedUsed.get(ram, queue)) & POSITIONS) > size) return this.#break(VirtioFault.availableIndex);
    const count = (index - VirtioQueue.nextAvailable.get(ram, queue)) & POSITIONS;
    return count > size ? this.#break(VirtioFault.availableIndex) : count;
  }

  /** Takes the next chain after checking all of it. Its head (0 to size - 1), EMPTY or BROKEN. No chain may be taken already. */
  take(): number {
    const ram = this.#ram;
    const queue = this.#queue;
    assert(!this.isTaken(), "a queue has one chain taken at a time");
    const count = this.available();
    if (count <= 0) return count === 0 ? EMPTY : BROKEN;
    const size = VirtioQueue.entries.get(ram, queue);
    const position = VirtioQueue.nextAvailable.get(ram, queue);
    const head = VirtqIndex.value.get(ram, availableAt(deviceAddress(VirtioQueue.available.low(ram, queue), VirtioQueue.available.high(ram, queue)), size, position));
    const fault = this.#chain.measure(head);
    if (fault !== 0) return this.#break(fault);
    VirtioQueue.head.set(ram, queue, head);
    VirtioQueue.taken.set(ram, queue, 1);
    VirtioQueue.nextAvailable.set(ram, queue, (position + 1) & POSITIONS);
    return head;
  }

  isTaken(): boolean {
    return VirtioQueue.taken.get(this.#ram, this.#queue) === 1 && this.isReady();
  }

  /** Bytes of the taken chain that the driver wrote for the device; 0 if none is taken. Up to 2^32. */
  readableBytes(): number {
    return this.isTaken() ? VirtioQueue.readableBytes.get(this.#ram, this.#queue) : 0;
  }

  /** Bytes of the taken chain that the device may write. */
  writableBytes(): number {
    return this.isTaken() ? VirtioQueue.writableBytes.get(this.#ram, this.#queue) : 0;
  }

  /**
   * Copies `bytes` bytes of the readable part, from its offset `from` on (together at most readableBytes()), to the
   * device's own bytes at `to`. False when nothing is taken, or the device asked for a reset; some may be copied then.
   */
  gather(from: number, bytes: number, to: number): boolean {
    return this.#copy(false, from, bytes, to);
  }

  /** The same from the device's own bytes at `from` into the writable part, at its offset `to`. */
  scatter(from: number, to: number, bytes: number): boolean {
    return this.#copy(true, to, bytes, from);
  }

  /** Gives back whatever was taken and put since the last publish(): the same chains are taken again, in the same order. */
  untake(): void {
    if (!this.isReady()) return;
    const ram = this.#ram;
    const queue = this.#queue;
    const back = VirtioQueue.pending.get(ram, queue) + VirtioQueue.taken.get(ram, queue);
    VirtioQueue.nextAvailable.set(ram, queue, (VirtioQueue.nextAvailable.get(ram, queue) - back) & POSITIONS);
    VirtioQueue.pending.set(ram, queue, 0);
    VirtioQueue.taken.set(ram, queue, 0);
  }

  /**
   * Writes the taken chain's used element: `written` bytes (0 to writableBytes()) from the start of its writable part
   * on were written. False when nothing was taken, or the device asked for a reset.
   */
  put(written: number): boolean {
    if (!this.isTaken()) return false;
    const ram = this.#ram;
    const queue = this.#queue;
    const size = VirtioQueue.entries.get(ram, queue);
    const ring = this.#usedRing(size);
    if (ring < 0) return false;
    const pending = VirtioQueue.pending.get(ram, queue);
    const element = usedAt(ring, size, VirtioQueue.publishedUsed.get(ram, queue) + pending);
    const torn = tornParts(this.#port);
    if ((torn & Torn.length) === 0) {
      VirtqUsedElement.head.set(ram, element, (VirtioQueue.head.get(ram, queue) + astrayBy(this.#port)) & (size - 1));
      VirtqUsedElement.bytes.set(ram, element, written === 0 ? 0 : saidLength(this.#port, written));
    }
    VirtioQueue.torn.set(ram, queue, torn);
    VirtioQueue.pending.set(ram, queue, pending + 1);
    VirtioQueue.taken.set(ram, queue, 0);
    return true;
  }

  /** Moves the used index past what was put. True when the driver wants to be told (2.7.7.2): VirtioTransport.usedBuffer(). */
  publish(): boolean {
    if (!this.isReady()) return false;
    const ram = this.#ram;
    const queue = this.#queue;
    const pending = VirtioQueue.pending.get(ram, queue);
    if (pending === 0) return false;
    const size = VirtioQueue.entries.get(ram, queue);
    const used = this.#usedRing(size);
    const available = this.#availableRing(size);
    if (used < 0 || available < 0) return false;
    const before = VirtioQueue.publishedUsed.get(ram, queue);
    const after = (before + pending) & POSITIONS;
    if ((VirtioQueue.torn.get(ram, queue) & Torn.done) === 0) VirtqRing.index.set(ram, used, after);
    VirtioQueue.publishedUsed.set(ram, queue, after);
    VirtioQueue.pending.set(ram, queue, 0);
    if (this.#hasEventIndex()) return eventPassed(VirtqIndex.value.get(ram, usedEventAt(available, size)), after, before);
    return (VirtqRing.flags.get(ram, available) & VirtqAvailableFlag.NO_INTERRUPT) === 0;
  }

  /**
   * Asks the driver for a notification of the next chain (2.7.10). Answers available(): a chain may have come before
   * that was seen, and its driver says nothing more.
   */
  sleep(): number {
    if (!this.isReady()) return 0;
    const ram = this.#ram;
    const size = VirtioQueue.entries.get(ram, this.#queue);
    const used = this.#usedRing(size);
    if (used < 0) return BROKEN;
    VirtqRing.flags.set(ram, used, 0);
    if (this.#hasEventIndex()) VirtqIndex.value.set(ram, availableEventAt(used, size), VirtioQueue.nextAvailable.get(ram, this.#queue));
    return this.available();
  }

  /** Says that the device looks by itself and needs no notifications. With EVENT_IDX the old event simply stays behind. */
  wake(): void {
    if (!this.isReady()) return;
    const used = this.#usedRing(VirtioQueue.entries.get(this.#ram, this.#queue));
    if (used >= 0) VirtqRing.flags.set(this.#ram, used, this.#hasEventIndex() ? 0 : VirtqUsedFlag.NO_NOTIFY);
  }

  #hasEventIndex(): boolean {
    return ((VirtioRegisters.driverFeatures0.get(this.#ram, this.#registers) >>> VirtioFeature.EVENT_IDX) & 1) === 1;
  }

  /** The available ring and the event word behind it, proven readable; BROKEN. */
  #availableRing(size: number): Address<"VirtqRing"> {
    const at = deviceAddress(VirtioQueue.available.low(this.#ram, this.#queue), VirtioQueue.available.high(this.#ram, this.#queue));
    const reached = this.#port.dmaMayRead(at, availableRingBytes(size));
    return (reached ? at : this.#break(VirtioFault.queueReach)) as Address<"VirtqRing">;
  }

  /** The used ring and the event word behind it, proven writable; BROKEN. */
  #usedRing(size: number): Address<"VirtqRing"> {
    const at = deviceAddress(VirtioQueue.used.low(this.#ram, this.#queue), VirtioQueue.used.high(this.#ram, this.#queue));
    const reached = this.#port.dmaMayWrite(at, usedRingBytes(size));
    return (reached ? at : this.#break(VirtioFault.queueReach)) as Address<"VirtqRing">;
  }

  #break(fault: number): typeof BROKEN {
    this.#interrupts.needsReset(fault);
    return BROKEN;
  }

  #copy(isWritable: boolean, offset: number, bytes: number, own: number): boolean {
    if (!this.isTaken()) return false;
    const fault = this.#chain.copy(isWritable, offset, bytes, own);
    if (fault !== 0) this.#break(fault);
    return fault === 0;
  }
}
