/** The registers of queues in a virtio window (VIRTIO 1.2, 2.7, 4.2.2): QueueSel to QueueReady, QueueNotify. */

import { describe, expect, test } from "vitest";
import { VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioFault as Fault, VirtioQueue } from "../../../../hal/nic/virtio/transport-state.ts";
import { VirtioTransport } from "../../../../hal/nic/virtio/transport.ts";
import { RamPlan } from "../../../../hal/ram-plan.ts";
import { TransportBench } from "./transport-bench.ts";

const CHOSEN = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK;
const LIVE = CHOSEN | Status.DRIVER_OK;

describe("queue registers", () => {
  test("QueueNumMax by queue; 0 where there is none", () => {
    const bench = new TransportBench({ queueSizesMax: [8, 256, 32_768] });
    const sizes = [0, 1, 2, 3, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map((queue) => {
      bench.write(Register.QueueSel, queue);
      return bench.read(Register.QueueNumMax);
    });
    expect(sizes).toEqual([8, 256, 32_768, 0, 0, 0, 0, 0]);
  });

  test("a queue that does not exist takes no writes", () => {
    const bench = new TransportBench();
    bench.write(Register.QueueSel, 2);
    for (const offset of [0x038, 0x044, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x0c0]) bench.write(offset, 1);
    expect(bench.read(Register.QueueReady)).toBe(0);
    for (const index of [0, 1]) expect(bench.bytes(bench.parts.queues.at(index), VirtioQueue.size).every((byte) => byte === 0)).toBe(true);
  });

  test("QueueReady reads what was written, by queue", () => {
    const bench = new TransportBench();
    bench.queueSetup(1);
    expect(bench.read(Register.QueueReady)).toBe(1);
    bench.write(Register.QueueSel, 0);
    expect(bench.read(Register.QueueReady)).toBe(0);
    bench.write(Register.QueueSel, 1);
    bench.write(Register.QueueReady, 0);
    expect(bench.read(Register.QueueReady)).toBe(0);
    expect(bench.told).toEqual(["stopped 1"]);
  });

  test("addresses are 64 bits wide", () => {
    const bench = new TransportBench();
    bench.write(Register.QueueSel, 1);
    bench.write(Register.QueueDescLow, 0x8000_0010);
    bench.write(Register.QueueDescHigh, 0xffff_ffff);
    bench.write(Register.QueueDriverHigh, 2);
    bench.write(Register.QueueDriverLow, 4);
    bench.write(Register.QueueDeviceLow, 8);
    const queue = bench.parts.queues.at(1);
    expect(VirtioQueue.descriptors.show(bench.ram, queue)).toBe("0xffffffff80000010");
    expect(VirtioQueue.available.show(bench.ram, queue)).toBe(String(2 * 2 ** 32 + 4));
    expect(VirtioQueue.used.show(bench.ram, queue)).toBe("8");
  });

  test("size and addresses are fixed while the queue is ready", () => {
    const bench = new TransportBench();
    bench.queueSetup(0);
    const before = bench.bytes(bench.parts.queues.at(0), VirtioQueue.size);
    for (const offset of [0x038, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4]) bench.write(offset, 0x40);
    bench.write(Register.QueueReady, 1);
    expect(bench.bytes(bench.parts.queues.at(0), VirtioQueue.size)).toEqual(before);
    bench.write(Register.QueueReady, 0);
    bench.write(Register.QueueNum, 4);
    expect(VirtioQueue.entries.get(bench.ram, bench.parts.queues.at(0))).toBe(4);
  });

  const impossible: readonly (readonly [name: string, settings: Record<string, number>, fault: number])[] = [
    ["size 0", { size: 0 }, Fault.queueSize],
    ["size 3", { size: 3 }, Fault.queueSize],
    ["size 16, of 8 at most", { size: 16 }, Fault.queueSize],
    ["size 65536", { size: 0x1_0000 }, Fault.queueSize],
    ["size 2^31", { size: 0x8000_0000 }, Fault.queueSize],
    ["size 2^32 - 8", { size: 0xffff_fff8 }, Fault.queueSize],
    ["descriptors at 8 modulo 16", { descriptors: 0x2_0008 }, Fault.queueAlignment],
    ["available ring at an odd address", { available: 0x2_0001 }, Fault.queueAlignment],
    ["used ring at 2 modulo 4", { used: 0x2_0002 }, Fault.queueAlignment],
  ];
  describe.each(impossible)("a queue made ready with %s", (_, settings, fault) => {
    test("before DRIVER_OK: the status says so at once, the notification follows DRIVER_OK", () => {
      const bench = new TransportBench();
      bench.negotiate();
      bench.queueSetup(0, settings);
      expect(bench.read(Register.QueueReady)).toBe(1);
      expect(bench.status).toBe(CHOSEN | Status.DEVICE_NEEDS_RESET);
      expect(bench.lastFault).toBe(fault);
      expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
      bench.driverOkWrite();
      expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([2, true]);
      expect(bench.told).toEqual(["reset"]);
      expect(bench.queue().isReady()).toBe(false);
    });

    test("under way: status and notification at once", () => {
      const bench = new TransportBench().start();
      bench.write(Register.QueueSel, 0);
      bench.write(Register.QueueReady, 0);
      bench.queueSetup(0, settings);
      expect(bench.status).toBe(LIVE | Status.DEVICE_NEEDS_RESET);
      expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([2, true]);
      expect([bench.queue(0).isReady(), bench.queue(1).isReady()]).toEqual([false, false]);
    });
  });

  test("every power of two up to the largest size will do", () => {
    for (let size = 1; size <= 32_768; size *= 2) {
      const bench = new TransportBench({ queueSizesMax: [32_768] });
      bench.negotiate();
      bench.queueSetup(0, { size });
      bench.driverOkWrite();
      expect(bench.status).toBe(LIVE);
      expect(bench.queue().isReady()).toBe(true);
    }
  });
});

describe("QueueNotify", () => {
  const rows: readonly (readonly [name: string, value: number, told: readonly string[]])[] = [
    ["a queue in use", 1, ["notified 1"]],
    ["one that does not exist", 2, []],
    ["2^16, as if it wrapped", 0x1_0000, []],
    ["2^31", 0x8000_0000, []],
    ["-1", 0xffff_ffff, []],
  ];
  test.each(rows)("%s", (_, value, told) => {
    const bench = new TransportBench().start();
    bench.told.length = 0;
    bench.write(Register.QueueNotify, value);
    expect(bench.told).toEqual(told);
  });

  test("is nothing before DRIVER_OK, for a queue that is not ready, and after a reset was asked for", () => {
    const bench = new TransportBench();
    bench.negotiate();
    bench.queueSetup(0);
    bench.told.length = 0;
    bench.write(Register.QueueNotify, 0);
    bench.driverOkWrite();
    bench.write(Register.QueueNotify, 1);
    bench.write(Register.QueueNotify, 0);
    bench.transport.needsReset();
    bench.write(Register.QueueNotify, 0);
    expect(bench.told).toEqual(["driverOk", "notified 0"]);
  });
});

test("a queue's largest size is a power of two up to 32768", () => {
  for (const size of [0, 3, 65_536, -8]) expect(() => VirtioTransport.plan(new RamPlan(), "virtio0", [size])).toThrow("power of two");
});
