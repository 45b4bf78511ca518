/** InterruptStatus, the line, ConfigGeneration, and what a reset leaves (VIRTIO 1.2, 2.1.2, 2.4.1, 4.2.2). */

import { describe, expect, test } from "vitest";
import { VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioFault as Fault, VirtioQueue, VirtioRegisters } from "../../../../hal/nic/virtio/transport-state.ts";
import { HIGH_FEATURES, LOW_FEATURES, TransportBench } from "./transport-bench.ts";

const LIVE = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK | Status.DRIVER_OK;

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
