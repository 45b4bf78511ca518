/** What a device takes from a split queue (VIRTIO 1.2, 2.7.4 to 2.7.6), under a driver that does as it should. */

import { describe, expect, test } from "vitest";
import { VirtioFeature, VirtioRegister as Register } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptorFlag } from "../../../../hal/nic/virtio/split-ring.ts";
import { BROKEN, EMPTY } from "../../../../hal/nic/virtio/virtqueue.ts";
import type { Part } from "./driver-queue.ts";
import { TransportBench } from "./transport-bench.ts";

const { NEXT, WRITE, INDIRECT } = VirtqDescriptorFlag;
const INDIRECT_DESC = 1 << VirtioFeature.INDIRECT_DESC;

function readable(bench: TransportBench, offset: number, bytes: number): Part {
  return { address: bench.buffer(offset), bytes };
}

const count = (from: number, length: number): number[] => Array.from({ length }, (_, i) => (from + i) & 0xff);

describe("take", () => {
  test("answers the heads in the order in which they were made available, then EMPTY", () => {
    const bench = new TransportBench().start();
    for (const head of [5, 0, 7]) bench.driver().chain(head, [readable(bench, head * 64, 64)]);
    bench.driver().offer(5, 0, 7);
    expect(bench.queue().available()).toBe(3);
    const heads = [1, 2, 3].map(() => {
      const head = bench.queue().take();
      bench.queue().put(0);
      return head;
    });
    expect(heads).toEqual([5, 0, 7]);
    expect([bench.queue().available(), bench.queue().take()]).toEqual([0, EMPTY]);
  });

  test("counts the bytes of both parts", () => {
    const bench = new TransportBench().start();
    const at = bench.buffer();
    bench.driver().chain(2, [
      { address: at, bytes: 1 },
      { address: at, bytes: 300 },
      { address: at, bytes: 7, flags: WRITE },
      { address: at, bytes: 4096, flags: WRITE },
    ]);
    bench.driver().offer(2);
    expect([bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([0, 0]);
    expect(bench.queue().take()).toBe(2);
    expect([bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([301, 4103]);
  });

  test("has as many descriptors as the queue at most, all of them allowed", () => {
    const bench = new TransportBench().start();
    bench.driver().chain(0, Array.from({ length: 8 }, (_, i) => readable(bench, i * 16, 16)));
    bench.driver().offer(0);
    expect(bench.queue().take()).toBe(0);
    expect(bench.queue().readableBytes()).toBe(128);
  });

  test("a queue of one descriptor", () => {
    const bench = new TransportBench({ queueSizesMax: [1] }).start();
    for (let round = 0; round < 5; round++) {
      bench.driver().chain(0, [readable(bench, 0, round + 1)]);
      bench.driver().offer(0);
      expect(bench.queue().take()).toBe(0);
      expect(bench.queue().readableBytes()).toBe(round + 1);
      bench.queue().put(0);
      bench.queue().publish();
      expect(bench.driver().usedIndex).toBe(round + 1);
    }
  });

  test("takes one chain at a time: to take another is the device's own fault", () => {
    const bench = new TransportBench().start();
    for (const head of [0, 1]) bench.driver().chain(head, [readable(bench, 0, 8)]);
    bench.driver().offer(0, 1);
    bench.queue().take();
    expect(() => bench.queue().take()).toThrow("one chain taken at a time");
  });

  test("neither reserved flags nor a stale `next` mean anything", () => {
    const bench = new TransportBench().start();
    bench.driver().describe(3, { address: bench.buffer(), bytes: 10, flags: 0xfff8, next: 0xffff });
    bench.driver().offer(3);
    expect(bench.queue().take()).toBe(3);
  });
});

describe("gather and scatter", () => {
  test("reach every byte of a chain in pieces, at any offset, and no byte beside it", () => {
    const bench = new TransportBench().start();
    const pieces = [1, 5, 2, 9, 3];
    let at = 0;
    const parts = pieces.map((bytes, i) => {
      const part = readable(bench, i * 32 + 1, bytes);
      bench.fill(part.address, count(at, bytes));
      at += bytes;
      return part;
    });
    bench.driver().chain(0, parts);
    bench.driver().offer(0);
    bench.queue().take();
    for (let from = 0; from <= at; from++) {
      for (let bytes = 0; from + bytes <= at; bytes++) {
        bench.ram.fill(bench.own, 64, 0xee);
        expect(bench.queue().gather(from, bytes, bench.own + 8)).toBe(true);
        expect(bench.bytes(bench.own, 64)).toEqual([...new Array<number>(8).fill(0xee), ...count(from, bytes), ...new Array<number>(56 - bytes).fill(0xee)]);
      }
    }
  });

  test("scatter writes across buffers, and leaves readable ones and gaps alone", () => {
    const bench = new TransportBench().start();
    bench.ram.fill(bench.buffer(), 256, 0xee);
    bench.driver().chain(0, [
      readable(bench, 0, 16),
      { address: bench.buffer(32), bytes: 3, flags: WRITE },
      { address: bench.buffer(64), bytes: 1, flags: WRITE },
      { address: bench.buffer(95), bytes: 4, flags: WRITE },
    ]);
    bench.driver().offer(0);
    bench.queue().take();
    bench.fill(bench.own, count(1, 8));
    for (let to = 0; to <= 8; to++) {
      for (let bytes = 0; to + bytes <= 8; bytes++) {
        bench.ram.fill(bench.buffer(), 256, 0xee);
        expect(bench.queue().scatter(bench.own, to, bytes)).toBe(true);
        const written = [32, 33, 34, 64, 95, 96, 97, 98].slice(to, to + bytes);
        const expected = bench.bytes(bench.buffer(), 256).map((_, i) => (written.includes(i) ? 1 + written.indexOf(i) : 0xee));
        expect(bench.bytes(bench.buffer(), 256)).toEqual(expected);
      }
    }
  });

  test("do nothing when no chain is taken", () => {
    const bench = new TransportBench().start();
    expect([bench.queue().gather(0, 1, bench.own), bench.queue().scatter(bench.own, 0, 1), bench.queue().put(0), bench.queue().publish()]).toEqual([false, false, false, false]);
  });
});

describe("indirect tables", () => {
  const parts = (bench: TransportBench): Part[] => [readable(bench, 0, 12), readable(bench, 64, 20), { address: bench.buffer(128), bytes: 8, flags: WRITE }];

  test.each([0, 1, 2, 4, 8, 15])("a table at any alignment: %i beyond a multiple of 16", (beyond) => {
    const bench = new TransportBench().start(INDIRECT_DESC);
    const plain = bench.buffer(0x800);
    const table = bench.buffer(0x1000) + beyond;
    bench.driver().chain(0, parts(bench), plain);
    bench.ram.copy(table, plain, 3 * 16);
    bench.driver().describe(6, { address: table, bytes: 48, flags: INDIRECT });
    bench.driver().offer(6);
    expect(bench.queue().take()).toBe(6);
    expect([bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([32, 8]);
    bench.fill(bench.buffer(64), count(1, 20));
    expect(bench.queue().gather(12, 20, bench.own)).toBe(true);
    expect(bench.bytes(bench.own, 20)).toEqual(count(1, 20));
  });

  test("the flag WRITE of the descriptor that refers to a table means nothing, and its buffers may follow plain ones", () => {
    const bench = new TransportBench().start(INDIRECT_DESC);
    bench.driver().chain(0, parts(bench), bench.buffer(0x1000));
    bench.driver().chain(1, [readable(bench, 256, 100), { address: bench.buffer(0x1000), bytes: 48, flags: INDIRECT | WRITE }]);
    bench.driver().offer(1);
    expect(bench.queue().take()).toBe(1);
    expect([bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([132, 8]);
  });

  test("a table may be longer than the queue; the chain in it may not, and goes where `next` says", () => {
    const bench = new TransportBench().start(INDIRECT_DESC);
    const table = bench.buffer(0x1000);
    bench.driver().describe(0, { ...readable(bench, 0, 3), flags: NEXT, next: 99 }, table);
    bench.driver().describe(99, readable(bench, 8, 4), table);
    bench.driver().describe(0, { address: table, bytes: 1600, flags: INDIRECT });
    bench.driver().offer(0);
    bench.queue().take();
    expect(bench.queue().readableBytes()).toBe(7);
    bench.queue().put(0);
    bench.driver().chain(0, Array.from({ length: 8 }, () => readable(bench, 0, 1)), table);
    bench.driver().offer(0);
    bench.queue().take();
    expect(bench.queue().readableBytes()).toBe(8);
  });
});

describe("a queue that is not in use", () => {
  test.each([
    ["before DRIVER_OK", (bench: TransportBench) => (bench.negotiate(), bench.queueSetup())],
    ["not made ready", (bench: TransportBench) => (bench.negotiate(), bench.queueSetup(0, {}, 0), bench.driverOkWrite())],
    ["stopped", (bench: TransportBench) => (bench.start(), bench.write(Register.QueueSel, 0), bench.write(Register.QueueReady, 0))],
    ["after a reset was asked for", (bench: TransportBench) => (bench.start(), bench.transport.needsReset())],
    ["after the reset", (bench: TransportBench) => (bench.start(), bench.write(Register.Status, 0))],
  ])("%s: has nothing, takes nothing, writes nothing", (_, prepare) => {
    const bench = new TransportBench();
    prepare(bench);
    bench.driver().chain(0, [{ address: bench.buffer(), bytes: 64, flags: WRITE }]);
    bench.driver().offer(0);
    const before = bench.bytes(bench.memory, 0x8000);
    const queue = bench.queue();
    expect([queue.isReady(), queue.available(), queue.take(), queue.isTaken(), queue.sleep(), queue.put(1), queue.publish()]).toEqual([false, 0, EMPTY, false, 0, false, false]);
    queue.wake();
    queue.untake();
    expect(bench.bytes(bench.memory, 0x8000)).toEqual(before);
    expect(queue.available()).not.toBe(BROKEN);
  });
});
