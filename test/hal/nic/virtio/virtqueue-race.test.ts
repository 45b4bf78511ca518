/**
 * A driver that interferes while the device works: between taking a chain and publishing it, the queue is stopped,
 * restarted elsewhere, the device reset, its reach taken away, the chain or the rings rewritten. Whatever comes of it,
 * nothing is written but where the device was let, and the device either goes on as if nothing were taken, or asks for
 * a reset.
 */

import { describe, expect, test } from "vitest";
import { VirtioFeature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptorFlag } from "../../../../hal/nic/virtio/split-ring.ts";
import { VirtioFault as Fault } from "../../../../hal/nic/virtio/transport-state.ts";
import { EMPTY } from "../../../../hal/nic/virtio/virtqueue.ts";
import { MEMORY_BYTES, TransportBench } from "./transport-bench.ts";

const { NEXT, WRITE, INDIRECT } = VirtqDescriptorFlag;

/** A device that has taken a chain of two readable and two writable buffers (descriptors 0 to 3, 32 bytes each) and has another to take. */
function working(features = 0): TransportBench {
  const bench = new TransportBench().start(features);
  const part = (i: number, flags = 0): { address: number; bytes: number; flags: number } => ({ address: bench.buffer(i * 64), bytes: 32, flags });
  bench.driver().chain(0, [part(0), part(1), part(2, WRITE), part(3, WRITE)]);
  bench.driver().chain(4, [part(4, WRITE)]);
  bench.driver().offer(0, 4);
  expect(bench.queue().take()).toBe(0);
  return bench;
}

function select(bench: TransportBench, register: number, value: number): void {
  bench.write(Register.QueueSel, 0);
  bench.write(register, value);
}

/** Everything a device may still try to do with its chain; the answers of gather, scatter, put and publish. */
function carryOn(bench: TransportBench): boolean[] {
  const queue = bench.queue();
  return [queue.gather(0, 64, bench.own), queue.scatter(bench.own, 0, 64), queue.put(64), queue.publish()];
}

const NOTHING = [false, false, false, false];

