/** What tests of broken rules look for: the request for a reset, nothing touched, and a device that comes back. */

import { expect } from "vitest";
import { VirtioFeature, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { EMPTY } from "../../../../hal/nic/virtio/virtqueue.ts";
import { MEMORY_BYTES, TransportBench } from "./transport-bench.ts";

export const LIVE = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK | Status.DRIVER_OK;
export const GUARD = 0xa5;

/** A running device whose own bytes hold GUARD. */
export function guarded(features = 1 << VirtioFeature.INDIRECT_DESC): TransportBench {
  const bench = new TransportBench().start(features);
  bench.ram.fill(bench.own, 4096, GUARD);
  return bench;
}

export function expectsReset(bench: TransportBench, fault: number): void {
  expect(bench.lastFault).toBe(fault);
  expect(bench.status).toBe(LIVE | Status.DEVICE_NEEDS_RESET);
  expect([bench.interruptStatus, bench.lineIsHigh]).toEqual([2, true]);
  const queue = bench.queue();
  expect([queue.isReady(), queue.isTaken(), queue.take(), queue.put(0), queue.publish()]).toEqual([false, false, EMPTY, false, false]);
}

/** After the reset the same device serves a good driver. */
export function expectsRecovery(bench: TransportBench): void {
  bench.iommu.revoke(0);
  bench.grant(bench.memory, MEMORY_BYTES);
  bench.start();
  bench.driver().chain(0, [{ address: bench.buffer(), bytes: 64 }]);
  bench.driver().offer(0);
  expect([bench.queue().take(), bench.queue().put(0), bench.queue().publish()]).toEqual([0, true, true]);
  expect([bench.status, bench.driver().usedIndex]).toEqual([LIVE, 1]);
}
