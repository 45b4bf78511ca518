/** The rings of the NICs as their registers say they lie in RAM: which descriptors the device may use right now. */

import type { Address } from "../../hal/field.ts";
import { DESCRIPTOR_BYTES, RxDescriptor } from "../../hal/nic/descriptors.ts";
import { E1000File } from "../../hal/nic/e1000-file.ts";
import { ReceiveControlBit, TransmitControlBit } from "../../hal/nic/e1000-registers.ts";
import { PoolState } from "../dma-pool.ts";
import type { KernelTables, NicTable } from "./tables.ts";
import { eachChained, splitLies, virtioRingsOf } from "./virtio-rings.ts";

/** One ring: `count` descriptors from `base` on; those from `head` up to `tail` are the device's. */
export interface Ring {
  readonly kind: "rx" | "tx" | "control";
  /** Its kind; of a virtio device with the number of its pair: "rx", "tx2", "control". */
  readonly name: string;
  readonly enabled: boolean;
  readonly base: number;
  readonly count: number;
  readonly head: number;
  readonly tail: number;
  /** What a virtio queue has besides: then `head` and `tail` are positions in this ring, and what it names are chains. */
  readonly available: number;
}

/** Ring.available of a ring that is no virtio queue. */
export const NO_AVAILABLE = -1;

export function ringsOf(tables: KernelTables, nic: NicTable): readonly Ring[] {
  return nic.kind === "e1000" ? e1000RingsOf(tables, nic.registers) : virtioRingsOf(tables, nic);
}

function e1000RingsOf({ ram }: KernelTables, at: Address<"E1000File">): readonly Ring[] {
  const address = (low: number, high: number): number => (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
  const rx = address(E1000File.RDBAL.get(ram, at), E1000File.RDBAH.get(ram, at));
  const tx = address(E1000File.TDBAL.get(ram, at), E1000File.TDBAH.get(ram, at));
  const rxOn = (E1000File.RCTL.get(ram, at) & ReceiveControlBit.EN) !== 0;
  const txOn = (E1000File.TCTL.get(ram, at) & TransmitControlBit.EN) !== 0;
  return [
    { kind: "rx", name: "rx", enabled: rxOn, base: rx, count: countOf(E1000File.RDLEN.get(ram, at)), head: E1000File.RDH.get(ram, at), tail: E1000File.RDT.get(ram, at), available: NO_AVAILABLE },
    { kind: "tx", name: "tx", enabled: txOn, base: tx, count: countOf(E1000File.TDLEN.get(ram, at)), head: E1000File.TDH.get(ram, at), tail: E1000File.TDT.get(ram, at), available: NO_AVAILABLE },
  ];
}

function countOf(bytes: number): number {
  return (bytes >>> 0) / DESCRIPTOR_BYTES | 0;
}

/** True if the whole ring lies in RAM, as a device that the IOMMU table lets reach it would need it. */
export function lies(tables: KernelTables, ring: Ring): boolean {
  if (ring.available !== NO_AVAILABLE) return splitLies(tables, ring);
  return ring.base % 8 === 0 && ring.base + ring.count * DESCRIPTOR_BYTES <= tables.ram.bytes;
}

/** Each descriptor that is the device's, with the address of its buffer. Nothing for a ring that is off, or of which a register makes no sense. */
export function eachPosted(tables: KernelTables, ring: Ring, visit: (index: number, bufferAddress: number) => void): void {
  if (!ring.enabled || ring.count === 0 || !lies(tables, ring)) return;
  if (ring.available !== NO_AVAILABLE) eachChained(tables, ring, visit);
  else if (ring.head < ring.count && ring.tail < ring.count && ring.head >= 0 && ring.tail >= 0) {
    for (let index = ring.head; index !== ring.tail; index = index + 1 === ring.count ? 0 : index + 1) visit(index, bufferAddressAt(tables, ring, index));
  }
}

/** The address of a descriptor's buffer: all kinds begin with it. */
export function bufferAddressAt({ ram }: KernelTables, ring: Ring, index: number): number {
  const at = (ring.base + index * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  return (RxDescriptor.bufferAddress.high(ram, at) >>> 0) * 0x1_0000_0000 + (RxDescriptor.bufferAddress.low(ram, at) >>> 0);
}

/** The number of the pool's buffer that holds this address; -1 if none does. */
export function bufferOf({ ram, pool, buffers }: KernelTables, address: number): number {
  const offset = address - PoolState.base.get(ram, pool);
  const stride = PoolState.strideBytes.get(ram, pool);
  return offset >= 0 && stride > 0 && offset < buffers.count * stride ? Math.floor(offset / stride) : -1;
}
