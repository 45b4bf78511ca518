/**
 * A buffer has one writer at a time: the process that allocated it, or, while it is posted, one descriptor of one NIC.
 * A buffer at home has none.
 */

import { BufferRecord } from "../dma-pool.ts";
import { NONE } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import { bufferOf, eachPosted, ringsOf } from "./nic-rings.ts";
import { isAlive } from "./waiting.ts";
import type { KernelTables } from "./tables.ts";

export const oneWriter = checker("one-writer", "a buffer in use has at most one owner, alive, and is posted for receiving once; a free one has none", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, buffers } = tables;
  for (let buffer = 0; buffer < buffers.count; buffer++) {
    const at = buffers.at(buffer);
    const owner = BufferRecord.owner.get(ram, at);
    if (owner === NONE) continue;
    if (BufferRecord.references.get(ram, at) === 0) say(`buffer ${buffer}: owner`, `it is process ${owner}, and the buffer is free`);
    else if (!isAlive(tables, owner)) say(`buffer ${buffer}: owner`, `process ${owner} is not alive`);
  }
  const posted = new Map<number, string>();
  for (const nic of tables.nics) {
    for (const ring of ringsOf(tables, nic)) {
      if (ring.kind !== "rx") continue;
      eachPosted(tables, ring, (index, address) => {
        const buffer = bufferOf(tables, address);
        if (buffer < 0) return;
        const place = `${nic.name}: ${ring.name} ${index}`;
        const other = posted.get(buffer);
        if (other !== undefined) say(`${place}: bufferAddress`, `it names buffer ${buffer}, and so does ${other}`);
        posted.set(buffer, place);
      });
    }
  }
}
