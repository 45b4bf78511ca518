/**
 * The receiver of an 82540EM. A frame that arrives is dropped for a reason or claims the descriptors it needs; its bytes
 * and then its descriptors are written to memory by two events of their own, in the order of the frames, so that several
 * frames may be in flight while a driver looks on. With the write-back RDH moves and causes are raised (manual 3.2), RXT0
 * when RDTR and RADV let it (3.2.7.1), or at once for a small frame (3.2.7.2). There is no room in which a frame could
 * wait for descriptors: one that finds too few of them is missed.
 * Of a frame that the IOMMU table refuses the descriptors are passed over, and nothing is written.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address, I32Field } from "../field.ts";
import type { Bound } from "../layout.ts";
import type { Memory } from "../memory.ts";
import { HalTrace } from "../trace.ts";
import type { Wire } from "../wire.ts";
import { FCS_BYTES } from "../ethernet.ts";
import { WireFrame, WireStage } from "../wire-frame.ts";
import { DropReason, NicAccount } from "./account.ts";
import type { FileAddress } from "./e1000-file.ts";
import type { E1000Delay } from "./e1000-delay.ts";
import { E1000File } from "./e1000-file.ts";
import { filterAccepts } from "./e1000-filter.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";
import { storedBytes } from "./e1000-receive-frame.ts";
import { E1000ReceiveRing } from "./e1000-receive-ring.ts";
import { InterruptCause, ReceiveControlBit, StatusBit } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State } from "./e1000-state.ts";
import { countMissed, countOversize, countReceived } from "./e1000-statistics.ts";
import { isStarved, transferDelay } from "./out-of-order.ts";

/** Fetching the descriptors, and the start of the transfer; then 8 bytes a cycle. */
const PAYLOAD_CYCLES = 100;
const PAYLOAD_BYTES_SHIFT = 3;
const WRITE_BACK_CYCLES = 60;
/** The longest frame with its FCS (13.7.36): with LPE off it holds one VLAN tag; no descriptor counts further than the other. */
const FRAME_BYTES_MAX = 1522;
const LONG_FRAME_BYTES_MAX = 16_384;

type FrameAddress = Address<"WireFrame">;

export class E1000Receiver {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000State">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;
  readonly #ring: E1000ReceiveRing;
  readonly #interrupts: E1000Interrupts;
  readonly #delay: E1000Delay;

