/** Which receive queue a frame goes to (VIRTIO 1.2, 5.1.6.5.5 to 5.1.6.5.7): pairs in use, automatic steering, RSS. */

import { describe, expect, test } from "vitest";
import { HalTrace } from "../../../../hal/trace.ts";
import { VirtioFeature as Feature } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { RSS_KEY_BYTES, RSS_TABLE_LENGTH_MAX, VirtioNetAck as Ack, VirtioNetClass as Class, VirtioNetHash as Hash, VirtioNetMqCommand as Mq } from "../../../../hal/nic/virtio/net-layouts.ts";
import { MAC, NetBench, QUEUE_SIZE, USUAL } from "./net-bench.ts";
import type { Flow } from "./net-frames.ts";
import { flowFrame, frameTo } from "./net-frames.ts";

const { OK, ERR } = Ack;
const BOTH = [...USUAL, Feature.MQ, Feature.RSS];
const PAIRS = 4;
/** The key of the published verification suite. */
const KEY: readonly number[] = "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa".match(/../g)!.map((byte) => Number.parseInt(byte, 16));
const TCP = Hash.TCPv4 | Hash.TCPv6 | Hash.IPv4 | Hash.IPv6;
const le16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];

interface Scaling {
  readonly types?: number;
  readonly mask?: number;
  readonly unclassified?: number;
  readonly table?: readonly number[];
  readonly transmitQueues?: number;
  readonly key?: readonly number[];
  readonly keyBytes?: number;
}

function scaling({ types = TCP, table = [0, 1, 2, 3], mask = table.length - 1, unclassified = 0, transmitQueues = PAIRS, key = KEY, keyBytes = key.length }: Scaling): number[] {
  return [...le16(types), ...le16(types >>> 16), ...le16(mask), ...le16(unclassified), ...table.flatMap(le16), ...le16(transmitQueues), keyBytes, ...key];
}

function started(features: readonly number[] = BOTH): NetBench {
  const bench = new NetBench({ queuePairs: PAIRS }).start(features);
  for (let pair = 0; pair < PAIRS; pair++) bench.give(pair, QUEUE_SIZE);
  return bench;
}

/** The pair whose queue a frame goes to. */
function pairOf(bench: NetBench, frame: Uint8Array): number {
  const before = bench.queues.map((queue) => queue.usedIndex);
  bench.arrive(frame);
  const changed = bench.queues.map((queue, i) => (queue.usedIndex === before[i] ? -1 : i)).filter((index) => index >= 0);
  if (changed.length !== 1) throw new Error(`the frame went to ${changed.length} queues`);
  return changed[0] / 2;
}

const flow = (i: number): Flow => ({ source: `10.0.${i >> 8}.${i & 255}`, destination: "10.1.0.1", sourcePort: 30_000 + i, destinationPort: 80 });

describe("pairs in use", () => {
  test("after initialisation only the first takes frames (5.1.6.5.6.2)", () => {
    const bench = started();
    for (let i = 0; i < 12; i++) expect(pairOf(bench, flowFrame(flow(i)))).toBe(0);
  });

  test.each([1, 2, 3, 4])("%i pairs: all of them take frames, and no others", (pairs) => {
    const bench = started();
    expect(bench.command(Class.MQ, Mq.VQ_PAIRS_SET, le16(pairs))).toBe(OK);
    const seen = new Set(Array.from({ length: 16 }, (_, i) => pairOf(bench, flowFrame(flow(i)))));
    expect([...seen].sort()).toEqual(Array.from({ length: pairs }, (_, i) => i));
  });

  test("fewer than before: no frame goes to the others once the command is used, not even one that was being written", () => {
    // The command comes at every place of a frame's reception; a write-back waits for 60 cycles.
    for (let delay = 0; delay < 760; delay += 40) {
      const bench = started();
      bench.command(Class.MQ, Mq.VQ_PAIRS_SET, le16(4));
      for (let i = 0; i < 12; i++) bench.offer(flowFrame(flow(i)));
      const at = bench.buffer(bench.controlIndex);
      bench.ram.u8.set([Class.MQ, Mq.VQ_PAIRS_SET, 1, 0], at);
      bench.queues[bench.controlIndex].offer(0);
      bench.board.idleUntil(bench.board.now() + delay);
      bench.notify(bench.controlIndex);
      while (bench.queues[bench.controlIndex].usedIndex === 1) bench.steps(1);
      const used = [2, 4, 6].map((index) => bench.queues[index].usedIndex);
      bench.settle();
      expect([2, 4, 6].map((index) => bench.queues[index].usedIndex)).toEqual(used);
      expect(bench.account.received).toBe(12);
    }
  });

  test("a reset goes back to one", () => {
    const bench = started();
    bench.command(Class.MQ, Mq.VQ_PAIRS_SET, le16(4));
    bench.start(BOTH).give(0, QUEUE_SIZE);
    for (let i = 0; i < 12; i++) expect(pairOf(bench, flowFrame(flow(i)))).toBe(0);
  });
});

