/** Transmission by a virtio network device (VIRTIO 1.2, 5.1.6.2): chains, several queues, what cannot be sent. */

import { describe, expect, test } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { standardHalLimits } from "../../../../hal/limits.ts";
import { BROADCAST, HEADER_BYTES, NetBench, USUAL } from "./net-bench.ts";
import { frameTo } from "./net-frames.ts";

const NEEDS_RESET = Status.DEVICE_NEEDS_RESET;
const LONGEST = standardHalLimits.transmitFrameBytes;

describe("a frame", () => {
  test.each([1, 14, 60, 1514, LONGEST])("of %i bytes leaves as it is, neither padded nor cut; the chain comes back with length 0", (bytes) => {
    const bench = new NetBench().start();
    const frame = frameTo(BROADCAST, bytes);
    bench.send(0, 5, frame);
    expect(bench.sent).toEqual([frame]);
    expect(bench.queues[1].used()).toEqual([[5, 0]]);
    expect([bench.lineHigh(), bench.acknowledge(), bench.lineHigh()]).toEqual([true, 1, false]);
    expect(bench.account).toMatchObject({ transmitted: 1, transmitDropped: 0 });
  });

  test("in many parts, the header cut", () => {
    const bench = new NetBench().start();
    const frame = frameTo(BROADCAST, 100);
    const all = [...Array<number>(HEADER_BYTES).fill(0), ...frame];
    let at = bench.buffer(1);
    const parts = [4, 8, 1, 13, 74, 12].map((bytes) => {
      bench.ram.u8.set(all.splice(0, bytes), at);
      at += 256;
      return { address: at - 256, bytes };
    });
    bench.queues[1].chain(3, parts);
    bench.queues[1].offer(3);
    bench.notify(1);
    bench.settle();
    expect([bench.sent, bench.queues[1].used()]).toEqual([[frame], [[3, 0]]]);
  });

  test("leaves whatever its header says: nothing is offloaded (5.1.6.2.2)", () => {
    const bench = new NetBench().start();
    const frame = frameTo(BROADCAST, 60);
    bench.put(0, 0, frame);
    bench.ram.u8.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4, 0, 2, 0, 9, 9], bench.buffer(1));
    bench.notify(1);
    bench.settle();
    expect(bench.sent).toEqual([frame]);
  });

  test("is not looked for without a notification", () => {
    const bench = new NetBench().start();
    bench.put(0, 0, frameTo(BROADCAST, 60));
    bench.settle();
    expect(bench.sent).toEqual([]);
  });

  test("that joins while the queue is worked on leaves without one, and the device says that it looks by itself", () => {
    const bench = new NetBench().start();
    bench.put(0, 0, frameTo(BROADCAST, 60, 1));
    bench.notify(1);
    expect(bench.queues[1].usedFlags).toBe(1);
    bench.steps(3);
    bench.put(0, 1, frameTo(BROADCAST, 60, 2));
    bench.settle();
    expect([bench.sent.length, bench.queues[1].usedFlags]).toEqual([2, 0]);
  });

  test("that comes when the queue has gone to sleep asks for a notification with EVENT_IDX", () => {
    const bench = new NetBench().start([...USUAL, Feature.EVENT_IDX]);
    for (let i = 0; i < 3; i++) bench.send(0, i, frameTo(BROADCAST, 60));
    expect(bench.queues[1].availableEvent).toBe(3);
  });
});

describe("what is not sent is given back and counted", () => {
  const rows: readonly (readonly [name: string, bytes: number])[] = [
    ["a header alone", 0],
    ["a frame too long for the gathering buffer", LONGEST + 1],
  ];
  test.each(rows)("%s", (_, bytes) => {
    const bench = new NetBench().start();
    bench.send(0, 2, frameTo(BROADCAST, bytes));
    bench.send(0, 4, frameTo(BROADCAST, 60));
    expect(bench.account).toMatchObject({ transmitted: 1, transmitDropped: 1 });
    expect(bench.queues[1].used()).toEqual([[2, 0], [4, 0]]);
  });

  test("a frame while the cable is out", () => {
    const bench = new NetBench().start();
    bench.nic.wire.plug(false);
    bench.send(0, 2, frameTo(BROADCAST, 60));
    expect([bench.sent, bench.queues[1].used(), bench.account.transmitDropped]).toEqual([[], [[2, 0]], 1]);
  });
});

