/** A driver bench whose device's registers are watched: every access is noted, and what is read may be bent on its way. */

import { vi } from "vitest";
import { VirtioRegister as Register } from "../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNet } from "../../../hal/nic/virtio/net.ts";
import type { BenchNumbers } from "../driver/bench.ts";
import { DriverBench } from "../driver/bench.ts";
import { virtioKind } from "../driver/virtio-kind.ts";

export interface Access {
  readonly write: boolean;
  readonly offset: number;
  readonly value: number;
}

/** Bends what the device answers: the offset of a read, and the answer. */
export type Bend = (offset: number, value: number) => number;

export interface Watched {
  readonly bench: DriverBench;
  readonly accesses: Access[];
}

/** Boots a bench under watch. The watch goes on until vi.restoreAllMocks(). */
export function watched(queuePairs = 1, numbers: BenchNumbers = {}, bend: Bend = (_offset, value) => value): Watched {
  const accesses: Access[] = [];
  const { read, write } = VirtioNet.prototype;
  vi.spyOn(VirtioNet.prototype, "read").mockImplementation(function (this: VirtioNet, offset: number): number {
    const value = bend(offset, read.call(this, offset));
    accesses.push({ write: false, offset, value });
    return value;
  });
  vi.spyOn(VirtioNet.prototype, "write").mockImplementation(function (this: VirtioNet, offset: number, value: number): void {
    accesses.push({ write: true, offset, value });
    write.call(this, offset, value);
  });
  return { bench: new DriverBench(virtioKind(queuePairs), numbers), accesses };
}

/** Takes features out of a device's offer; the word that is read is the one selected last. */
export function without(...features: readonly number[]): Bend {
  let reads = 0;
  return (offset, value) => {
    if (offset !== Register.DeviceFeatures) return value;
    const word = reads++ % 2;
    return features.reduce((left, feature) => (feature >> 5 === word ? left & ~(1 << (feature & 31)) : left), value);
  };
}

/** The values written to a register, in order. */
export function written(accesses: readonly Access[], offset: number): number[] {
  return accesses.filter((access) => access.write && access.offset === offset).map(({ value }) => value);
}

/** Where an access stands among all; -1 if there was none. */
export function first(accesses: readonly Access[], write: boolean, offset: number, value?: number): number {
  return accesses.findIndex((access) => access.write === write && access.offset === offset && (value === undefined || access.value === value));
}
