/**
 * The PHY of an 82540EM: its registers, reached by MDIC (manual 13.4.7), and the link that it has with the far end of
 * the cable. A cable that is pulled out ends the link at once. A link comes up by auto-negotiation, which takes its time;
 * a PHY told not to negotiate has it as soon as there is a cable. At power-on the link is there, if a cable is.
 *
 * The PHY is not part of the MAC: a device reset (CTRL.RST) leaves it alone, CTRL.PHY_RST holds it in reset. Registers
 * that are not listed here are not there; MDIC says so by its error bit, as for a PHY with another number.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address, U16Field } from "../field.ts";
import { nested, u16 } from "../field.ts";
import type { Bound } from "../layout.ts";
import { layout } from "../layout.ts";
import type { Memory } from "../memory.ts";
import type { Wire } from "../wire.ts";
import { Alarm, AlarmState } from "./alarm.ts";
import {
  MDIC_DATA,
  MDIC_PHY_SHIFT,
  MDIC_REGISTER_SHIFT,
  MdicBit,
  PHY_NUMBER,
  PhyControlBit,
  PhyGigabitBit,
  PhyPartnerBit,
  PhyRegister,
  PhySpecificBit,
  PhyStatusBit,
} from "./e1000-phy-registers.ts";

/** What auto-negotiation takes. */
const NEGOTIATION_CYCLES = 500_000_000;

export const E1000Phy = layout("E1000Phy", 40, {
  /** Set while a link is being negotiated. */
  negotiation: nested(AlarmState),
  control: u16,
  status: u16,
  advertisement: u16,
  partnerAbility: u16,
  gigabitControl: u16,
  specificControl: u16,
  extendedControl: u16,
  /** 1 while CTRL.PHY_RST holds the PHY in reset. */
  held: u16,
});

type PhyField = Bound<U16Field, "E1000Phy">;

/** Values after a reset of the PHY; the identifier is a Marvell 88E1000's as Intel built it in. */
const RESET: readonly (readonly [field: PhyField, value: number])[] = Object.freeze([
  /** 1000 Mbit/s, full duplex, negotiating. */
  [E1000Phy.control, 0x1140],
  /** Can do all of 10 and 100 Mbit/s, extended status and registers, negotiation. */
  [E1000Phy.status, 0x7949],
  [E1000Phy.advertisement, 0x0de1],
  [E1000Phy.partnerAbility, 0x01e0],
  [E1000Phy.gigabitControl, 0x0e00],
  [E1000Phy.specificControl, 0x0360],
  [E1000Phy.extendedControl, 0x0d60],
]);
const IDENTIFIER_HIGH = 0x0141;
const IDENTIFIER_LOW = 0x0c20;
const GIGABIT_STATUS = 0x0c00;
/** 1000 Mbit/s, full duplex. */
const SPECIFIC_STATUS = 0xa000;
const NOT_THERE = -1;
/** Reserved bits of register 0, and those that clear themselves. */
const CONTROL_UNSTORED = 0x3f | PhyControlBit.RESET | PhyControlBit.RESTART_NEGOTIATION;
const LINK_FOUND = PhyStatusBit.LINK | PhyStatusBit.NEGOTIATED;

export class E1000PhyDevice {
  readonly #ram: Memory;
  readonly #state: Address<"E1000Phy">;
  readonly #port: DevicePort;
  readonly #wire: Wire;
  readonly #negotiation: Alarm;

  constructor(port: DevicePort, state: Address<"E1000Phy">, wire: Wire, eventKind: number) {
    this.#ram = port.ram;
    this.#state = state;
    this.#port = port;
    this.#wire = wire;
    this.#negotiation = new Alarm(port, E1000Phy.negotiation.at(state), eventKind);
    Object.freeze(this);
  }