describe("faults: the device asks for a reset and sends nothing more", () => {
  test.each([1, 11])("a chain of %i bytes has no room for a header", (bytes) => {
    const bench = new NetBench().start();
    bench.queues[1].chain(0, [{ address: bench.buffer(1), bytes }]);
    bench.queues[1].offer(0);
    bench.send(0, 1, frameTo(BROADCAST, 60));
    expect([bench.status & NEEDS_RESET, bench.sent, bench.queues[1].usedIndex]).toEqual([NEEDS_RESET, [], 0]);
    expect(bench.acknowledge()).toBe(2);
  });

  test("a chain without a readable part", () => {
    const bench = new NetBench().start();
    bench.queues[1].chain(0, [{ address: bench.buffer(1), bytes: 100, flags: 2 }]);
    bench.queues[1].offer(0);
    bench.notify(1);
    bench.settle();
    expect([bench.status & NEEDS_RESET, bench.sent]).toEqual([NEEDS_RESET, []]);
  });

  test("a buffer out of reach", () => {
    const bench = new NetBench().start();
    bench.queues[1].chain(0, [{ address: 8, bytes: 100 }]);
    bench.queues[1].offer(0);
    bench.notify(1);
    bench.settle();
    expect([bench.status & NEEDS_RESET, bench.sent]).toEqual([NEEDS_RESET, []]);
  });

  test("a reset brings it back", () => {
    const bench = new NetBench().start();
    bench.queues[1].chain(0, [{ address: bench.buffer(1), bytes: 3 }]);
    bench.queues[1].offer(0);
    bench.notify(1);
    bench.settle();
    bench.start().send(0, 0, frameTo(BROADCAST, 60));
    expect([bench.sent.length, bench.status & NEEDS_RESET]).toEqual([1, 0]);
  });
});

describe("several queues", () => {
  test("take turns, one frame each", () => {
    const bench = new NetBench({ queuePairs: 3 }).start([...USUAL, Feature.MQ]);
    bench.command(4, 0, [3, 0]);
    for (let pair = 0; pair < 3; pair++) for (let i = 0; i < 3; i++) bench.put(pair, i, frameTo(BROADCAST, 60 + pair));
    for (let pair = 0; pair < 3; pair++) bench.notify(2 * pair + 1);
    bench.settle();
    expect(bench.sent.map((frame) => frame.length - 60)).toEqual([1, 2, 0, 1, 2, 0, 1, 2, 0]);
  });

  test("that are not in use rest (5.1.6.5.6)", () => {
    const bench = new NetBench({ queuePairs: 2 }).start([...USUAL, Feature.MQ]);
    bench.send(1, 0, frameTo(BROADCAST, 60));
    expect(bench.sent).toEqual([]);
    bench.command(4, 0, [2, 0]);
    bench.notify(3);
    bench.settle();
    expect(bench.sent.length).toBe(1);
  });
});

describe("between the steps", () => {
  const started = (): NetBench => {
    const bench = new NetBench().start();
    bench.put(0, 0, frameTo(BROADCAST, 60, 1));
    bench.put(0, 1, frameTo(BROADCAST, 60, 2));
    bench.notify(1);
    return bench;
  };

  test("fetch, payload, launch as soon as the wire is free, write-back: each at its time", () => {
    const bench = started();
    const seen: number[][] = [];
    for (let i = 0; i < 7; i++) {
      bench.steps(1);
      seen.push([bench.board.now(), bench.sent.length, bench.queues[1].usedIndex]);
    }
    // The first frame of 60 bytes keeps the wire for 672 cycles.
    expect(seen).toEqual([[100, 0, 0], [207, 1, 0], [267, 1, 1], [367, 1, 1], [474, 1, 1], [879, 2, 1], [939, 2, 2]]);
  });

  test("a driver that changes the buffer before it is read sends the change: it must wait for the used element (H11)", () => {
    const bench = started();
    bench.steps(1);
    bench.ram.u8.set(frameTo(BROADCAST, 60, 2), bench.buffer(1, HEADER_BYTES));
    bench.settle();
    expect(bench.sent).toEqual([frameTo(BROADCAST, 60, 2), frameTo(BROADCAST, 60, 2)]);
  });

  test.each([[1, 0, 1], [2, 1, 0], [4, 1, 1], [5, 1, 1], [6, 2, 0]])("the queue is stopped after step %i: %i frames have left, %i is lost, and it goes on when it is started anew", (steps, left, lost) => {
    const bench = started();
    bench.steps(steps);
    bench.write(Register.QueueSel, 1);
    bench.write(Register.QueueReady, 0);
    bench.settle();
    expect([bench.sent.length, bench.account.transmitDropped]).toEqual([left, lost]);
    bench.setUp(1);
    bench.send(0, 7, frameTo(BROADCAST, 60, 9));
    expect(bench.sent.at(-1)).toEqual(frameTo(BROADCAST, 60, 9));
    expect(bench.queues[1].used()).toEqual([[7, 0]]);
  });

  test.each([[1, 0, 0], [2, 1, 0], [3, 1, 1], [5, 1, 1], [6, 2, 1]])("a reset after step %i ends it: %i frames have left, %i are given back", (steps, left, given) => {
    const bench = started();
    bench.steps(steps);
    bench.write(Register.Status, 0);
    bench.settle();
    expect([bench.sent.length, bench.queues[1].usedIndex, bench.nic.atRest()]).toEqual([left, given, true]);
  });

  test.each([[1, 0], [2, 1], [3, 1], [5, 2]])("memory is taken away after step %i: the device asks for a reset, %i frames have left", (steps, left) => {
    const bench = started();
    bench.steps(steps);
    bench.board.iommu.revoke(0);
    bench.settle();
    expect([bench.status & NEEDS_RESET, bench.sent.length]).toEqual([NEEDS_RESET, left]);
  });
});
