/**
 * Intel's 82540EM gigabit NIC, as far as a driver of it looks: registers, reset, EEPROM, address filters, legacy rings,
 * causes and mask, statistics. The reference is the manual named in e1000-registers.ts. Of its chapters: 3.2 (receive:
 * filters, legacy descriptors, frames over several, null descriptors, write-back), 3.3.3 (legacy transmit descriptors),
 * 5 (EEPROM by EERD), 13.4 (registers), 13.5 (receive addresses, multicast table), 13.7 (statistics), 14 (reset).
 *
 * Not modelled: checksum and segmentation offload, VLAN filter and strip, delay timers (RDTR, RADV, TIDV, TADV), PHY
 * access, microwire, wake-up, flow control, short packet padding; their registers are storage.
 *
 * Whatever a driver writes, the device goes on: what makes no sense is without effect or counted (account.ts).
 */

import type { NetworkDevice } from "../device.ts";
import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import type { HalLimits } from "../limits.ts";
import type { Memory } from "../memory.ts";
import type { RamPlan } from "../ram-plan.ts";
import { Wire } from "../wire.ts";
import { NicAccount } from "./account.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File, filePosition, readFile, resetFile, writeFile } from "./e1000-file.ts";
import { E1000Interrupts } from "./e1000-interrupts.ts";
import { E1000Receiver } from "./e1000-receive.ts";
import { E1000ReceiveRing } from "./e1000-receive-ring.ts";
import {
  ControlBit,
  E1000_REGISTER_BYTES,
  E1000Register,
  E1000Statistic,
  EEPROM_ADDRESS_SHIFT,
  EEPROM_DATA_SHIFT,
  EepromReadBit,
  InterruptCause,
  RAH_AV,
  StatusBit,
} from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State } from "./e1000-state.ts";
import { E1000Transmitter } from "./e1000-transmit.ts";
import { eepromWords, macBytes } from "./eeprom.ts";

export interface E1000Config {
  readonly kind: "e1000";
  readonly name: string;
  /** "02:00:00:00:00:01": what the EEPROM holds. */
  readonly mac: string;
}

/** Bits of CTRL that clear themselves. */
const SELF_CLEARING = ControlBit.RST | ControlBit.PHY_RST;
const STATISTICS = E1000Register.CRCERRS;
const STATISTICS_END = STATISTICS + 0x100;
/** The low words of the octet counters; the high word lies 4 bytes on. */
const OCTETS_LOW: readonly number[] = Object.freeze([E1000Statistic.GORCL, E1000Statistic.GOTCL, E1000Statistic.TORL, E1000Statistic.TOTL]);

export class E1000 implements NetworkDevice {
  readonly name: string;
  readonly number: number;
  readonly line: number;
  readonly registerBytes = E1000_REGISTER_BYTES;
  readonly wire: Wire;
  /** Its NicAccount. */
  readonly account: Address<"NicAccount">;
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000State">;
  readonly #eeprom: readonly number[];
  readonly #interrupts: E1000Interrupts;
  readonly #receiveRing: E1000ReceiveRing;
  readonly #receiver: E1000Receiver;
  readonly #transmitter: E1000Transmitter;

  static plan(plan: RamPlan, config: E1000Config, limits: HalLimits): E1000Parts {
    return Object.freeze({
      file: plan.record(`${config.name}.registers`, E1000File),
      state: plan.record(`${config.name}.state`, E1000State),
      account: plan.record(`${config.name}.account`, NicAccount),
      wire: Wire.plan(plan, config.name, limits),
      gather: plan.bytes(`${config.name}.gather`, limits.transmitFrameBytes),
      gatherBytes: limits.transmitFrameBytes,
      eeprom: eepromWords(macBytes(config.mac)),
    });
  }

  constructor(port: DevicePort, parts: E1000Parts) {
    this.name = port.name;
    this.number = port.number;
    this.line = port.line;
    this.wire = new Wire(port, parts.wire, E1000Event.arrival, E1000Event.plug);
    this.account = parts.account;
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.state;
    this.#eeprom = parts.eeprom;
    this.#interrupts = new E1000Interrupts(port, parts);
    this.#receiveRing = new E1000ReceiveRing(port, parts, this.wire);
    this.#receiver = new E1000Receiver(port, parts, this.wire, this.#receiveRing, this.#interrupts);
    this.#transmitter = new E1000Transmitter(port, parts, this.wire, this.#interrupts);
    Object.freeze(this);
  }

