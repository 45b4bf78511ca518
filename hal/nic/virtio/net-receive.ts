/**
 * The receiver of a virtio network device (VIRTIO 1.2, 5.1.6.4). A frame that arrives is dropped for a reason or waits
 * its turn; then its queue is chosen, one chain (with MRG_RXBUF as many as it fills) is taken and written, and by an
 * event of its own shown to the driver. One frame after the other, whatever their queues.
 *
 * A queue that is found dry goes to sleep: its frames are dropped until the driver notifies the device, whether or not
 * there are buffers again. Other queues are not held up.
 */

import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { HalTrace } from "../../trace.ts";
import type { Wire } from "../../wire.ts";
import { WireFrame, WireStage } from "../../wire-frame.ts";
import { DropReason, NicAccount, countDropped } from "../account.ts";
import { isStarved, transferDelay } from "../out-of-order.ts";
import { VirtioFeature } from "./mmio-registers.ts";
import { macAt } from "./net-configuration.ts";
import { wantsFrame } from "./net-filter.ts";
import { headerBytes } from "./net-flow.ts";
import { VirtioNetReceiveRing } from "./net-receive-ring.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { ReceiveStage, VirtioNetEvent, VirtioNetPair, VirtioNetState } from "./net-state.ts";
import type { VirtioNetSteering } from "./net-steering.ts";
import type { VirtioTransport } from "./transport.ts";
import type { Virtqueue } from "./virtqueue.ts";

/** Fetching the chain, and the start of the transfer; then 8 bytes a cycle. */
const PAYLOAD_CYCLES = 100;
const PAYLOAD_BYTES_SHIFT = 3;
export const WRITE_BACK_CYCLES = 60;

type FrameAddress = Address<"WireFrame">;

export class VirtioNetReceiver {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #parts: VirtioNetParts;
  readonly #state: Address<"VirtioNetState">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;
  readonly #transport: VirtioTransport;
  readonly #steering: VirtioNetSteering;
  readonly #ring: VirtioNetReceiveRing;

  constructor(port: DevicePort, parts: VirtioNetParts, wire: Wire, transport: VirtioTransport, steering: VirtioNetSteering) {
    this.#ram = port.ram;
    this.#port = port;
    this.#parts = parts;
    this.#state = parts.state;
    this.#account = parts.account;
    this.#wire = wire;
    this.#transport = transport;
    this.#steering = steering;
    this.#ring = new VirtioNetReceiveRing(port.ram, parts, transport);
    Object.freeze(this);
  }

