import { afterEach, describe, expect, test, vi } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetState } from "../../hal/nic/virtio/net-state.ts";
import type { Address } from "../../hal/field.ts";
import { Errno } from "../../kernel/errno.ts";
import { DriverBench } from "./driver/bench.ts";
import { Ask, asking } from "./driver/station.ts";
import { virtioKind } from "./driver/virtio-kind.ts";
import { stateOfDriver, NIC } from "./driver/kind.ts";
import type { Bend } from "./virtio-driver/watched.ts";
import { watched, without, written } from "./virtio-driver/watched.ts";

const AT_WORK = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK | Status.DRIVER_OK;
const bit = (feature: number): number => 1 << (feature & 31);

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
