/** Split queues under drivers that break the rules (VIRTIO 1.2, 2.7): the device asks for a reset, reaches nothing that it was not granted, and comes back with the reset. */

import { describe, expect, test } from "vitest";
import { DmaRight } from "../../../../hal/iommu.ts";
import { VirtqDescriptorFlag } from "../../../../hal/nic/virtio/split-ring.ts";
import { VirtioFault as Fault } from "../../../../hal/nic/virtio/transport-state.ts";
import { BROKEN } from "../../../../hal/nic/virtio/virtqueue.ts";
import type { Part } from "./driver-queue.ts";
import { expectsRecovery, expectsReset, guarded } from "./hostility.ts";
import { BUFFERS, MEMORY_BYTES, TransportBench } from "./transport-bench.ts";

const { NEXT, WRITE, INDIRECT } = VirtqDescriptorFlag;
const WORD = 2 ** 32;

type Wrong = readonly [name: string, prepare: (bench: TransportBench) => void, fault: number];

/** One chain of these parts is made available. */
const chain =
  (...parts: readonly ((bench: TransportBench) => Part)[]) =>
  (bench: TransportBench): void => {
    bench.driver().chain(0, parts.map((part) => part(bench)));
    bench.driver().offer(0);
  };

/** Descriptor 0 as it stands is made available. */
const head =
  (part: (bench: TransportBench) => Part) =>
  (bench: TransportBench): void => {
    bench.driver().describe(0, part(bench));
    bench.driver().offer(0);
  };

/** Descriptor 0 refers to a table of these descriptors. */
const table =
  (bytes: number, ...parts: readonly ((bench: TransportBench) => Part)[]) =>
  (bench: TransportBench): void => {
    const at = bench.buffer(0x1000);
    parts.forEach((part, i) => bench.driver().describe(i, part(bench), at));
    bench.driver().describe(0, { address: at, bytes, flags: INDIRECT });
    bench.driver().offer(0);
  };

const at = (address: number, bytes: number, flags = 0) => (): Part => ({ address, bytes, flags });
const buffer =
  (bytes: number, flags = 0, next = 0) =>
  (bench: TransportBench): Part => ({ address: bench.buffer(), bytes, flags, next });
const end =
  (back: number, bytes: number, flags = 0) =>
  (bench: TransportBench): Part => ({ address: bench.memory + MEMORY_BYTES - back, bytes, flags });

describe("the available ring", () => {
  const rows: readonly (readonly [name: string, index: number, afterOne: boolean, broken: boolean])[] = [
    ["as far ahead as the queue is long", 8, false, false],
    ["one further", 9, false, true],
    ["half way round", 0x8000, false, true],
    ["gone back by one", 0xffff, false, true],
    ["as far ahead of what was given back, one taken", 8, true, false],
    ["a queue's length ahead of what was taken, which is one more than the driver owns", 9, true, true],
    ["back before what was taken", 0, true, true],
  ];
  test.each(rows)("its index: %s", (_, index, afterOne, broken) => {
    const bench = guarded();
    for (let i = 0; i < 8; i++) bench.driver().describe(i, { address: bench.buffer(), bytes: 16 });
    if (afterOne) {
      bench.driver().offer(0);
      bench.queue().take();
      bench.queue().put(0);
    }
    bench.driver().setAvailableIndex(index);
    expect(bench.queue().available()).toBe(broken ? BROKEN : index - (afterOne ? 1 : 0));
    if (!broken) return;
    expectsReset(bench, Fault.availableIndex);
    expectsRecovery(bench);
  });

  test.each([8, 9, 0x7fff, 0x8000, 0xffff])("a head of %i in a queue of 8", (number) => {
    const bench = guarded();
    bench.driver().offer(number);
    expect(bench.queue().take()).toBe(BROKEN);
    expectsReset(bench, Fault.descriptorIndex);
    expectsRecovery(bench);
  });
});

