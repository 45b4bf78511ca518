/** What a NIC may write to or read from is not at home in the pool, where it could become somebody else's. */

import { BufferRecord } from "../dma-pool.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import { bufferOf, eachPosted, ringsOf } from "./nic-rings.ts";
import type { KernelTables } from "./tables.ts";

export const postedNotFree = checker("posted-not-free", "a buffer that a NIC's descriptor names between head and tail is in use", check);

function check(tables: KernelTables, say: Say): void {
  for (const nic of tables.nics) {
    for (const ring of ringsOf(tables, nic)) {
      eachPosted(tables, ring, (index, address) => {
        const buffer = bufferOf(tables, address);
        if (buffer >= 0 && BufferRecord.references.get(tables.ram, tables.buffers.at(buffer)) === 0) say(`${nic.name}: ${ring.name} ${index}: bufferAddress`, `it names buffer ${buffer}, which is free`);
      });
    }
  }
}
