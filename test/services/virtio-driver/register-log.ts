/**
 * Every access to a virtio device's registers, in order, with what the device was at that moment; and, for tests of
 * drivers that meet other devices, answers put in place of the device's own.
 */

import { vi } from "vitest";
import { VirtioRegister as Register } from "../../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNet } from "../../../hal/nic/virtio/net.ts";

export interface Access {
  readonly write: boolean;
  readonly offset: number;
  /** What was written, or what the driver read. */
  readonly value: number;
  /** Status before the access. */
  readonly status: number;
  /** QueueReady of the queue that QueueSel names, before the access. */
  readonly ready: number;
  /** What QueueSel names. */
  readonly selected: number;
}

/** Given an offset and the device's answer: what the driver reads instead. */
export type Answer = (offset: number, value: number) => number;

/** Runs something with all accesses logged, and closes the log. */
export function logged<T>(run: (log: Access[]) => T, answer: Answer = (_, value) => value): { result: T; log: readonly Access[] } {
  const log: Access[] = [];
  let selected = 0;
  const { read, write } = VirtioNet.prototype;
  const note = (device: VirtioNet, isWrite: boolean, offset: number, value: number): void => {
    log.push({ write: isWrite, offset, value: value >>> 0, status: read.call(device, Register.Status), ready: read.call(device, Register.QueueReady), selected });
  };
  const reading = vi.spyOn(VirtioNet.prototype, "read").mockImplementation(function (this: VirtioNet, offset: number) {
    const value = answer(offset, read.call(this, offset)) | 0;
    note(this, false, offset, value);
    return value;
  });
  const writing = vi.spyOn(VirtioNet.prototype, "write").mockImplementation(function (this: VirtioNet, offset: number, value: number) {
    note(this, true, offset, value);
    if (offset === Register.QueueSel) selected = value;
    write.call(this, offset, value);
  });
  try {
    return { result: run(log), log };
  } finally {
    reading.mockRestore();
    writing.mockRestore();
  }
}

export const writesTo = (log: readonly Access[], ...offsets: readonly number[]): readonly Access[] => log.filter((one) => one.write && offsets.includes(one.offset));
export const readsOf = (log: readonly Access[], ...offsets: readonly number[]): readonly Access[] => log.filter((one) => !one.write && offsets.includes(one.offset));

/** The log cut at each reset: one initialisation each, what came before the first left away. */
export function lives(log: readonly Access[]): readonly (readonly Access[])[] {
  const parts: Access[][] = [];
  for (const one of log) {
    if (one.write && one.offset === Register.Status && one.value === 0) parts.push([]);
    parts[parts.length - 1]?.push(one);
  }
  return parts;
}

/** One register answers otherwise. */
export const instead = (offset: number, value: number): Answer => (at, own) => (at === offset ? value : own);
