import { afterEach, describe, expect, test, vi } from "vitest";
import { VirtioFeature as Feature, VirtioInterrupt, VirtioRegister as Register, VirtioStatus as Status } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetClass, VirtioNetMqCommand, VirtioNetRssConfig } from "../../hal/nic/virtio/net-layouts.ts";
import { VirtioNetState } from "../../hal/nic/virtio/net-state.ts";
import type { Address } from "../../hal/field.ts";
import { Errno } from "../../kernel/errno.ts";
import { DriverBench } from "./driver/bench.ts";
import { Ask, asking } from "./driver/station.ts";
import { RX, raise, virtioKind } from "./driver/virtio-kind.ts";
import { stateOfDriver, NIC } from "./driver/kind.ts";
import { VirtioRegisters } from "../../hal/nic/virtio/transport-state.ts";
import { VirtioDriverPage } from "../../services/virtio-driver/rings.ts";
import type { Bend } from "./virtio-driver/watched.ts";
import { first, watched, without, written } from "./virtio-driver/watched.ts";

const AT_WORK = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK | Status.DRIVER_OK;
const bit = (feature: number): number => 1 << (feature & 31);

/** An IPv4 TCP frame from a client, broadcast so that every filter lets it through; its number lies where the station looks for it. */
function fromClient(client: number, number: number, bytes = 60): Uint8Array {
  const frame = asking(Ask.nothing, bytes, number);
  // The station reads its ask and number where IP has version, length and identification: fragment fields and checksum are nobody's here.
  frame.set([8, 0], 12);
  frame.set([0x45, 0, 0, bytes - 14], 14);
  frame.set([0, 0, 64, 6, 0, 0, 10, 20, client >> 8, client & 0xff, 10, 20, 0, 2], 20);
  return frame;
}

afterEach(() => void vi.restoreAllMocks());

describe("start", () => {
  test("agrees on what helps, reads its address, posts buffers, keeps others' frames away", () => {
    const { bench, accesses } = watched();
    const state = stateOfDriver(bench);
    expect(state).toMatchObject({ phase: 1, startStatus: 0, macLow: 0x0000_0002, macHigh: 0x0100, pairs: 1, linkUp: 1, rxPosted: 8 });
    const low = [Feature.MAC, Feature.STATUS, Feature.CTRL_VQ, Feature.CTRL_RX, Feature.INDIRECT_DESC, Feature.EVENT_IDX].reduce((bits, feature) => bits | bit(feature), 0);
    expect(written(accesses, Register.DriverFeatures)).toEqual([low, bit(Feature.VERSION_1)]);
    expect(bench.nic.read(Register.Status)).toBe(AT_WORK);
  });

  test.each([
    [1, [8], 3],
    [2, [8, 8], 5],
    [4, [8, 8, 8, 8], 9],
  ])("%i pairs: buffers in each receive queue, and the control queue behind all that the device has", (pairs, posted, queues) => {
    const { bench, accesses } = watched(pairs, { buffers: 64 });
    expect(posted.map((_, pair) => bench.machine.ram.u16[(queueAvailable(bench, 2 * pair) + 2) >> 1])).toEqual(posted);
    expect(written(accesses, Register.QueueSel)).toEqual(Array.from({ length: queues }, (_, queue) => queue));
    expect(written(accesses, Register.QueueNotify)).toContain(queues - 1);
  });

  test("the device has fewer pairs than are wanted: those are used", () => {
    const kind = virtioKind(4);
    const bench = new DriverBench({ ...kind, device: { ...kind.device, kind: "virtio-net", queuePairs: 2, mac: "02:00:00:00:00:01" } }, { buffers: 64 });
    expect(stateOfDriver(bench)).toMatchObject({ phase: 1, pairs: 2, rxPosted: 16 });
    bench.arrive(asking(Ask.echo));
    expect([bench.sent.length, bench.broken()]).toEqual([1, []]);
  });

  test.each([
    ["rings too small", { ringsBytes: 256 }, Errno.invalidMemoryRegion],
    ["nothing to post", { rxPosted: 0 }, Errno.invalidArgument],
    ["no transmit queue", { txDescriptors: 0 }, Errno.invalidArgument],
    ["no memory for the tables", { rxDescriptors: 8192, rxPosted: 8000 }, Errno.outOfMemory],
  ])("%s: it ends and says why", (_name, numbers, status) => {
    const bench = new DriverBench(virtioKind(1), numbers);
    expect(stateOfDriver(bench)).toMatchObject({ phase: 0, startStatus: status });
    expect([bench.driverLine.fault, bench.buffersInUse]).toEqual([null, 0]);
  });
});

function queueAvailable(bench: DriverBench, number: number): number {
  const queue = bench.machine.inspect(`${NIC}.queues`, number) as Record<string, number>;
  return queue.available;
}

