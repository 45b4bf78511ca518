/** What a virtio network device offers and shows (VIRTIO 1.2, 5.1.2 to 5.1.4), and its link. */

import { describe, expect, test } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { macBytes } from "./net-frames.ts";
import type { NetBenchOptions } from "./net-bench.ts";
import { MAC, NetBench } from "./net-bench.ts";

function offered(bench: NetBench): number[] {
  return [0, 1, 2, 3].flatMap((word) => {
    bench.write(Register.DeviceFeaturesSel, word);
    const bits = bench.read(Register.DeviceFeatures);
    return Array.from({ length: 32 }, (_, i) => i).filter((i) => ((bits >>> i) & 1) === 1).map((i) => 32 * word + i);
  });
}

const ALWAYS = [5, 15, 16, 17, 18, 19, 20, 23, 28, 29, 32, 63];

describe("features", () => {
  const rows: readonly (readonly [name: string, options: NetBenchOptions, more: readonly number[]])[] = [
    ["one pair", {}, []],
    ["one pair and MQ", { multiqueue: true }, [Feature.MQ]],
    ["two pairs", { queuePairs: 2 }, [Feature.MQ, Feature.RSS]],
    ["MTU", { mtu: 1500 }, [Feature.MTU]],
    ["ACCESS_PLATFORM", { accessPlatform: true }, [Feature.ACCESS_PLATFORM]],
  ];
  test.each(rows)("offered with %s", (_, options, more) => {
    expect(offered(new NetBench(options))).toEqual([...ALWAYS, ...more].sort((a, b) => a - b));
  });

  const choices: readonly (readonly [name: string, options: NetBenchOptions, features: readonly number[], accepted: boolean])[] = [
    ["nothing but VERSION_1", {}, [], true],
    ["all that is offered", { queuePairs: 2, mtu: 1500, accessPlatform: true }, [...ALWAYS, Feature.MQ, Feature.RSS, Feature.MTU, Feature.ACCESS_PLATFORM], true],
    ["CTRL_RX without the control queue", {}, [Feature.CTRL_RX], false],
    ["CTRL_VLAN without the control queue", {}, [Feature.CTRL_VLAN], false],
    ["CTRL_RX_EXTRA without the control queue", {}, [Feature.CTRL_RX_EXTRA], false],
    ["CTRL_MAC_ADDR without the control queue", {}, [Feature.CTRL_MAC_ADDR], false],
    ["MQ without the control queue", { queuePairs: 2 }, [Feature.MQ], false],
    ["RSS without the control queue", { queuePairs: 2 }, [Feature.RSS], false],
    ["RSS without MQ", { queuePairs: 2 }, [Feature.RSS, Feature.CTRL_VQ], true],
    ["ACCESS_PLATFORM left out where it is offered", { accessPlatform: true }, [Feature.MAC], false],
    ["a feature that is not offered", {}, [Feature.MQ, Feature.CTRL_VQ], false],
  ];
  test.each(choices)("chosen: %s", (_, options, features, accepted) => {
    expect(new NetBench(options).negotiate(features)).toBe(accepted);
  });
});

