/**
 * Causes, mask and line (manual 13.4.17 to 13.4.21): the line is high while a cause is raised that the mask lets
 * through. ITR (13.4.18) keeps its rising edges at least ITR x 256 ns apart; a cause raised meanwhile waits. The interval
 * is the one that stood in ITR at the edge; ITR at 0 ends every waiting.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { Alarm } from "./alarm.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import type { E1000Parts } from "./e1000-state.ts";
import { E1000Event, E1000State } from "./e1000-state.ts";
import { NEVER, interruptDelay } from "./out-of-order.ts";

const ITR_UNIT_CYCLES = 256;

export class E1000Interrupts {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #state: Address<"E1000State">;
  readonly #moderation: Alarm;

  constructor(port: DevicePort, parts: E1000Parts) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = parts.file;
    this.#state = parts.state;
    this.#moderation = new Alarm(port, E1000State.moderation.at(parts.state), E1000Event.moderation);
    Object.freeze(this);
  }

  /** Raises causes: what the device does, and what a write to ICS asks for. */
  raise(causes: number): void {
    E1000File.ICR.set(this.#ram, this.#file, E1000File.ICR.get(this.#ram, this.#file) | causes);
    this.#follow();
  }

  /** A write to ICR: clears the causes written as 1. */
  clear(causes: number): void {
    E1000File.ICR.set(this.#ram, this.#file, E1000File.ICR.get(this.#ram, this.#file) & ~causes);
    this.#follow();
  }

  /** A read of ICR: all causes, which it clears. */
  take(): number {
    const causes = E1000File.ICR.get(this.#ram, this.#file);
    this.clear(-1);
    return causes;
  }

  /** A write to IMS. */
  unmask(causes: number): void {
    E1000File.IMS.set(this.#ram, this.#file, E1000File.IMS.get(this.#ram, this.#file) | causes);
    this.#follow();
  }

  /** A write to IMC. */
  mask(causes: number): void {
    E1000File.IMS.set(this.#ram, this.#file, E1000File.IMS.get(this.#ram, this.#file) & ~causes);
    this.#follow();
  }

  /** A write to ITR: it may have ended the waiting. */
  moderate(): void {
    this.#follow();
  }

  /** The moderation event: an edge that waited may come now. */
  moderationOver(): void {
    if (this.#moderation.ended()) this.#follow();
  }

  /** After the register file and the state were cleared. */
  reset(): void {
    this.#port.lowerLine();
  }

  #follow(): void {
    const ram = this.#ram;
    const wanted = (E1000File.ICR.get(ram, this.#file) & E1000File.IMS.get(ram, this.#file)) !== 0;
    const high = E1000State.lineHigh.get(ram, this.#state) === 1;
    if (wanted === high) return;
    if (wanted) this.#edge();
    else {
      E1000State.lineHigh.set(ram, this.#state, 0);
      this.#port.lowerLine();
    }
  }

  #edge(): void {
    const ram = this.#ram;
    const interval = E1000File.ITR.get(ram, this.#file) * ITR_UNIT_CYCLES;
    const now = this.#port.now();
    const earliest = E1000State.nextEdgeCycle.get(ram, this.#state);
    if (interval > 0 && now < earliest) {
      this.#moderation.set(earliest);
      return;
    }
    E1000State.lineHigh.set(ram, this.#state, 1);
    E1000State.nextEdgeCycle.set(ram, this.#state, now + interval);
    const delay = interruptDelay(this.#port);
    if (delay === 0) this.#port.raiseLine();
    else if (delay !== NEVER) this.settleLater(delay);
  }

  /** In so many cycles, or sooner if that is under way, the line is settled. */
  settleLater(cycles: number): void {
    if (!this.#port.isScheduled(E1000Event.line)) this.#port.schedule(E1000Event.line, 0, this.#port.now() + cycles);
  }

  /** The line event: it is now as causes, mask and moderation would have it. */
  settle(): void {
    if (E1000State.lineHigh.get(this.#ram, this.#state) === 1) this.#port.raiseLine();
    else this.#port.lowerLine();
  }
}
