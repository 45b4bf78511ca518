/** The register window of a virtio device on a memory-mapped bus (VIRTIO 1.2, 2.1, 2.2, 4.2.2): a table for each group of registers. */

import { describe, expect, test } from "vitest";
import { VirtioFeature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioFault as Fault, VirtioQueue, VirtioRegisters } from "../../../../hal/nic/virtio/transport-state.ts";
import { RamPlan } from "../../../../hal/ram-plan.ts";
import { VirtioTransport } from "../../../../hal/nic/virtio/transport.ts";
import { HIGH_FEATURES, LOW_FEATURES, TransportBench } from "./transport-bench.ts";

const CHOOSING = Status.ACKNOWLEDGE | Status.DRIVER;
const CHOSEN = CHOOSING | Status.FEATURES_OK;
const LIVE = CHOSEN | Status.DRIVER_OK;

describe("identity, and what reads what", () => {
  const rows: readonly (readonly [name: string, offset: number, value: number])[] = [
    ["MagicValue", Register.MagicValue, 0x7472_6976],
    ["Version", Register.Version, 2],
    ["DeviceID", Register.DeviceID, 1],
    ["VendorID", Register.VendorID, 0x554d_4551],
    ["InterruptStatus", Register.InterruptStatus, 0],
    ["Status", Register.Status, 0],
    ["SHMLenLow", Register.SHMLenLow, 0xffff_ffff],
    ["SHMLenHigh", Register.SHMLenHigh, 0xffff_ffff],
    ["SHMBaseLow", Register.SHMBaseLow, 0xffff_ffff],
    ["SHMBaseHigh", Register.SHMBaseHigh, 0xffff_ffff],
    ["QueueReset", Register.QueueReset, 0],
    ["ConfigGeneration", Register.ConfigGeneration, 0],
    ["the configuration's first word", Register.Config, 0x1122_3344],
    ["the configuration's second word", Register.Config + 4, 0x5566_7788],
    ["beyond the configuration", Register.Config + 8, 0],
    ["a legacy register, QueuePFN", 0x040, 0],
    ["a legacy register, GuestPageSize", 0x028, 0],
    ["an offset that names nothing", 0x0f0, 0],
  ];
  test.each(rows)("%s", (_, offset, value) => {
    expect(new TransportBench().read(offset)).toBe(value);
  });

  const writeOnly = [0x014, 0x020, 0x024, 0x030, 0x038, 0x050, 0x064, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x0ac];
  test.each(writeOnly)("a register that may only be written reads 0: %i", (offset) => {
    const bench = new TransportBench();
    bench.write(offset, 1);
    expect(bench.read(offset)).toBe(0);
  });

  test("read-only registers ignore writes", () => {
    const bench = new TransportBench();
    for (const offset of [0x000, 0x004, 0x008, 0x00c, 0x010, 0x034, 0x060, 0x0b0, 0x0b4, 0x0b8, 0x0bc, 0x0fc, 0x028, 0x0f0]) {
      const before = bench.read(offset);
      bench.write(offset, 0xffff_fff0);
      expect(bench.read(offset)).toBe(before);
    }
  });

  test("writes to the configuration go to the model, with their offset", () => {
    const bench = new TransportBench();
    bench.write(Register.Config + 4, 7);
    expect(bench.told).toEqual(["configuration 4 7"]);
  });
});

describe("DeviceFeatures shows the word that DeviceFeaturesSel chose", () => {
  const rows: readonly (readonly [word: number, value: number])[] = [
    [0, LOW_FEATURES],
    [1, HIGH_FEATURES],
    [2, 0],
    [3, 0],
    [0x8000_0000, 0],
    [0xffff_ffff, 0],
  ];
  test.each(rows)("word %i", (word, value) => {
    const bench = new TransportBench();
    bench.write(Register.DeviceFeaturesSel, word);
    expect(bench.read(Register.DeviceFeatures)).toBe(value >>> 0);
  });
});

