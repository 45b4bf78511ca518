/**
 * The IOMMU table: which ranges of RAM a device may reach, and how. Device addresses are addresses of RAM. An access
 * that is not wholly inside one granted range is refused, counted against the device and traced; it never happens, not
 * even in part.
 */

import { assert } from "./assert.ts";
import type { Clock } from "./clock.ts";
import type { Address } from "./field.ts";
import { i32, u32 } from "./field.ts";
import type { Table } from "./layout.ts";
import { layout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";
import type { Trace } from "./trace.ts";
import { HalTrace } from "./trace.ts";

/** What a device may do with a range. */
export const DmaRight = Object.freeze({ read: 1, write: 2 });

export const IommuRange = layout("IommuRange", 16, {
  base: i32,
  /** 0 marks a free entry. */
  bytes: i32,
  /** Bits of DmaRight. */
  rights: i32,
  reserved: i32,
});

export const IommuAccount = layout("IommuAccount", 16, {
  misses: u32("statistic"),
  /** Address, count of bytes and rights of the last miss. */
  lastAddress: u32("statistic"),
  lastBytes: u32("statistic"),
  lastRights: u32("statistic"),
});

export interface IommuParts {
  /** `rangesPerDevice` entries for each device, in the order of device numbers. */
  readonly ranges: Table<"IommuRange">;
  readonly accounts: Table<"IommuAccount">;
  readonly rangesPerDevice: number;
}

export class Iommu {
  readonly #ram: Memory;
  readonly #parts: IommuParts;
  readonly #base: number;
  readonly #rangesPerDevice: number;
  readonly #clock: Clock;
  readonly #trace: Trace;

  static plan(plan: RamPlan, devices: number, rangesPerDevice: number): IommuParts {
    const ranges = plan.records("iommu", IommuRange, devices * rangesPerDevice);
    return Object.freeze({ ranges, accounts: plan.records("iommu.accounts", IommuAccount, devices), rangesPerDevice });
  }

  constructor(ram: Memory, parts: IommuParts, clock: Clock, trace: Trace) {
    this.#ram = ram;
    this.#parts = parts;
    this.#base = parts.ranges.base;
    this.#rangesPerDevice = parts.rangesPerDevice;
    this.#clock = clock;
    this.#trace = trace;
    Object.freeze(this);
  }

  powerOn(): void {
    const { ranges, accounts } = this.#parts;
    this.#ram.fill(ranges.base, ranges.count * ranges.stride, 0);
    this.#ram.fill(accounts.base, accounts.count * accounts.stride, 0);
  }

  /** Lets a device reach `bytes` (> 0) bytes of RAM from `base` on. False when the device's entries are used up. */
  grant(device: number, base: number, bytes: number, rights: number): boolean {
    assert(base >= 0 && bytes > 0 && base + bytes <= this.#ram.bytes, "a granted range lies in RAM");
    this.#parts.accounts.at(device);
    for (let i = 0; i < this.#rangesPerDevice; i++) {
      const at = this.#range(device, i);
      if (IommuRange.bytes.get(this.#ram, at) !== 0) continue;
      IommuRange.base.set(this.#ram, at, base);
      IommuRange.bytes.set(this.#ram, at, bytes);
      IommuRange.rights.set(this.#ram, at, rights);
      return true;
    }
    return false;
  }

  /** Takes back everything that a device was granted. */
  revoke(device: number): void {
    this.#parts.accounts.at(device);
    this.#ram.fill(this.#range(device, 0), this.#rangesPerDevice * IommuRange.size, 0);
  }

  /**
   * May the device reach these bytes with these rights (at least one)? `address` is any number a register or a descriptor can hold,
   * `bytes` at least 0. A miss is counted and traced.
   */
  check(device: number, address: number, bytes: number, rights: number): boolean {
    const ram = this.#ram;
    for (let i = 0; i < this.#rangesPerDevice; i++) {
      const at = this.#range(device, i);
      const base = IommuRange.base.get(ram, at);
      if (address < base || address + bytes > base + IommuRange.bytes.get(ram, at)) continue;
      // A free entry has no rights.
      if ((IommuRange.rights.get(ram, at) & rights) === rights) return true;
    }
    this.#miss(device, address, bytes, rights);
    return false;
  }

  misses(device: number): number {
    return IommuAccount.misses.get(this.#ram, this.#parts.accounts.at(device));
  }

  #range(device: number, index: number): Address<"IommuRange"> {
    return (this.#base + (device * this.#rangesPerDevice + index) * IommuRange.size) as Address<"IommuRange">;
  }

  #miss(device: number, address: number, bytes: number, rights: number): void {
    const at = this.#parts.accounts.at(device);
    IommuAccount.misses.add(this.#ram, at, 1);
    IommuAccount.lastAddress.set(this.#ram, at, address);
    IommuAccount.lastBytes.set(this.#ram, at, bytes);
    IommuAccount.lastRights.set(this.#ram, at, rights);
    this.#trace.write(this.#clock.now(), HalTrace.iommuMiss, device, address | 0);
  }
}
