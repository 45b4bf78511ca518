/**
 * The link of an 82540EM as its MAC sees it (manual 8.6): STATUS.LU is set while the PHY has a link and CTRL.SLU lets
 * the MAC see it; a change raises LSC. A driver hears of a link that it ended itself, by a register of the PHY, through
 * STATUS only, and through LSC of the one that comes after it.
 */

import type { DevicePort } from "../device-port.ts";
import type { Memory } from "../memory.ts";
import type { Wire } from "../wire.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";
import { E1000PhyDevice } from "./e1000-phy.ts";
import { MdicBit } from "./e1000-phy-registers.ts";
import { ControlBit, InterruptCause, StatusBit } from "./e1000-registers.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event } from "./e1000-state.ts";

/** What STATUS says besides LU. */
const STATUS = StatusBit.FD | StatusBit.SPEED_1000 | StatusBit.ASDV_1000 | StatusBit.MTXCKOK | StatusBit.RESERVED_19 | StatusBit.RESERVED_31;

export class E1000Link {
  readonly #ram: Memory;
  readonly #file: FileAddress;
  readonly #interrupts: E1000Interrupts;
  readonly #phy: E1000PhyDevice;

  constructor(port: DevicePort, parts: E1000Parts, wire: Wire, interrupts: E1000Interrupts) {
    this.#ram = port.ram;
    this.#file = parts.file;
    this.#interrupts = interrupts;
    this.#phy = new E1000PhyDevice(port, parts.phy, wire, E1000Event.negotiated);
    Object.freeze(this);
  }

  /** Before `reset()`: the PHY begins anew as well. */
  powerOn(): void {
    this.#phy.powerOn();
  }

  /** The device is reset: its events are lost, and CTRL has its reset value. The PHY keeps its link (14.2). */
  reset(): void {
    this.#phy.eventsLost();
    this.#phy.hold(false);
    this.#phy.cableMoved();
    this.#setStatus();
  }

  /** A write to CTRL that is no reset. True if there is a link since then. */
  control(value: number): boolean {
    E1000File.CTRL.set(this.#ram, this.#file, value);
    this.#phy.hold((value & ControlBit.PHY_RST) !== 0);
    return this.#follow();
  }

  /** A write to MDIC (13.4.7). */
  accessPhy(command: number): void {
    const { MDIC } = E1000File;
    const done = this.#phy.access(command, MDIC.get(this.#ram, this.#file));
    MDIC.set(this.#ram, this.#file, done);
    this.#setStatus();
    if ((done & MdicBit.INTERRUPT) !== 0) this.#interrupts.raise(InterruptCause.MDAC);
  }

  /** The plug event. True if there is a link since then. */
  cableMoved(): boolean {
    this.#phy.cableMoved();
    return this.#follow();
  }

  /** The event of the PHY's negotiation. True if there is a link since then. */
  negotiated(): boolean {
    this.#phy.negotiated();
    return this.#follow();
  }

  /** The link may have changed: the driver hears of it. True if there is one since then. */
  #follow(): boolean {
    if (!this.#setStatus()) return false;
    this.#interrupts.raise(InterruptCause.LSC);
    return (E1000File.STATUS.get(this.#ram, this.#file) & StatusBit.LU) !== 0;
  }

  /** STATUS as the link is. True when that changed it. */
  #setStatus(): boolean {
    const up = this.#phy.hasLink() && (E1000File.CTRL.get(this.#ram, this.#file) & ControlBit.SLU) !== 0;
    const before = E1000File.STATUS.get(this.#ram, this.#file);
    const after = up ? STATUS | StatusBit.LU : STATUS;
    E1000File.STATUS.set(this.#ram, this.#file, after);
    return before !== after;
  }
}
