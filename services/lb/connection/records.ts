/**
 * What the balancer keeps of backends by name, of open connections and of requests that wait: three tables of fixed
 * size, each one block, made together when the first backend is named under semantics=strict and given back when the
 * last one is forgotten and nothing is open or waits any more. A balancer with the seed's semantics has none of them.
 *
 * The records here lie in the balancer's record and outlive the tables, so that names stay unlike earlier ones when the
 * tables are made anew.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { PickRequest } from "../algorithm/pick-request.ts";

/** Who opened a connection, and is told of a request that waited. */
export const ConnectionOwner = Object.freeze({ operator: 0, net: 1 });

export const OWNERS = 2;

export const ConnectionKind = Object.freeze({ request: 0, flow: 1 });

export const Directory = layout("Directory", {
  /** The slots, 0 for none. */
  slots: i32,
  /** Backends that have a name. */
  count: i32,
  /** Names given out so far: the generation of the next one. */
  taken: u32("identity"),
  /** The free slot that is used next, and the one freed last; -1 for none. */
  freeFirst: i32("identity"),
  freeLast: i32("identity"),
  slotCount: i32,
});
export type DirectoryAddress = Address<"Directory">;

export const DirectorySlot = layout("DirectorySlot", {
  /** The name that leads here, 0 for a free slot. */
  handle: i32("identity"),
  /** Backend; in a free slot the next free one, -1 for none. */
  backend: i32("identity"),
});
export type DirectorySlotAddress = Address<"DirectorySlot">;

export const ConnectionTable = layout("ConnectionTable", {
  /** The slots, 0 for none. */
  slots: i32,
  slotCount: i32,
  /** Connections that are open, those to backends that are gone included. */
  count: i32,
  /** The free slot that is used next, and the one freed last; -1 for none. */
  freeFirst: i32("identity"),
  freeLast: i32("identity"),
  /** What `Connection.uses` begins with in new tables: more than any connection has had. */
  usesFirst: u32("identity"),
  /** The greatest `Connection.uses` of these tables. */
  usesMost: u32("identity"),
  reserved: i32("scratch"),
  opened: u64("statistic"),
  /** Connections that were refused because the table was full. */
  refused: u64("statistic"),
});
export type ConnectionTableAddress = Address<"ConnectionTable">;

export const Connection = layout("Connection", {
  /** Name of the backend it goes to (directory.ts); in a free slot the next free one, -1 for none. */
  backend: i32("identity"),
  /** How often this slot was used: its low eight bits tell apart those who had it. */
  uses: u32("identity"),
  open: u8,
  /** One of ConnectionOwner. */
  owner: u8,
  /** One of ConnectionKind. */
  kind: u8,
  /** It is a retry, and counts against the group's budget. */
  retry: u8,
  reserved: u32("scratch"),
  openedCycle: u64("time"),
  /** What it was chosen by: a retry is chosen by the same. */
  pick: nested(PickRequest),
});
export type ConnectionAddress = Address<"Connection">;

export const Pending = layout("Pending", {
  /** The entries, 0 for none. */
  entries: i32,
  /** Requests that wait. */
  waiting: i32,
  /** Requests that waited, are decided, and were not yet asked for. */
  decided: i32,
  /** A free entry, 0 for none. */
  free: i32("identity"),
  /** Ends of the queues of decided requests, by owner; 0 for none. */
  operatorFirst: i32("identity"),
  operatorLast: i32("identity"),
  netFirst: i32("identity"),
  netLast: i32("identity"),
  /** Requests that wait for one backend. */
  bound: i32,
  reserved: i32("scratch"),
  /** No deadline lies before this tick. */
  soonestTick: u64("time"),
  /** The latest tick that was heard of. */
  tick: u64("time"),
});
export type PendingAddress = Address<"Pending">;

export const PendingEntry = layout("PendingEntry", {
  /** Group whose queue it stands in, and to which it was decided; 0 where that group is gone. */
  group: i32("identity"),
  /** Name of the one backend that it waits for, 0 for any. */
  backend: i32("identity"),
  /** Neighbours in its queue, 0 for none; of a free entry another free one. */
  next: i32("identity"),
  previous: i32("identity"),
  /** The owner's name for the request. */
  ticket: i32("identity"),
  /** Once decided: the connection (connectionOf()), 0 for none. */
  connection: i32("identity"),
  /** One of PendingState. */
  state: u8,
  owner: u8,
  /** Once decided: one of Outcome. */
  outcome: u8,
  reserved0: u8,
  /** The session that it binds once it is let in, as its slot + 1; 0 for none (session/session-store.ts). */
  session: i32("identity"),
  /** It is refused from this tick on; 0 for never. */
  deadlineTick: u64("time"),
  /** When the request came (Balancer.arrivalCycle). */
  arrivalCycle: u64("time"),
  pick: nested(PickRequest),
});
export type PendingEntryAddress = Address<"PendingEntry">;

export const PendingState = Object.freeze({ free: 0, waiting: 1, decided: 2 });
