/**
 * The receive ring of an 82540EM as its receiver uses it (manual 3.2.3 to 3.2.6): claims descriptors for a frame, copies
 * the frame to their buffers, writes them back. Every address is proven by the IOMMU table before it is used; a frame of
 * which a part is out of reach is not written at all.
 *
 * The ring is empty for the device when head and tail are equal. A head beyond the ring leaves no descriptor free; a tail
 * beyond it is one that the head never meets.
 *
 * A tag that is to be stripped changes places with the two addresses, in the staging, when the descriptors are claimed:
 * the frame then begins behind it.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import type { Wire } from "../wire.ts";
import { WireFrame } from "../wire-frame.ts";
import { NicAccount } from "./account.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus, deviceAddress } from "./descriptors.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import { VERDICT_ERRORS_SHIFT, checksumVerdict, packetChecksum } from "./e1000-checksum.ts";
import { bufferBytesOf, isStripped, settle, storedBytes, strip, tagAhead } from "./e1000-receive-frame.ts";
import { ControlBit, RDMTS_SHIFT } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000State } from "./e1000-state.ts";
import { TAG_BYTES, isTagged } from "./e1000-vlan.ts";
import { Torn, astrayBy, saidLength, tornParts } from "./out-of-order.ts";

/** What a descriptor that holds no end of a frame says of itself: the other bits of its status mean nothing, and stay. */
const UNFINISHED_KEPT = ~(RxStatus.DD | RxStatus.EOP);

type FrameAddress = Address<"WireFrame">;

export class E1000ReceiveRing {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000State">;
  readonly #account: Address<"NicAccount">;
  readonly #wire: Wire;

