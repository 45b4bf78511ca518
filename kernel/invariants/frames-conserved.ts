/**
 * Every frame of the DMA pool is at home or in use, and its references are those of its holders and of messages on their
 * way.
 */

import { BufferHolder, BufferRecord, PoolState } from "../dma-pool.ts";
import { QueueSlot } from "../endpoint.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import { NONE, ProcessRecord } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import { eachQueued } from "./queue-lists.ts";
import type { KernelTables } from "./tables.ts";
import { has, walkList } from "./tables.ts";

export const framesConserved = checker("frames-conserved", "free and used buffers are all there are; references = holders' + in messages", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, buffers, pool, processes } = tables;
  const travelling = travellingOf(tables, say);
  const owned = new Int32Array(processes.count);
  let inUse = 0;
  for (let buffer = 0; buffer < buffers.count; buffer++) {
    const at = buffers.at(buffer);
    const references = BufferRecord.references.get(ram, at);
    const owner = BufferRecord.owner.get(ram, at);
    if (references !== 0) inUse += 1;
    if (references !== 0 && has(processes, owner)) owned[owner] += 1;
    checkBuffer(tables, buffer, travelling[buffer], say);
  }
  const said = PoolState.inUse.get(ram, pool);
  if (said !== inUse) say("pool: inUse", `it is ${said}; ${inUse} have references`);
  checkFree(tables, inUse, say);
  for (let process = 0; process < processes.count; process++) {
    const held = ProcessRecord.buffersHeld.get(ram, processes.at(process));
    if (held !== owned[process]) say(`process ${process}: buffersHeld`, `it is ${held}; ${owned[process]} in use are its own`);
  }
}

function checkBuffer(tables: KernelTables, buffer: number, travelling: number, say: Say): void {
  const { ram, buffers, holders, processes } = tables;
  const at = buffers.at(buffer);
  const references = BufferRecord.references.get(ram, at);
  let held = 0;
  for (let process = 0; process < processes.count; process++) {
    const index = buffer * processes.count + process;
    if (has(holders, index)) held += BufferHolder.references.get(ram, holders.at(index));
  }
  const said = BufferRecord.travelling.get(ram, at);
  if (said !== travelling) say(`buffer ${buffer}: travelling`, `it is ${said}; ${travelling} references are in messages`);
  if (references !== held + said) say(`buffer ${buffer}: references`, `it is ${references}; ${held} are held and ${said} travel`);
}

/** By buffer: references in queued messages. */
function travellingOf(tables: KernelTables, say: Say): Int32Array {
  const { ram, buffers } = tables;
  const counts = new Int32Array(buffers.count);
  eachQueued(tables, (slot, endpoint, index) => {
    const message = QueueSlot.message.at(slot);
    if ((SmallMessage.flags.get(ram, message) & MessageFlag.movesBuffer) === 0) return;
    const handle = SmallMessage.data0.low(ram, message);
    const buffer = handle & 0xffff;
    const live = has(buffers, buffer) && BufferRecord.generation.get(ram, buffers.at(buffer)) === handle >>> 16;
    if (live) counts[buffer] += 1;
    else say(`endpoint ${endpoint}: slot ${index}: data0`, `it moves buffer ${handle}, which is not in use`);
  });
  return counts;
}

function checkFree(tables: KernelTables, inUse: number, say: Say): void {
  const { ram, buffers, pool } = tables;
  let free = 0;
  let last = NONE;
  const wrong = walkList(buffers, PoolState.freeHead.get(ram, pool), (buffer) => BufferRecord.next.get(ram, buffers.at(buffer)), (buffer) => {
    free += 1;
    last = buffer;
    return BufferRecord.references.get(ram, buffers.at(buffer)) === 0 ? "" : `buffer ${buffer} is in use, and free`;
  });
  if (wrong !== "") say("pool: freeHead", wrong);
  else if (free + inUse !== buffers.count) say("pool: freeHead", `${free} are free and ${inUse} in use of ${buffers.count}`);
  else if (PoolState.freeTail.get(ram, pool) !== last) say("pool: freeTail", `it is ${PoolState.freeTail.get(ram, pool)}; the last is ${last}`);
}
