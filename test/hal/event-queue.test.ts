import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { EventQueue, EventQueueRecord, EventRecord } from "../../hal/event-queue.ts";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";

function makeQueue(slots: number) {
  const plan = new RamPlan();
  const parts = EventQueue.plan(plan, slots);
  const ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
  const queue = new EventQueue(ram, parts);
  queue.powerOn();
  return { queue, ram, parts };
}

interface Modelled {
  cycle: number;
  sequence: number;
  device: number;
  kind: number;
  argument: number;
}

/** What the heap must do, as a sorted array. */
class Model {
  events: Modelled[] = [];
  sequence = 0;
  push(device: number, kind: number, argument: number, cycle: number): void {
    this.events.push({ cycle, sequence: this.sequence++, device, kind, argument });
    this.events.sort((a, b) => a.cycle - b.cycle || a.sequence - b.sequence);
  }
}

const SLOTS = 12;
/** Cycles that lie together closely, far apart, and on both sides of the sign and carry of the low word. */
const cycles = fc.oneof(fc.nat(5), fc.nat(1_000_000), fc.integer({ min: 2 ** 31 - 3, max: 2 ** 31 + 3 }), fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 + 3 }), fc.maxSafeNat());

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("push" as const), cycle: cycles, device: fc.nat(3), kind: fc.nat(65535), argument: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("drop" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), device: fc.nat(3) }) },
);

function agree(queue: EventQueue, model: Model): void {
  const first = model.events[0];
  expect(queue.count()).toBe(model.events.length);
  expect(queue.headCycle()).toBe(first === undefined ? -1 : first.cycle);
  if (first === undefined) return;
  expect([queue.headDevice(), queue.headKind(), queue.headArgument()]).toEqual([first.device, first.kind, first.argument]);
}

describe("the event queue", () => {
  test("does what a sorted array does", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const { queue } = makeQueue(SLOTS);
        const model = new Model();
        for (const step of actions) {
          if (step.do === "push") {
            if (model.events.length === SLOTS) continue;
            queue.push(step.device, step.kind, step.argument, step.cycle);
            model.push(step.device, step.kind, step.argument, step.cycle);
          } else if (step.do === "drop") {
            if (model.events.length === 0) continue;
            queue.dropHead();
            model.events.shift();
          } else {
            queue.cancel(step.device);
            model.events = model.events.filter((event) => event.device !== step.device);
          }
          agree(queue, model);
        }
        while (model.events.length > 0) {
          queue.dropHead();
          model.events.shift();
          agree(queue, model);
        }
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  test("events of one cycle keep their order, also where the sequence wraps", () => {
    const { queue, ram, parts } = makeQueue(SLOTS);
    EventQueueRecord.nextSequence.set(ram, parts.state, 0x7fff_fffd);
    for (let i = 0; i < SLOTS; i++) queue.push(0, 0, i, 7);
    const order: number[] = [];
    while (queue.count() > 0) {
      order.push(queue.headArgument());
      queue.dropHead();
    }
    expect(order).toEqual(Array.from({ length: SLOTS }, (_, i) => i));
  });

  test("one event too many is a panic that says how many there are, and changes nothing", () => {
    const { queue, ram } = makeQueue(3);
    for (let i = 0; i < 3; i++) queue.push(0, 0, i, 10 + i);
    const before = ram.u8.slice();
    expect(() => queue.push(0, 0, 3, 1)).toThrow(new Panic("the event queue is full: 3 events are under way"));
    expect(ram.u8).toEqual(before);
  });

  test("says whether it holds an event of a device and kind", () => {
    const { queue } = makeQueue(4);
    queue.push(1, 7, 0, 10);
    queue.push(2, 8, 0, 5);
    const held = (): boolean[] => [queue.holds(1, 7), queue.holds(2, 8), queue.holds(1, 8), queue.holds(2, 7)];
    expect(held()).toEqual([true, true, false, false]);
    queue.dropHead();
    expect(held()).toEqual([true, false, false, false]);
  });

  test("taking from an empty queue is a panic", () => {
    expect(() => makeQueue(3).queue.dropHead()).toThrow(Panic);
  });

  test("what is gone leaves no trace in RAM but the sequence", () => {
    const { queue, ram, parts } = makeQueue(4);
    const fresh = ram.u8.slice();
    for (let i = 0; i < 4; i++) queue.push(i & 1, 9, i, 100 - i);
    queue.cancel(1);
    queue.dropHead();
    queue.dropHead();
    expect(EventQueueRecord.nextSequence.get(ram, parts.state)).toBe(4);
    EventQueueRecord.nextSequence.set(ram, parts.state, 0);
    expect(ram.u8).toEqual(fresh);
  });

  test("an event takes 24 bytes", () => {
    expect(EventRecord.size).toBe(24);
  });
});
