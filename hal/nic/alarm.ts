/**
 * An alarm of a device: one moment at which it is to be told something, which may be moved as often as a driver likes.
 * However often that is, at most two events are under way for it; a third move to an earlier moment comes late.
 * All-zero state is an alarm that is not set.
 */

import type { DevicePort } from "../device-port.ts";
import type { Address } from "../field.ts";
import { i32, u64 } from "../field.ts";
import { layout } from "../layout.ts";
import type { Memory } from "../memory.ts";

const EVENTS_MAX = 2;

export const AlarmState = layout("AlarmState", 24, {
  /** When it goes off; 0 while it is not set. */
  dueCycle: u64("time"),
  /** The earliest event that is known to be under way, 0 for none. */
  eventCycle: u64("time"),
  eventsPending: i32,
  reserved: i32,
});

export class Alarm {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #state: Address<"AlarmState">;
  readonly #eventKind: number;

  /** The device calls `ended()` for each event of that kind. */
  constructor(port: DevicePort, state: Address<"AlarmState">, eventKind: number) {
    this.#ram = port.ram;
    this.#port = port;
    this.#state = state;
    this.#eventKind = eventKind;
    Object.freeze(this);
  }

  isSet(): boolean {
    return AlarmState.dueCycle.get(this.#ram, this.#state) !== 0;
  }

  /** At a cycle after 0, instead of the one it was set to. */
  set(cycle: number): void {
    AlarmState.dueCycle.set(this.#ram, this.#state, cycle);
    this.#schedule();
  }

  clear(): void {
    AlarmState.dueCycle.set(this.#ram, this.#state, 0);
  }

  /** An event is here: true when the alarm goes off, which clears it. */
  ended(): boolean {
    const ram = this.#ram;
    AlarmState.eventsPending.add(ram, this.#state, -1);
    AlarmState.eventCycle.set(ram, this.#state, 0);
    const due = AlarmState.dueCycle.get(ram, this.#state);
    if (due === 0) return false;
    if (due > this.#port.now()) {
      this.#schedule();
      return false;
    }
    this.clear();
    return true;
  }

  /** The device's events were cancelled: an alarm that is set needs another. */
  eventsLost(): void {
    AlarmState.eventsPending.set(this.#ram, this.#state, 0);
    AlarmState.eventCycle.set(this.#ram, this.#state, 0);
    if (this.isSet()) this.#schedule();
  }

  #schedule(): void {
    const ram = this.#ram;
    const due = AlarmState.dueCycle.get(ram, this.#state);
    const event = AlarmState.eventCycle.get(ram, this.#state);
    const pending = AlarmState.eventsPending.get(ram, this.#state);
    if ((event !== 0 && event <= due) || pending === EVENTS_MAX) return;
    AlarmState.eventsPending.set(ram, this.#state, pending + 1);
    AlarmState.eventCycle.set(ram, this.#state, due);
    this.#port.schedule(this.#eventKind, 0, due);
  }
}