  /** The arrival event. */
  arrival(): void {
    const ram = this.#ram;
    const frame = this.#wire.takeArrival();
    if (frame === 0) return;
    NicAccount.offered.add(ram, this.#account, 1);
    const reason = this.#judge(frame);
    if (reason !== 0) {
      this.#drop(frame, reason);
      return;
    }
    NicAccount.inFlight.add(ram, this.#account, 1);
    WireFrame.stage.set(ram, frame, WireStage.accepted);
    if (VirtioNetState.receiveStage.get(ram, this.#state) === ReceiveStage.idle) this.#begin();
  }

  /** The receive event: the step that was scheduled. */
  step(): void {
    if (VirtioNetState.receiveStage.get(this.#ram, this.#state) === ReceiveStage.payload) this.#payload();
    else this.#writeBack();
  }

  /** DRIVER_OK, or a notification for a receive queue: it is worked on again. */
  wake(pair: number): void {
    VirtioNetPair.receiveAsleep.set(this.#ram, this.#parts.pairs.at(pair), 0);
    this.#queue(pair).wake();
  }

  /** A receive queue was stopped: what was written to it will not be shown. */
  stopped(pair: number): void {
    const ram = this.#ram;
    VirtioNetPair.receiveAsleep.set(ram, this.#parts.pairs.at(pair), 0);
    const frame = this.#wire.oldestAt(WireStage.copied);
    if (frame !== 0 && WireFrame.control.get(ram, frame) === pair) WireFrame.stage.set(ram, frame, WireStage.refused);
  }

  /** Is a frame written and not yet shown? It will be within WRITE_BACK_CYCLES. */
  isWriting(): boolean {
    return VirtioNetState.receiveStage.get(this.#ram, this.#state) === ReceiveStage.writeBack;
  }

  /** The device is reset: frames in flight are lost. Events were cancelled. */
  reset(): void {
    for (let frame = this.#oldestInFlight(); frame !== 0; frame = this.#oldestInFlight()) this.#drop(frame, DropReason.linkDown);
    NicAccount.inFlight.set(this.#ram, this.#account, 0);
  }

  /** 0, or the reason to drop a frame that is here. */
  #judge(frame: FrameAddress): number {
    if (!this.#transport.isRunning() || !this.#wire.isPlugged()) return DropReason.linkDown;
    const frameBytes = WireFrame.frameBytes.get(this.#ram, frame);
    const at = this.#wire.bytesAt(frame);
    const byVlan = this.#transport.hasFeature(VirtioFeature.CTRL_VLAN);
    if (!wantsFrame(this.#ram, this.#state, macAt(this.#parts), byVlan, at, frameBytes)) return DropReason.filtered;
    return this.#tooLong(at, frameBytes) ? DropReason.tooLong : 0;
  }

  /** Longer than what is staged whole, or than a negotiated MTU behind the header with its tags (5.1.4.1). */
  #tooLong(at: number, frameBytes: number): boolean {
    if (frameBytes > this.#wire.frameBytesMax) return true;
    return this.#transport.hasFeature(VirtioFeature.MTU) && frameBytes - headerBytes(this.#ram, at, frameBytes) > this.#parts.mtu;
  }

  /** Turns to the oldest frame that waits, if there is one. */
  #begin(): void {
    const ram = this.#ram;
    const frame = this.#wire.oldestAt(WireStage.accepted);
    if (frame === 0) VirtioNetState.receiveStage.set(ram, this.#state, ReceiveStage.idle);
    else this.#next(ReceiveStage.payload, PAYLOAD_CYCLES + (WireFrame.frameBytes.get(ram, frame) >> PAYLOAD_BYTES_SHIFT) + transferDelay(this.#port));
  }

  #next(stage: number, cycles: number): void {
    VirtioNetState.receiveStage.set(this.#ram, this.#state, stage);
    this.#port.schedule(VirtioNetEvent.receive, 0, this.#port.now() + cycles);
  }

  /** The frame's queue is chosen and written, or the frame dropped. */
  #payload(): void {
    const ram = this.#ram;
    const frame = this.#wire.oldestAt(WireStage.accepted);
    const frameBytes = WireFrame.frameBytes.get(ram, frame);
    const pair = this.#steering.pairFor(this.#wire.bytesAt(frame), frameBytes);
    WireFrame.control.set(ram, frame, pair);
    const reason = this.#write(pair, frame, frameBytes);
    if (reason === 0) {
      WireFrame.stage.set(ram, frame, WireStage.copied);
      this.#next(ReceiveStage.writeBack, WRITE_BACK_CYCLES);
      return;
    }
    this.#lose(frame, reason);
  }

  /** 0, or the reason to drop a frame. */
  #write(pair: number, frame: FrameAddress, frameBytes: number): number {
    if (!this.#transport.isRunning()) return DropReason.linkDown;
    return isStarved(this.#port) ? DropReason.noDescriptor : this.#ring.write(pair, this.#wire.bytesAt(frame), frameBytes);
  }

  /** Shows the driver what was written, unless the queue is gone. */
  #writeBack(): void {
    const ram = this.#ram;
    const frame = this.#wire.oldestAt(WireStage.copied, WireStage.refused);
    const isWritten = WireFrame.stage.get(ram, frame) === WireStage.copied && this.#transport.isRunning();
    const wantsInterrupt = isWritten && this.#queue(WireFrame.control.get(ram, frame)).publish();
    // The used ring may have been out of reach.
    if (!isWritten || !this.#transport.isRunning()) {
      this.#lose(frame, DropReason.noDescriptor);
      return;
    }
    NicAccount.inFlight.add(ram, this.#account, -1);
    this.#received(frame);
    if (wantsInterrupt) this.#transport.usedBuffer();
    this.#begin();
  }

  /** Counts and announces a frame that the driver can see, and gives its staging back. */
  #received(frame: FrameAddress): void {
    const ram = this.#ram;
    const pair = WireFrame.control.get(ram, frame);
    const at = this.#parts.pairs.at(pair);
    const ordinal = (VirtioNetPair.receivedOrdinal.get(ram, at) + 1) | 0;
    VirtioNetPair.receivedOrdinal.set(ram, at, ordinal);
    NicAccount.received.add(ram, this.#account, 1);
    const wireOrdinal = WireFrame.ordinal.get(ram, frame);
    if (pair !== 0) this.#port.trace(HalTrace.frameSteered, wireOrdinal, pair);
    this.#port.trace(HalTrace.frameReceived, wireOrdinal, ordinal);
    this.#wire.release(frame);
  }

  /** A frame in flight is dropped after all. */
  #lose(frame: FrameAddress, reason: number): void {
    NicAccount.inFlight.add(this.#ram, this.#account, -1);
    this.#drop(frame, reason);
    this.#begin();
  }

  #drop(frame: FrameAddress, reason: number): void {
    countDropped(this.#ram, this.#account, reason);
    this.#port.trace(HalTrace.frameDropped, WireFrame.ordinal.get(this.#ram, frame), reason);
    this.#wire.release(frame);
  }

  #oldestInFlight(): FrameAddress {
    return this.#wire.oldestAt(WireStage.accepted, WireStage.refused);
  }

  #queue(pair: number): Virtqueue {
    return this.#transport.queues[2 * pair];
  }
}
