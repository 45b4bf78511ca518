/** Queues whose parts lie where the device may not reach (VIRTIO 1.2, 2.7): it asks for a reset, and reaches nothing. */

import { describe, expect, test } from "vitest";
import { DmaRight } from "../../../../hal/iommu.ts";
import { VirtioRegister as Register } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioFault as Fault } from "../../../../hal/nic/virtio/transport-state.ts";
import { BROKEN } from "../../../../hal/nic/virtio/virtqueue.ts";
import type { QueueSettings } from "./driver-queue.ts";
import { GUARD, expectsRecovery, expectsReset, guarded } from "./hostility.ts";
import type { TransportBench } from "./transport-bench.ts";
import { MEMORY_BYTES } from "./transport-bench.ts";

const WORD = 2 ** 32;

describe("parts of a queue out of reach", () => {
  const places: readonly (readonly [name: string, place: (bench: TransportBench) => number])[] = [
    ["at 0", () => 0],
    ["beyond RAM", () => 0x4000_0000],
    ["at 2^31", () => 2 ** 31],
    ["at the end of 32 bits", () => WORD - 16],
    ["the memory's address plus 2^32", (bench) => WORD + bench.buffer()],
    ["at 2^53", () => 2 ** 53],
    ["near 2^64", () => 2 ** 64 - 2048],
    ["in the device's own RAM", (bench) => bench.own],
    ["one part too far back", (bench) => bench.memory - 16],
  ];
  const parts: readonly Exclude<keyof QueueSettings, "size">[] = ["descriptors", "available", "used"];
  describe.each(parts)("%s", (part) => {
    test.each(places)("%s", (_, place) => {
      const bench = guarded();
      const { settings } = bench.driver();
      bench.write(Register.QueueSel, 0);
      bench.write(Register.QueueReady, 0);
      bench.queueSetup(0, { [part]: place(bench) });
      bench.ram.fill(bench.own, 4096, GUARD);
      if (part !== "available") {
        bench.driver().describe(0, { address: bench.buffer(), bytes: 16 }, settings.descriptors);
        bench.driver().offer(0);
      }
      const queue = bench.queue();
      const answers = part === "used" ? [queue.take() === 0 && !queue.put(0)] : [queue.take() === BROKEN];
      expect(answers).toEqual([true]);
      expectsReset(bench, Fault.queueReach);
      expect(bench.bytes(bench.own, 4096).every((byte) => byte === GUARD)).toBe(true);
      expectsRecovery(bench);
    });

    test("its last byte, or the event word behind a ring, one beyond what is granted", () => {
      const bytes = { descriptors: 128, available: 22, used: 70 }[part];
      const grain = { descriptors: 16, available: 2, used: 4 }[part];
      const bench = guarded();
      bench.write(Register.QueueSel, 0);
      bench.write(Register.QueueReady, 0);
      const beyond = bench.memory + MEMORY_BYTES - (Math.ceil(bytes / grain) * grain - grain);
      const driver = bench.queueSetup(0, { [part]: beyond });
      bench.driver().describe(7, { address: bench.buffer(), bytes: 16 }, driver.settings.descriptors);
      bench.driver().offer(7);
      const head = bench.queue().take();
      if (head >= 0) bench.queue().put(0);
      expectsReset(bench, Fault.queueReach);
    });
  });
});

test("a used ring, or tables to be read, where the device has but the other right", () => {
  for (const [rights, part] of [
    [DmaRight.read, "used"],
    [DmaRight.write, "available"],
    [DmaRight.write, "descriptors"],
  ] as const) {
    const bench = guarded();
    const { settings } = bench.driver();
    bench.iommu.revoke(0);
    for (const other of ["descriptors", "available", "used"] as const) bench.grant(settings[other], 0x1000, other === part ? rights : undefined);
    bench.grant(bench.buffer(), 64);
    bench.driver().describe(0, { address: bench.buffer(), bytes: 16 });
    bench.driver().offer(0);
    const before = bench.ram.u8.slice();
    if (bench.queue().take() === 0) bench.queue().put(0);
    expectsReset(bench, Fault.queueReach);
    expect(bench.changed(before, bench.memory)).toBe(-1);
  }
});