describe("what is taken is gone", () => {
  const rows: readonly (readonly [name: string, interfere: (bench: TransportBench) => void])[] = [
    ["when the queue is stopped", (bench) => select(bench, Register.QueueReady, 0)],
    ["when it is stopped and started again", (bench) => (select(bench, Register.QueueReady, 0), select(bench, Register.QueueReady, 1))],
    ["when it is started again elsewhere", (bench) => (select(bench, Register.QueueReady, 0), bench.queueSetup(0, { used: bench.buffer(0x4000), available: bench.buffer(0x5000) }))],
    ["when the device is reset", (bench) => bench.write(Register.Status, 0)],
    ["when the device is reset and started", (bench) => bench.start()],
    ["when a reset is asked for", (bench) => bench.transport.needsReset()],
    ["when another queue breaks", (bench) => (bench.driver(1).setAvailableIndex(9), bench.queue(1).available())],
  ];
  test.each(rows)("%s", (_, interfere) => {
    const bench = working();
    interfere(bench);
    const before = bench.ram.u8.slice();
    expect([bench.queue().isTaken(), bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([false, 0, 0]);
    expect(carryOn(bench)).toEqual(NOTHING);
    bench.queue().untake();
    expect(bench.changed(before)).toBe(-1);
    expect(bench.driver().usedIndex).toBe(0);
  });

  test("elements that were put and not published are not published by the next life of the queue", () => {
    const bench = working();
    bench.queue().put(0);
    select(bench, Register.QueueReady, 0);
    select(bench, Register.QueueReady, 1);
    expect(bench.queue().publish()).toBe(false);
    expect(bench.driver().usedIndex).toBe(0);
    // The ring starts anew: both chains lie in it again.
    expect([bench.queue().available(), bench.queue().take()]).toEqual([2, 0]);
  });
});

describe("writes that mean nothing while the queue is ready change nothing", () => {
  test.each([Register.QueueNum, Register.QueueDescLow, Register.QueueDescHigh, Register.QueueDriverLow, Register.QueueDriverHigh, Register.QueueDeviceLow, Register.QueueDeviceHigh])("register %i", (register) => {
    for (const value of [0, 1, 3, 0x4000_0000, 0xffff_ffff]) {
      const bench = working();
      select(bench, register, value);
      select(bench, Register.QueueReady, 1);
      expect(carryOn(bench)).toEqual([true, true, true, true]);
      expect(bench.driver().used()).toEqual([[0, 64]]);
      expect(bench.queue().take()).toBe(4);
    }
  });

  test("nor do features, or bits of Status", () => {
    const bench = working();
    bench.writeFeatures(1 << VirtioFeature.EVENT_IDX, 1);
    bench.write(Register.Status, 1);
    expect(carryOn(bench)).toEqual([true, true, true, true]);
  });
});

describe("a chain that changed", () => {
  const rows: readonly (readonly [name: string, change: (bench: TransportBench) => void, fault: number, copies: boolean[]])[] = [
    ["a shorter readable buffer", (bench) => bench.driver().describe(1, { address: bench.buffer(64), bytes: 31, flags: NEXT, next: 2 }), Fault.chainChanged, [false, false]],
    ["an end after its first buffer", (bench) => bench.driver().describe(0, { address: bench.buffer(), bytes: 32 }), Fault.chainChanged, [false, false]],
    ["no writable part", (bench) => bench.driver().describe(1, { address: bench.buffer(), bytes: 32 }), Fault.chainChanged, [true, false]],
    ["a loop of what is wanted", (bench) => bench.driver().describe(0, { address: bench.buffer(), bytes: 1, flags: NEXT, next: 0 }), Fault.chainLength, [false, false]],
    ["a loop of what is not", (bench) => bench.driver().describe(2, { address: bench.buffer(), bytes: 1, flags: NEXT, next: 2 }), Fault.chainLength, [true, false]],
    ["empty buffers without end", (bench) => bench.driver().describe(0, { address: bench.buffer(), bytes: 0, flags: NEXT, next: 0 }), Fault.chainLength, [false, false]],
    ["next beyond the queue", (bench) => bench.driver().describe(0, { address: bench.buffer(), bytes: 32, flags: NEXT, next: 8 }), Fault.descriptorIndex, [false, false]],
    ["a readable buffer out of reach", (bench) => bench.driver().describe(1, { address: 2 ** 53, bytes: 32, flags: NEXT, next: 2 }), Fault.bufferReach, [false, false]],
    ["a writable buffer out of reach", (bench) => bench.driver().describe(3, { address: bench.memory - 1, bytes: 32, flags: WRITE }), Fault.bufferReach, [true, false]],
    ["a writable buffer that ends out of reach", (bench) => bench.driver().describe(3, { address: bench.memory + MEMORY_BYTES - 31, bytes: 32, flags: WRITE }), Fault.bufferReach, [true, false]],
    ["an indirect table without the feature", (bench) => bench.driver().describe(1, { address: bench.buffer(), bytes: 32, flags: INDIRECT }), Fault.indirectTable, [false, false]],
  ];
  test.each(rows)("%s", (_, change, fault, copies) => {
    const bench = working();
    change(bench);
    bench.ram.fill(bench.own + 64, 1024, 0xa5);
    const before = bench.ram.u8.slice();
    expect(carryOn(bench)).toEqual([...copies, false, false]);
    expect([bench.lastFault, bench.status & Status.DEVICE_NEEDS_RESET]).toEqual([fault, Status.DEVICE_NEEDS_RESET]);
    expect(bench.changed(before, bench.own + 64, bench.memory)).toBe(-1);
    expect(bench.driver().usedIndex).toBe(0);
  });

  test("to something as good serves just as well: what is copied is what stands there now", () => {
    const bench = working();
    bench.driver().describe(0, { address: bench.buffer(512), bytes: 64 });
    bench.fill(bench.buffer(512), Array.from({ length: 64 }, (_, i) => i));
    expect(bench.queue().gather(0, 64, bench.own)).toBe(true);
    expect(bench.bytes(bench.own, 64)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  test("by the device's own writing into it: a buffer that lies upon its descriptor table", () => {
    const bench = new TransportBench().start();
    bench.driver().chain(0, [
      { address: bench.driver().settings.descriptors, bytes: 32, flags: WRITE },
      { address: bench.buffer(), bytes: 32, flags: WRITE },
    ]);
    bench.driver().offer(0);
    bench.queue().take();
    bench.ram.fill(bench.own, 64, 0xff);
    const before = bench.ram.u8.slice();
    bench.queue().scatter(bench.own, 0, 64);
    expect(bench.queue().scatter(bench.own, 0, 64)).toBe(false);
    expect(bench.status & Status.DEVICE_NEEDS_RESET).toBe(Status.DEVICE_NEEDS_RESET);
    expect(bench.changed(before, bench.own, bench.memory)).toBe(-1);
  });
});

describe("the device's reach is taken away", () => {
  test("before it copies, puts, or publishes", () => {
    const steps = [(bench: TransportBench) => bench.queue().gather(0, 64, bench.own), (bench: TransportBench) => bench.queue().scatter(bench.own, 0, 64), (bench: TransportBench) => bench.queue().put(64), (bench: TransportBench) => bench.queue().publish()];
    for (const at of steps.keys()) {
      const bench = working();
      for (const step of steps.slice(0, at)) step(bench);
      bench.iommu.revoke(0);
      const before = bench.ram.u8.slice();
      expect(steps[at](bench)).toBe(false);
      expect(bench.changed(before, bench.own)).toBe(-1);
      expect(bench.status & Status.DEVICE_NEEDS_RESET).toBe(Status.DEVICE_NEEDS_RESET);
    }
  });

  test("from the used ring alone, before it says anything in it", () => {
    for (const step of ["sleep", "wake"] as const) {
      const bench = working();
      bench.iommu.revoke(0);
      bench.grant(bench.memory, 0x2000);
      const before = bench.ram.u8.slice();
      bench.queue()[step]();
      expect(bench.changed(before, bench.own)).toBe(-1);
      expect(bench.lastFault).toBe(Fault.queueReach);
    }
  });

  test("from the available ring alone: nothing is published whose notification cannot be judged", () => {
    const bench = working();
    bench.queue().put(64);
    bench.iommu.revoke(0);
    bench.grant(bench.memory + 0x2000, 0x1000);
    expect(bench.queue().publish()).toBe(false);
    expect([bench.driver().usedIndex, bench.lastFault]).toEqual([0, Fault.queueReach]);
  });
});

describe("the rings are rewritten", () => {
  test("an available index that goes back behind what is taken", () => {
    const bench = working();
    bench.driver().setAvailableIndex(0);
    expect(carryOn(bench)).toEqual([true, true, true, true]);
    expect(bench.queue().take()).toBeLessThan(0);
    expect(bench.lastFault).toBe(Fault.availableIndex);
  });

  test("a used ring that the driver wrote into is the driver's loss: the device keeps its own positions", () => {
    const bench = working();
    bench.ram.fill(bench.driver().settings.used, 70, 0xff);
    bench.queue().put(64);
    bench.queue().publish();
    expect([bench.driver().usedIndex, bench.driver().usedElement(0)]).toEqual([1, [0, 64]]);
  });

  test("rings that lie upon each other and upon the descriptors break nothing but themselves", () => {
    const bench = new TransportBench().start();
    select(bench, Register.QueueReady, 0);
    const at = bench.buffer();
    bench.queueSetup(0, { descriptors: at, available: at, used: at });
    for (let index = 0; index < 64; index++) {
      bench.driver().setAvailableIndex(index);
      const head = bench.queue().take();
      if (head >= 0) bench.queue().put(head);
      bench.queue().publish();
      bench.queue().sleep();
      bench.queue().wake();
    }
    expect(bench.queue().take()).toBe(EMPTY);
  });
});
