/** What VIRTIO 1.2 demands of a device: used ring and notifications (2.7.7 to 2.10). Every line that concerns devices. */

import { expect } from "vitest";
import { VirtioFeature as Feature, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptorFlag } from "../../../../hal/nic/virtio/split-ring.ts";
import type { MustRow } from "./must.ts";
import { mustTable } from "./must.ts";
import { HEADER_BYTES, MAC, NetBench, USUAL } from "./net-bench.ts";
import { frameTo } from "./net-frames.ts";
import { TransportBench } from "./transport-bench.ts";

const { WRITE } = VirtqDescriptorFlag;

/** A transmit queue's driver sends frames one by one; for each: did the device notify? */
function notifications(features: readonly number[], set: (bench: NetBench, i: number) => void, frames = 4): boolean[] {
  const bench = new NetBench().start([...USUAL, ...features]);
  return Array.from({ length: frames }, (_, i) => {
    set(bench, i);
    bench.send(0, i, frameTo(MAC, 60));
    return bench.acknowledge() === 1;
  });
}

const notification: readonly MustRow[] = [
  {
    section: "2.7.7.2",
    grade: "MUST",
    rule: "without EVENT_IDX used_event is ignored",
    test: () => {
      for (const event of [0, 1, 2, 0xffff]) expect(notifications([], (bench) => bench.queues[1].setUsedEvent(event))).toEqual([true, true, true, true]);
    },
  },
  {
    section: "2.7.7.2",
    grade: "SHOULD NOT",
    rule: "without EVENT_IDX, with flags 1, no notification is sent",
    test: () => {
      expect(notifications([], (bench, i) => bench.queues[1].setAvailableFlags(i < 2 ? 1 : 0))).toEqual([false, false, true, true]);
    },
  },
  {
    section: "2.7.7.2",
    grade: "MUST",
    rule: "without EVENT_IDX, with flags 0, a notification is sent",
    test: () => {
      expect(notifications([], () => undefined)).toEqual([true, true, true, true]);
    },
  },
  {
    section: "2.7.7.2",
    grade: "MUST",
    rule: "with EVENT_IDX the flag is ignored",
    test: () => {
      expect(notifications([Feature.EVENT_IDX], (bench, i) => (bench.queues[1].setAvailableFlags(1), bench.queues[1].setUsedEvent(i)))).toEqual([true, true, true, true]);
    },
  },
  {
    section: "2.7.7.2",
    grade: "MUST",
    rule: "with EVENT_IDX a notification is sent for the element at used_event",
    test: () => {
      for (let event = 0; event < 4; event++) expect(notifications([Feature.EVENT_IDX], (bench) => bench.queues[1].setUsedEvent(event))[event]).toBe(true);
    },
  },
  {
    section: "2.7.7.2",
    grade: "SHOULD NOT",
    rule: "with EVENT_IDX no notification is sent for any other",
    test: () => {
      for (let event = 0; event < 4; event++) expect(notifications([Feature.EVENT_IDX], (bench) => bench.queues[1].setUsedEvent(event))).toEqual([0, 1, 2, 3].map((i) => i === event));
      expect(notifications([Feature.EVENT_IDX], (bench) => bench.queues[1].setUsedEvent(0xffff))).toEqual([false, false, false, false]);
    },
  },
  {
    section: "2.7.8.2",
    grade: "MUST",
    rule: "the used length is set before the used index moves",
    test: () => {
      const bench = new TransportBench().start();
      bench.driver().chain(0, [{ address: bench.buffer(), bytes: 64, flags: WRITE }]);
      bench.driver().offer(0);
      bench.queue().take();
      bench.queue().put(33);
      expect([bench.driver().usedIndex, bench.driver().usedElement(0)]).toEqual([0, [0, 33]]);
      bench.queue().publish();
      expect([bench.driver().usedIndex, bench.driver().usedElement(0)]).toEqual([1, [0, 33]]);
    },
  },
  {
    section: "2.7.8.2",
    grade: "MUST",
    rule: "as many bytes as the used length says are written from the first writable one on, before the used index moves",
    test: () => {
      const frame = frameTo(MAC, 100, 3);
      const bench = new NetBench().start();
      bench.give(0, 1);
      bench.ram.fill(bench.buffer(0), 2048, 0xee);
      bench.offer(frame);
      let before: number[] = [];
      while (bench.queues[0].used().length === 0) {
        before = bench.bytes(bench.buffer(0), 2048);
        bench.steps(1);
      }
      expect(before).toEqual(bench.bytes(bench.buffer(0), 2048));
      const [, length] = bench.queues[0].usedElement(0);
      expect(length).toBe(HEADER_BYTES + 100);
      expect(bench.bytes(bench.buffer(0, HEADER_BYTES), 100)).toEqual([...frame]);
      expect(bench.bytes(bench.buffer(0, length), 16)).toEqual(new Array(16).fill(0xee));
    },
  },
  { section: "2.7.9", grade: "MUST", rule: "buffers are used in the order in which they were made available, if IN_ORDER was negotiated", reason: "IN_ORDER is not offered" },
  {
    section: "2.7.10.2",
    grade: "MUST",
    rule: "without EVENT_IDX the used flags are 0 or 1",
    test: () => {
      const bench = new NetBench().start();
      bench.give(0, 4);
      const seen = new Set<number>();
      for (let i = 0; i < 6; i++) {
        bench.put(0, i, frameTo(MAC, 60));
        bench.offer(frameTo(MAC, 60));
        bench.notify(1);
        while (bench.board.nextDeviceEventCycle() >= 0) {
          bench.steps(1);
          for (const queue of bench.queues) seen.add(queue.usedFlags);
        }
      }
      expect([...seen].sort((a, b) => a - b)).toEqual([0, 1]);
    },
  },
  {
    section: "2.7.10.2",
    grade: "MUST",
    rule: "with EVENT_IDX the used flags are 0",
    test: () => {
      const bench = new NetBench().start([...USUAL, Feature.EVENT_IDX]);
      bench.queues.forEach((queue) => queue.setUsedFlags(1));
      bench.give(0, 4);
      bench.notify(0);
      for (let i = 0; i < 6; i++) {
        bench.send(0, i, frameTo(MAC, 60));
        bench.arrive(frameTo(MAC, 60));
        expect([bench.queues[0].usedFlags, bench.queues[1].usedFlags]).toEqual([0, 0]);
      }
    },
  },
  {
    section: "2.7.10.2",
    grade: "MUST",
    rule: "notifications without a reason are put up with",
    test: () => {
      const bench = new NetBench().start();
      const before = bench.ram.u8.slice(bench.memory);
      for (const queue of [0, 1, 2, 3, 0xffff, -1]) {
        for (let i = 0; i < 3; i++) bench.notify(queue);
        bench.settle();
      }
      expect(bench.queues.map((queue) => queue.usedIndex)).toEqual([0, 0, 0]);
      expect(bench.status & Status.DEVICE_NEEDS_RESET).toBe(0);
      expect(bench.ram.u8.subarray(bench.memory).some((byte, i) => byte !== before[i])).toBe(false);
      bench.send(0, 0, frameTo(MAC, 60));
      expect(bench.sent.length).toBe(1);
    },
  },
];

const others: readonly MustRow[] = [
  { section: "2.8", grade: "MUST", rule: "all that concerns packed queues", reason: "RING_PACKED is not offered" },
  { section: "2.9", grade: "MUST", rule: "all that concerns the data of notifications", reason: "NOTIFICATION_DATA is not offered" },
  { section: "2.10.2", grade: "MUST NOT", rule: "shared memory regions are not used for control of the device", reason: "there is no shared memory region" },
];

mustTable("used ring and notifications: devices", [...notification, ...others]);
