/** Commands of the control queue (VIRTIO 1.2, 5.1.6.5): a table for each class, and what makes none. */

import { describe, expect, test } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetAck as Ack, VirtioNetClass as Class, VirtioNetMacCommand as Mac, VirtioNetMqCommand as Mq, VirtioNetRxCommand as Rx, VirtioNetVlanCommand as Vlan } from "../../../../hal/nic/virtio/net-layouts.ts";
import { MAC_TABLE_LENGTH_MAX } from "../../../../hal/nic/virtio/net-state.ts";
import { BROADCAST, MAC, NetBench, USUAL } from "./net-bench.ts";
import { flowFrame, frameTo, macBytes } from "./net-frames.ts";

const { OK, ERR } = Ack;
const ALL = [...USUAL, Feature.CTRL_VLAN, Feature.MQ, Feature.RSS];
const OTHER = "02:00:00:00:00:55";
const GROUP = "01:00:5e:00:00:07";

describe("data that does not fit is refused", () => {
  const rows: readonly (readonly [name: string, kind: number, command: number, data: readonly number[], ack: number])[] = [
    ["promiscuous off", Class.RX, Rx.PROMISC, [0], OK],
    ["promiscuous without data", Class.RX, Rx.PROMISC, [], ERR],
    ["a receive mode with more data", Class.RX, Rx.ALLMULTI, [1, 2, 3], OK],
    ["a receive mode that is none", Class.RX, Rx.NOBCAST + 1, [1], ERR],
    ["an address", Class.MAC, Mac.ADDR_SET, macBytes(OTHER), OK],
    ["a short address", Class.MAC, Mac.ADDR_SET, [2, 0, 0, 0, 0], ERR],
    ["a long address", Class.MAC, Mac.ADDR_SET, [2, 0, 0, 0, 0, 1, 1], ERR],
    ["an empty table", Class.MAC, Mac.TABLE_SET, [0, 0, 0, 0, 0, 0, 0, 0], OK],
    ["a table without its second half", Class.MAC, Mac.TABLE_SET, [0, 0, 0, 0], ERR],
    ["a table with more behind it", Class.MAC, Mac.TABLE_SET, [0, 0, 0, 0, 0, 0, 0, 0, 0], ERR],
    ["a table with fewer addresses than it says", Class.MAC, Mac.TABLE_SET, [1, 0, 0, 0, 0, 0, 0, 0], ERR],
    ["a table of 2^32 - 1 addresses", Class.MAC, Mac.TABLE_SET, [255, 255, 255, 255, 0, 0, 0, 0], ERR],
    ["a table of 2^32 - 1 multicast addresses", Class.MAC, Mac.TABLE_SET, [0, 0, 0, 0, 255, 255, 255, 255], ERR],
    ["a MAC command that is none", Class.MAC, 2, [0, 0, 0, 0, 0, 0], ERR],
    ["a VLAN", Class.VLAN, Vlan.ADD, [0xff, 0x0f], OK],
    ["a VLAN beyond 4095", Class.VLAN, Vlan.ADD, [0x00, 0x10], ERR],
    ["half a VLAN", Class.VLAN, Vlan.DEL, [5], ERR],
    ["a VLAN command that is none", Class.VLAN, 2, [5, 0], ERR],
    ["one pair", Class.MQ, Mq.VQ_PAIRS_SET, [1, 0], OK],
    ["all pairs", Class.MQ, Mq.VQ_PAIRS_SET, [2, 0], OK],
    ["no pair", Class.MQ, Mq.VQ_PAIRS_SET, [0, 0], ERR],
    ["too many pairs", Class.MQ, Mq.VQ_PAIRS_SET, [3, 0], ERR],
    ["half a number of pairs", Class.MQ, Mq.VQ_PAIRS_SET, [1], ERR],
    ["HASH_CONFIG, which needs HASH_REPORT", Class.MQ, 2, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ERR],
    ["an announcement's acknowledgement", 3, 0, [], ERR],
    ["guest offloads", 5, 0, [0, 0, 0, 0, 0, 0, 0, 0], ERR],
    ["a class that is none", 200, 0, [], ERR],
  ];
  test.each(rows)("%s", (_, kind, command, data, ack) => {
    const bench = new NetBench({ queuePairs: 2 }).start(ALL);
    expect(bench.command(kind, command, data)).toBe(ack);
    expect(bench.queues[4].used()).toEqual([[0, 1]]);
    expect(bench.acknowledge()).toBe(1);
  });
});