describe("automatic steering (5.1.6.5.6)", () => {
  const automatic = (): NetBench => {
    const bench = started();
    bench.command(Class.MQ, Mq.VQ_PAIRS_SET, le16(4));
    return bench;
  };

  test("a flow's frames stay together, whatever their tags", () => {
    const bench = automatic();
    for (let i = 0; i < 8; i++) expect(pairOf(bench, flowFrame({ ...flow(i), tags: [[0x8100, 7]] }))).toBe(pairOf(bench, flowFrame(flow(i))));
  });

  test("a flow comes back on the pair where its frames leave, also when that changes", () => {
    const bench = automatic();
    for (const pair of [3, 1, 2, 0]) {
      bench.send(pair, 0, flowFrame({ source: "10.1.0.1", destination: "10.0.0.7", sourcePort: 80, destinationPort: 30_007 }));
      expect(pairOf(bench, flowFrame(flow(7)))).toBe(pair);
    }
  });

  test("what left before the pairs were set anew is forgotten", () => {
    const bench = automatic();
    const before = pairOf(bench, flowFrame(flow(7)));
    bench.send((before + 1) % 4, 0, flowFrame({ source: "10.1.0.1", destination: "10.0.0.7", sourcePort: 80, destinationPort: 30_007 }));
    bench.command(Class.MQ, Mq.VQ_PAIRS_SET, le16(4));
    expect(pairOf(bench, flowFrame(flow(7)))).toBe(before);
  });

  test("what one flow does steers no other", () => {
    for (let first = 0; first < 240; first += 12) {
      const [plain, learned] = [automatic(), automatic()];
      for (let i = 0; i < 4; i++) learned.send(3, i, flowFrame({ source: "10.1.0.1", destination: `10.9.9.${i}`, sourcePort: 80, destinationPort: 9 }));
      for (let i = first; i < first + 12; i++) expect(pairOf(learned, flowFrame(flow(i)))).toBe(pairOf(plain, flowFrame(flow(i))));
    }
  });

  test("a frame that is no IP goes to the first queue", () => {
    expect(pairOf(automatic(), frameTo(MAC, 60))).toBe(0);
  });
});

