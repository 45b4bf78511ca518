import { expect } from "vitest";
import type { Choose } from "../../hal/chance.ts";
import { Clock } from "../../hal/clock.ts";
import { DevicePort } from "../../hal/device-port.ts";
import { EventQueue } from "../../hal/event-queue.ts";
import { InterruptController } from "../../hal/interrupt-controller.ts";
import { Iommu } from "../../hal/iommu.ts";
import type { HalLimits } from "../../hal/limits.ts";
import { standardHalLimits } from "../../hal/limits.ts";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { Trace } from "../../hal/trace.ts";
import { Wire, WireState } from "../../hal/wire.ts";
import { WireFrame } from "../../hal/wire-frame.ts";

const ARRIVAL = 9;
const PLUG = 10;

/** A wire with nobody at its end: arrivals are taken by hand when their event is due. */
export class Line {
  readonly ram: Memory;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly events: EventQueue;
  readonly #state;

  constructor(limits: Partial<HalLimits> = {}, choose: Choose = () => 0) {
    const plan = new RamPlan();
    const all = { ...standardHalLimits, ...limits };
    const parts = {
      clock: Clock.plan(plan),
      events: EventQueue.plan(plan, 4),
      interrupts: InterruptController.plan(plan),
      iommu: Iommu.plan(plan, 1, 1),
      trace: Trace.plan(plan, 16),
      wire: Wire.plan(plan, "nic0", all),
    };
    const ram = new Memory(new ArrayBuffer(plan.end));
    const clock = new Clock(ram, parts.clock);
    const events = new EventQueue(ram, parts.events);
    const trace = new Trace(ram, parts.trace, null);
    const interrupts = new InterruptController(ram, parts.interrupts, clock, trace);
    const iommu = new Iommu(ram, parts.iommu, clock, trace);
    clock.powerOn();
    events.powerOn();
    const port = new DevicePort({ ram, clock, events, interrupts, iommu, trace, choose }, "nic0", 0, 1);
    this.ram = ram;
    this.clock = clock;
    this.events = events;
    this.wire = new Wire(port, parts.wire, ARRIVAL, PLUG);
    this.#state = parts.wire.state;
  }

  get state(): Record<"count" | "arrived" | "offered" | "lost" | "cut" | "ordinal", number> {
    return WireState.view(this.ram, this.#state);
  }

  /** Goes to the next arrival event and takes that frame. */
  take(): { at: ReturnType<Wire["takeArrival"]>; cycle: number; ordinal: number; frameBytes: number; bytes: number[] } {
    expect(this.events.headKind()).toBe(ARRIVAL);
    this.clock.moveTo(this.events.headCycle());
    this.events.dropHead();
    const at = this.wire.takeArrival();
    const { ordinal, frameBytes, stagedBytes } = WireFrame.view(this.ram, at);
    const from = this.wire.bytesAt(at);
    return { at, cycle: this.clock.now(), ordinal, frameBytes, bytes: [...this.ram.u8.slice(from, from + stagedBytes)] };
  }
}
