/**
 * The board: clock, event queue, interrupt controller, IOMMU table, trace ring and the devices, wired together. All of
 * its state lies in RAM; the object holds addresses. A board is made on RAM without writing to it, so that one can be
 * made on a restored machine; powerOn() makes the first one.
 *
 * Time: advance() and idleUntil() move the clock, and every event that is due on the way fires at its own cycle, in the
 * order of (cycle, sequence); a tick goes before the events of its cycle. An event's handler may schedule, raise lines
 * and reach granted memory; it never moves the clock.
 *
 * Devices are numbered in the order of the configuration; device n has interrupt line n + 1, and line 0 is the ticks'.
 */

import { assert } from "./assert.ts";
import type { Choose } from "./chance.ts";
import { ChoiceSite, benign } from "./chance.ts";
import { Clock, LATE_CYCLES, LATE_MOST } from "./clock.ts";
import type { Device } from "./device.ts";
import type { DeviceConfig, DeviceParts } from "./device-models.ts";
import { makeDevice, planDevice } from "./device-models.ts";
import { DevicePort } from "./device-port.ts";
import type { EventQueueParts } from "./event-queue.ts";
import { EventQueue, refreshDueCycle } from "./event-queue.ts";
import type { Address } from "./field.ts";
import { InterruptController, LINES, TICK_LINE } from "./interrupt-controller.ts";
import type { IommuParts } from "./iommu.ts";
import { Iommu } from "./iommu.ts";
import type { Table } from "./layout.ts";
import type { HalLimits } from "./limits.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";
import type { Probe } from "./trace.ts";
import { HalTrace, NO_PROCESS, Trace, TraceState } from "./trace.ts";

export interface BoardConfig {
  readonly limits: HalLimits;
  /** Numbered in this order, at most 31. */
  readonly devices: readonly DeviceConfig[];
}

/** Addresses of the board's parts in RAM. */
export interface BoardParts {
  readonly clock: Address<"ClockRecord">;
  readonly interrupts: Address<"InterruptRecord">;
  readonly events: EventQueueParts;
  readonly iommu: IommuParts;
  readonly trace: { readonly state: Address<"TraceState">; readonly ring: Table<"TraceRecord"> };
  readonly devices: readonly DeviceParts[];
}

export interface BoardOptions {
  /** Told of each trace record; reads only. */
  readonly probe?: Probe | null;
  readonly choose?: Choose;
}

export class Board {
  readonly ram: Memory;
  readonly trace: Trace;
  readonly interrupts: InterruptController;
  readonly iommu: Iommu;
  readonly devices: readonly Device[];
  /** For whoever else asks chance on this machine. */
  readonly choose: Choose;
  readonly #clock: Clock;
  readonly #events: EventQueue;

  static plan(plan: RamPlan, config: BoardConfig): BoardParts {
    assert(config.devices.length < LINES, `a board carries at most ${LINES - 1} devices`);
    return Object.freeze({
      clock: Clock.plan(plan),
      interrupts: InterruptController.plan(plan),
      events: EventQueue.plan(plan, config.limits.eventSlots),
      iommu: Iommu.plan(plan, config.devices.length, config.limits.iommuRanges),
      trace: Trace.plan(plan, config.limits.traceRecords),
      devices: Object.freeze(config.devices.map((device) => planDevice(plan, device, config.limits))),
    });
  }

  constructor(ram: Memory, parts: BoardParts, options: BoardOptions = {}) {
    const clock = new Clock(ram, parts.clock);
    const events = new EventQueue(ram, parts.events);
    const trace = new Trace(ram, parts.trace, options.probe ?? null);
    const interrupts = new InterruptController(ram, parts.interrupts, clock, trace);
    const iommu = new Iommu(ram, parts.iommu, clock, trace);
    const choose = options.choose ?? benign;
    const shared = Object.freeze({ ram, clock, events, trace, interrupts, iommu, choose });
    this.ram = ram;
    this.trace = trace;
    this.interrupts = interrupts;
    this.iommu = iommu;
    this.choose = choose;
    this.#clock = clock;
    this.#events = events;
    this.devices = Object.freeze(
      parts.devices.map((planned, number) => makeDevice(new DevicePort(shared, planned.config.name, number, number + 1), planned)),
    );
    Object.freeze(this);
  }