describe("what was not negotiated is refused", () => {
  const rows: readonly (readonly [feature: number, kind: number, command: number, data: readonly number[]])[] = [
    [Feature.CTRL_RX, Class.RX, Rx.PROMISC, [0]],
    [Feature.CTRL_RX, Class.RX, Rx.ALLMULTI, [0]],
    [Feature.CTRL_RX_EXTRA, Class.RX, Rx.ALLUNI, [0]],
    [Feature.CTRL_RX_EXTRA, Class.RX, Rx.NOBCAST, [0]],
    [Feature.CTRL_RX, Class.MAC, Mac.TABLE_SET, [0, 0, 0, 0, 0, 0, 0, 0]],
    [Feature.CTRL_MAC_ADDR, Class.MAC, Mac.ADDR_SET, [2, 0, 0, 0, 0, 7]],
    [Feature.CTRL_VLAN, Class.VLAN, Vlan.ADD, [5, 0]],
    [Feature.MQ, Class.MQ, Mq.VQ_PAIRS_SET, [1, 0]],
  ];
  test.each(rows)("feature %i: class %i, command %i", (feature, kind, command, data) => {
    const bench = new NetBench({ queuePairs: 2 });
    expect(bench.start(ALL.filter((one) => one !== feature)).command(kind, command, data)).toBe(ERR);
    expect(bench.start(ALL).command(kind, command, data)).toBe(OK);
  });
});

/** Which of these frames the device takes: its own, another unicast, a multicast, a broadcast. */
function taken(bench: NetBench, frames: readonly Uint8Array[] = [MAC, OTHER, GROUP, BROADCAST].map((to) => frameTo(to, 60))): string {
  return frames
    .map((frame) => {
      const before = bench.account.filtered;
      bench.arrive(frame);
      return bench.account.filtered === before ? "+" : "-";
    })
    .join("");
}

describe("receive modes (5.1.6.5.1): own, other, multicast, broadcast", () => {
  const rows: readonly (readonly [name: string, modes: readonly (readonly [number, number])[], frames: string])[] = [
    ["as it begins", [], "++++"],
    ["promiscuous off", [[Rx.PROMISC, 0]], "+--+"],
    ["off and on", [[Rx.PROMISC, 0], [Rx.PROMISC, 1]], "++++"],
    ["all multicast", [[Rx.PROMISC, 0], [Rx.ALLMULTI, 1]], "+-++"],
    ["all unicast", [[Rx.PROMISC, 0], [Rx.ALLUNI, 1]], "++-+"],
    ["no multicast, though all", [[Rx.PROMISC, 0], [Rx.ALLMULTI, 1], [Rx.NOMULTI, 1]], "+--+"],
    ["no unicast, though all", [[Rx.PROMISC, 0], [Rx.ALLUNI, 1], [Rx.NOUNI, 1]], "---+"],
    ["no broadcast, though all multicast", [[Rx.PROMISC, 0], [Rx.ALLMULTI, 1], [Rx.NOBCAST, 1]], "+-+-"],
    ["none, and again all", [[Rx.PROMISC, 0], [Rx.NOUNI, 1], [Rx.NOUNI, 0]], "+--+"],
    ["promiscuous goes before all else", [[Rx.NOUNI, 1], [Rx.NOMULTI, 1], [Rx.NOBCAST, 1]], "++++"],
  ];
  test.each(rows)("%s", (_, modes, frames) => {
    const bench = new NetBench().start();
    for (const [command, on] of modes) expect(bench.command(Class.RX, command, [on])).toBe(OK);
    expect(taken(bench)).toBe(frames);
    bench.start();
    expect(taken(bench)).toBe("++++");
  });

  test("a frame too short for an address is taken in promiscuous mode only", () => {
    const bench = new NetBench().start();
    expect(taken(bench, [frameTo(MAC, 5)])).toBe("+");
    bench.command(Class.RX, Rx.PROMISC, [0]);
    // The last one finds the bytes of the first where it is staged.
    expect(taken(bench, [frameTo(MAC, 6), frameTo(MAC, 5)])).toBe("+-");
  });
});

