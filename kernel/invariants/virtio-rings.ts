/** The queues of a virtio device as its records say they lie in RAM: which chains the device may use right now. */

import type { Address } from "../../hal/field.ts";
import { VirtioFeature, VirtioStatus } from "../../hal/nic/virtio/mmio-registers.ts";
import { QUEUE_SIZE_MAX, VirtqDescriptor, VirtqDescriptorFlag, VirtqIndex, VirtqRing, availableAt, availableRingBytes, descriptorAt, descriptorTableBytes } from "../../hal/nic/virtio/split-ring.ts";
import { VirtioQueue, VirtioRegisters } from "../../hal/nic/virtio/transport-state.ts";
import type { Ring } from "./nic-rings.ts";
import type { KernelTables, NicTable } from "./tables.ts";
import { wide } from "./tables.ts";

type VirtioTable = NicTable & { readonly kind: "virtio-net" };

const POSITIONS = 0xffff;
const AT_WORK = VirtioStatus.DRIVER_OK | VirtioStatus.DEVICE_NEEDS_RESET;

/** The queues that are ready. */
export function virtioRingsOf(tables: KernelTables, nic: VirtioTable): readonly Ring[] {
  const { ram } = tables;
  const enabled = (VirtioRegisters.status.get(ram, nic.registers) & AT_WORK) === VirtioStatus.DRIVER_OK;
  const rings: Ring[] = [];
  for (let queue = 0; queue < nic.queues.count; queue++) {
    const at = nic.queues.at(queue);
    if (VirtioQueue.ready.get(ram, at) !== 1) continue;
    const kind = queue === controlQueueOf(tables, nic) ? "control" : queue % 2 === 0 ? "rx" : "tx";
    const name = nic.queues.count === 3 || kind === "control" ? kind : `${kind}${queue >> 1}`;
    const available = wide(VirtioQueue.available, ram, at);
    const head = VirtioQueue.publishedUsed.get(ram, at) & POSITIONS;
    const lies = available % 2 === 0 && available + VirtqRing.size <= ram.bytes;
    const tail = lies ? VirtqRing.index.get(ram, available as Address<"VirtqRing">) : head;
    rings.push({ kind, name, enabled, base: wide(VirtioQueue.descriptors, ram, at), count: VirtioQueue.entries.get(ram, at), head, tail, available });
  }
  return rings;
}

/** 5.1.2: behind the pairs that the negotiated features leave in use. */
function controlQueueOf({ ram }: KernelTables, { registers, queues }: VirtioTable): number {
  const several = ((VirtioRegisters.driverFeatures0.get(ram, registers) >>> VirtioFeature.MQ) | (VirtioRegisters.driverFeatures1.get(ram, registers) >>> (VirtioFeature.RSS - 32))) & 1;
  return several === 1 ? queues.count - 1 : 2;
}

/** True if the queue's table and its available ring lie in RAM, and its length is one that a queue may have. */
export function splitLies({ ram }: KernelTables, { base, count, available }: Ring): boolean {
  const isLength = count > 0 && count <= QUEUE_SIZE_MAX && (count & (count - 1)) === 0;
  return isLength && base % 16 === 0 && available % 2 === 0 && base + descriptorTableBytes(count) <= ram.bytes && available + availableRingBytes(count) <= ram.bytes;
}

/** Each descriptor of each chain that was made available and not given back; those of a table of its own under the number of the one that names it. */
export function eachChained(tables: KernelTables, ring: Ring, visit: (index: number, bufferAddress: number) => void): void {
  const { ram } = tables;
  const chains = (ring.tail - ring.head) & POSITIONS;
  if (chains > ring.count) return;
  for (let i = 0; i < chains; i++) {
    const head = VirtqIndex.value.get(ram, availableAt(ring.available, ring.count, ring.head + i));
    walk(tables, ring.base, ring.count, head, (index, at) => {
      if ((VirtqDescriptor.flags.get(ram, at) & VirtqDescriptorFlag.INDIRECT) === 0) visit(index, wide(VirtqDescriptor.address, ram, at));
      else eachIndirect(tables, at, (address) => visit(index, address));
    });
  }
}

/** The addresses of the buffers in the table that a descriptor names; none if it does not lie in RAM. */
export function eachIndirect(tables: KernelTables, at: Address<"VirtqDescriptor">, visit: (bufferAddress: number) => void): void {
  const { ram } = tables;
  const base = wide(VirtqDescriptor.address, ram, at);
  const count = Math.floor((VirtqDescriptor.bytes.get(ram, at) >>> 0) / VirtqDescriptor.size);
  if (base % 8 !== 0 || base + count * VirtqDescriptor.size > ram.bytes) return;
  walk(tables, base, count, 0, (_index, inner) => visit(wide(VirtqDescriptor.address, ram, inner)));
}

/** The descriptors of a chain, as many as the table has at most. */
function walk({ ram }: KernelTables, base: number, count: number, head: number, visit: (index: number, at: Address<"VirtqDescriptor">) => void): void {
  let index = head;
  for (let left = count; left > 0 && index < count; left--) {
    const at = descriptorAt(base, index);
    visit(index, at);
    if ((VirtqDescriptor.flags.get(ram, at) & VirtqDescriptorFlag.NEXT) === 0) return;
    index = VirtqDescriptor.next.get(ram, at);
  }
}