describe("a device that is not what it should be", () => {
  const odd: readonly (readonly [name: string, bend: Bend, status: number])[] = [
    ["another magic value", (offset, value) => (offset === Register.MagicValue ? 7 : value), Errno.notFound],
    ["a legacy device", (offset, value) => (offset === Register.Version ? 1 : value), Errno.notFound],
    ["no device", (offset, value) => (offset === Register.DeviceID ? 0 : value), Errno.notFound],
    ["another kind of device", (offset, value) => (offset === Register.DeviceID ? 2 : value), Errno.notFound],
    ["a device that is never reset", (offset, value) => (offset === Register.Status ? 1 : value), Errno.timeout],
    ["a device of before 1.0", without(Feature.VERSION_1), Errno.notInitialized],
    ["a device that does not agree", (offset, value) => (offset === Register.Status ? value & ~Status.FEATURES_OK : value), Errno.notInitialized],
    ["a configuration that never stands still", countUp(Register.ConfigGeneration), Errno.timeout],
    ["a device without queues", (offset, value) => (offset === Register.QueueNumMax ? 0 : value), Errno.resourceExhausted],
    ["queues of one descriptor", (offset, value) => (offset === Register.QueueNumMax ? 1 : value), Errno.resourceExhausted],
    ["queues that are ready already", (offset, value) => (offset === Register.QueueReady ? 1 : value), Errno.resourceExhausted],
  ];

  test.each(odd)("%s: the driver ends, and nothing is left with the device", (_name, bend, status) => {
    const { bench } = watched(1, {}, bend);
    expect(stateOfDriver(bench)).toMatchObject({ phase: 0, startStatus: status, rxPosted: 0 });
    expect([bench.driverLine.fault, bench.buffersInUse]).toEqual([null, 0]);
  });

  test.each([0, 1, 2, 3, 5, 6, 7, 8])("a largest queue of %i descriptors: a power of two is used, or the driver ends", (most) => {
    const { bench, accesses } = watched(1, {}, (offset, value) => (offset === Register.QueueNumMax ? most : value));
    const sizes = written(accesses, Register.QueueNum);
    expect(sizes.every((size) => size <= most && (size & (size - 1)) === 0)).toBe(true);
    expect(stateOfDriver(bench).phase).toBe(most >= 2 ? 1 : 0);
    if (most >= 2) bench.arrive(asking(Ask.echo), asking(Ask.echo));
    expect(bench.sent.length).toBe(most >= 2 ? 2 : 0);
  });
});

function countUp(register: number): Bend {
  let count = 0;
  return (offset, value) => (offset === register ? count++ : value);
}

describe("features that a device may lack", () => {
  test.each([
    ["EVENT_IDX", [Feature.EVENT_IDX]],
    ["indirect descriptors", [Feature.INDIRECT_DESC]],
    ["both", [Feature.EVENT_IDX, Feature.INDIRECT_DESC]],
    ["the control queue", [Feature.CTRL_VQ]],
    ["receive filters", [Feature.CTRL_RX]],
    ["a status", [Feature.STATUS]],
    ["an address", [Feature.MAC]],
    ["RSS", [Feature.RSS]],
    ["RSS and MQ", [Feature.RSS, Feature.MQ]],
    ["everything", [Feature.EVENT_IDX, Feature.INDIRECT_DESC, Feature.CTRL_VQ, Feature.CTRL_RX, Feature.STATUS, Feature.MAC, Feature.RSS, Feature.MQ]],
  ])("without %s frames pass all the same", (_name, features) => {
    const { bench, accesses } = watched(2, { buffers: 64 }, without(...features));
    const [low, high] = written(accesses, Register.DriverFeatures);
    for (const feature of features) expect(((feature < 32 ? low : high) >>> (feature & 31)) & 1).toBe(0);
    const frames = Array.from({ length: 40 }, (_, i) => asking(Ask.echo, 60 + i, i));
    for (const frame of frames) bench.arrive(frame);
    expect(bench.sent).toEqual(frames);
    expect(bench.broken()).toEqual([]);
  });

  test("a control queue that is not there is not asked: no filter, no second queue", () => {
    const { bench, accesses } = watched(2, { buffers: 64 }, without(Feature.CTRL_VQ));
    const [low, high] = written(accesses, Register.DriverFeatures);
    expect([low & (bit(Feature.CTRL_RX) | bit(Feature.MQ)), high & bit(Feature.RSS)]).toEqual([0, 0]);
    expect(stateOfDriver(bench).pairs).toBe(1);
  });

  test("without RSS the device steers as it sees fit, over all pairs", () => {
    const { bench } = watched(4, { buffers: 64 }, without(Feature.RSS));
    const { pairs, rss } = VirtioNetState.view(bench.machine.ram, bench.partAt(`${NIC}.state`) as Address<"VirtioNetState">);
    expect([pairs, rss]).toEqual([4, 0]);
  });
});

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
