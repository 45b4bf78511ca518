/**
 * The timers that put interrupts of one direction off (manual 3.2.7.1, 13.4.30, 13.4.31 for receive; 13.4.41, 13.4.44
 * for transmit): one that each event starts again, and one that runs from the first event on. Whichever ends first
 * raises the direction's cause, and both stop. Without a value in the first register there is no delay.
 *
 * The values count that stood in the registers when the timers started, until they stop.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address, I32Field } from "../field.ts";
import { i32, nested, u64 } from "../field.ts";
import type { Bound } from "../layout.ts";
import { layout } from "../layout.ts";
import type { Memory } from "../memory.ts";
import { Alarm, AlarmState } from "./alarm.ts";
import type { FileAddress } from "./e1000-file.ts";
import type { E1000Interrupts } from "./e1000-interrupts.ts";

/** Both registers count in units of 1.024 microseconds. */
const UNIT_CYCLES = 1024;
const VALUE = 0xffff;

export const E1000DelayState = layout("E1000DelayState", 40, {
  /** Set while the timers run, to the end that comes first. */
  alarm: nested(AlarmState),
  /** When the absolute timer ends; 0 if it does not run. */
  absoluteEndCycle: u64("time"),
  /** The relative timer's length. */
  relativeCycles: i32,
  reserved: i32,
});

export interface E1000DelayShape {
  readonly state: Address<"E1000DelayState">;
  /** The registers. */
  readonly relative: Bound<I32Field, "E1000File">;
  readonly absolute: Bound<I32Field, "E1000File">;
  /** What is raised in the end. */
  readonly cause: number;
  readonly eventKind: number;
}

export class E1000Delay {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #file: FileAddress;
  readonly #interrupts: E1000Interrupts;
  readonly #shape: E1000DelayShape;
  readonly #alarm: Alarm;

  constructor(port: DevicePort, file: FileAddress, interrupts: E1000Interrupts, shape: E1000DelayShape) {
    this.#ram = port.ram;
    this.#port = port;
    this.#file = file;
    this.#interrupts = interrupts;
    this.#shape = Object.freeze(shape);
    this.#alarm = new Alarm(port, E1000DelayState.alarm.at(shape.state), shape.eventKind);
    Object.freeze(this);
  }

  /** Something is to be announced, now or when a timer ends. */
  later(): void {
    const ram = this.#ram;
    const { state } = this.#shape;
    if (!this.#alarm.isSet() && !this.#start()) {
      this.announce();
      return;
    }
    const relativeEnd = this.#port.now() + E1000DelayState.relativeCycles.get(ram, state);
    const absoluteEnd = E1000DelayState.absoluteEndCycle.get(ram, state);
    this.#alarm.set(absoluteEnd !== 0 && absoluteEnd < relativeEnd ? absoluteEnd : relativeEnd);
  }

  /** Raises the direction's cause, and further ones, now; the timers stop. */
  announce(more = 0): void {
    this.#alarm.clear();
    this.#interrupts.raise(this.#shape.cause | more);
  }

  /** The driver asks for what waits: the timers end now. */
  flush(): void {
    if (this.#alarm.isSet()) this.announce();
  }

  /** The direction's event. */
  event(): void {
    if (this.#alarm.ended()) this.announce();
  }

  /** False if there is no delay. */
  #start(): boolean {
    const ram = this.#ram;
    const { state, relative, absolute } = this.#shape;
    const relativeUnits = relative.get(ram, this.#file) & VALUE;
    if (relativeUnits === 0) return false;
    const absoluteUnits = absolute.get(ram, this.#file) & VALUE;
    E1000DelayState.relativeCycles.set(ram, state, relativeUnits * UNIT_CYCLES);
    E1000DelayState.absoluteEndCycle.set(ram, state, absoluteUnits === 0 ? 0 : this.#port.now() + absoluteUnits * UNIT_CYCLES);
    return true;
  }
}
