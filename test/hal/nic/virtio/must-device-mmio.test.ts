/** What VIRTIO 1.2 demands of a device on a memory-mapped bus (4.2): the graded lines, and what the register table states (4.2.2). */

import { expect } from "vitest";
import { VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import type { MustRow } from "./must.ts";
import { mustTable } from "./must.ts";
import { MAC, NetBench, USUAL } from "./net-bench.ts";
import { frameTo } from "./net-frames.ts";

const NO_RING_RESET = "RING_RESET is not offered";

function hasChanged(bench: NetBench, before: Uint8Array): boolean {
  return bench.ram.u8.subarray(bench.memory).some((byte, i) => byte !== before[i]);
}

function select(bench: NetBench, queue: number, register: number): number {
  bench.write(Register.QueueSel, queue);
  return bench.read(register);
}

const graded: readonly MustRow[] = [
  { section: "4.2.2.1", grade: "MUST", rule: "MagicValue is 0x74726976", test: () => expect(new NetBench().read(0)).toBe(0x7472_6976) },
  { section: "4.2.2.1", grade: "MUST", rule: "Version is 2", test: () => expect(new NetBench().read(4)).toBe(2) },
  {
    section: "4.2.2.1",
    grade: "MUST",
    rule: "each event shows in InterruptStatus from the moment it takes place until it is acknowledged",
    test: () => {
      const bench = new NetBench().start();
      bench.give(0, 2);
      bench.arrive(frameTo(MAC, 60));
      expect([bench.queues[0].usedIndex, bench.read(Register.InterruptStatus), bench.read(Register.InterruptStatus)]).toEqual([1, 1, 1]);
      bench.nic.wire.plug(false);
      bench.settle();
      expect(bench.read(Register.InterruptStatus)).toBe(3);
      bench.write(Register.InterruptACK, 1);
      expect(bench.read(Register.InterruptStatus)).toBe(2);
      bench.write(Register.InterruptACK, 2);
      expect(bench.read(Register.InterruptStatus)).toBe(0);
    },
  },
  {
    section: "4.2.2.1",
    grade: "MUST",
    rule: "bits of events that did not take place are 0",
    test: () => {
      const bench = new NetBench().start();
      expect(bench.read(Register.InterruptStatus)).toBe(0);
      bench.queues[1].setAvailableIndex(999);
      bench.notify(1);
      bench.settle();
      expect([bench.status & Status.DEVICE_NEEDS_RESET, bench.read(Register.InterruptStatus)]).toEqual([Status.DEVICE_NEEDS_RESET, 2]);
    },
  },
  {
    section: "4.2.2.1",
    grade: "MUST",
    rule: "a reset clears InterruptStatus, and QueueReady of all queues",
    test: () => {
      const bench = new NetBench({ queuePairs: 4 }).start([...USUAL, 22]);
      bench.give(0, 2);
      bench.arrive(frameTo(MAC, 60));
      bench.nic.wire.plug(false);
      bench.settle();
      for (let queue = 0; queue < 9; queue++) expect(select(bench, queue, Register.QueueReady)).toBe(1);
      bench.write(Register.Status, 0);
      expect([bench.read(Register.InterruptStatus), bench.lineHigh()]).toEqual([0, false]);
      for (let queue = 0; queue < 9; queue++) expect(select(bench, queue, Register.QueueReady)).toBe(0);
    },
  },
  {
    section: "4.2.2.1",
    grade: "MUST",
    rule: "ConfigGeneration changes whenever the configuration does",
    test: () => {
      const bench = new NetBench().start();
      const generations = [bench.read(Register.ConfigGeneration)];
      const images = [bench.configuration(0, 24)];
      const note = (): void => {
        generations.push(bench.read(Register.ConfigGeneration));
        images.push(bench.configuration(0, 24));
      };
      bench.nic.wire.plug(false);
      bench.settle();
      note();
      bench.nic.wire.plug(true);
      bench.settle();
      note();
      expect(bench.command(1, 1, [2, 0, 0, 0, 0, 9])).toBe(0);
      note();
      bench.write(Register.Status, 0);
      note();
      expect(images.map(String).filter((image, i) => image !== String(images[i - 1])).length).toBe(5);
      for (let i = 1; i < images.length; i++) expect(generations[i], `change ${i}`).not.toBe(generations[i - 1]);
    },
  },
  {
    section: "4.2.2.1",
    grade: "MUST NOT",
    rule: "a queue's memory is not touched while its QueueReady is 0, at whatever step of its work it was stopped",
    test: () => {
      for (let steps = 0; steps < 12; steps++) {
        const bench = new NetBench().start();
        bench.give(0, 4);
        bench.offer(frameTo(MAC, 60));
        bench.put(0, 0, frameTo(MAC, 60));
        bench.notify(1);
        for (let i = 0; i < steps && bench.board.nextDeviceEventCycle() >= 0; i++) bench.steps(1);
        for (const queue of [0, 1, 2]) {
          bench.write(Register.QueueSel, queue);
          bench.write(Register.QueueReady, 0);
        }
        const before = bench.ram.u8.slice(bench.memory);
        for (const queue of [0, 1, 2]) bench.notify(queue);
        bench.arrive(frameTo(MAC, 61));
        expect(hasChanged(bench, before), `after ${steps} steps`).toBe(false);
        expect([bench.unaccounted(), bench.status & Status.DEVICE_NEEDS_RESET]).toEqual([0, 0]);
      }
    },
  },
  { section: "4.2.2.1", grade: "MUST", rule: "QueueReset is 0 after a reset, if RING_RESET was negotiated", reason: NO_RING_RESET },
  { section: "4.2.2.1", grade: "MUST", rule: "QueueReset is 0 once the queue is enabled, if RING_RESET was negotiated", reason: NO_RING_RESET },
  { section: "4.2.2.1", grade: "MUST", rule: "a 1 in QueueReset resets the queue and reads 1 until that is done", reason: NO_RING_RESET },
];

const stated: readonly MustRow[] = [
  { section: "4.2.2", grade: "fact", rule: "DeviceID is that of the network device", test: () => expect(new NetBench().read(8)).toBe(1) },
  {
    section: "4.2.2",
    grade: "fact",
    rule: "DeviceFeatures shows 32 bits of the offer, those that DeviceFeaturesSel chose",
    seen: ["test/hal/nic/virtio/transport.test.ts", "DeviceFeatures shows the word that DeviceFeaturesSel chose"],
  },
  {
    section: "4.2.2",
    grade: "fact",
    rule: "QueueNumMax is 0 for a queue that does not exist",
    test: () => {
      const bench = new NetBench({ queuePairs: 2, queueSizeMax: 64 });
      expect([0, 4, 5, 0xffff].map((queue) => select(bench, queue, Register.QueueNumMax))).toEqual([64, 64, 0, 0]);
    },
  },
  { section: "4.2.2", grade: "fact", rule: "QueueReady reads what was written last", seen: ["test/hal/nic/virtio/queue-registers.test.ts", "QueueReady reads what was written, by queue"] },
  { section: "4.2.2", grade: "fact", rule: "QueueNotify takes a queue's index", seen: ["test/hal/nic/virtio/queue-registers.test.ts", "QueueNotify"] },
  { section: "4.2.2", grade: "fact", rule: "0 in Status resets, anything else sets bits", seen: ["test/hal/nic/virtio/transport.test.ts", "a bit cannot be cleared"] },
  {
    section: "4.2.2",
    grade: "fact",
    rule: "a shared memory region that does not exist has length and base of all ones",
    test: () => {
      const bench = new NetBench();
      for (const id of [0, 1, 255]) {
        bench.write(Register.SHMSel, id);
        for (const offset of [Register.SHMLenLow, Register.SHMLenHigh, Register.SHMBaseLow, Register.SHMBaseHigh]) expect(bench.read(offset)).toBe(0xffff_ffff);
      }
    },
  },
  {
    section: "4.2.3.2",
    grade: "fact",
    rule: "a queue that was stopped can be set up anew, of another size and elsewhere, and works from index 0",
    test: () => {
      const bench = new NetBench().start();
      bench.send(0, 0, frameTo(MAC, 60));
      bench.write(Register.QueueSel, 1);
      bench.write(Register.QueueReady, 0);
      bench.setUp(1, 4);
      bench.send(0, 0, frameTo(MAC, 61));
      expect([bench.sent.length, bench.queues[1].usedIndex]).toEqual([2, 1]);
    },
  },
  {
    section: "4.2.3.4",
    grade: "fact",
    rule: "the line is high while any bit of InterruptStatus is set",
    test: () => {
      const bench = new NetBench().start();
      bench.give(0, 2);
      bench.arrive(frameTo(MAC, 60));
      bench.nic.wire.plug(false);
      bench.settle();
      expect(bench.lineHigh()).toBe(true);
      bench.write(Register.InterruptACK, 1);
      expect(bench.lineHigh()).toBe(true);
      bench.write(Register.InterruptACK, 2);
      expect(bench.lineHigh()).toBe(false);
    },
  },
];

mustTable("virtio over a memory-mapped bus: devices", [...graded, ...stated]);
