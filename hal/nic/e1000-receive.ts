/**
 * The receiver of an 82540EM. A frame that arrives is dropped for a reason or claims the descriptors it needs; its bytes
 * and then its descriptors are written to memory by two events of their own, in the order of the frames, so that several
 * frames may be in flight while a driver looks on. With the write-back RDH moves and causes are raised (manual 3.2).
 *
 * The ring is empty for the device when head and tail are equal. A head or tail beyond the ring leaves no descriptor
 * free. What the IOMMU table refuses is counted, its descriptors are passed over, and nothing is written.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address, I32Field } from "../field.ts";
import type { Bound } from "../layout.ts";
import type { Memory } from "../memory.ts";
import { HalTrace } from "../trace.ts";
import type { Wire } from "../wire.ts";
import { FCS_BYTES, WireFrame, WireStage } from "../wire.ts";
import { DropReason, NicAccount } from "./account.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus } from "./descriptors.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import { filterAccepts } from "./e1000-filter.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";
import { BSIZE_SHIFT, InterruptCause, RDMTS_SHIFT, ReceiveControlBit, StatusBit } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State } from "./e1000-state.ts";
import { countReceived } from "./e1000-statistics.ts";

/** Fetching the descriptors, and the start of the transfer; then 8 bytes a cycle. */
const PAYLOAD_CYCLES = 100;
const PAYLOAD_BYTES_SHIFT = 3;
const WRITE_BACK_CYCLES = 60;
/** With LPE off: the longest frame, FCS and one VLAN tag included (13.4.22). */
const FRAME_BYTES_MAX = 1522;
const HIGH_WORD = 0x1_0000_0000;

type FrameAddress = Address<"WireFrame">;

export class E1000Receiver {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000State">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;
  readonly #interrupts: E1000Interrupts;