describe("the configuration space", () => {
  const rows: readonly (readonly [name: string, options: NetBenchOptions, bytes: readonly number[]])[] = [
    ["one pair", {}, [...macBytes(MAC), 1, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]],
    ["one pair and MQ", { multiqueue: true }, [...macBytes(MAC), 1, 0, 1, 0, 0, 0, 0xe8, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]],
    ["four pairs, MTU", { queuePairs: 4, mtu: 1500 }, [...macBytes(MAC), 1, 0, 4, 0, 0xdc, 5, 0xe8, 3, 0, 0, 1, 40, 128, 0, 0x3f, 0, 0, 0]],
  ];
  test.each(rows)("%s", (_, options, bytes) => {
    const bench = new NetBench(options);
    expect(bench.configuration(0, 24)).toEqual(bytes);
    expect(bench.configuration(24, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    for (let offset = Register.Config; offset < Register.Config + 32; offset += 4) bench.write(offset, -1);
    expect(bench.configuration(0, 24)).toEqual(bytes);
  });
});

describe("the link (5.1.4)", () => {
  test("is up while the cable is in; a change is told, with a new generation", () => {
    const bench = new NetBench().start();
    const generation = bench.read(Register.ConfigGeneration);
    bench.nic.wire.plug(false);
    bench.settle();
    expect([bench.configuration(6, 2), bench.acknowledge(), bench.read(Register.ConfigGeneration)]).toEqual([[0, 0], 2, generation + 1]);
    bench.nic.wire.plug(true);
    bench.settle();
    expect([bench.configuration(6, 2), bench.acknowledge(), bench.read(Register.ConfigGeneration)]).toEqual([[1, 0], 2, generation + 2]);
  });

  test("is told to nobody who has not negotiated STATUS", () => {
    const bench = new NetBench().start([Feature.MAC]);
    bench.nic.wire.plug(false);
    bench.settle();
    expect(bench.acknowledge()).toBe(0);
    bench.write(Register.Status, 0);
    bench.nic.wire.plug(true);
    bench.settle();
    expect([bench.acknowledge(), bench.configuration(6, 2)]).toEqual([0, [1, 0]]);
  });

  test("whatever changes the configuration counts its generation up, also a reset (2.5.1)", () => {
    const bench = new NetBench();
    const seen: number[] = [];
    const changes: readonly (() => void)[] = [
      () => bench.write(Register.Status, 0),
      () => bench.nic.wire.plug(false),
      () => bench.write(Register.Status, 0),
      () => {
        bench.nic.wire.plug(true);
        bench.write(Register.Status, 0);
      },
      () => bench.start().command(1, 1, macBytes("02:00:00:00:00:55")),
      () => bench.write(Register.Status, 0),
    ];
    for (const change of changes) {
      change();
      bench.settle();
      seen.push(bench.read(Register.ConfigGeneration));
    }
    expect(seen).toEqual([0, 1, 1, 2, 3, 4]);
  });

  test("a reset shows it as it is", () => {
    const bench = new NetBench().start();
    bench.nic.wire.plug(false);
    bench.start();
    expect(bench.configuration(6, 2)).toEqual([0, 0]);
  });
});

describe("queues", () => {
  test.each([1, 2, 4, 8])("%i pairs: so many of each kind and a control queue, each of up to 1024", (queuePairs) => {
    const bench = new NetBench({ queuePairs });
    const sizes = Array.from({ length: 2 * queuePairs + 3 }, (_, i) => {
      bench.write(Register.QueueSel, i);
      return bench.read(Register.QueueNumMax);
    });
    expect(sizes).toEqual([...Array<number>(2 * queuePairs + 1).fill(1024), 0, 0]);
  });

  test("queueSizeMax says otherwise, and takes no memory", () => {
    const bytes = (options: NetBenchOptions): number => new NetBench(options).memory;
    const bench = new NetBench({ queueSizeMax: 64 });
    expect([bench.read(Register.QueueNumMax), bytes({ queueSizeMax: 32_768 })]).toEqual([64, bytes({ queueSizeMax: 2 })]);
  });

  test.each([
    [[Feature.CTRL_VQ, Feature.CTRL_RX], 2],
    [[Feature.CTRL_VQ, Feature.CTRL_RX, Feature.MQ], 6],
    [[Feature.CTRL_VQ, Feature.CTRL_RX, Feature.RSS], 6],
  ])("with features %j of a device of three pairs the control queue is number %i (5.1.2)", (features, index) => {
    const bench = new NetBench({ queuePairs: 3 }).start(features);
    const queue = bench.queues[index];
    const at = bench.buffer(index);
    bench.ram.u8.set([0, 0, 0, 0xee], at);
    queue.chain(0, [{ address: at, bytes: 3 }, { address: at + 3, bytes: 1, flags: 2 }]);
    queue.offer(0);
    bench.notify(index);
    bench.settle();
    expect([queue.used(), bench.ram.u8[at + 3]]).toEqual([[[0, 1]], 0]);
  });

  test("without CTRL_VQ there is no control queue", () => {
    const bench = new NetBench().start([Feature.MAC]);
    expect(bench.command(0, 0, [0])).toBe(-1);
  });

  test.each([0, 9, 1.5])("a device of %d pairs cannot be built", (queuePairs) => {
    expect(() => new NetBench({ queuePairs })).toThrow("pairs");
  });

  test.each([67, 65_536])("nor one with an MTU of %i", (mtu) => {
    expect(() => new NetBench({ mtu })).toThrow("MTU");
  });
});
