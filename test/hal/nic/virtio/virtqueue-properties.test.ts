/**
 * A mad driver and a device that does whatever it can, in any order: no panic, no write outside what is granted and the
 * device's own records, no endless walk, and the queue's books agree with what the device did.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtioFeature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioFault } from "../../../../hal/nic/virtio/transport-state.ts";
import { BROKEN, EMPTY } from "../../../../hal/nic/virtio/virtqueue.ts";
import { BUFFERS, HIGH_FEATURES, MEMORY_BYTES, TransportBench } from "./transport-bench.ts";

const GUARD = 0xa5;
/** The end of the memory is not granted. */
const GRANTED = MEMORY_BYTES - 0x1000;
const FEATURES = [0, 1 << VirtioFeature.INDIRECT_DESC, 1 << VirtioFeature.EVENT_IDX, (1 << VirtioFeature.INDIRECT_DESC) | (1 << VirtioFeature.EVENT_IDX)];

const word = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 7, 8, 9, 16, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
const register = fc.constantFrom(...Object.values(Register), 0x40, 0x28, 0xf0, 0x1fc);
/** Offsets in the memory, its edges and the world beyond. */
const place = fc.oneof(
  fc.integer({ min: 0, max: 0x200 }).map((i) => BUFFERS + i * 16),
  fc.constantFrom(0, 16, 0x1000, 0x2000, GRANTED - 64, GRANTED - 16, GRANTED - 1, GRANTED, GRANTED + 64, -16, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63),
);
const smallPart = fc.record({ place, bytes: fc.oneof(fc.integer({ min: 0, max: 64 }), word), flags: fc.integer({ min: 0, max: 7 }), next: fc.oneof(fc.integer({ min: 0, max: 9 }), word) });

const action = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("write" as const), register, value: word }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("start" as const), features: fc.constantFrom(...FEATURES) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("setup" as const), descriptors: place, available: place, used: place, size: fc.constantFrom(1, 2, 4, 8, 8, 8, 5, 16) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("describe" as const), at: fc.integer({ min: 0, max: 7 }), part: smallPart, inTable: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("good" as const), head: fc.integer({ min: 0, max: 5 }), bytes: fc.integer({ min: 1, max: 256 }), flags: fc.constantFrom(0, 2) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("offer" as const), head: fc.oneof(fc.integer({ min: 0, max: 8 }), word) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("index" as const), index: word, event: word }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constantFrom("take" as const, "gather" as const, "scatter" as const, "put" as const, "publish" as const, "untake" as const, "sleep" as const, "wake" as const), a: fc.integer({ min: 0, max: 300 }), b: fc.integer({ min: 0, max: 300 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** What the device knows that it did, since the queue last began. */
class Model {
  taken = false;
  pending = 0;
}

function drive(bench: TransportBench, one: Action): void {
  const driver = bench.driver();
  switch (one.kind) {
    case "write":
      bench.write(one.register, one.value);
      return;
    case "start":
      bench.start(one.features, HIGH_FEATURES);
      return;
    case "setup":
      bench.write(Register.QueueSel, 0);
      bench.write(Register.QueueReady, 0);
      bench.queueSetup(0, { descriptors: bench.memory + one.descriptors, available: bench.memory + one.available, used: bench.memory + one.used, size: one.size });
      return;
    case "describe":
      poke(bench, () => driver.describe(one.at, { ...one.part, address: Math.max(bench.memory + one.part.place, 0) }, one.inTable ? bench.buffer(0x1000) : undefined));
      return;
    case "good":
      poke(bench, () => driver.chain(one.head, [{ address: bench.buffer(0x4000), bytes: one.bytes, flags: one.flags }, { address: bench.buffer(0x5000), bytes: 64, flags: 2 }]));
      return;
    case "offer":
      poke(bench, () => driver.offer(one.head & 0xffff));
      return;
    case "index":
      poke(bench, () => (driver.setAvailableIndex(one.index & 0xffff), driver.setUsedEvent(one.event & 0xffff)));
      return;
    default:
      return;
  }
}

/** The driver may write where it likes, but the test's driver only within its own memory: it must not itself break the guards. */
function poke(bench: TransportBench, write: () => void): void {
  const { descriptors, available, used } = bench.driver().settings;
  if ([descriptors, available, used].every((at) => at >= bench.memory && at < bench.memory + GRANTED - 0x1000)) write();
}

function work(bench: TransportBench, model: Model, one: Action & { a: number; b: number }): void {
  const queue = bench.queue();
  const wasReady = queue.isReady();
  switch (one.kind) {
    case "take":
      if (!queue.isTaken()) model.taken = takes(bench, queue.take());
      return;
    case "gather":
      if (one.a + one.b <= queue.readableBytes()) expect(queue.gather(one.a, one.b, bench.own + 16)).toBe(wasReady && queue.isReady());
      else if (queue.readableBytes() === 0) expect(queue.gather(one.a, 1, bench.own + 16)).toBe(false);
      return;
    case "scatter":
      if (one.a + one.b <= queue.writableBytes()) expect(queue.scatter(bench.own + 16, one.a, one.b)).toBe(wasReady && model.taken && queue.isReady());
      return;
    case "put":
      if (queue.put(one.a)) model.pending += 1;
      return;
    case "publish":
      if (queue.publish()) expect(model.pending).toBeGreaterThan(0);
      if (queue.isReady()) model.pending = 0;
      return;
    default:
      queue[one.kind as "untake" | "sleep" | "wake"]();
      if (one.kind === "untake") model.pending = 0;
  }
}

function takes(bench: TransportBench, head: number): boolean {
  expect(head >= 0 || head === EMPTY || head === BROKEN).toBe(true);
  if (head === BROKEN) expect(bench.status & Status.DEVICE_NEEDS_RESET).toBe(Status.DEVICE_NEEDS_RESET);
  if (head >= 0) expect(head).toBeLessThan(bench.driver().settings.size);
  return head >= 0;
}

const reached = new Set<number>();

test("whatever a driver does, and whenever", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 10, maxLength: 80 }), (actions) => {
      const bench = new TransportBench();
      bench.iommu.revoke(0);
      bench.grant(bench.memory, GRANTED);
      bench.start(FEATURES[3]);
      const model = new Model();
      // The device copies to own + 16 at most 300 bytes.
      bench.ram.fill(bench.own, 16, GUARD);
      bench.ram.fill(bench.own + 512, 3584, GUARD);
      bench.ram.fill(bench.memory + GRANTED, 0x1000, GUARD);
      for (const one of actions) {
        if ("a" in one) work(bench, model, one as Action & { a: number; b: number });
        else drive(bench, one);
        if (!bench.queue().isReady()) model.pending = 0;
        if (!bench.queue().isTaken()) model.taken = false;
        reached.add(bench.lastFault);
      }
      const guards = [...bench.bytes(bench.own, 16), ...bench.bytes(bench.own + 512, 3584), ...bench.bytes(bench.memory + GRANTED, 0x1000)];
      expect(guards.every((byte) => byte === GUARD)).toBe(true);
      expect(bench.lineIsHigh).toBe(bench.interruptStatus !== 0);
    }),
    { seed: 5, numRuns: 3000 },
  );
});

test("which reached every reason for a reset that a driver can give but chains of 2^32 bytes, and chains that change", () => {
  const { chainBytes, chainChanged, device, ...others } = VirtioFault;
  const missing = Object.entries(others).filter(([, fault]) => !reached.has(fault));
  expect(missing).toEqual([]);
  expect([chainBytes, chainChanged, device].every((fault) => fault > 0)).toBe(true);
});
