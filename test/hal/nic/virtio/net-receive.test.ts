/** Reception by a virtio network device (VIRTIO 1.2, 5.1.6.3, 5.1.6.4): chains, merged buffers, dry queues, lengths, cable. */

import { describe, expect, test } from "vitest";
import { HalTrace } from "../../../../hal/trace.ts";
import { VirtioFeature as Feature, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { HEADER_BYTES, MAC, NetBench, QUEUE_SIZE, USUAL } from "./net-bench.ts";
import { flowFrame, frameTo } from "./net-frames.ts";

const NEEDS_RESET = Status.DEVICE_NEEDS_RESET;
const HEADER = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];

describe("one buffer a frame", () => {
  test("the header, then the frame unpadded; the used length is both; an interrupt", () => {
    const bench = new NetBench().start();
    bench.give(0, 4);
    const frames = [14, 60, 1514, 2036].map((bytes, i) => frameTo(MAC, bytes, i));
    frames.forEach((frame, i) => {
      bench.arrive(frame);
      expect(bench.queues[0].usedElement(i)).toEqual([i, HEADER_BYTES + frame.length]);
      expect(bench.received(0, i)).toEqual({ header: HEADER, frame: [...frame] });
      expect([bench.lineHigh(), bench.acknowledge(), bench.lineHigh()]).toEqual([true, 1, false]);
    });
    expect(bench.account).toMatchObject({ offered: 4, received: 4, inFlight: 0 });
    expect(bench.tracedOf(HalTrace.frameReceived).map(({ argument0, argument1 }) => [argument0, argument1])).toEqual([[1, 1], [2, 2], [3, 3], [4, 4]]);
    expect(bench.tracedOf(HalTrace.frameSteered)).toEqual([]);
  });

  test("a chain of many parts, the header cut in two; what the frame does not fill stays as it was", () => {
    const bench = new NetBench().start();
    const parts = [5, 7, 1, 33, 100].map((bytes, i) => ({ address: bench.buffer(0, i * 256), bytes }));
    bench.ram.fill(bench.buffer(0), 2048, 0xee);
    bench.giveChain(0, 3, parts);
    const frame = frameTo(MAC, 50);
    bench.arrive(frame);
    expect(bench.queues[0].used()).toEqual([[3, 62]]);
    const all = parts.flatMap((part) => bench.bytes(part.address, part.bytes));
    expect(all.slice(0, 62)).toEqual([...HEADER, ...frame]);
    expect(all.slice(62)).toEqual(Array<number>(84).fill(0xee));
    expect(bench.bytes(bench.buffer(0, 5), 3)).toEqual([0xee, 0xee, 0xee]);
  });

  test("a frame that is longer than the chain is dropped, and the chain is there for the next", () => {
    const bench = new NetBench().start();
    bench.give(0, 1, 100);
    bench.arrive(frameTo(MAC, 89));
    expect(bench.queues[0].usedIndex).toBe(0);
    expect(bench.account).toMatchObject({ tooLong: 1, received: 0, noDescriptor: 0 });
    bench.arrive(frameTo(MAC, 88, 2));
    expect(bench.received(0, 0).frame).toEqual([...frameTo(MAC, 88, 2)]);
  });

  test("a buffer that does not even hold a header drops all but nothing else", () => {
    const bench = new NetBench().start();
    bench.give(0, 1, 11);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.account.tooLong, bench.status & NEEDS_RESET]).toEqual([1, 0]);
  });

  test("a frame longer than the wire stages whole is too long, whatever the chain", () => {
    const bench = new NetBench().start();
    bench.giveChain(0, 0, [{ address: bench.buffer(0), bytes: 8192 }]);
    bench.arrive(frameTo(MAC, 2049));
    expect(bench.account.tooLong).toBe(1);
    bench.arrive(frameTo(MAC, 2048));
    expect(bench.account.received).toBe(1);
  });

  test("a receive chain without a writable part: the device asks for a reset", () => {
    const bench = new NetBench().start();
    bench.queues[0].chain(0, [{ address: bench.buffer(0), bytes: 100 }]);
    bench.queues[0].offer(0);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.status & NEEDS_RESET, bench.account.noDescriptor, bench.queues[0].usedIndex]).toEqual([NEEDS_RESET, 1, 0]);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account.linkDown).toBe(1);
  });
});

