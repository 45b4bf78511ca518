/** Corruptions of a machine with a NIC, whose receive ring has buffers posted. */

import type { Address } from "../../../hal/field.ts";
import { RxDescriptor } from "../../../hal/nic/descriptors.ts";
import { E1000File } from "../../../hal/nic/e1000-file.ts";
import { BufferRecord, PoolState } from "../../../kernel/dma-pool.ts";
import { ringsOf } from "../../../kernel/invariants/nic-rings.ts";
import type { KernelTables } from "../../../kernel/invariants/tables.ts";
import type { Corruption } from "./corrupting.ts";

/** The address of descriptor `index` of the receive ring. */
function descriptor(tables: KernelTables, index: number): Address<"RxDescriptor"> {
  return (ringsOf(tables, tables.nics[0])[0].base + index * RxDescriptor.size) as Address<"RxDescriptor">;
}

function name(tables: KernelTables, index: number, buffer: number): void {
  const address = PoolState.base.get(tables.ram, tables.pool) + buffer * PoolState.strideBytes.get(tables.ram, tables.pool);
  RxDescriptor.bufferAddress.set(tables.ram, descriptor(tables, index), address);
}

/** The first buffer of the pool that is at home. */
function freeBuffer({ ram, buffers }: KernelTables): number {
  for (let buffer = 0; buffer < buffers.count; buffer++) if (BufferRecord.references.get(ram, buffers.at(buffer)) === 0) return buffer;
  throw new RangeError("no buffer is free");
}

export const NIC_CORRUPTIONS: readonly Corruption[] = Object.freeze<Corruption[]>([
  { checker: "posted-not-free", place: "nic0: rx 0: bufferAddress", corrupt: (tables) => name(tables, 0, freeBuffer(tables)) },
  {
    checker: "one-writer",
    place: "nic0: rx 1: bufferAddress",
    corrupt: (tables) => RxDescriptor.bufferAddress.set(tables.ram, descriptor(tables, 1), RxDescriptor.bufferAddress.get(tables.ram, descriptor(tables, 0))),
  },
  {
    checker: "posted-not-free",
    place: "nic0: tx 0: bufferAddress",
    corrupt: (tables) => {
      const { ram, nics } = tables;
      const tx = ringsOf(tables, nics[0])[1];
      const at = tx.base as Address<"RxDescriptor">;
      RxDescriptor.bufferAddress.set(ram, at, PoolState.base.get(ram, tables.pool) + freeBuffer(tables) * PoolState.strideBytes.get(ram, tables.pool));
      E1000File.TDT.set(ram, nics[0].registers as Address<"E1000File">, 1);
    },
  },
]);