describe("chains", () => {
  const rows: readonly Wrong[] = [
    ["next beyond the queue", head(buffer(16, NEXT, 8)), Fault.descriptorIndex],
    ["next 65535", head(buffer(16, NEXT, 0xffff)), Fault.descriptorIndex],
    ["a loop to itself", head(buffer(16, NEXT, 0)), Fault.chainLength],
    ["a loop over two", (bench) => (bench.driver().describe(1, { ...buffer(16, NEXT, 0)(bench) }), head(buffer(16, NEXT, 1))(bench)), Fault.chainLength],
    ["a writable loop", head(buffer(16, NEXT | WRITE, 0)), Fault.chainLength],
    ["an empty descriptor", head(buffer(0)), Fault.emptyDescriptor],
    ["an empty descriptor at the end", chain(buffer(16), buffer(0)), Fault.emptyDescriptor],
    ["an empty writable descriptor", chain(buffer(16), buffer(0, WRITE)), Fault.emptyDescriptor],
    ["readable after writable", chain(buffer(16, WRITE), buffer(16)), Fault.chainOrder],
    ["readable, writable, readable", chain(buffer(16), buffer(16, WRITE), buffer(16)), Fault.chainOrder],
    ["address 0", head(at(0, 16)), Fault.bufferReach],
    ["ends one byte beyond what is granted", head(end(15, 16)), Fault.bufferReach],
    ["begins one byte before it", head((bench) => ({ address: bench.memory - 1, bytes: 16 })), Fault.bufferReach],
    ["beyond it", head(end(0, 1, WRITE)), Fault.bufferReach],
    ["beyond RAM", head(at(0x4000_0000, 16)), Fault.bufferReach],
    ["at 2^31", head(at(2 ** 31, 16)), Fault.bufferReach],
    ["wraps 2^32", head(at(WORD - 8, 16)), Fault.bufferReach],
    ["wraps 2^32 into the memory", head((bench) => ({ address: WORD - 8, bytes: bench.memory + 64 })), Fault.bufferReach],
    ["the memory's address plus 2^32", head((bench) => ({ address: WORD + bench.buffer(), bytes: 16 })), Fault.bufferReach],
    ["at 2^53 - 1", head(at(2 ** 53 - 1, 1)), Fault.bufferReach],
    ["at 2^53", head(at(2 ** 53, 16, WRITE)), Fault.bufferReach],
    ["at 2^63", head(at(2 ** 63, 16)), Fault.bufferReach],
    ["just below 2^64", head(at(2 ** 64 - 2048, 4096, WRITE)), Fault.bufferReach],
    ["2^32 - 1 bytes", head(buffer(0xffff_ffff)), Fault.bufferReach],
    ["2^31 bytes", head(buffer(0x8000_0000, WRITE)), Fault.bufferReach],
    ["a good part before a bad one", chain(buffer(16, WRITE), at(WORD, 16, WRITE)), Fault.bufferReach],
    ["an indirect table within a table", table(32, buffer(16, NEXT, 1), buffer(16, INDIRECT)), Fault.indirectTable],
    ["an indirect table that is its own", (bench) => table(16, () => ({ address: bench.buffer(0x1000), bytes: 16, flags: INDIRECT }))(bench), Fault.indirectTable],
    ["an indirect table with NEXT", head(buffer(16, INDIRECT | NEXT, 1)), Fault.indirectTable],
    ["an indirect table of 0 bytes", head(buffer(0, INDIRECT)), Fault.indirectTable],
    ["an indirect table of 15 bytes", head(buffer(15, INDIRECT)), Fault.indirectTable],
    ["an indirect table of 20 bytes", head(buffer(20, INDIRECT)), Fault.indirectTable],
    ["an indirect table of 2^32 - 1 bytes", head(buffer(0xffff_ffff, INDIRECT)), Fault.indirectTable],
    ["an indirect table outside", head(at(WORD, 32, INDIRECT)), Fault.bufferReach],
    ["an indirect table of which the first descriptor fits", (bench) => table(64, buffer(16, NEXT, 1))(moveTable(bench, 16)), Fault.bufferReach],
    ["an indirect table whose second descriptor fits but for its last byte", (bench) => table(64, buffer(16, NEXT, 1), buffer(16))(moveTable(bench, 31)), Fault.bufferReach],
    ["next beyond an indirect table", table(32, buffer(16, NEXT, 2), buffer(16)), Fault.descriptorIndex],
    ["a loop in an indirect table", table(32, buffer(16, NEXT, 1), buffer(16, NEXT, 0)), Fault.chainLength],
    ["a chain in a table of one more than the queue", table(9 * 16, ...Array.from({ length: 9 }, (_, i) => buffer(1, i < 8 ? NEXT : 0, i + 1))), Fault.chainLength],
    ["an empty descriptor in a table", table(16, buffer(0)), Fault.emptyDescriptor],
    ["readable after writable across a table", (bench) => (table(16, buffer(16))(bench), bench.driver().chain(1, [buffer(16, WRITE)(bench), { address: bench.buffer(0x1000), bytes: 16, flags: INDIRECT }]), bench.driver().setAvailableIndex(0), bench.driver().offer(1)), Fault.chainOrder],
  ];
  test.each(rows)("%s", (_, prepare, fault) => {
    const bench = guarded();
    prepare(bench);
    const before = bench.ram.u8.slice();
    expect(bench.queue().take()).toBe(BROKEN);
    expectsReset(bench, fault);
    expect(bench.changed(before, bench.own)).toBe(-1);
    expectsRecovery(bench);
  });

  test("an indirect table without the feature", () => {
    const bench = guarded(0);
    table(16, buffer(16))(bench);
    expect(bench.queue().take()).toBe(BROKEN);
    expectsReset(bench, Fault.indirectTable);
  });

  test("more than 2^32 bytes, though each part may be reached", () => {
    const memoryBytes = 2 ** 21;
    const bench = new TransportBench({ memoryBytes, queueSizesMax: [4096] });
    bench.negotiate();
    const driver = bench.queueSetup(0, { descriptors: bench.buffer(), available: bench.buffer(0x1_0000), used: bench.buffer(0x1_4000) });
    bench.driverOkWrite();
    const whole = { address: bench.memory, bytes: memoryBytes };
    driver.chain(0, [...new Array<Part>(2047).fill(whole), { ...whole, flags: WRITE }]);
    driver.offer(0);
    expect([bench.queue().take(), bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([0, WORD - memoryBytes, memoryBytes]);
    bench.queue().put(0);
    driver.chain(0, [...new Array<Part>(2048).fill(whole), { address: bench.memory, bytes: 1, flags: WRITE }]);
    driver.offer(0);
    expect(bench.queue().take()).toBe(BROKEN);
    expectsReset(bench, Fault.chainBytes);
  });

  test("rights count: a writable buffer where the device may only read, a readable one where it may only write", () => {
    for (const [rights, flags] of [
      [DmaRight.read, WRITE],
      [DmaRight.write, 0],
    ]) {
      const bench = guarded();
      bench.grant(bench.own, 4096, rights);
      chain(at(bench.own, 16, flags))(bench);
      expect(bench.queue().take()).toBe(BROKEN);
      expectsReset(bench, Fault.bufferReach);
    }
  });
});

/** Grants but so many bytes of the table of `table()`. */
function moveTable(bench: TransportBench, bytes: number): TransportBench {
  bench.iommu.revoke(0);
  bench.grant(bench.memory, BUFFERS + 0x1000 + bytes);
  return bench;
}
