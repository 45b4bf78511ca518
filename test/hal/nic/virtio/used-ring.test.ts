/** What a device gives back, and how both sides save notifications (VIRTIO 1.2, 2.7.7 to 2.7.10), under a driver that does as it should. */

import { describe, expect, test } from "vitest";
import { VirtioFeature } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptorFlag } from "../../../../hal/nic/virtio/split-ring.ts";
import type { Part } from "./driver-queue.ts";
import { TransportBench } from "./transport-bench.ts";

const { WRITE } = VirtqDescriptorFlag;
const EVENT_IDX = 1 << VirtioFeature.EVENT_IDX;

function readable(bench: TransportBench, offset: number, bytes: number): Part {
  return { address: bench.buffer(offset), bytes };
}

describe("put and publish", () => {
  test("what is put is seen only after publish", () => {
    const bench = new TransportBench().start();
    for (const head of [3, 4]) bench.driver().chain(head, [{ address: bench.buffer(head * 64), bytes: 64, flags: WRITE }]);
    bench.driver().offer(3, 4);
    bench.queue().take();
    expect(bench.queue().put(5)).toBe(true);
    bench.queue().take();
    expect(bench.queue().put(64)).toBe(true);
    expect(bench.driver().usedIndex).toBe(0);
    expect(bench.queue().publish()).toBe(true);
    expect(bench.driver().used()).toEqual([
      [3, 5],
      [4, 64],
    ]);
    expect(bench.queue().publish()).toBe(false);
  });

  test("indices run on over 2^16, ring positions over the size", () => {
    const bench = new TransportBench().start();
    bench.driver().chain(0, [readable(bench, 0, 1)]);
    for (let i = 0; i < 65_536 + 12; i++) {
      bench.driver().offer(0);
      if (bench.queue().take() !== 0 || !bench.queue().put(i & 1) || !bench.queue().publish()) expect(i).toBe("a chain like any other");
    }
    expect(bench.driver().usedIndex).toBe(12);
    expect(bench.driver().usedElement(11)).toEqual([0, 1]);
    expect(bench.driver().usedElement(10)).toEqual([0, 0]);
  });

  test("untake gives back what was not published: the taken chain, and those that were put", () => {
    const bench = new TransportBench().start();
    for (const head of [0, 1, 2, 3]) bench.driver().chain(head, [readable(bench, head, head + 1)]);
    bench.driver().offer(0, 1, 2, 3);
    bench.queue().take();
    bench.queue().put(0);
    bench.queue().publish();
    bench.queue().take();
    bench.queue().put(0);
    bench.queue().take();
    bench.queue().untake();
    expect([bench.queue().isTaken(), bench.queue().available(), bench.queue().take(), bench.queue().readableBytes()]).toEqual([false, 3, 1, 2]);
    bench.queue().put(9);
    bench.queue().publish();
    expect(bench.driver().used()).toEqual([
      [0, 0],
      [1, 9],
    ]);
    bench.queue().untake();
    expect(bench.queue().take()).toBe(2);
  });
});

describe("used buffer notifications (2.7.7.2)", () => {
  /** Publishes `counts` elements at a time; whether a notification was wanted for each. */
  function wanted(bench: TransportBench, counts: readonly number[]): boolean[] {
    bench.driver().chain(0, [readable(bench, 0, 1)]);
    return counts.map((number) => {
      for (let i = 0; i < number; i++) {
        bench.driver().offer(0);
        bench.queue().take();
        bench.queue().put(0);
      }
      return bench.queue().publish();
    });
  }

  test.each([
    [0, true],
    [1, false],
    [2, true],
    [0xffff, false],
  ])("without EVENT_IDX the flags decide: %i, and used_event does not", (flags, expected) => {
    const bench = new TransportBench().start();
    bench.driver().setUsedEvent(2);
    bench.driver().setAvailableFlags(flags);
    expect(wanted(bench, [1, 1, 3])).toEqual([expected, expected, expected]);
  });

  const rows: readonly (readonly [event: number, counts: readonly number[], expected: readonly boolean[]])[] = [
    [0, [1, 1, 1], [true, false, false]],
    [1, [1, 1, 1], [false, true, false]],
    [2, [1, 1, 1], [false, false, true]],
    [2, [3, 1], [true, false]],
    [4, [2, 2, 2], [false, false, true]],
    [3, [8], [true]],
    [0xffff, [1, 8, 8], [false, false, false]],
  ];
  test.each(rows)("with EVENT_IDX used_event %i decides, and the flags do not: %j", (event, counts, expected) => {
    const bench = new TransportBench().start(EVENT_IDX);
    bench.driver().setUsedEvent(event);
    bench.driver().setAvailableFlags(1);
    expect(wanted(bench, counts)).toEqual(expected);
  });

  test("used_event is met where the index wraps", () => {
    const bench = new TransportBench().start(EVENT_IDX);
    bench.driver().setUsedEvent(0xffff);
    const answers = wanted(bench, new Array<number>(65_540).fill(1));
    expect(answers.indexOf(true)).toBe(65_535);
    expect(answers.lastIndexOf(true)).toBe(65_535);
  });
});

describe("available buffer notifications (2.7.10.2)", () => {
  test("without EVENT_IDX the flag NO_NOTIFY is set and taken back", () => {
    const bench = new TransportBench().start();
    bench.queue().wake();
    expect(bench.driver().usedFlags).toBe(1);
    expect(bench.queue().sleep()).toBe(0);
    expect([bench.driver().usedFlags, bench.driver().availableEvent]).toEqual([0, 0]);
  });

  test("with EVENT_IDX avail_event names the next chain, and the flags are 0 whatever they were", () => {
    const bench = new TransportBench().start(EVENT_IDX);
    bench.driver().chain(0, [readable(bench, 0, 1)]);
    bench.driver().offer(0, 0, 0);
    bench.queue().take();
    bench.queue().put(0);
    bench.driver().setUsedFlags(1);
    expect(bench.queue().sleep()).toBe(2);
    expect([bench.driver().usedFlags, bench.driver().availableEvent]).toEqual([0, 1]);
    bench.driver().setUsedFlags(1);
    bench.queue().wake();
    expect([bench.driver().usedFlags, bench.driver().availableEvent]).toEqual([0, 1]);
  });

  test("sleep sees a chain that came before it was asked for", () => {
    const bench = new TransportBench().start();
    bench.queue().wake();
    bench.driver().chain(0, [readable(bench, 0, 1)]);
    bench.driver().offer(0);
    expect(bench.queue().sleep()).toBe(1);
  });
});
