import { afterEach, describe, expect, test, vi } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { VirtioInterrupt, VirtioRegister as Register, VirtioStatus as Status } from "../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetClass, VirtioNetMqCommand, VirtioNetRssConfig } from "../../../hal/nic/virtio/net-layouts.ts";
import { VirtioNetState } from "../../../hal/nic/virtio/net-state.ts";
import { VirtioRegisters } from "../../../hal/nic/virtio/transport-state.ts";
import { VirtioDriverPage } from "../../../services/virtio-driver/rings.ts";
import { DriverBench } from "../driver/bench.ts";
import { NIC, stateOfDriver } from "../driver/kind.ts";
import { Ask, asking } from "../driver/station.ts";
import { RX, TX, inventUsed, raise, virtioKind } from "../driver/virtio-kind.ts";
import { fromClient } from "./client-frame.ts";
import { first, watched, written } from "./watched.ts";

const AT_WORK = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK | Status.DRIVER_OK;

afterEach(() => void vi.restoreAllMocks());

describe("several queues", () => {
  test("RSS: by both addresses, over all pairs evenly, what is no IP to the first", () => {
    const { bench } = watched(4, { buffers: 64 });
    const { rss, hashTypes, indirectionTableMask, unclassifiedQueue } = VirtioNetState.view(bench.machine.ram, bench.partAt(`${NIC}.state`) as Address<"VirtioNetState">);
    expect({ rss, hashTypes, indirectionTableMask, unclassifiedQueue }).toEqual({ rss: 1, hashTypes: 1 | 8, indirectionTableMask: 127, unclassifiedQueue: 0 });
    for (let client = 0; client < 200; client++) bench.arrive(fromClient(client, client));
    const byQueue = [0, 1, 2, 3].map((queue) => bench.taken.filter((frame) => frame.queue === queue).length);
    expect(Math.min(...byQueue)).toBeGreaterThan(25);
    expect(bench.taken.map(({ queue, ordinal }) => [queue, ordinal])).toEqual(bench.written.map(({ queue, ordinal }) => [queue, ordinal]));
    bench.arrive(asking(Ask.nothing));
    expect(bench.taken[200].queue).toBe(0);
  });

  test("frames that come one by one are taken in the order in which they came, whatever their queues", () => {
    const bench = new DriverBench(virtioKind(4), { rxPosted: 8, buffers: 64, framesQueue: 256 });
    bench.arrive(...Array.from({ length: 200 }, (_, i) => fromClient(i * 7, i, 60)));
    expect(bench.taken.map(({ ordinal, queue }) => `${queue}.${ordinal}`)).toEqual(bench.written.map(({ ordinal, queue }) => `${queue}.${ordinal}`));
    expect(stateOfDriver(bench).rxUnordered).toBe(0);
  });

  test("frames that lay in several queues at once: one of each in turn, those of one queue in order, and counted", () => {
    const bench = new DriverBench(virtioKind(4), { rxDescriptors: 64, rxPosted: 32, buffers: 200, framesQueue: 256, hogCalls: 40_000 });
    bench.machine.runUntilTick(bench.machine.tick() + 1);
    bench.arrive(...Array.from({ length: 60 }, (_, i) => fromClient(i * 7, i, 60)));
    expect(bench.taken.length).toBe(60);
    for (const queue of [0, 1, 2, 3]) {
      const ordinals = bench.taken.filter((frame) => frame.queue === queue).map(({ ordinal }) => ordinal);
      expect(ordinals).toEqual(ordinals.map((_, i) => i + 1));
    }
    expect(stateOfDriver(bench).rxUnordered).toBeGreaterThan(0);
    const four = new Set(bench.taken.slice(0, 4).map(({ queue }) => queue));
    expect(four.size).toBe(4);
  });

  test("a pair that is dry does not keep the others from receiving", () => {
    const bench = new DriverBench(virtioKind(2), { rxPosted: 4, buffers: 8 });
    expect(stateOfDriver(bench)).toMatchObject({ rxPosted: 8 });
    bench.arrive(...Array.from({ length: 4 }, (_, i) => asking(Ask.hold, 60, i)));
    bench.arrive(...Array.from({ length: 20 }, (_, i) => fromClient(i * 7, i)));
    const second = bench.taken.filter(({ queue }) => queue === 1).length;
    expect(second).toBeGreaterThan(5);
    expect(bench.broken()).toEqual([]);
  });
});