describe("FEATURES_OK sticks for a part of the offer that holds VERSION_1", () => {
  const MAC = 1 << VirtioFeature.MAC;
  const rows: readonly (readonly [name: string, words: readonly number[], sticks: boolean])[] = [
    ["VERSION_1 alone", [0, 1], true],
    ["all that is offered", [LOW_FEATURES, HIGH_FEATURES], true],
    ["nothing", [], false],
    ["without VERSION_1", [MAC, 0], false],
    ["a bit of word 0 that is not offered", [MAC | 1, 1], false],
    ["bit 31, not offered", [0x8000_0000 | 0, 1], false],
    ["a bit of word 1 that is not offered", [MAC, 3], false],
    ["bit 64", [MAC, 1, 1], false],
    ["bit 127", [MAC, 1, 0, 0x8000_0000 | 0], false],
    ["bit 64 taken back", [MAC, 1, 1, 0, 0], false],
    ["word 4 does not exist: written, and forgotten", [MAC, 1, 0, 0, 1], true],
  ];
  test.each(rows)("%s", (_, words, sticks) => {
    const bench = new TransportBench();
    bench.write(Register.Status, CHOOSING);
    bench.writeFeatures(...words);
    bench.write(Register.Status, CHOSEN);
    expect(bench.status).toBe(sticks ? CHOSEN : CHOOSING);
  });

  test("a bit that is taken back in time does no harm", () => {
    const bench = new TransportBench();
    bench.write(Register.Status, CHOOSING);
    bench.writeFeatures(0, 1, 1);
    bench.writeFeatures(0, 1, 0);
    bench.write(Register.Status, CHOSEN);
    expect(bench.status).toBe(CHOSEN);
  });

  test("the model may refuse, and sees what was chosen", () => {
    const seen: number[][] = [];
    const bench = new TransportBench({
      acceptsFeatures: (low, high) => {
        seen.push([low, high]);
        return low !== MAC;
      },
    });
    bench.negotiate(MAC, 1);
    expect(bench.status).toBe(CHOOSING);
    bench.writeFeatures(0, 1);
    bench.write(Register.Status, CHOSEN);
    expect(bench.status).toBe(CHOSEN);
    expect(seen).toEqual([
      [MAC, 1],
      [0, 1],
    ]);
  });

  test("what was chosen is fixed until the reset", () => {
    const bench = new TransportBench();
    bench.negotiate(MAC, 1);
    bench.writeFeatures(LOW_FEATURES, 1);
    expect(bench.transport.hasFeature(VirtioFeature.MAC)).toBe(true);
    expect(bench.transport.hasFeature(VirtioFeature.EVENT_IDX)).toBe(false);
    expect(bench.transport.hasFeature(VirtioFeature.VERSION_1)).toBe(true);
    expect(bench.transport.hasFeature(VirtioFeature.ACCESS_PLATFORM)).toBe(false);
    bench.write(Register.Status, 0);
    expect(bench.transport.hasFeature(VirtioFeature.MAC)).toBe(false);
  });
});

describe("Status", () => {
  const rows: readonly (readonly [name: string, writes: readonly number[], status: number])[] = [
    ["the steps one by one", [1, 3, CHOSEN, LIVE], LIVE],
    ["all at once", [LIVE], LIVE],
    ["a bit cannot be cleared", [LIVE, 1], LIVE],
    ["DRIVER_OK without FEATURES_OK does not stick", [1, 3, 3 | Status.DRIVER_OK], CHOOSING],
    ["DRIVER_OK after FEATURES_OK was left out of the write", [CHOSEN, 4], LIVE],
    ["FAILED is kept", [CHOSEN, CHOSEN | Status.FAILED], CHOSEN | Status.FAILED],
    ["DEVICE_NEEDS_RESET is the device's", [LIVE | Status.DEVICE_NEEDS_RESET], LIVE],
    ["bits that mean nothing", [0xffff_ff00 | 0x30 | 1], 1],
    ["0 resets", [LIVE, 0], 0],
  ];
  test.each(rows)("%s", (_, writes, status) => {
    const bench = new TransportBench();
    bench.writeFeatures(0, 1);
    for (const value of writes) bench.write(Register.Status, value);
    expect(bench.status).toBe(status);
  });

  test("the model is told of DRIVER_OK once, and of each reset", () => {
    const bench = new TransportBench().start();
    bench.driverOkWrite();
    bench.write(Register.Status, 0);
    bench.write(Register.Status, 0);
    expect(bench.told).toEqual(["reset", "driverOk", "reset", "reset"]);
  });
});

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

