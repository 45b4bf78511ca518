/**
 * The transmit ring of an 82540EM as its transmitter uses it (manual 3.4, 13.4.35 to 13.4.44): which descriptors there
 * are to work on, and what a driver is told of those that are done - DD in the ring, TXDW at once or delayed (TIDV and
 * TADV, for descriptors with IDE), TXD_LOW.
 *
 * With TXDCTL.WTHRESH at 0 a descriptor with RS is written back as soon as it is done (3.4.2). Otherwise descriptors
 * gather from the first with RS on, and all are written back when there are so many, or when a delay timer ends (TIDV
 * at 0, which the manual does not allow, is no timer). Units of cache lines (GRAN at 0) are taken as 64 bytes, four descriptors. PTHRESH and HTHRESH have no effect that a driver
 * could see: a descriptor is fetched when its turn comes.
 *
 * The ring is empty when head and tail are equal; there is nothing to do while one of them lies beyond it. While the
 * link is down nothing is fetched.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { NicAccount } from "./account.ts";
import { DESCRIPTOR_BYTES, TxCommand, TxData, TxStatus, deviceAddress } from "./descriptors.ts";
import type { E1000Delay } from "./e1000-delay.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";
import { InterruptCause, StatusBit, TransmitControlBit } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000TransmitState } from "./e1000-transmit-state.ts";
import { Torn, tornParts } from "./out-of-order.ts";

/** DD, EC, LC and TU; the other four bits of the status byte are reserved and stay as they are. */
const STATUS_BITS = 0xf;
const REPORTS = TxCommand.RS | TxCommand.RPS;

/** TXDCTL (13.4.43). */
const WTHRESH_SHIFT = 16;
const WTHRESH_MASK = 0x3f;
const GRANULARITY_DESCRIPTORS = 1 << 24;
const DESCRIPTORS_A_CACHE_LINE = 4;
const LWTHRESH_SHIFT = 25;
const LWTHRESH_UNIT = 8;

export class E1000TransmitRing {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000TransmitState">;
  readonly #account: Address<"NicAccount">;
  readonly #interrupts: E1000Interrupts;
  readonly #delay: E1000Delay;

  constructor(port: DevicePort, parts: E1000Parts, interrupts: E1000Interrupts, delay: E1000Delay) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.transmit.state;
    this.#account = parts.account;
    this.#interrupts = interrupts;
    this.#delay = delay;
    Object.freeze(this);
  }

  /** May a descriptor be fetched? A packet that has begun is finished although TCTL.EN was cleared (13.4.33). */
  hasWork(midPacket: boolean): boolean {
    const ram = this.#ram;
    const file = this.#file;
    if ((E1000File.TCTL.get(ram, file) & TransmitControlBit.EN) === 0 && !midPacket) return false;
    if ((E1000File.STATUS.get(ram, file) & StatusBit.LU) === 0) return false;
    const count = this.#count();
    return !this.isEmpty() && E1000File.TDH.get(ram, file) < count && E1000File.TDT.get(ram, file) < count;
  }

  isEmpty(): boolean {
    return E1000File.TDH.get(this.#ram, this.#file) === E1000File.TDT.get(this.#ram, this.#file);
  }

  /** The device address of a descriptor: to be proven by the IOMMU table before it is used as an address of RAM. */
  descriptor(index: number): Address<"TxData"> {
    const base = deviceAddress(E1000File.TDBAL.get(this.#ram, this.#file), E1000File.TDBAH.get(this.#ram, this.#file));
    return (base + index * DESCRIPTOR_BYTES) as Address<"TxData">;
  }

  /** TDH goes past a descriptor that is done; TXD_LOW is raised when exactly 8 x LWTHRESH are left (13.4.43), TXQE when none is. */
  pass(index: number): void {
    const ram = this.#ram;
    const file = this.#file;
    const count = this.#count();
    E1000File.TDH.set(ram, file, index + 1 >= count ? 0 : index + 1);
    const low = (E1000File.TXDCTL.get(ram, file) >>> LWTHRESH_SHIFT) * LWTHRESH_UNIT;
    const distance = E1000File.TDT.get(ram, file) - E1000File.TDH.get(ram, file);
    const left = distance < 0 ? distance + count : distance;
    // At 0 it would say what TXQE says; recorded devices do not raise it then.
    const causes = (low > 0 && left === low ? InterruptCause.TXD_LOW : 0) | (left === 0 ? InterruptCause.TXQE : 0);
    if (causes !== 0) this.#interrupts.raise(causes);
  }

  /** A descriptor is done: it is written back, now or with others, if its command or those before it ask for that. */
  done(index: number, command: number): void {
    const ram = this.#ram;
    const state = this.#state;
    const threshold = this.#threshold();
    const waiting = E1000TransmitState.waiting.get(ram, state);
    const reports = (command & REPORTS) !== 0;
    if (!reports && waiting === 0) return;
    const urgent = reports && (command & TxCommand.IDE) === 0;
    if (waiting === 0 && threshold === 0) {
      if (this.#writeBack(index)) this.#announce(urgent);
      return;
    }
    if (waiting === 0) E1000TransmitState.waitingFirst.set(ram, state, index);
    E1000TransmitState.waiting.set(ram, state, waiting + 1);
    if (urgent) E1000TransmitState.waitingUrgent.set(ram, state, 1);
    if (waiting + 1 >= Math.min(threshold, this.#count())) this.#flush();
    else if (waiting === 0 && E1000File.TIDV.get(ram, this.#file) !== 0) this.#delay.later();
  }

  /** The delay's event: when a timer has ended, what waits is written back before it is announced. */
  delayEvent(): void {
    this.#writeWaiting();
    this.#delay.event();
  }

  #flush(): void {
    const urgent = E1000TransmitState.waitingUrgent.get(this.#ram, this.#state) === 1;
    if (this.#writeWaiting()) this.#announce(urgent);
  }

  /** True if one of them is in memory. */
  #writeWaiting(): boolean {
    const ram = this.#ram;
    const state = this.#state;
    const count = this.#count();
    let written = false;
    let index = E1000TransmitState.waitingFirst.get(ram, state);
    for (let left = E1000TransmitState.waiting.get(ram, state); left > 0; left--) {
      if (this.#writeBack(index)) written = true;
      index = index + 1 >= count ? 0 : index + 1;
    }
    E1000TransmitState.waiting.set(ram, state, 0);
    E1000TransmitState.waitingUrgent.set(ram, state, 0);
    return written;
  }

  #writeBack(index: number): boolean {
    const ram = this.#ram;
    const at = this.descriptor(index);
    if (!this.#port.dmaMayWrite(at, DESCRIPTOR_BYTES)) {
      NicAccount.dmaFaults.add(ram, this.#account, 1);
      return false;
    }
    if ((tornParts(this.#port) & Torn.done) === 0) TxData.status.set(ram, at, (TxData.status.get(ram, at) & ~STATUS_BITS) | TxStatus.DD);
    return true;
  }

  /** 3.3.3.1, IDE: a descriptor without it ends a delay that is under way. */
  #announce(urgent: boolean): void {
    if (urgent) this.#delay.announce();
    else this.#delay.later();
  }

  #threshold(): number {
    const control = E1000File.TXDCTL.get(this.#ram, this.#file);
    const threshold = (control >>> WTHRESH_SHIFT) & WTHRESH_MASK;
    return (control & GRANULARITY_DESCRIPTORS) !== 0 ? threshold : threshold * DESCRIPTORS_A_CACHE_LINE;
  }

  #count(): number {
    return E1000File.TDLEN.get(this.#ram, this.#file) / DESCRIPTOR_BYTES;
  }
}