  constructor(port: DevicePort, parts: E1000Parts, wire: Wire, interrupts: E1000Interrupts) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.state;
    this.#account = parts.account;
    this.#wire = wire;
    this.#interrupts = interrupts;
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
    const reachable = this.#mayReachBuffers(frame);
    if (reachable) this.#copy(frame);
    WireFrame.stage.set(ram, frame, reachable ? WireStage.copied : WireStage.refused);
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
    const head = this.#wrap(WireFrame.descriptor.get(ram, frame) + WireFrame.descriptors.get(ram, frame));
    if (WireFrame.stage.get(ram, frame) === WireStage.copied && this.#writeDescriptors(frame)) {
      E1000File.RDH.set(ram, this.#file, head);
      this.#received(frame);
    } else {
      E1000File.RDH.set(ram, this.#file, head);
      this.#drop(frame, DropReason.noDescriptor);
    }
    this.#scheduleWriteBack();
  }

  /** RDH was written: the next frame takes the descriptor it names. */
  headMoved(): void {
    E1000State.claimIndex.set(this.#ram, this.#state, E1000File.RDH.get(this.#ram, this.#file));
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
      E1000File.ROC.add(ram, file, 1);
      return DropReason.tooLong;
    }
    if (this.#claim(frame, control)) return 0;
    E1000File.MPC.add(ram, file, 1);
    E1000File.RNBC.add(ram, file, 1);
    this.#interrupts.raise(InterruptCause.RXO);
    return DropReason.noDescriptor;
  }

  #tooLong(frameBytes: number, control: number): boolean {
    if ((control & (ReceiveControlBit.LPE | ReceiveControlBit.SBP)) === 0 && frameBytes + FCS_BYTES > FRAME_BYTES_MAX) return true;
    return storedBytes(frameBytes, control) > this.#wire.frameBytesMax;
  }

  /**
   * Claims descriptors from the claim index on until their buffers hold the frame; one with a null address is padding
   * and counts for nothing (3.2.5). False, and nothing claimed, when the tail comes first.
   */
  #claim(frame: FrameAddress, control: number): boolean {
    const ram = this.#ram;
    const count = this.#ringCount();
    const tail = E1000File.RDT.get(ram, this.#file);
    const first = E1000State.claimIndex.get(ram, this.#state);
    if (tail >= count || first >= count) return false;
    const bufferBytes = bufferBytesOf(control);
    let missing = storedBytes(WireFrame.frameBytes.get(ram, frame), control);
    let index = first;
    let claimed = 0;
    while (missing > 0) {
      if (index === tail) return false;
      const at = this.#readableDescriptor(index);
      if (at === 0) return false;
      if (addressOf(ram, at) !== 0) missing -= bufferBytes;
      claimed += 1;
      index = index + 1 === count ? 0 : index + 1;
    }
    WireFrame.descriptor.set(ram, frame, first);
    WireFrame.descriptors.set(ram, frame, claimed);
    WireFrame.control.set(ram, frame, control);
    E1000State.claimIndex.set(ram, this.#state, index);
    return true;
  }

  /** May the whole frame be written to the buffers of its descriptors? If not, that is counted. */
  #mayReachBuffers(frame: FrameAddress): boolean {
    const ram = this.#ram;
    const bufferBytes = bufferBytesOf(WireFrame.control.get(ram, frame));
    let left = WireFrame.frameBytes.get(ram, frame);
    for (let i = 0; i < WireFrame.descriptors.get(ram, frame) && left > 0; i++) {
      const at = this.#readableDescriptor(this.#wrap(WireFrame.descriptor.get(ram, frame) + i));
      if (at === 0) return false;
      const address = addressOf(ram, at);
      if (address === 0) continue;
      const part = left < bufferBytes ? left : bufferBytes;
      if (!this.#port.dmaMayWrite(address, part)) {
        NicAccount.dmaFaults.add(ram, this.#account, 1);
        return false;
      }
      left -= part;
    }
    return left === 0;
  }

  #copy(frame: FrameAddress): void {
    const ram = this.#ram;
    const bufferBytes = bufferBytesOf(WireFrame.control.get(ram, frame));
    const from = this.#wire.bytesAt(frame);
    const frameBytes = WireFrame.frameBytes.get(ram, frame);
    let done = 0;
    for (let i = 0; done < frameBytes; i++) {
      const address = addressOf(ram, this.#descriptor(this.#wrap(WireFrame.descriptor.get(ram, frame) + i)));
      if (address === 0) continue;
      const left = frameBytes - done;
      const part = left < bufferBytes ? left : bufferBytes;
      ram.copy(address, from + done, part);
      done += part;
    }
  }

  /** Writes every descriptor of a frame back, EOP in the last; false, and nothing written, when one is out of reach. */
  #writeDescriptors(frame: FrameAddress): boolean {
    const ram = this.#ram;
    const first = WireFrame.descriptor.get(ram, frame);
    const count = WireFrame.descriptors.get(ram, frame);
    for (let i = 0; i < count; i++) {
      if (this.#port.dmaMayWrite(this.#descriptor(this.#wrap(first + i)), DESCRIPTOR_BYTES)) continue;
      NicAccount.dmaFaults.add(ram, this.#account, 1);
      return false;
    }
    const control = WireFrame.control.get(ram, frame);
    const bufferBytes = bufferBytesOf(control);
    let left = storedBytes(WireFrame.frameBytes.get(ram, frame), control);
    for (let i = 0; i < count; i++) {
      const at = this.#descriptor(this.#wrap(first + i));
      if (addressOf(ram, at) === 0) {
        RxDescriptor.status.set(ram, at, RxStatus.DD);
        continue;
      }
      const part = left < bufferBytes ? left : bufferBytes;
      left -= part;
      RxDescriptor.frameBytes.set(ram, at, part);
      RxDescriptor.checksum.set(ram, at, 0);
      RxDescriptor.errors.set(ram, at, 0);
      RxDescriptor.special.set(ram, at, 0);
      RxDescriptor.status.set(ram, at, i + 1 === count ? RxStatus.DD | RxStatus.EOP | RxStatus.IXSM : RxStatus.DD);
    }
    return true;
  }

  /** Counts and announces a frame that is in memory, and gives its staging back. */
  #received(frame: FrameAddress): void {
    const ram = this.#ram;
    const ordinal = (E1000State.receivedOrdinal.get(ram, this.#state) + 1) | 0;
    E1000State.receivedOrdinal.set(ram, this.#state, ordinal);
    NicAccount.received.add(ram, this.#account, 1);
    countReceived(ram, this.#file, this.#wire.bytesAt(frame), WireFrame.frameBytes.get(ram, frame) + FCS_BYTES);
    this.#port.trace(HalTrace.frameReceived, WireFrame.ordinal.get(ram, frame), ordinal);
    this.#wire.release(frame);
    this.#interrupts.raise(this.#fewFree() ? InterruptCause.RXT0 | InterruptCause.RXDMT0 : InterruptCause.RXT0);
  }

  /** Are the free descriptors at or below RCTL.RDMTS's part of the ring? */
  #fewFree(): boolean {
    const ram = this.#ram;
    const count = this.#ringCount();
    let free = E1000File.RDT.get(ram, this.#file) - E1000File.RDH.get(ram, this.#file);
    if (free < 0) free += count;
    return free <= count >> (1 + ((E1000File.RCTL.get(ram, this.#file) >>> RDMTS_SHIFT) & 3));
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
    const cycles = PAYLOAD_CYCLES + (WireFrame.frameBytes.get(ram, frame) >> PAYLOAD_BYTES_SHIFT);
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

  /** Address of a descriptor that the device may read; 0, counted, if it may not. */
  #readableDescriptor(index: number): Address<"RxDescriptor"> {
    const at = this.#descriptor(index);
    if (this.#port.dmaMayRead(at, DESCRIPTOR_BYTES)) return at;
    NicAccount.dmaFaults.add(this.#ram, this.#account, 1);
    return 0 as Address<"RxDescriptor">;
  }

  /** The device address of a descriptor: proven by the IOMMU table before it is used as an address of RAM. */
  #descriptor(index: number): Address<"RxDescriptor"> {
    const high = E1000File.RDBAH.get(this.#ram, this.#file) >>> 0;
    const low = E1000File.RDBAL.get(this.#ram, this.#file) >>> 0;
    return (high * HIGH_WORD + low + index * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  }

  #ringCount(): number {
    return E1000File.RDLEN.get(this.#ram, this.#file) / DESCRIPTOR_BYTES;
  }

  /** An index that went at most once round the ring as it was when the descriptors were claimed. */
  #wrap(index: number): number {
    const count = this.#ringCount();
    return index >= count && count > 0 ? index % count : index;
  }
}

/** Bytes of a frame that descriptors account for. */
function storedBytes(frameBytes: number, control: number): number {
  return (control & ReceiveControlBit.SECRC) === 0 ? frameBytes + FCS_BYTES : frameBytes;
}

/** RCTL.BSIZE and BSEX (13.4.22); BSEX with BSIZE 00 is reserved and taken as 2048. */
function bufferBytesOf(control: number): number {
  const size = (control >>> BSIZE_SHIFT) & 3;
  const bytes = 2048 >> size;
  return (control & ReceiveControlBit.BSEX) !== 0 && size !== 0 ? bytes << 4 : bytes;
}

function addressOf(ram: Memory, at: Address<"RxDescriptor">): number {
  return (RxDescriptor.bufferAddress.high(ram, at) >>> 0) * HIGH_WORD + (RxDescriptor.bufferAddress.low(ram, at) >>> 0);
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