describe("interrupts", () => {
  test("each cause stays until it is acknowledged, and the line with it", () => {
    const bench = new TransportBench().start();
    bench.transport.usedBuffer();
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([1, true]);
    bench.transport.configurationChanged();
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([3, true]);
    bench.write(Register.InterruptACK, 0xffff_fffe);
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([1, true]);
    bench.write(Register.InterruptACK, 0);
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([1, true]);
    bench.write(Register.InterruptACK, 1);
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
  });

  test("no used buffer notification is sent before DRIVER_OK, nor after a reset was asked for", () => {
    const bench = new TransportBench();
    bench.negotiate();
    bench.transport.usedBuffer();
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
    bench.driverOkWrite();
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
    bench.transport.needsReset();
    bench.transport.usedBuffer();
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([2, true]);
    expect(bench.lastFault).toBe(Fault.device);
  });

  test("a change of configuration is told from the driver's first step on, not between a reset and that", () => {
    const bench = new TransportBench().start();
    bench.write(Register.Status, 0);
    bench.transport.configurationChanged();
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
    bench.write(Register.Status, Status.ACKNOWLEDGE);
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
    bench.transport.configurationChanged();
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([2, true]);
    bench.write(Register.InterruptACK, 2);
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
  });

  test("a change that a command asked for counts a generation and tells nothing", () => {
    const bench = new TransportBench().start();
    bench.transport.configurationWritten();
    expect([bench.interruptStatus, bench.read(Register.ConfigGeneration)]).toEqual([0, 1]);
  });

  test("a reset is asked for once, however often there is a reason; the line goes down when it is acknowledged", () => {
    const bench = new TransportBench().start();
    bench.transport.needsReset();
    bench.write(Register.InterruptACK, 2);
    bench.transport.needsReset();
    expect(bench.status).toBe(LIVE | Status.DEVICE_NEEDS_RESET);
    expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([0, false]);
    expect(VirtioRegisters.faults.get(bench.ram, bench.parts.registers)).toBe(2);
  });
});

describe("ConfigGeneration", () => {
  test("counts each change, before DRIVER_OK too, over resets, and only those", () => {
    const bench = new TransportBench();
    bench.transport.configurationChanged();
    expect(bench.read(Register.ConfigGeneration)).toBe(1);
    bench.start();
    bench.transport.configurationChanged();
    bench.transport.needsReset();
    bench.write(Register.Config, 1);
    bench.write(Register.Status, 0);
    expect(bench.read(Register.ConfigGeneration)).toBe(2);
  });
});

describe("reset", () => {
  test("puts window and queues back to power-on, whatever was set", () => {
    const bench = new TransportBench();
    const fresh = bench.bytes(bench.parts.registers, bench.parts.queues.base + 2 * VirtioQueue.size - bench.parts.registers);
    bench.start(LOW_FEATURES, HIGH_FEATURES);
    bench.write(Register.DeviceFeaturesSel, 1);
    bench.transport.usedBuffer();
    bench.driver().chain(0, [{ address: bench.buffer(), bytes: 64 }]);
    bench.driver().offer(0);
    bench.queue().take();
    bench.write(Register.Status, 0);
    expect(bench.lineIsHigh).toBe(false);
    expect(bench.bytes(bench.parts.registers, fresh.length)).toEqual(fresh);
  });
});

test("a queue's largest size is a power of two up to 32768", () => {
  for (const size of [0, 3, 65_536, -8]) expect(() => VirtioTransport.plan(new RamPlan(), "virtio0", [size])).toThrow("power of two");
});
