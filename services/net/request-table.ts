/**
 * Requests, and flows to virtual IPs, that wait for their decision: one record each in net's arena. A request id names the
 * slot, how often it was used, and the generation of net: a decision that is late, invented, or meant for the net before
 * a restart finds nothing.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u16, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";

export const PendingRequest = layout("PendingRequest", 72, {
  /** 0 while the slot is free. */
  requestId: i32("identity"),
  /** Times this slot was used, under the generation; wraps. */
  uses: i32("identity"),
  /** The next free slot. */
  freeNext: i32("identity"),
  /** Offset of its RequestDescriptor in the region "requests"; 0 for a flow to a virtual IP. */
  descriptor: i32("identity"),
  /** Address of its flow's record, which may be another flow's by the time of the decision. */
  flow: i32("identity"),
  /** Of the head's first byte. */
  sequence: i32("identity"),
  acknowledgement: i32("identity"),
  /** Handle of the DMA buffer that it holds, or offset of the Space in the region "streams". */
  holder: i32("identity"),
  /** Offset of the head in that buffer, or in that region. */
  headOffset: i32("identity"),
  /** Bytes there that belong to it: the head, and as much of the body as came with it. */
  placedBytes: i32,
  /** Body bytes that came later, or the segments of a flow (pass.ts): offset in the region "streams", how many bytes, and how many there is room for. */
  waiting: i32("identity"),
  waitingBytes: i32,
  waitingCapacity: i32,
  window: u16,
  /** One of HeadPlace. */
  place: u8,
  /** 1: body bytes were lost, it will not be sent on. */
  givenUp: u8,
  /** FlowRecord.serial of a request's flow. */
  flowSerial: i32("identity"),
  /** For a flow to a virtual IP: version of the table in which it was found; the client's family, 4 or 6. */
  vipsVersion: i32("identity"),
  family: i32,
  /** 1: its outcome has been counted, and it is asked about once more (proxy/). */
  counted: i32,
});

export const RequestTable = layout("RequestTable", 16, {
  slotsAt: i32,
  slots: i32,
  freeFirst: i32("identity"),
  /** Slots in use. */
  pending: i32,
});

type Table = Address<"RequestTable">;
type Pending = Address<"PendingRequest">;

/** What `requestOpen` and `requestFind` answer for "none". */
export const NO_REQUEST = 0 as Pending;

const SLOT_BITS = 12;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
/** Bits of an id that count uses of its slot; the count 0 is left out so that no id is 0. Five of the generation keep ids positive. */
const USES_BITS = 14;
const USES_MASK = (1 << USES_BITS) - 1;
const GENERATION_MASK = (1 << (31 - SLOT_BITS - USES_BITS)) - 1;

/** Makes room for `requestsMax` (at most 4,096) requests in the heap; `generation` counts net's restarts. 0 or an errno. */
export function requestTableCreate(heap: Heap, table: Table, requestsMax: number, generation: number): number {
  if (!(requestsMax >= 1 && requestsMax <= SLOT_MASK + 1)) return Errno.invalidArgument;
  const memory = heap.memory;
  const slotsAt = heap.allocate(requestsMax * PendingRequest.size);
  if (slotsAt < 0) return slotsAt;
  memory.fill(slotsAt, requestsMax * PendingRequest.size, 0);
  RequestTable.slotsAt.set(memory, table, slotsAt);
  RequestTable.slots.set(memory, table, requestsMax);
  for (let slot = requestsMax - 1; slot >= 0; slot--) {
    const pending = slotAt(memory, table, slot);
    PendingRequest.uses.set(memory, pending, (generation & GENERATION_MASK) << USES_BITS);
    PendingRequest.freeNext.set(memory, pending, RequestTable.freeFirst.get(memory, table));
    RequestTable.freeFirst.set(memory, table, pending);
  }
  return 0;
}

/** A zeroed slot with a fresh id, or NO_REQUEST when all wait. */
export function requestOpen(memory: Memory, table: Table): Pending {
  const pending = RequestTable.freeFirst.get(memory, table) as Pending;
  if (pending === NO_REQUEST) return NO_REQUEST;
  RequestTable.freeFirst.set(memory, table, PendingRequest.freeNext.get(memory, pending));
  RequestTable.pending.add(memory, table, 1);
  const before = PendingRequest.uses.get(memory, pending);
  const uses = (before & ~USES_MASK) | ((before + 1) & USES_MASK || 1);
  memory.fill(pending, PendingRequest.size, 0);
  PendingRequest.uses.set(memory, pending, uses);
  const slot = (pending - RequestTable.slotsAt.get(memory, table)) / PendingRequest.size;
  PendingRequest.requestId.set(memory, pending, (uses << SLOT_BITS) | slot);
  return pending;
}

/** The waiting request with this id, or NO_REQUEST. */
export function requestFind(memory: Memory, table: Table, requestId: number): Pending {
  const slot = requestId & SLOT_MASK;
  if (requestId <= 0 || slot >= RequestTable.slots.get(memory, table)) return NO_REQUEST;
  const pending = slotAt(memory, table, slot);
  return PendingRequest.requestId.get(memory, pending) === requestId ? pending : NO_REQUEST;
}

/** The waiting request in slot number `slot`, or NO_REQUEST: for sweeps over all of them. */
export function requestIn(memory: Memory, table: Table, slot: number): Pending {
  const pending = slotAt(memory, table, slot);
  return PendingRequest.requestId.get(memory, pending) === 0 ? NO_REQUEST : pending;
}

/** The slot is free again; what the request held has been given back. */
export function requestClose(memory: Memory, table: Table, pending: Pending): void {
  PendingRequest.requestId.set(memory, pending, 0);
  PendingRequest.freeNext.set(memory, pending, RequestTable.freeFirst.get(memory, table));
  RequestTable.freeFirst.set(memory, table, pending);
  RequestTable.pending.add(memory, table, -1);
}

function slotAt(memory: Memory, table: Table, slot: number): Pending {
  return (RequestTable.slotsAt.get(memory, table) + slot * PendingRequest.size) as Pending;
}
