import { describe, expect, test } from "vitest";
import { ChoiceSite, benign } from "../../hal/chance.ts";
import { Clock } from "../../hal/clock.ts";
import { DevicePort } from "../../hal/device-port.ts";
import { EventQueue } from "../../hal/event-queue.ts";
import { InterruptController } from "../../hal/interrupt-controller.ts";
import { DmaRight, Iommu } from "../../hal/iommu.ts";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { Trace } from "../../hal/trace.ts";

/** The board's parts without a board, and the port of device 1 of 2. */
function makePort() {
  const plan = new RamPlan();
  const parts = { clock: Clock.plan(plan), events: EventQueue.plan(plan, 4), interrupts: InterruptController.plan(plan), iommu: Iommu.plan(plan, 2, 2), trace: Trace.plan(plan, 4) };
  const plain = plan.bytes("plain", 64);
  const ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
  const asked: number[][] = [];
  const traced: number[][] = [];
  const clock = new Clock(ram, parts.clock);
  const events = new EventQueue(ram, parts.events);
  const trace = new Trace(ram, parts.trace, (kind, _process, argument0, argument1) => void traced.push([kind, argument0, argument1]));
  const interrupts = new InterruptController(ram, parts.interrupts, clock, trace);
  const iommu = new Iommu(ram, parts.iommu, clock, trace);
  const choose = (site: number, entity: number, n: number): number => asked.push([site, entity, n]) - 1;
  clock.powerOn();
  const port = new DevicePort(Object.freeze({ ram, clock, events, interrupts, iommu, trace, choose }), "thing", 1, 2);
  return { port, clock, events, interrupts, iommu, ram, plain, asked, traced };
}

describe("a device's port", () => {
  test("scheduling moves the due cycle forward only, and cancelling moves it back to what is left", () => {
    const { port, clock, events } = makePort();
    port.schedule(3, -1, 500);
    expect([clock.dueCycle(), events.headDevice(), events.headKind(), events.headArgument()]).toEqual([500, 1, 3, -1]);
    port.schedule(3, 0, 900);
    port.schedule(3, 0, 2_000_000);
    expect(clock.dueCycle()).toBe(500);
    events.push(0, 0, 0, 700);
    port.cancelEvents();
    expect([clock.dueCycle(), events.count()]).toEqual([700, 1]);
  });

  test("it knows which of its own events are under way", () => {
    const { port, events } = makePort();
    events.push(0, 3, 0, 700);
    expect(port.isScheduled(3)).toBe(false);
    port.schedule(3, 0, 500);
    expect([port.isScheduled(3), port.isScheduled(4)]).toEqual([true, false]);
  });

  test("it knows whether chance can ever do harm", () => {
    const { port, ...board } = makePort();
    const calm = new DevicePort({ ...board, iommu: board.iommu, trace: {} as Trace, choose: benign }, "thing", 1, 2);
    expect([port.isChancy, calm.isChancy]).toEqual([true, false]);
  });

  test("a cycle that has passed is scheduled for the present one", () => {
    const { port, clock } = makePort();
    clock.moveTo(400);
    port.schedule(3, 0, 100);
    expect([clock.dueCycle(), port.now()]).toEqual([400, 400]);
  });

  test("its line is its own", () => {
    const { port, interrupts } = makePort();
    port.raiseLine();
    expect(interrupts.lines()).toBe(1 << 2);
    port.lowerLine();
    expect(interrupts.lines()).toBe(0);
  });

  test("copies pass the IOMMU table as this device, each way with its own right", () => {
    const { port, iommu, ram, plain } = makePort();
    ram.u8.set([1, 2, 3, 4], plain);
    iommu.grant(0, plain, 64, DmaRight.read | DmaRight.write);
    expect([port.dmaRead(plain, 4, plain + 8), port.dmaWrite(plain, 4, plain + 8)]).toEqual([false, false]);
    expect(ram.u8[plain + 8]).toBe(0);
    iommu.grant(1, plain, 8, DmaRight.read);
    expect([port.dmaMayRead(plain, 8), port.dmaMayWrite(plain, 8), port.dmaRead(plain, 4, plain + 8)]).toEqual([true, false, true]);
    expect([...ram.u8.subarray(plain + 8, plain + 12)]).toEqual([1, 2, 3, 4]);
    iommu.grant(1, plain + 16, 4, DmaRight.write);
    expect([port.dmaWrite(plain + 16, 4, plain), port.dmaWrite(plain + 16, 5, plain)]).toEqual([true, false]);
    expect([...ram.u8.subarray(plain + 16, plain + 21)]).toEqual([1, 2, 3, 4, 0]);
  });

  test("traces at the present cycle, and asks chance as itself unless told otherwise", () => {
    const { port, asked, traced } = makePort();
    port.trace(9, 10, 11);
    expect(traced).toEqual([[9, 10, 11]]);
    expect(port.choose(ChoiceSite.frameLost, 2)).toBe(0);
    expect(port.choose(ChoiceSite.frameLost, 3, 77)).toBe(1);
    expect(asked).toEqual([[1, 1, 2], [1, 77, 3]]);
  });
});
