/** Devices whose registers are watched: every access is noted, and what is read may be bent on its way. */

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

/** Bends what the device answers: the offset of a read, the answer, and the word of features that is selected. */
export type Bend = (offset: number, value: number, word: number) => number;

export interface Watched {
  readonly bench: DriverBench;
  readonly accesses: Access[];
}

/** Watches every virtio network device from now on, until vi.restoreAllMocks(). */
export function watchDevices(bend: Bend, accesses: Access[] = []): void {
  const { read, write } = VirtioNet.prototype;
  let word = 0;
  vi.spyOn(VirtioNet.prototype, "read").mockImplementation(function (this: VirtioNet, offset: number): number {
    const value = bend(offset, read.call(this, offset), word);
    accesses.push({ write: false, offset, value });
    return value;
  });
  vi.spyOn(VirtioNet.prototype, "write").mockImplementation(function (this: VirtioNet, offset: number, value: number): void {
    if (offset === Register.DeviceFeaturesSel) word = value;
    accesses.push({ write: true, offset, value });
    write.call(this, offset, value);
  });
}

/** Boots a driver bench under watch. */
export function watched(queuePairs = 1, numbers: BenchNumbers = {}, bend: Bend = (_offset, value) => value): Watched {
  const accesses: Access[] = [];
  watchDevices(bend, accesses);
  return { bench: new DriverBench(virtioKind(queuePairs), numbers), accesses };
}

/** Takes features out of a device's offer. */
export function without(...features: readonly number[]): Bend {
  return (offset, value, word) => {
    if (offset !== Register.DeviceFeatures) return value;
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