  constructor(port: DevicePort, parts: E1000Parts, wire: Wire, interrupts: E1000Interrupts, delay: E1000Delay) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.state;
    this.#account = parts.account;
    this.#wire = wire;
    this.#ring = new E1000ReceiveRing(port, parts, wire);
    this.#interrupts = interrupts;
    this.#delay = delay;
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
    this.#schedulePayload();
  }

  /** The payload event: the oldest accepted frame's bytes go to its buffers, or not at all. */
  payload(): void {
    const ram = this.#ram;
    E1000State.payloadPending.set(ram, this.#state, 0);
    const frame = this.#wire.oldestAt(WireStage.accepted);
    if (frame === 0) return;
    WireFrame.stage.set(ram, frame, this.#ring.copy(frame) ? WireStage.copied : WireStage.refused);
    this.#scheduleWriteBack();
    this.#schedulePayload();
  }

  /** The write-back event: the oldest frame whose bytes are settled is done with. */
  writeBack(): void {
    const ram = this.#ram;
    E1000State.writeBackPending.set(ram, this.#state, 0);
    const frame = this.#oldestSettled();
    if (frame === 0) return;
    NicAccount.inFlight.add(ram, this.#account, -1);
    const written = WireFrame.stage.get(ram, frame) === WireStage.copied && this.#ring.writeBack(frame);
    this.#ring.pass(frame);
    if (written) this.#received(frame);
    else this.#drop(frame, DropReason.noDescriptor);
    this.#scheduleWriteBack();
  }

  /** The device is reset: frames in flight are lost with the link. Events were cancelled. */
  reset(): void {
    for (let frame = this.#oldestInFlight(); frame !== 0; frame = this.#oldestInFlight()) this.#drop(frame, DropReason.linkDown);
    NicAccount.inFlight.set(this.#ram, this.#account, 0);
  }

  /** 0, or the reason to drop a frame that is here; descriptors are claimed with 0. */
  #judge(frame: FrameAddress): number {
    const ram = this.#ram;
    const file = this.#file;
    const control = E1000File.RCTL.get(ram, file);
    if ((control & ReceiveControlBit.EN) === 0 || (E1000File.STATUS.get(ram, file) & StatusBit.LU) === 0) return DropReason.linkDown;
    if (!filterAccepts(ram, file, this.#wire.bytesAt(frame))) return DropReason.filtered;
    if (this.#tooLong(WireFrame.frameBytes.get(ram, frame), control)) {
      countOversize(ram, file);
      return DropReason.tooLong;
    }
    if (!isStarved(this.#port) && this.#ring.claim(frame, control)) return 0;
    countMissed(ram, file);
    this.#interrupts.raise(InterruptCause.RXO);
    return DropReason.noDescriptor;
  }

  /** SBP lifts the manual's limits; the staging's remains. */
  #tooLong(frameBytes: number, control: number): boolean {
    const limit = (control & ReceiveControlBit.LPE) === 0 ? FRAME_BYTES_MAX : LONG_FRAME_BYTES_MAX;
    if ((control & ReceiveControlBit.SBP) === 0 && frameBytes + FCS_BYTES > limit) return true;
    return storedBytes(frameBytes, control) > this.#wire.frameBytesMax;
  }

  /** Counts and announces a frame that is in memory, and gives its staging back. */
  #received(frame: FrameAddress): void {
    const ram = this.#ram;
    const ordinal = (E1000State.receivedOrdinal.get(ram, this.#state) + 1) | 0;
    E1000State.receivedOrdinal.set(ram, this.#state, ordinal);
    NicAccount.received.add(ram, this.#account, 1);
    countReceived(ram, this.#file, this.#ring.bytesAt(frame), WireFrame.frameBytes.get(ram, frame) + FCS_BYTES);
    this.#port.trace(HalTrace.frameReceived, WireFrame.ordinal.get(ram, frame), ordinal);
    const storedBytes = this.#ring.storedBytes(frame);
    this.#wire.release(frame);
    this.#announce(storedBytes);
  }

  /** What a frame in memory has the driver told, now or later. */
  #announce(storedBytes: number): void {
    const few = this.#ring.fewFree() ? InterruptCause.RXDMT0 : 0;
    if (storedBytes <= E1000File.RSRPD.get(this.#ram, this.#file)) this.#delay.announce(few | InterruptCause.SRPD);
    else if (E1000File.RDTR.get(this.#ram, this.#file) === 0) this.#delay.announce(few);
    else {
      if (few !== 0) this.#interrupts.raise(few);
      this.#delay.later();
    }
  }

  /** RDH was written: the next frame takes the descriptor it names. */
  headMoved(): void {
    this.#ring.headMoved();
  }

  #drop(frame: FrameAddress, reason: number): void {
    const ram = this.#ram;
    dropCounter(reason).add(ram, this.#account, 1);
    this.#port.trace(HalTrace.frameDropped, WireFrame.ordinal.get(ram, frame), reason);
    this.#wire.release(frame);
  }

  #schedulePayload(): void {
    const ram = this.#ram;
    if (E1000State.payloadPending.get(ram, this.#state) === 1) return;
    const frame = this.#wire.oldestAt(WireStage.accepted);
    if (frame === 0) return;
    E1000State.payloadPending.set(ram, this.#state, 1);
    const cycles = PAYLOAD_CYCLES + (WireFrame.frameBytes.get(ram, frame) >> PAYLOAD_BYTES_SHIFT) + transferDelay(this.#port);
    this.#port.schedule(E1000Event.receivePayload, 0, this.#port.now() + cycles);
  }

  #scheduleWriteBack(): void {
    const ram = this.#ram;
    if (E1000State.writeBackPending.get(ram, this.#state) === 1 || this.#oldestSettled() === 0) return;
    E1000State.writeBackPending.set(ram, this.#state, 1);
    this.#port.schedule(E1000Event.receiveWriteBack, 0, this.#port.now() + WRITE_BACK_CYCLES);
  }

  #oldestInFlight(): FrameAddress {
    return this.#wire.oldestAt(WireStage.accepted, WireStage.refused);
  }

  /** The oldest frame whose bytes were written or refused; 0 if there is none. */
  #oldestSettled(): FrameAddress {
    return this.#wire.oldestAt(WireStage.copied, WireStage.refused);
  }
}

function dropCounter(reason: number): Bound<I32Field, "NicAccount"> {
  switch (reason) {
    case DropReason.filtered:
      return NicAccount.filtered;
    case DropReason.noDescriptor:
      return NicAccount.noDescriptor;
    case DropReason.tooLong:
      return NicAccount.tooLong;
    default:
      return NicAccount.linkDown;
  }
}
