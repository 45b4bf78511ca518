/** When a virtio network device takes no frames, and what may happen between the steps of a reception. */

import { describe, expect, test } from "vitest";
import { WireStage } from "../../../../hal/wire-frame.ts";
import { HalTrace } from "../../../../hal/trace.ts";
import { DropReason } from "../../../../hal/nic/account.ts";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { BROADCAST, MAC, NetBench, QUEUE_SIZE, USUAL } from "./net-bench.ts";
import { frameTo } from "./net-frames.ts";

const NEEDS_RESET = Status.DEVICE_NEEDS_RESET;

describe("when frames are not taken", () => {
  test("before DRIVER_OK, and after a reset", () => {
    const bench = new NetBench();
    bench.arrive(frameTo(MAC, 60));
    bench.negotiate();
    bench.arrive(frameTo(MAC, 60));
    bench.start();
    bench.write(Register.Status, 0);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ offered: 3, linkDown: 3 });
    expect(bench.tracedOf(HalTrace.frameDropped).map((record) => record.argument1)).toEqual([DropReason.linkDown, DropReason.linkDown, DropReason.linkDown]);
  });

  test("while the cable is out", () => {
    const bench = new NetBench().start();
    bench.give(0, 2);
    bench.nic.wire.plug(false);
    bench.arrive(frameTo(MAC, 60));
    bench.nic.wire.plug(true);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ received: 1, linkDown: 1 });
  });

  test("for a queue that is not ready", () => {
    const bench = new NetBench().start();
    bench.give(0, 2);
    bench.write(Register.QueueSel, 0);
    bench.write(Register.QueueReady, 0);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ received: 0, noDescriptor: 1 });
  });

  test("longer than a negotiated MTU, tags not counted (5.1.4.1)", () => {
    const bench = new NetBench({ mtu: 100 }).start([...USUAL, Feature.MTU]);
    bench.give(0, 8);
    const tagged = new Uint8Array(118);
    tagged.set([0x81, 0], 12);
    for (const frame of [frameTo(MAC, 114), frameTo(MAC, 115), tagged, new Uint8Array([...tagged, 0])]) bench.arrive(frame);
    expect(bench.account).toMatchObject({ received: 2, tooLong: 2 });
    expect(new NetBench({ mtu: 100 }).configuration(10, 2)).toEqual([100, 0]);
  });
});

describe("a step for each part of the work", () => {
  const mid = (): NetBench => {
    const bench = new NetBench().start();
    bench.give(0, 4);
    bench.offer(frameTo(MAC, 60));
    return bench;
  };

  test("arrival, payload, write-back: the used index moves with the last", () => {
    const bench = mid();
    const cycles: number[] = [];
    for (const [inFlight, used] of [[1, 0], [1, 0], [0, 1]]) {
      bench.steps(1);
      cycles.push(bench.board.now());
      expect([bench.account.inFlight, bench.queues[0].usedIndex, bench.unaccounted()]).toEqual([inFlight, used, 0]);
    }
    expect([cycles[1] - cycles[0], cycles[2] - cycles[1]]).toEqual([107, 60]);
  });

  test.each([1, 2])("a reset after step %i: the frame is lost with the link, and nothing comes later", (steps) => {
    const bench = mid();
    bench.steps(steps);
    bench.write(Register.Status, 0);
    bench.settle();
    expect(bench.account).toMatchObject({ linkDown: 1, inFlight: 0, received: 0 });
    expect(bench.queues[0].usedIndex).toBe(0);
  });

  test.each([[1, 1], [2, 0]])("the queue is stopped after step %i and started anew: the frame is %i times received", (steps, received) => {
    const bench = mid();
    bench.steps(steps);
    bench.write(Register.QueueSel, 0);
    bench.write(Register.QueueReady, 0);
    bench.setUp(0);
    bench.give(0, 4);
    bench.settle();
    expect([bench.account.received, bench.account.noDescriptor, bench.queues[0].usedIndex]).toEqual([received, 1 - received, received]);
    bench.arrive(frameTo(BROADCAST, 60));
    expect(bench.queues[0].usedIndex).toBe(received + 1);
  });

  test.each([1, 2])("memory is taken away after step %i: the device asks for a reset, the frame is counted", (steps) => {
    const bench = mid();
    bench.steps(steps);
    bench.board.iommu.revoke(0);
    bench.settle();
    expect([bench.status & NEEDS_RESET, bench.account.noDescriptor, bench.unaccounted()]).toEqual([NEEDS_RESET, 1, 0]);
  });

  test("a reset begins the ordinals anew", () => {
    const bench = new NetBench().start();
    for (let i = 0; i < 2; i++) {
      bench.give(0, 2);
      bench.arrive(frameTo(MAC, 60));
      bench.arrive(frameTo(MAC, 60));
      bench.start();
    }
    expect(bench.tracedOf(HalTrace.frameReceived).map(({ argument0, argument1 }) => [argument0, argument1])).toEqual([[1, 1], [2, 2], [3, 1], [4, 2]]);
  });

  test("frames that come faster than they are written wait their turn, in order", () => {
    const bench = new NetBench().start();
    bench.give(0, QUEUE_SIZE);
    for (let i = 0; i < 10; i++) bench.offer(frameTo(MAC, 60, i));
    bench.settle();
    expect(Array.from({ length: 10 }, (_, i) => bench.received(0, i).frame)).toEqual(Array.from({ length: 10 }, (_, i) => [...frameTo(MAC, 60, i)]));
    expect(bench.nic.wire.oldestAt(WireStage.accepted, WireStage.done)).toBe(0);
  });
});