describe("MRG_RXBUF", () => {
  const merged = [...USUAL, Feature.MRG_RXBUF];
  const lengths: readonly (readonly [frame: number, used: readonly number[]])[] = [
    [14, [26]],
    [52, [64]],
    [53, [64, 1]],
    [116, [64, 64]],
    [117, [64, 64, 1]],
    [500, [64, 64, 64, 64, 64, 64, 64, 64]],
  ];
  test.each(lengths)("buffers of 64 bytes: a frame of %i bytes takes %j", (bytes, used) => {
    const bench = new NetBench().start(merged);
    bench.give(0, 12, 64);
    const frame = frameTo(MAC, bytes);
    bench.arrive(frame);
    expect(bench.queues[0].used()).toEqual(used.map((length, i) => [i, length]));
    const all = used.flatMap((length, i) => bench.bytes(bench.buffer(0, i * 2048), length));
    expect(all).toEqual([...HEADER.slice(0, 10), used.length, 0, ...frame]);
    expect(bench.account).toMatchObject({ received: 1, inFlight: 0 });
    bench.arrive(frameTo(MAC, 20));
    expect(bench.queues[0].usedElement(used.length)).toEqual([used.length, 32]);
  });

  test("too few buffers for a frame: it is dropped, and the next that fits takes them from the first", () => {
    const bench = new NetBench().start(merged);
    bench.give(0, 3, 64);
    bench.arrive(frameTo(MAC, 181));
    expect([bench.queues[0].usedIndex, bench.account.noDescriptor]).toEqual([0, 1]);
    bench.arrive(frameTo(MAC, 180));
    expect(bench.queues[0].used()).toEqual([[0, 64], [1, 64], [2, 64]]);
  });

  test("buffers of different lengths, each filled to its end but the last", () => {
    const bench = new NetBench().start(merged);
    [12, 200, 13].forEach((bytes, i) => bench.giveChain(0, i, [{ address: bench.buffer(0, i * 2048), bytes }]));
    bench.arrive(frameTo(MAC, 205));
    expect(bench.queues[0].used()).toEqual([[0, 12], [1, 200], [2, 5]]);
  });

  test.each([0, 1])("a buffer shorter than a header (number %i of the frame): the device asks for a reset", (at) => {
    const bench = new NetBench().start(merged);
    [64, 64].forEach((bytes, i) => bench.giveChain(0, i, [{ address: bench.buffer(0, i * 2048), bytes: i === at ? 11 : bytes }]));
    bench.arrive(frameTo(MAC, 100));
    expect([bench.status & NEEDS_RESET, bench.queues[0].usedIndex, bench.account.noDescriptor]).toEqual([NEEDS_RESET, 0, 1]);
  });
});

describe("a part to be read in a receive chain", () => {
  const parts = (bench: NetBench, writable: number) => [{ address: bench.buffer(0), bytes: 8 }, { address: bench.buffer(0, 64), bytes: writable, flags: 2 }];

  test("is passed over where one chain holds the frame", () => {
    const bench = new NetBench().start([...USUAL, Feature.MRG_RXBUF]);
    bench.queues[0].chain(0, parts(bench, 100));
    bench.queues[0].offer(0);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.queues[0].used(), bench.bytes(bench.buffer(0, 64), 12)]).toEqual([[[0, 72]], HEADER]);
  });

  test("is a fault where buffers are merged, as it would make the walk long", () => {
    const bench = new NetBench().start([...USUAL, Feature.MRG_RXBUF]);
    bench.queues[0].chain(0, parts(bench, 64));
    bench.queues[0].offer(0);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.status & NEEDS_RESET, bench.account.noDescriptor, bench.queues[0].usedIndex]).toEqual([NEEDS_RESET, 1, 0]);
  });
});

describe("a dry queue", () => {
  test("sleeps until it is notified: buffers alone do not wake it", () => {
    const bench = new NetBench().start();
    bench.give(0, 1);
    bench.arrive(frameTo(MAC, 60, 1));
    bench.arrive(frameTo(MAC, 60, 2));
    expect([bench.account.received, bench.account.noDescriptor]).toEqual([1, 1]);
    bench.give(0, 2, 2048, 1);
    bench.arrive(frameTo(MAC, 60, 3));
    expect(bench.account.noDescriptor).toBe(2);
    bench.notify(0);
    bench.arrive(frameTo(MAC, 60, 4));
    expect(bench.received(0, 1).frame).toEqual([...frameTo(MAC, 60, 4)]);
  });

  test("that no frame has met is not asleep", () => {
    const bench = new NetBench().start();
    bench.give(0, 1);
    bench.arrive(frameTo(MAC, 60, 1));
    bench.give(0, 1, 2048, 1);
    bench.arrive(frameTo(MAC, 60, 2));
    expect(bench.account).toMatchObject({ received: 2, noDescriptor: 0 });
  });

  test("asks for notifications while it sleeps and only then: by flag", () => {
    const bench = new NetBench().start();
    bench.give(0, 1);
    expect(bench.queues[0].usedFlags).toBe(1);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.queues[0].usedFlags).toBe(1);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.queues[0].usedFlags).toBe(0);
    bench.notify(0);
    expect(bench.queues[0].usedFlags).toBe(1);
  });

  test("asks for a notification of the next buffer: with EVENT_IDX", () => {
    const bench = new NetBench().start([...USUAL, Feature.EVENT_IDX]);
    bench.give(0, 3);
    for (let i = 0; i < 4; i++) bench.arrive(frameTo(MAC, 60));
    expect([bench.queues[0].availableEvent, bench.queues[0].usedFlags]).toEqual([3, 0]);
  });

  test("does not hold up the others", () => {
    const bench = new NetBench({ queuePairs: 2 }).start([...USUAL, Feature.MQ]);
    expect(bench.command(4, 0, [2, 0])).toBe(0);
    bench.give(1, QUEUE_SIZE);
    const frames = Array.from({ length: 12 }, (_, i) => flowFrame({ source: `10.0.0.${i}`, destination: "10.0.1.1", sourcePort: i, destinationPort: 80 }));
    for (const frame of frames) bench.offer(frame);
    bench.settle();
    const { received, noDescriptor } = bench.account;
    expect([received + noDescriptor, received > 0, noDescriptor > 0, bench.queues[2].usedIndex]).toEqual([12, true, true, received]);
  });
});