  /** Writes the power-on state of everything on the board: cycle 0, all lines low and masked, nothing granted. */
  powerOn(): void {
    this.#clock.powerOn();
    this.#events.powerOn();
    this.interrupts.powerOn();
    this.iommu.powerOn();
    TraceState.process.set(this.ram, this.trace.stateAt, NO_PROCESS);
    for (const device of this.devices) device.reset();
  }

  /** Cycles since power-on. */
  now(): number {
    return this.#clock.now();
  }

  /** Ticks passed since power-on. */
  tick(): number {
    return this.#clock.ticks();
  }

  /** Ticks that happened and were not taken: line 0 is high while there are any. */
  unhandledTicks(): number {
    return this.#clock.unhandledTicks();
  }

  /** Takes one tick of unhandledTicks(); line 0 goes low with the last, unless chance has it go up once more. */
  takeTick(): void {
    this.#clock.takeTick();
    if (this.#clock.unhandledTicks() === 0 && this.choose(ChoiceSite.tickDoubled, 0, 2) === 0) this.interrupts.lower(TICK_LINE);
  }

  /** Line 0 is up, and there is no tick to take: it goes low. */
  dismissTick(): void {
    this.interrupts.lower(TICK_LINE);
  }

  /** Moves the clock by `cycles` (0 to 2^31 - 1). Cheap when nothing is due. */
  advance(cycles: number): void {
    if (!this.#clock.step(cycles)) this.#fireUntil(this.#clock.now() + cycles);
  }

  /** Moves the clock to a cycle; one that has passed changes nothing but what is due now. */
  idleUntil(cycle: number): void {
    const now = this.#clock.now();
    this.#fireUntil(cycle < now ? now : cycle);
  }

  /** Cycle of the next thing that happens by itself, a tick or a device's event. */
  nextEventCycle(): number {
    return this.#clock.dueCycle();
  }

  /** Cycle of the next device event, -1 if there is none: then the hardware is at rest but for its ticks. */
  nextDeviceEventCycle(): number {
    return this.#events.headCycle();
  }

  /** Device events under way; bounded by HalLimits.eventSlots. */
  eventsUnderWay(): number {
    return this.#events.count();
  }

  /** Has a device's event() called at that cycle (now, if it has passed). Devices do this through their port. */
  schedule(device: number, kind: number, argument: number, cycle: number): void {
    this.#deviceAt(device);
    const now = this.#clock.now();
    this.#events.push(device, kind, argument, cycle < now ? now : cycle);
    refreshDueCycle(this.#clock, this.#events);
  }

  /** The device of that name; undefined if the board has none. */
  device(name: string): Device | undefined {
    return this.devices.find((device) => device.name === name);
  }

  #deviceAt(number: number): Device {
    const device = this.devices[number];
    assert(device !== undefined, `there is no device ${number}`);
    return device;
  }

  #fireUntil(target: number): void {
    const clock = this.#clock;
    assert(target >= clock.now() && clock.nextTickCycle() > 0, "the board is powered on, and time goes forward");
    clock.beginFiring();
    for (let due = clock.dueCycle(); due <= target; due = refreshDueCycle(clock, this.#events)) {
      clock.moveTo(due);
      if (clock.nextTickCycle() === due) this.#fireTick();
      else this.#fireHead();
    }
    clock.moveTo(target);
    clock.endFiring();
  }

  #fireTick(): void {
    const clock = this.#clock;
    clock.countTick(this.choose(ChoiceSite.tickLate, 0, LATE_MOST + 1) * LATE_CYCLES);
    this.trace.write(clock.now(), HalTrace.tick, clock.ticks() | 0, 0);
    if (this.choose(ChoiceSite.tickLost, 0, 2) === 0) this.interrupts.raise(TICK_LINE);
  }

  #fireHead(): void {
    const events = this.#events;
    const device = this.#deviceAt(events.headDevice());
    const kind = events.headKind();
    const argument = events.headArgument();
    events.dropHead();
    device.event(kind, argument);
  }
}