describe("RSS (5.1.6.5.7)", () => {
  test("the published vectors choose their entries of a table of 128", () => {
    const table = Array.from({ length: RSS_TABLE_LENGTH_MAX }, (_, i) => (i * 7 + (i >> 3)) & 3);
    const bench = started();
    expect(bench.command(Class.MQ, Mq.RSS_CONFIG, scaling({ table }))).toBe(OK);
    const rows: readonly (readonly [string, number, string, number, number])[] = [
      ["161.142.100.80", 1766, "66.9.149.187", 2794, 0x51ccc178],
      ["65.69.140.83", 4739, "199.92.111.2", 14230, 0xc626b0ea],
      ["12.22.207.184", 38024, "24.19.198.95", 12898, 0x5c2b394a],
      ["3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x40207d3d],
      ["ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0xdde51bbf],
    ];
    for (const [destination, destinationPort, source, sourcePort, hash] of rows) {
      expect(pairOf(bench, flowFrame({ source, destination, sourcePort, destinationPort }))).toBe(table[hash & 127]);
      expect(pairOf(bench, flowFrame({ source, destination, sourcePort, destinationPort, tags: [[0x88a8, 1], [0x8100, 2]] }))).toBe(table[hash & 127]);
    }
  });

  const unhashed: readonly (readonly [name: string, types: number, frame: Uint8Array])[] = [
    ["no IP", TCP, frameTo(MAC, 60)],
    ["UDP when only TCP is hashed", Hash.TCPv4, flowFrame({ ...flow(1), protocol: 17 })],
    ["a fragment when only TCP is hashed", Hash.TCPv4, flowFrame({ ...flow(1), fragment: 0x2000 })],
    ["IPv6 when only IPv4 is hashed", Hash.TCPv4 | Hash.IPv4, flowFrame({ source: "2001:db8::1", destination: "2001:db8::2", sourcePort: 1, destinationPort: 2 })],
    ["anything when nothing is hashed", 0, flowFrame(flow(1))],
    ["a frame cut short", TCP, flowFrame(flow(1)).slice(0, 30)],
  ];
  test.each(unhashed)("the unclassified queue takes %s", (_, types, frame) => {
    const bench = started();
    bench.command(Class.MQ, Mq.RSS_CONFIG, scaling({ types, unclassified: 2, table: [0] }));
    expect(pairOf(bench, frame)).toBe(2);
  });

  test("a flow's fragments go together", () => {
    const bench = started();
    bench.command(Class.MQ, Mq.RSS_CONFIG, scaling({}));
    const [first, ...others] = [0x2000, 0x2001, 0x0002].map((fragment) => pairOf(bench, flowFrame({ ...flow(3), fragment })));
    expect(others).toEqual([first, first]);
  });

  const refused: readonly (readonly [name: string, data: readonly number[]])[] = [
    ["a table of three", scaling({ table: [0, 1, 2] })],
    ["a mask that is none", scaling({ mask: 5, table: [0, 1, 2, 3, 0, 1] })],
    ["a table of 256", scaling({ table: Array<number>(256).fill(0) })],
    ["the longest mask", scaling({ mask: 0xffff })],
    ["an entry without a queue", scaling({ table: [0, 1, 2, PAIRS] })],
    ["an unclassified queue that is none", scaling({ unclassified: PAIRS })],
    ["a hash type that is not supported", scaling({ types: 1 << 6 })],
    ["no transmit queue", scaling({ transmitQueues: 0 })],
    ["too many transmit queues", scaling({ transmitQueues: PAIRS + 1 })],
    ["a key that is too long", scaling({ key: [...KEY, 1] })],
    ["a key that is shorter than it says", scaling({ keyBytes: RSS_KEY_BYTES, key: KEY.slice(1) })],
    ["a key that is longer than it says", scaling({ keyBytes: RSS_KEY_BYTES - 1 })],
    ["nothing", []],
    ["no table", scaling({}).slice(0, 8)],
    ["no key's length", scaling({ key: [] }).slice(0, -1)],
  ];
  test.each(refused)("refused: %s; what was set stays", (_, data) => {
    const bench = started();
    bench.command(Class.MQ, Mq.RSS_CONFIG, scaling({ table: [3], unclassified: 2 }));
    expect(bench.command(Class.MQ, Mq.RSS_CONFIG, data)).toBe(ERR);
    expect([pairOf(bench, flowFrame(flow(1))), pairOf(bench, frameTo(MAC, 60))]).toEqual([3, 2]);
  });

  test("a shorter key ends in zeros", () => {
    const full = started();
    const short = started();
    full.command(Class.MQ, Mq.RSS_CONFIG, scaling({ key: [...KEY.slice(0, 10), ...Array<number>(30).fill(0)] }));
    short.command(Class.MQ, Mq.RSS_CONFIG, scaling({}));
    expect(short.command(Class.MQ, Mq.RSS_CONFIG, scaling({ key: KEY.slice(0, 10) }))).toBe(OK);
    for (let i = 0; i < 12; i++) expect(pairOf(short, flowFrame(flow(i)))).toBe(pairOf(full, flowFrame(flow(i))));
  });

  test("is refused when it was not negotiated; the last command decides when both modes were", () => {
    expect(started([...USUAL, Feature.MQ]).command(Class.MQ, Mq.RSS_CONFIG, scaling({}))).toBe(ERR);
    const bench = started();
    bench.command(Class.MQ, Mq.RSS_CONFIG, scaling({ table: [3], unclassified: 3 }));
    bench.command(Class.MQ, Mq.VQ_PAIRS_SET, le16(1));
    expect(pairOf(bench, flowFrame(flow(1)))).toBe(0);
    bench.command(Class.MQ, Mq.RSS_CONFIG, scaling({ table: [3], unclassified: 3 }));
    expect(pairOf(bench, flowFrame(flow(1)))).toBe(3);
  });

  test("the trace names the queue before each frame that is not in the first; ordinals count for each queue", () => {
    const bench = started();
    bench.command(Class.MQ, Mq.RSS_CONFIG, scaling({ types: TCP, table: [2], unclassified: 0 }));
    for (const frame of [flowFrame(flow(1)), frameTo(MAC, 60), flowFrame(flow(2))]) bench.arrive(frame);
    const { frameSteered, frameReceived } = HalTrace;
    const records = bench.traced.filter((record) => record.kind === frameSteered || record.kind === frameReceived);
    expect(records.map(({ kind, argument0, argument1 }) => [kind, argument0, argument1])).toEqual([
      [frameSteered, 1, 2], [frameReceived, 1, 1], [frameReceived, 2, 1], [frameSteered, 3, 2], [frameReceived, 3, 2],
    ]);
  });
});
