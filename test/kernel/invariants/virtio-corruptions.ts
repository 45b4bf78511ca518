/** Corruptions of a machine with a virtio device of two queue pairs, whose receive queues have buffers posted. */

import type { Address } from "../../../hal/field.ts";
import { VirtqDescriptor, VirtqDescriptorFlag, VirtqIndex, VirtqRing, availableAt, descriptorAt } from "../../../hal/nic/virtio/split-ring.ts";
import { PoolState } from "../../../kernel/dma-pool.ts";
import type { Ring } from "../../../kernel/invariants/nic-rings.ts";
import { ringsOf } from "../../../kernel/invariants/nic-rings.ts";
import type { KernelTables } from "../../../kernel/invariants/tables.ts";
import type { Corruption } from "./corrupting.ts";

function ring(tables: KernelTables, name: string): Ring {
  const found = ringsOf(tables, tables.nics[0]).find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`there is no queue called ${name}`);
  return found;
}

function name(tables: KernelTables, queue: string, descriptor: number, buffer: number): void {
  const address = PoolState.base.get(tables.ram, tables.pool) + buffer * PoolState.strideBytes.get(tables.ram, tables.pool);
  VirtqDescriptor.address.setWords(tables.ram, descriptorAt(ring(tables, queue).base, descriptor), address, 0);
}

/** The last buffer of the pool: at home. */
const free = ({ buffers }: KernelTables): number => buffers.count - 1;

/** Gives the device a table of one descriptor, with a buffer to send. */
function offerTable(tables: KernelTables, queue: string, buffer: number): void {
  const { ram } = tables;
  const { base, count, available, tail } = ring(tables, queue);
  const inner = base + 8 * VirtqDescriptor.size;
  name(tables, queue, 8, buffer);
  VirtqDescriptor.flags.set(ram, descriptorAt(base, 8), 0);
  VirtqDescriptor.address.setWords(ram, descriptorAt(base, 3), inner, 0);
  VirtqDescriptor.bytes.set(ram, descriptorAt(base, 3), VirtqDescriptor.size);
  VirtqDescriptor.flags.set(ram, descriptorAt(base, 3), VirtqDescriptorFlag.INDIRECT);
  VirtqIndex.value.set(ram, availableAt(available, count, tail), 3);
  VirtqRing.index.set(ram, available as Address<"VirtqRing">, tail + 1);
}

export const VIRTIO_CORRUPTIONS: readonly Corruption[] = Object.freeze<Corruption[]>([
  { checker: "posted-not-free", place: "nic0: rx0 1: bufferAddress", corrupt: (tables) => name(tables, "rx0", 1, free(tables)) },
  { checker: "posted-not-free", place: "nic0: rx1 5: bufferAddress", corrupt: (tables) => name(tables, "rx1", 5, free(tables)) },
  // Descriptors 1, 3, 5... of both queues have the buffers, in turn: 0 to the first, 1 to the second.
  { checker: "one-writer", place: "nic0: rx1 1: bufferAddress", corrupt: (tables) => name(tables, "rx1", 1, 0) },
  { checker: "one-writer", place: "nic0: rx0 3: bufferAddress", corrupt: (tables) => name(tables, "rx0", 3, 0) },
  { checker: "posted-not-free", place: "nic0: tx1 3: bufferAddress", corrupt: (tables) => offerTable(tables, "tx1", free(tables)) },
]);