  read(offset: number): number {
    switch (offset) {
      case E1000Register.ICR:
        return this.#interrupts.take();
      case E1000Register.ICS:
        return E1000File.ICR.get(this.#ram, this.#file);
      default:
        return offset >= STATISTICS && offset < STATISTICS_END ? this.#takeStatistic(offset) : readFile(this.#ram, this.#file, offset);
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case E1000Register.CTRL:
        this.#control(value);
        return;
      case E1000Register.EERD:
        this.#readEeprom(value);
        return;
      case E1000Register.ICR:
        this.#interrupts.clear(value);
        return;
      case E1000Register.ICS:
        this.#interrupts.raise(value);
        return;
      case E1000Register.IMS:
        this.#interrupts.unmask(value);
        return;
      case E1000Register.IMC:
        this.#interrupts.mask(value);
        return;
      default:
        writeFile(this.#ram, this.#file, offset, value);
        this.#afterWrite(offset);
    }
  }

  event(kind: number, _argument: number): void {
    switch (kind) {
      case E1000Event.arrival:
        this.#receiver.arrival();
        return;
      case E1000Event.receivePayload:
        this.#receiver.payload();
        return;
      case E1000Event.receiveWriteBack:
        this.#receiver.writeBack();
        return;
      case E1000Event.transmit:
        this.#transmitter.step();
        return;
      case E1000Event.moderation:
        this.#interrupts.moderationOver();
        return;
      default:
        return;
    }
  }

  /**
   * Power-on, and what CTRL.RST does (13.4.1, 14): every register at its reset value, the receive address from the EEPROM,
   * frames in flight lost, nothing under way. Frames that are still on the wire stay there.
   */
  reset(): void {
    this.#port.cancelEvents();
    this.#receiver.reset();
    this.#ram.fill(this.#state, E1000State.size, 0);
    resetFile(this.#ram, this.#file);
    this.#loadAddress();
    this.#interrupts.reset();
    this.#setLink();
    NicAccount.resets.add(this.#ram, this.account, 1);
    this.wire.scheduleArrival();
  }

  atRest(): boolean {
    return this.wire.isEmpty() && this.#transmitter.isIdle();
  }

  #afterWrite(offset: number): void {
    switch (offset) {
      case E1000Register.RDH:
        this.#receiveRing.headMoved();
        return;
      case E1000Register.TCTL:
      case E1000Register.TDH:
      case E1000Register.TDT:
      case E1000Register.TDLEN:
        this.#transmitter.wake();
        return;
      default:
        return;
    }
  }

  #control(value: number): void {
    if ((value & ControlBit.RST) !== 0) {
      this.reset();
      return;
    }
    E1000File.CTRL.set(this.#ram, this.#file, value & ~SELF_CLEARING);
    if (this.#setLink()) this.#interrupts.raise(InterruptCause.LSC);
  }

  /** STATUS as the link is: up while CTRL.SLU asks for it. True when that changed it. */
  #setLink(): boolean {
    const up = (E1000File.CTRL.get(this.#ram, this.#file) & ControlBit.SLU) !== 0;
    const before = E1000File.STATUS.get(this.#ram, this.#file);
    const after = StatusBit.FD | StatusBit.SPEED_1000 | (up ? StatusBit.LU : 0);
    E1000File.STATUS.set(this.#ram, this.#file, after);
    return before !== after;
  }

  /** EERD (13.4.4): the word is there at once. A word beyond the EEPROM reads 0. */
  #readEeprom(value: number): void {
    const address = value & (0xff << EEPROM_ADDRESS_SHIFT);
    if ((value & EepromReadBit.START) === 0) {
      E1000File.EERD.set(this.#ram, this.#file, address);
      return;
    }
    const word = this.#eeprom[address >> EEPROM_ADDRESS_SHIFT] ?? 0;
    E1000File.EERD.set(this.#ram, this.#file, (word << EEPROM_DATA_SHIFT) | address | EepromReadBit.DONE);
  }

  #loadAddress(): void {
    const pair = E1000File.RA.at(this.#file) >> 2;
    this.#ram.i32[pair] = this.#eeprom[0] | (this.#eeprom[1] << 16);
    this.#ram.i32[pair + 1] = this.#eeprom[2] | RAH_AV;
  }

  /** A counter, cleared; of an octet counter's two words both clear with the high one (13.7). */
  #takeStatistic(offset: number): number {
    const value = readFile(this.#ram, this.#file, offset);
    if (OCTETS_LOW.includes(offset)) return value;
    this.#clear(offset);
    if (OCTETS_LOW.includes(offset - 4)) this.#clear(offset - 4);
    return value;
  }

  #clear(offset: number): void {
    const position = filePosition(offset);
    if (position >= 0) this.#ram.i32[(this.#file + position) >> 2] = 0;
  }
}
