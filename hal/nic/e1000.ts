/**
 * Intel's 82540EM gigabit NIC as its drivers see it. The reference is the manual named in e1000-registers.ts. Modelled,
 * by its sections:
 *
 * 3.2.1 filters by address; 3.2.3 to 3.2.6 legacy receive descriptors, frames over several, padding descriptors, ring,
 * write-back (one at a time: RXDCTL's thresholds are storage); 3.2.7 delayed receive interrupts, small frames; 3.2.9
 * checksum status. 3.3 to 3.5: e1000-transmit.ts. 5: EEPROM by EERD and by its serial port. 8.6: link by PHY, cable and
 * CTRL.SLU. 9: VLAN filter, strip and insertion. 10.1: LEDs are storage. 13.4: registers; 13.4.7 PHY; 13.4.17 to 13.4.21
 * causes, mask, throttling. 13.5: multicast table, receive addresses, VLAN table. 13.7: statistics. 14: reset.
 *
 * Not modelled: the packet buffer as a place where frames wait (a frame without descriptors is missed at once), flow
 * control, half duplex and other speeds, wake-up, management, loopback by RCTL.LBM, flash: their registers are storage.
 * RDESC.PIF stays 0. What cannot happen on this wire, errors of frames, is never counted.
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
import type { E1000Delay } from "./e1000-delay.ts";
import { receiveDelay, transmitDelay } from "./e1000-delays.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File, readFile, resetFile, writeFile } from "./e1000-file.ts";
import { E1000Interrupts } from "./e1000-interrupts.ts";
import { E1000Link } from "./e1000-link.ts";
import { E1000Phy } from "./e1000-phy.ts";
import { E1000Receiver } from "./e1000-receive.ts";
import { ControlBit, E1000_REGISTER_BYTES, E1000Register, RAH_AV, RDTR_FPD } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State } from "./e1000-state.ts";
import { isStatistic, takeStatistic } from "./e1000-statistics.ts";
import { E1000Transmitter } from "./e1000-transmit.ts";
import { planTransmit } from "./e1000-transmit-state.ts";
import { driveEeprom, readByEerd, readEepromPort, resetEepromPort } from "./eeprom-port.ts";
import { eepromWords, macBytes } from "./eeprom.ts";
import { isDoorbellLost } from "./out-of-order.ts";

export interface E1000Config {
  readonly kind: "e1000";
  readonly name: string;
  /** "02:00:00:00:00:01": what the EEPROM holds. */
  readonly mac: string;
}

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
  readonly #receiveDelay: E1000Delay;
  readonly #link: E1000Link;
  readonly #receiver: E1000Receiver;
  readonly #transmitter: E1000Transmitter;

  static plan(plan: RamPlan, config: E1000Config, limits: HalLimits): E1000Parts {
    return Object.freeze({
      file: plan.record(`${config.name}.registers`, E1000File),
      state: plan.record(`${config.name}.state`, E1000State),
      account: plan.record(`${config.name}.account`, NicAccount),
      phy: plan.record(`${config.name}.phy`, E1000Phy),
      wire: Wire.plan(plan, config.name, limits),
      transmit: planTransmit(plan, config.name, limits),
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
    this.#receiveDelay = receiveDelay(port, parts, this.#interrupts);
    this.#link = new E1000Link(port, parts, this.wire, this.#interrupts);
    this.#receiver = new E1000Receiver(port, parts, this.wire, this.#interrupts, this.#receiveDelay);
    this.#transmitter = new E1000Transmitter(port, parts, this.wire, this.#interrupts, transmitDelay(port, parts, this.#interrupts));
    Object.freeze(this);
  }

  read(offset: number): number {
    switch (offset) {
      case E1000Register.ICR:
        return this.#interrupts.take();
      case E1000Register.ICS:
        return E1000File.ICR.get(this.#ram, this.#file);
      case E1000Register.EECD:
        return readEepromPort(this.#ram, this.#state, this.#eeprom);
      default:
        return isStatistic(offset) ? takeStatistic(this.#ram, this.#file, offset) : readFile(this.#ram, this.#file, offset);
    }
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case E1000Register.CTRL:
        this.#control(value);
        return;
      case E1000Register.EECD:
        driveEeprom(this.#ram, this.#state, value);
        return;
      case E1000Register.EERD:
        E1000File.EERD.set(this.#ram, this.#file, readByEerd(value, this.#eeprom));
        return;
      case E1000Register.MDIC:
        this.#link.accessPhy(value);
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
        if ((offset === E1000Register.RDT || offset === E1000Register.TDT) && isDoorbellLost(this.#port)) return;
        writeFile(this.#ram, this.#file, offset, value);
        this.#afterWrite(offset, value);
    }
  }

  event(kind: number, _argument: number): void {
    switch (kind) {
      case E1000Event.arrival:
        return this.#receiver.arrival();
      case E1000Event.receivePayload:
        return this.#receiver.payload();
      case E1000Event.receiveWriteBack:
        return this.#receiver.writeBack();
      case E1000Event.transmit:
        return this.#transmitter.step();
      case E1000Event.moderation:
        this.#interrupts.moderationOver();
        return;
      case E1000Event.receiveDelay:
        this.#receiveDelay.event();
        return;
      case E1000Event.transmitDelay:
        this.#transmitter.delayEvent();
        return;
      case E1000Event.plug:
        this.wire.plugTold();
        if (this.#link.cableMoved()) this.#transmitter.wake();
        return;
      case E1000Event.negotiated:
        if (this.#link.negotiated()) this.#transmitter.wake();
        return;
      case E1000Event.line:
        return this.#interrupts.settle();
      default:
        return;
    }
  }

  /** Power-on: all as after a device reset, and the PHY begins anew. */
  reset(): void {
    this.#link.powerOn();
    this.#resetDevice();
  }

  atRest(): boolean {
    return this.wire.isEmpty() && this.#transmitter.isIdle();
  }

  pulseLine(cycles: number): void {
    this.#port.raiseLine();
    this.#interrupts.settleLater(cycles);
  }

  /**
   * What CTRL.RST does (13.4.1, 14): every register at its reset value, the receive address from the EEPROM, frames in
   * flight lost, nothing under way. Frames that are still on the wire stay there, and the PHY keeps its link.
   */
  #resetDevice(): void {
    const ram = this.#ram;
    this.#port.cancelEvents();
    this.#receiver.reset();
    ram.fill(this.#state, E1000State.size, 0);
    this.#transmitter.reset();
    resetEepromPort(ram, this.#state);
    resetFile(ram, this.#file);
    this.#loadAddress();
    this.#interrupts.reset();
    this.#link.reset();
    NicAccount.resets.add(ram, this.account, 1);
    this.wire.eventsCancelled();
  }

  #afterWrite(offset: number, value: number): void {
    switch (offset) {
      case E1000Register.ITR:
        this.#interrupts.moderate();
        return;
      case E1000Register.RDTR:
        if ((value & RDTR_FPD) !== 0) this.#receiveDelay.flush();
        return;
      case E1000Register.RDH:
        this.#receiver.headMoved();
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
      this.#resetDevice();
      return;
    }
    if (this.#link.control(value)) this.#transmitter.wake();
  }

  #loadAddress(): void {
    const pair = E1000File.RA.at(this.#file) >> 2;
    this.#ram.i32[pair] = this.#eeprom[0] | (this.#eeprom[1] << 16);
    this.#ram.i32[pair + 1] = this.#eeprom[2] | RAH_AV;
  }
}