describe("the device asks for a reset, or is gone", () => {
  test("DEVICE_NEEDS_RESET: what it had finished goes its way, and the driver begins anew", () => {
    const bench = new DriverBench(virtioKind(2), { buffers: 64 });
    bench.arrive(asking(Ask.echo));
    // Descriptors that make no sense: the device finds out with the next frame.
    const { ram } = bench.machine;
    ram.fill(receiveQueue(bench).descriptors, 64, 0xff);
    bench.arrive(asking(Ask.nothing, 60, 1), asking(Ask.nothing, 60, 2));
    bench.runTicks(3);
    expect(bench.figures).toMatchObject({ running: true, recoveries: 1, posted: bench.figures.wanted });
    bench.arrive(asking(Ask.echo, 60, 3));
    expect([bench.taken.at(-1)?.number, bench.sent.length, bench.broken()]).toEqual([3, 2, []]);
  });

  test("ordinals go on after a reset: a frame's is one more than the last's, though the device counts from 1", () => {
    const bench = new DriverBench(virtioKind(1));
    bench.arrive(asking(Ask.nothing), asking(Ask.nothing));
    bench.nic.reset();
    bench.waitForWatch();
    bench.arrive(asking(Ask.nothing));
    expect(bench.taken.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
    expect(bench.written.map(({ ordinal }) => ordinal)).toEqual([1, 2, 1]);
  });

  test("a device that does not answer commands is not used, and tried again", () => {
    const bench = new DriverBench(virtioKind(1));
    const at = bench.partAt(`${NIC}.state`) as Address<"VirtioNetState">;
    let mute = true;
    bench.atCrossing = () => {
      if (mute) VirtioNetState.controlPending.set(bench.machine.ram, at, 1);
    };
    bench.nic.reset();
    bench.runTicks(150);
    expect(bench.figures).toMatchObject({ running: false, posted: 0 });
    expect(bench.buffersInUse).toBe(0);
    mute = false;
    bench.runTicks(5);
    bench.settle();
    expect(bench.figures).toMatchObject({ running: true, posted: 8 });
    bench.arrive(asking(Ask.echo));
    expect([bench.sent.length, bench.broken()]).toEqual([1, []]);
  });

  test("an interrupt that says nothing is let go; a line that never falls ends with a reset", () => {
    const bench = new DriverBench(virtioKind(1));
    for (let i = 0; i < 5; i++) {
      raise(bench, VirtioInterrupt.usedBuffer);
      bench.settle();
    }
    expect(bench.figures.recoveries).toBe(0);
    raise(bench, 0x80);
    bench.settle();
    expect(bench.figures).toMatchObject({ running: true, recoveries: 1 });
  });

  test("frames that had not left are lost, and counted", () => {
    const bench = new DriverBench(virtioKind(1), { buffers: 48 });
    bench.stallWire(5_000_000);
    bench.offer(...Array.from({ length: 3 }, (_, i) => asking(Ask.echo, 60, i)));
    bench.runTicks(2);
    expect(bench.figures.sending).toBe(3);
    const registers = bench.partAt(`${NIC}.registers`) as Address<"VirtioRegisters">;
    VirtioRegisters.status.set(bench.machine.ram, registers, AT_WORK | Status.DEVICE_NEEDS_RESET);
    raise(bench, VirtioInterrupt.configuration);
    bench.runTicks(10);
    expect(bench.figures).toMatchObject({ running: true, recoveries: 1, sendDropped: 3, sending: 0 });
    expect(bench.broken()).toEqual([]);
  });
});

function receiveQueue(bench: DriverBench): Record<string, number> {
  return bench.machine.inspect(`${NIC}.queues`, RX) as Record<string, number>;
}

test.each([
  ["all are posted", 32, 8],
  ["some slots are free", 7, 7],
])("%s: every head that is no chain of the device's ends with a reset, and hands nothing to net", (_name, buffers, posted) => {
  const bench = new DriverBench(virtioKind(1), { txDescriptors: 8, buffers });
  const mark = bench.mark();
  const heads = [...Array.from({ length: 400 }, (_, i) => i - 150), ...[16, 17, 24, 30, 31].flatMap((power) => [2 ** power, -(2 ** power), 2 ** power - 2])];
  const chains = new Set(Array.from({ length: posted }, (_, slot) => 2 * slot));
  for (const head of heads.filter((candidate) => !chains.has(candidate))) {
    bench.rewind(mark);
    inventUsed(bench, RX, head, 72);
    raise(bench, VirtioInterrupt.usedBuffer);
    bench.settle();
    expect([head, bench.figures.recoveries, bench.figures.passed, bench.driverLine.fault, bench.broken()]).toEqual([head, 1, 0, null, []]);
  }
});

test.each([
  [RX, 9],
  [RX, 100],
  [RX, 0x8000],
  [RX, -1],
  [RX, -8],
  [TX, 1],
  [TX, -1],
])("queue %i: a used index that moves by %i, which it cannot, ends with a reset", (queue, moves) => {
  const bench = new DriverBench(virtioKind(1));
  bench.arrive(...Array.from({ length: 20 }, (_, i) => asking(Ask.echo, 60, i)));
  inventUsed(bench, queue, 0, 72, moves);
  raise(bench, VirtioInterrupt.usedBuffer);
  bench.settle();
  expect([bench.figures.recoveries, bench.figures.passed, bench.broken()]).toEqual([1, 20, []]);
});

describe("notifications", () => {
  test("a frame that is received costs none; a device that sleeps on a dry queue is told once, and wakes", () => {
    const { bench, accesses } = watched(1, { rxPosted: 4, buffers: 8, releaseTicks: 10 });
    accesses.length = 0;
    for (let i = 0; i < 20; i++) bench.arrive(asking(Ask.nothing));
    expect(written(accesses, Register.QueueNotify)).toEqual([]);
    bench.machine.runUntilTick(12);
    bench.arrive(...Array.from({ length: 9 }, (_, i) => asking(Ask.hold, 60, i)));
    expect([bench.account.noDescriptor, bench.figures.posted]).toEqual([1, 0]);
    accesses.length = 0;
    bench.machine.runUntilTick(25);
    expect(written(accesses, Register.QueueNotify)).toEqual([RX]);
    bench.arrive(asking(Ask.nothing, 60, 77));
    expect(bench.taken.at(-1)?.number).toBe(77);
  });

  test("registers that a frame costs: the cause and its acknowledgement", () => {
    const { bench, accesses } = watched();
    accesses.length = 0;
    bench.arrive(asking(Ask.nothing));
    expect(accesses.map(({ write, offset }) => [write, offset])).toEqual([[false, Register.InterruptStatus], [true, Register.InterruptACK]]);
  });
});

describe("commands", () => {
  test("the last one set the steering, as one queue after the other in a table of 128", () => {
    const { bench } = watched(2, { buffers: 64 });
    const { ram } = bench.machine;
    const page = bench.partAt("region.rings");
    expect([...ram.u8.subarray(page + VirtioDriverPage.command.offset, page + VirtioDriverPage.command.offset + 2)]).toEqual([VirtioNetClass.MQ, VirtioNetMqCommand.RSS_CONFIG]);
    const table = (page + VirtioDriverPage.data.offset + VirtioNetRssConfig.size) >> 1;
    expect([...ram.u16.subarray(table, table + 4)]).toEqual([0, 1, 0, 1]);
    expect([ram.u16[table + 128], ram.u8[2 * (table + 129)]]).toEqual([2, 40]);
  });

  test("all buffers are posted before DRIVER_OK, and told after it", () => {
    const { accesses } = watched();
    const ok = first(accesses, true, Register.Status, AT_WORK);
    expect(first(accesses, true, Register.QueueNotify)).toBeGreaterThan(ok);
    expect(first(accesses, true, Register.QueueReady)).toBeLessThan(ok);
  });
});