  constructor(port: DevicePort, parts: E1000Parts, wire: Wire) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.state;
    this.#account = parts.account;
    this.#wire = wire;
    Object.freeze(this);
  }

  /**
   * Claims descriptors from the claim index on until their buffers hold the frame; one with a null address is padding
   * and counts for nothing (3.2.5). False, and nothing claimed, when the tail comes first.
   */
  claim(frame: FrameAddress, control: number): boolean {
    const ram = this.#ram;
    const count = this.#count();
    const tail = E1000File.RDT.get(ram, this.#file);
    const first = E1000State.claimIndex.get(ram, this.#state);
    if (first >= count) return false;
    const bufferBytes = bufferBytesOf(control);
    const strips = (E1000File.CTRL.get(ram, this.#file) & ControlBit.VME) !== 0 && isTagged(ram, this.#file, this.#wire.bytesAt(frame));
    let missing = storedBytes(WireFrame.frameBytes.get(ram, frame), control) - (strips ? TAG_BYTES : 0);
    let index = first;
    let claimed = 0;
    while (missing > 0) {
      if (index === tail || claimed === count) return false;
      const at = this.#readable(index);
      if (at === 0) return false;
      if (addressOf(ram, at) !== 0) missing -= bufferBytes;
      claimed += 1;
      index = index + 1 === count ? 0 : index + 1;
    }
    WireFrame.descriptor.set(ram, frame, first);
    WireFrame.descriptors.set(ram, frame, claimed);
    settle(ram, frame, control);
    if (strips) strip(ram, frame, this.#wire.bytesAt(frame));
    E1000State.claimIndex.set(ram, this.#state, index);
    return true;
  }

  /** Address of the first byte of a claimed frame as descriptors hold it. */
  bytesAt(frame: FrameAddress): number {
    return this.#wire.bytesAt(frame) + (isStripped(this.#ram, frame) ? TAG_BYTES : 0);
  }

  /** Bytes of a claimed frame that descriptors account for. */
  storedBytes(frame: FrameAddress): number {
    return storedBytes(WireFrame.frameBytes.get(this.#ram, frame), WireFrame.control.get(this.#ram, frame));
  }

  /** Copies the frame to the buffers of its descriptors; false, counted, and nothing copied, when one is out of reach. */
  copy(frame: FrameAddress): boolean {
    if (!this.#mayReachBuffers(frame)) return false;
    const ram = this.#ram;
    const bufferBytes = bufferBytesOf(WireFrame.control.get(ram, frame));
    const from = this.bytesAt(frame);
    const frameBytes = WireFrame.frameBytes.get(ram, frame);
    let done = 0;
    for (let i = 0; done < frameBytes; i++) {
      const address = addressOf(ram, this.#ofFrame(frame, i));
      if (address === 0) continue;
      const part = Math.min(frameBytes - done, bufferBytes);
      ram.copy(address, from + done, part);
      done += part;
    }
    return true;
  }

  /** Writes the frame's descriptors back, EOP in the last; false, counted, and nothing written, when one is out of reach. */
  writeBack(frame: FrameAddress): boolean {
    const astray = astrayBy(this.#port);
    if (astray === 0) return this.#describeAll(frame);
    const first = WireFrame.descriptor.get(this.#ram, frame);
    WireFrame.descriptor.set(this.#ram, frame, this.#wrap(first + astray));
    const written = this.#describeAll(frame);
    WireFrame.descriptor.set(this.#ram, frame, first);
    return written;
  }

  #describeAll(frame: FrameAddress): boolean {
    const ram = this.#ram;
    const count = WireFrame.descriptors.get(ram, frame);
    for (let i = 0; i < count; i++) {
      if (this.#port.dmaMayWrite(this.#ofFrame(frame, i), DESCRIPTOR_BYTES)) continue;
      NicAccount.dmaFaults.add(ram, this.#account, 1);
      return false;
    }
    const bufferBytes = bufferBytesOf(WireFrame.control.get(ram, frame));
    let left = this.storedBytes(frame);
    const torn = tornParts(this.#port);
    for (let i = 0; i < count; i++) {
      const at = this.#ofFrame(frame, i);
      if (addressOf(ram, at) === 0) {
        RxDescriptor.status.set(ram, at, RxStatus.DD);
        continue;
      }
      const part = Math.min(left, bufferBytes);
      left -= part;
      if ((torn & Torn.length) === 0) RxDescriptor.frameBytes.set(ram, at, saidLength(this.#port, part));
      if ((torn & Torn.done) === 0) this.#describe(frame, at, i + 1 === count);
    }
    if (torn === 0 && E1000File.RXCSUM.get(ram, this.#file) !== 0) this.#sum(frame);
    return true;
  }

  /** The head goes past the frame's descriptors, whether they were written or passed over. */
  pass(frame: FrameAddress): void {
    E1000File.RDH.set(this.#ram, this.#file, this.#wrap(WireFrame.descriptor.get(this.#ram, frame) + WireFrame.descriptors.get(this.#ram, frame)));
  }

  /** RDH was written: the next frame takes the descriptor it names. */
  headMoved(): void {
    E1000State.claimIndex.set(this.#ram, this.#state, E1000File.RDH.get(this.#ram, this.#file));
  }

  /** Are the free descriptors at or below RCTL.RDMTS's part of the ring? */
  fewFree(): boolean {
    const ram = this.#ram;
    const count = this.#count();
    let free = E1000File.RDT.get(ram, this.#file) - E1000File.RDH.get(ram, this.#file);
    if (free < 0) free += count;
    return free <= count >> (1 + ((E1000File.RCTL.get(ram, this.#file) >>> RDMTS_SHIFT) & 3));
  }

  /** All of a descriptor but its length. A frame's last one says what became of the frame. */
  #describe(frame: FrameAddress, at: Address<"RxDescriptor">, last: boolean): void {
    const ram = this.#ram;
    const stripped = isStripped(ram, frame);
    RxDescriptor.checksum.set(ram, at, 0);
    RxDescriptor.errors.set(ram, at, 0);
    RxDescriptor.special.set(ram, at, stripped ? tagAhead(ram, this.#wire.bytesAt(frame)) : 0);
    const status = last ? RxStatus.EOP | RxStatus.IXSM : RxDescriptor.status.get(ram, at) & UNFINISHED_KEPT;
    RxDescriptor.status.set(ram, at, status | (stripped ? RxStatus.VP : 0) | RxStatus.DD);
  }

  /** The packet checksum goes to the frame's first descriptor, the verdict to its last; padding descriptors are none. */
  #sum(frame: FrameAddress): void {
    const ram = this.#ram;
    const enabled = E1000File.RXCSUM.get(ram, this.#file);
    const from = this.bytesAt(frame);
    const bytes = WireFrame.frameBytes.get(ram, frame);
    const lastIndex = WireFrame.descriptors.get(ram, frame) - 1;
    const last = this.#ofFrame(frame, lastIndex);
    let first = 0;
    while (first < lastIndex && addressOf(ram, this.#ofFrame(frame, first)) === 0) first += 1;
    RxDescriptor.checksum.set(ram, this.#ofFrame(frame, first), packetChecksum(ram, from, bytes, enabled));
    const verdict = checksumVerdict(ram, from, bytes, isTagged(ram, this.#file, from), enabled);
    RxDescriptor.status.set(ram, last, (RxDescriptor.status.get(ram, last) & ~RxStatus.IXSM) | (verdict & 0xff));
    RxDescriptor.errors.set(ram, last, verdict >> VERDICT_ERRORS_SHIFT);
  }

  /** May the whole frame be written to the buffers of its descriptors? If not, that is counted. */
  #mayReachBuffers(frame: FrameAddress): boolean {
    const ram = this.#ram;
    const bufferBytes = bufferBytesOf(WireFrame.control.get(ram, frame));
    let left = WireFrame.frameBytes.get(ram, frame);
    for (let i = 0; i < WireFrame.descriptors.get(ram, frame) && left > 0; i++) {
      const at = this.#readable(this.#indexOfFrame(frame, i));
      if (at === 0) return false;
      const address = addressOf(ram, at);
      if (address === 0) continue;
      const part = Math.min(left, bufferBytes);
      if (!this.#port.dmaMayWrite(address, part)) {
        NicAccount.dmaFaults.add(ram, this.#account, 1);
        return false;
      }
      left -= part;
    }
    return left === 0;
  }

  /** Address of a descriptor that the device may read; 0, counted, if it may not. */
  #readable(index: number): Address<"RxDescriptor"> {
    const at = this.#descriptor(index);
    if (this.#port.dmaMayRead(at, DESCRIPTOR_BYTES)) return at;
    NicAccount.dmaFaults.add(this.#ram, this.#account, 1);
    return 0 as Address<"RxDescriptor">;
  }

  #indexOfFrame(frame: FrameAddress, i: number): number {
    return this.#wrap(WireFrame.descriptor.get(this.#ram, frame) + i);
  }

  #ofFrame(frame: FrameAddress, i: number): Address<"RxDescriptor"> {
    return this.#descriptor(this.#indexOfFrame(frame, i));
  }

  /** The device address of a descriptor: proven by the IOMMU table before it is used as an address of RAM. */
  #descriptor(index: number): Address<"RxDescriptor"> {
    const base = deviceAddress(E1000File.RDBAL.get(this.#ram, this.#file), E1000File.RDBAH.get(this.#ram, this.#file));
    return (base + index * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  }

  #count(): number {
    return E1000File.RDLEN.get(this.#ram, this.#file) / DESCRIPTOR_BYTES;
  }

  /** An index that went at most once round the ring as it was when the descriptors were claimed. */
  #wrap(index: number): number {
    const count = this.#count();
    return index >= count && count > 0 ? index % count : index;
  }
}

function addressOf(ram: Memory, at: Address<"RxDescriptor">): number {
  return deviceAddress(RxDescriptor.bufferAddress.low(ram, at), RxDescriptor.bufferAddress.high(ram, at));
}
