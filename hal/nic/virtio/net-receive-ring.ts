/**
 * How a virtio network device writes a frame to a receive queue (VIRTIO 1.2, 5.1.6.3.1 and 5.1.6.4.1): the header and the
 * frame go to one chain; with MRG_RXBUF to as many as they fill. A frame that finds no room leaves the queue as it was.
 *
 * Work is bounded: a chain is walked at most a few times, and a frame goes to no more chains than it has headers' lengths.
 */

import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { DropReason } from "../account.ts";
import { VirtioFeature } from "./mmio-registers.ts";
import { VirtioNetHeader } from "./net-layouts.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { VirtioNetPair, VirtioNetState } from "./net-state.ts";
import type { VirtioTransport } from "./transport.ts";
import type { Virtqueue } from "./virtqueue.ts";
import { EMPTY } from "./virtqueue.ts";

export class VirtioNetReceiveRing {
  readonly #ram: Memory;
  readonly #parts: VirtioNetParts;
  readonly #transport: VirtioTransport;
  /** Address in RAM of the header that is written before the frame. */
  readonly #header: Address<"VirtioNetHeader">;

  constructor(ram: Memory, parts: VirtioNetParts, transport: VirtioTransport) {
    this.#ram = ram;
    this.#parts = parts;
    this.#transport = transport;
    this.#header = VirtioNetState.header.at(parts.state);
    Object.freeze(this);
  }

  /**
   * Writes a frame, whose bytes lie in RAM at `from`, to the receive queue of a pair; not yet shown to the driver. 0, or
   * the DropReason why not.
   */
  write(pair: number, from: number, frameBytes: number): number {
    const queue = this.#transport.queues[2 * pair];
    if (VirtioNetPair.receiveAsleep.get(this.#ram, this.#parts.pairs.at(pair)) === 1) return DropReason.noDescriptor;
    const head = queue.take();
    if (head < 0) {
      if (head === EMPTY) this.#sleep(queue, pair);
      return DropReason.noDescriptor;
    }
    const bytes = VirtioNetHeader.size + frameBytes;
    const writable = queue.writableBytes();
    if (writable >= bytes) return this.#writeOne(queue, from, frameBytes) ? 0 : DropReason.noDescriptor;
    if (writable === 0) {
      this.#transport.needsReset();
      return DropReason.noDescriptor;
    }
    if (!this.#transport.hasFeature(VirtioFeature.MRG_RXBUF)) {
      queue.untake();
      return DropReason.tooLong;
    }
    const buffers = this.#countBuffers(queue, bytes);
    queue.untake();
    if (buffers === 0 || queue.take() < 0) return DropReason.noDescriptor;
    if (this.#writeSeveral(queue, from, frameBytes, buffers)) return 0;
    // What was put, over rings that changed by being written to, must not be shown with a later frame.
    queue.untake();
    return DropReason.noDescriptor;
  }

  /** Nobody need look any more: the driver will say when there is something. */
  #sleep(queue: Virtqueue, pair: number): void {
    if (!queue.isReady()) return;
    VirtioNetPair.receiveAsleep.set(this.#ram, this.#parts.pairs.at(pair), 1);
    queue.sleep();
  }

  #writeOne(queue: Virtqueue, from: number, frameBytes: number): boolean {
    VirtioNetHeader.buffers.set(this.#ram, this.#header, 1);
    return queue.scatter(this.#header, 0, VirtioNetHeader.size) && queue.scatter(from, VirtioNetHeader.size, frameBytes) && queue.put(VirtioNetHeader.size + frameBytes);
  }

  /** Chains, the taken one first, that so many bytes fill; 0 if there are too few. They stay taken; nothing is written to them. */
  #countBuffers(queue: Virtqueue, bytes: number): number {
    let left = bytes;
    for (let buffers = 1; ; buffers++) {
      const writable = queue.writableBytes();
      // 5.1.6.3.1: each buffer holds a header at least. That bounds their number, and a part to be read would not bound their length.
      if (writable < VirtioNetHeader.size || queue.readableBytes() > 0) {
        this.#transport.needsReset();
        return 0;
      }
      left -= writable;
      if (left <= 0) return buffers;
      if (!queue.put(0) || queue.take() < 0) return 0;
    }
  }

  /** Fills the chains, the taken one first, each to its end but the last (5.1.6.4.1). */
  #writeSeveral(queue: Virtqueue, from: number, frameBytes: number, buffers: number): boolean {
    VirtioNetHeader.buffers.set(this.#ram, this.#header, buffers);
    if (!queue.scatter(this.#header, 0, VirtioNetHeader.size)) return false;
    let offset = VirtioNetHeader.size;
    let done = 0;
    for (let i = 1; ; i++) {
      const part = Math.min(queue.writableBytes() - offset, frameBytes - done);
      if (!queue.scatter(from + done, offset, part) || !queue.put(offset + part)) return false;
      done += part;
      offset = 0;
      if (i === buffers) return done === frameBytes;
      if (queue.take() < 0) return false;
    }
  }
}