  powerOn(): void {
    this.#ram.fill(this.#state, E1000Phy.size, 0);
    this.#setRegisters();
    if (this.#wire.isPlugged()) this.#setLink(PhyStatusBit.LINK);
  }

  /** Is there a link with the far end? */
  hasLink(): boolean {
    return (E1000Phy.status.get(this.#ram, this.#state) & PhyStatusBit.LINK) !== 0;
  }

  /** A write to MDIC: what the register holds when it is done, which is at once. `before` is what it held. */
  access(command: number, before: number): number {
    if (((command >>> MDIC_PHY_SHIFT) & 31) !== PHY_NUMBER) return before | MdicBit.ERROR | MdicBit.READY;
    const register = (command >>> MDIC_REGISTER_SHIFT) & 31;
    const done = command | MdicBit.READY;
    if ((command & MdicBit.READ) !== 0) {
      const value = this.#read(register);
      return value === NOT_THERE ? done | MdicBit.ERROR : (done & ~MDIC_DATA) | value;
    }
    if ((command & MdicBit.WRITE) === 0 || this.#write(register, command & MDIC_DATA)) return done;
    return done | MdicBit.ERROR;
  }

  /** CTRL.PHY_RST as it was written: the PHY is held in reset, or let go and begins anew. */
  hold(held: boolean): void {
    if (held === (E1000Phy.held.get(this.#ram, this.#state) === 1)) return;
    E1000Phy.held.set(this.#ram, this.#state, held ? 1 : 0);
    this.#setRegisters();
    this.#seekLink();
  }

  /** The cable may have been plugged in or pulled out. */
  cableMoved(): void {
    if (this.#wire.isPlugged() !== (this.hasLink() || this.#negotiation.isSet())) this.#seekLink();
  }

  /** The negotiation event. */
  negotiated(): void {
    if (this.#negotiation.ended()) this.#setLink(LINK_FOUND);
  }

  /** The device's events were cancelled. */
  eventsLost(): void {
    this.#negotiation.eventsLost();
  }

  #read(register: number): number {
    switch (register) {
      case PhyRegister.identifierHigh:
        return IDENTIFIER_HIGH;
      case PhyRegister.identifierLow:
        return IDENTIFIER_LOW;
      case PhyRegister.negotiationExpansion:
      case PhyRegister.receiveErrors:
        return 0;
      case PhyRegister.gigabitStatus:
        return GIGABIT_STATUS | (this.hasLink() ? PhyGigabitBit.LOCAL_OK | PhyGigabitBit.REMOTE_OK : 0);
      case PhyRegister.specificStatus:
        return SPECIFIC_STATUS | (this.hasLink() ? PhySpecificBit.LINK | PhySpecificBit.RESOLVED : 0);
      case PhyRegister.status:
        return E1000Phy.status.get(this.#ram, this.#state);
      case PhyRegister.partnerAbility:
        return E1000Phy.partnerAbility.get(this.#ram, this.#state);
      default:
        return this.#readStored(register);
    }
  }

  #readStored(register: number): number {
    const field = storedField(register);
    return field === null ? NOT_THERE : field.get(this.#ram, this.#state);
  }

  /** False if nothing can be written there. */
  #write(register: number, value: number): boolean {
    const field = storedField(register);
    if (field === null) return false;
    if (register === PhyRegister.control) this.#control(value);
    else field.set(this.#ram, this.#state, value);
    return true;
  }

  /** Who stops a negotiation has the link at once. A reset by register 0 keeps all registers and the link, as this PHY's do. */
  #control(value: number): void {
    const before = E1000Phy.control.get(this.#ram, this.#state);
    E1000Phy.control.set(this.#ram, this.#state, value & ~CONTROL_UNSTORED);
    const restarts = (value & PhyControlBit.NEGOTIATE) !== 0 && (value & PhyControlBit.RESTART_NEGOTIATION) !== 0;
    const changes = this.#negotiation.isSet() ? PhyControlBit.POWER_DOWN | PhyControlBit.NEGOTIATE : PhyControlBit.POWER_DOWN;
    if (restarts || ((value ^ before) & changes) !== 0) this.#seekLink();
  }

  #setRegisters(): void {
    for (const [field, value] of RESET) field.set(this.#ram, this.#state, value);
  }

  /** The link ends; another one is looked for, if the PHY may and there is a cable. */
  #seekLink(): void {
    const ram = this.#ram;
    this.#setLink(0);
    this.#negotiation.clear();
    const control = E1000Phy.control.get(ram, this.#state);
    if (!this.#wire.isPlugged() || E1000Phy.held.get(ram, this.#state) === 1 || (control & PhyControlBit.POWER_DOWN) !== 0) return;
    if ((control & PhyControlBit.NEGOTIATE) === 0) this.#setLink(PhyStatusBit.LINK);
    else this.#negotiation.set(this.#port.now() + NEGOTIATION_CYCLES);
  }

  /** With the link's bits of the status register; the far end acknowledges what was negotiated. */
  #setLink(bits: number): void {
    const ram = this.#ram;
    E1000Phy.status.set(ram, this.#state, (E1000Phy.status.get(ram, this.#state) & ~LINK_FOUND) | bits);
    const partner = E1000Phy.partnerAbility.get(ram, this.#state) & ~PhyPartnerBit.ACKNOWLEDGE;
    E1000Phy.partnerAbility.set(ram, this.#state, (bits & PhyStatusBit.NEGOTIATED) === 0 ? partner : partner | PhyPartnerBit.ACKNOWLEDGE);
  }
}

/** The field of a register that can be written; null if it cannot. */
function storedField(register: number): PhyField | null {
  switch (register) {
    case PhyRegister.control:
      return E1000Phy.control;
    case PhyRegister.advertisement:
      return E1000Phy.advertisement;
    case PhyRegister.gigabitControl:
      return E1000Phy.gigabitControl;
    case PhyRegister.specificControl:
      return E1000Phy.specificControl;
    case PhyRegister.extendedControl:
      return E1000Phy.extendedControl;
    default:
      return null;
  }
}