describe("addresses (5.1.6.5.2)", () => {
  const macs = (count: number, first: number): number[] => [count & 0xff, count >> 8, 0, 0, ...Array.from({ length: count }, (_, i) => [first, 0, 0, 0, 0, 0x55 + i]).flat()];
  const quiet = (): NetBench => {
    const bench = new NetBench().start();
    bench.command(Class.RX, Rx.PROMISC, [0]);
    return bench;
  };

  const tables: readonly (readonly [name: string, unicasts: number, multicasts: number, frames: string])[] = [
    ["empty", 0, 0, "+---+"],
    ["one unicast", 1, 0, "++--+"],
    ["two multicasts", 0, 2, "+-+-+"],
    ["full", MAC_TABLE_LENGTH_MAX - 1, 1, "+++-+"],
    ["more unicasts than it holds: all unicasts pass", MAC_TABLE_LENGTH_MAX + 1, 0, "++--+"],
    ["more multicasts than are left: all multicasts pass", 1, MAC_TABLE_LENGTH_MAX, "+++++"],
  ];
  test.each(tables)("%s", (_, unicasts, multicasts, frames) => {
    const bench = quiet();
    expect(bench.command(Class.MAC, Mac.TABLE_SET, [...macs(unicasts, 2), ...macs(multicasts, 3)])).toBe(OK);
    expect(taken(bench, [MAC, OTHER, "03:00:00:00:00:55", GROUP, BROADCAST].map((to) => frameTo(to, 60)))).toBe(frames);
    bench.command(Class.MAC, Mac.TABLE_SET, [...macs(0, 2), ...macs(0, 3)]);
    expect(taken(bench)).toBe("+--+");
  });

  test("a table that is refused leaves the old one", () => {
    const bench = quiet();
    bench.command(Class.MAC, Mac.TABLE_SET, [...macs(1, 2), ...macs(0, 3)]);
    expect(bench.command(Class.MAC, Mac.TABLE_SET, [...macs(2, 4), 9, 0, 0, 0])).toBe(ERR);
    expect(taken(bench)).toBe("++-+");
  });

  test("the own address: filter and configuration follow, with a new generation and no notification of it; a reset takes it back", () => {
    const bench = quiet();
    const generation = bench.read(Register.ConfigGeneration);
    bench.acknowledge();
    expect(bench.command(Class.MAC, Mac.ADDR_SET, macBytes(OTHER))).toBe(OK);
    expect([bench.configuration(0, 6), bench.read(Register.ConfigGeneration), bench.acknowledge()]).toEqual([macBytes(OTHER), generation + 1, 1]);
    expect(taken(bench)).toBe("-+-+");
    bench.write(Register.Status, 0);
    expect(bench.configuration(0, 6)).toEqual(macBytes(MAC));
  });
});

describe("VLANs (5.1.6.5.3)", () => {
  const tagged = (tpid: number, tci: number): Uint8Array => flowFrame({ source: "10.0.0.1", destination: "10.0.0.2", tags: [[tpid, tci]] });
  const frames = [frameTo(MAC, 60), tagged(0x8100, 5), tagged(0x8100, 0xe005), tagged(0x88a8, 5), tagged(0x8100, 6), tagged(0x8100, 0), tagged(0x8100, 4095)];

  test("without the feature all tags pass", () => {
    const bench = new NetBench().start();
    bench.command(Class.RX, Rx.PROMISC, [0]);
    expect(taken(bench, frames)).toBe("+++++++");
  });

  test("with it none passes but those added; untagged frames and service tags always; promiscuous mode goes before", () => {
    const bench = new NetBench().start([...USUAL, Feature.CTRL_VLAN]);
    expect(taken(bench, frames)).toBe("+++++++");
    bench.command(Class.RX, Rx.PROMISC, [0]);
    expect(taken(bench, frames)).toBe("+--+---");
    for (const id of [[5, 0], [0xff, 0x0f]]) expect(bench.command(Class.VLAN, Vlan.ADD, id)).toBe(OK);
    expect(taken(bench, frames)).toBe("++++--+");
    expect(bench.command(Class.VLAN, Vlan.DEL, [5, 0])).toBe(OK);
    expect(taken(bench, frames)).toBe("+--+--+");
  });
});

describe("chains that hold no command: the device asks for a reset", () => {
  const rows: readonly (readonly [name: string, readable: number, writable: number])[] = [
    ["no answer's byte", 3, 0],
    ["one byte of command", 1, 1],
    ["no command", 0, 1],
  ];
  test.each(rows)("%s", (_, readable, writable) => {
    const bench = new NetBench().start();
    const at = bench.buffer(2);
    bench.queues[2].chain(0, [{ address: at, bytes: readable }, { address: at + 64, bytes: writable, flags: 2 }].filter((part) => part.bytes > 0));
    bench.queues[2].offer(0);
    bench.notify(2);
    bench.settle();
    expect([bench.status & Status.DEVICE_NEEDS_RESET, bench.queues[2].usedIndex]).toEqual([Status.DEVICE_NEEDS_RESET, 0]);
  });

  test("a command without room for its answer is not carried out", () => {
    const bench = new NetBench().start();
    const at = bench.buffer(2);
    bench.ram.u8.set([Class.MAC, Mac.ADDR_SET, ...macBytes(OTHER)], at);
    bench.queues[2].chain(0, [{ address: at, bytes: 8 }]);
    bench.queues[2].offer(0);
    bench.notify(2);
    bench.settle();
    expect(bench.configuration(0, 6)).toEqual(macBytes(MAC));
  });
});
