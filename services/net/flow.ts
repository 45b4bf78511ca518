/**
 * The flow table: one record per client connection, in net's arena, found by its key through a chained hash table.
 *
 * Every flow stands in exactly one of three lists, each in order of when it was last heard (the longest-silent first):
 * what is evicted next, and what times out next, is always a list's first. Flows that own a space (space.ts) stand in a
 * fourth list besides, in order of their last progress.
 *
 * Links are addresses in the arena, 0 for none: the arena never moves. The table only keeps records: what a flow owns
 * elsewhere must be given back before `flowRemove`.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32, nested, u16, u32, u64, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";
import { BodyFraming } from "./http/body.ts";
import { HeadScan } from "./http/head-scan.ts";
import { FlowKey } from "./segment.ts";

export const FlowPhase = Object.freeze({
  /** The record is free. */
  free: 0,
  /** Between heads or in one. */
  head: 1,
  body: 2,
  /** Ended: what comes is ignored. */
  deaf: 3,
});

/** What becomes of the body bytes of a flow's last request. */
export const BodyTarget = Object.freeze({
  /** Skipped: refused, unroutable, or given up. */
  nobody: 0,
  /** Its decision is awaited: `bodyRequest` says where they are kept. */
  waiting: 1,
  /** Sent on as they arrive, to `backend`. */
  backend: 2,
});

export const FlowRecord = layout("FlowRecord", {
  key: nested(FlowKey),
  /** Scan of the head that begins at `parsedSequence`. */
  scan: nested(HeadScan),
  body: nested(BodyFraming),
  /** Offset in the client's stream of `parsedSequence`. */
  parsedOffset: u64("identity"),
  lastHeardTick: u64("time"),
  hashNext: i32("identity"),
  listPrevious: i32("identity"),
  listNext: i32("identity"),
  spacePrevious: i32("identity"),
  spaceNext: i32("identity"),
  /** Number of this flow since boot: tells a record's flows apart. */
  serial: i32("identity"),
  /** Of the SYN; for an adopted flow, one less than its first byte's. */
  initialSequence: i32("identity"),
  /** Of the first missing byte. */
  nextSequence: i32("identity"),
  /** Of the first byte that the parser has not consumed: a partial head lies from here to `nextSequence`. */
  parsedSequence: i32("identity"),
  /** Of the byte behind the client's last one; valid when `finSeen`. */
  finSequence: i32("identity"),
  /** Offset of its Space in the region "streams"; 0 for none. */
  space: i32("identity"),
  /** Bytes kept beyond the first missing one. */
  beyondBytes: i32,
  /** Requests so far. */
  requests: i32,
  /** Address of the PendingRequest whose body is at hand while its decision is awaited; 0 for none. */
  bodyRequest: i32("identity"),
  backendAddress: bytes(16),
  backendPort: u16,
  finSeen: u8,
  /** One of FlowPhase. */
  phase: u8,
  /** One of BodyTarget. */
  bodyTarget: u8,
  /** One of FlowListNumber. */
  list: u8,
  reserved: u16,
});

export const FlowList = layout("FlowList", 16, {
  first: i32("identity"),
  last: i32("identity"),
  count: i32,
  reserved: i32,
});

/** Which of the three lists a flow stands in. */
export const FlowListNumber = Object.freeze({
  /** Alive, without a partial head. */
  idle: 0,
  /** In the middle of a head. */
  partial: 1,
  deaf: 2,
});

export const FlowTable = layout("FlowTable", {
  idle: nested(FlowList),
  partial: nested(FlowList),
  deaf: nested(FlowList),
  /** Flows that own a space. */
  spaces: nested(FlowList),
  bucketsAt: i32,
  bucketMask: i32,
  flowsAt: i32,
  flowsMax: i32,
  /** Chained by `hashNext`. */
  freeFirst: i32("identity"),
  opened: u32("identity"),
});

type Table = Address<"FlowTable">;
type Flow = Address<"FlowRecord">;

/** What `flowFind` and others answer for "none". */
export const NO_FLOW = 0 as Flow;

/** Makes room for `flowsMax` flows in the heap and fills the (zeroed) FlowTable. 0 or an errno. */
export function flowTableCreate(heap: Heap, table: Table, flowsMax: number): number {
  const memory = heap.memory;
  let buckets = 8;
  while (buckets < flowsMax) buckets *= 2;
  const bucketsAt = heap.allocate(buckets * 4);
  if (bucketsAt < 0) return bucketsAt;
  const flowsAt = heap.allocate(flowsMax * FlowRecord.size);
  if (flowsAt < 0) return flowsAt;
  memory.fill(bucketsAt, buckets * 4, 0);
  memory.fill(flowsAt, flowsMax * FlowRecord.size, 0);
  FlowTable.bucketsAt.set(memory, table, bucketsAt);
  FlowTable.bucketMask.set(memory, table, buckets - 1);
  FlowTable.flowsAt.set(memory, table, flowsAt);
  FlowTable.flowsMax.set(memory, table, flowsMax);
  // Backwards, so that the first free record is the first.
  for (let index = flowsMax - 1; index >= 0; index--) release(memory, table, (flowsAt + index * FlowRecord.size) as Flow);
  return 0;
}

/** The flow with this key, or NO_FLOW. */
export function flowFind(memory: Memory, table: Table, key: Address<"FlowKey">): Flow {
  let flow = memory.i32[bucketOf(memory, table, key) >> 2] as Flow;
  while (flow !== NO_FLOW && !sameKey(memory, FlowRecord.key.at(flow), key)) flow = FlowRecord.hashNext.get(memory, flow) as Flow;
  return flow;
}

/**
 * A fresh flow for a key that is not in the table: zeroed but for key, serial and its place in the list of idle flows.
 * NO_FLOW when every record is taken.
 */
export function flowOpen(memory: Memory, table: Table, key: Address<"FlowKey">): Flow {
  const flow = FlowTable.freeFirst.get(memory, table) as Flow;
  if (flow === NO_FLOW) return NO_FLOW;
  FlowTable.freeFirst.set(memory, table, FlowRecord.hashNext.get(memory, flow));
  memory.fill(flow, FlowRecord.size, 0);
  memory.copy(FlowRecord.key.at(flow), key, FlowKey.size);
  const bucket = bucketOf(memory, table, key) >> 2;
  FlowRecord.hashNext.set(memory, flow, memory.i32[bucket]);
  memory.i32[bucket] = flow;
  FlowTable.opened.add(memory, table, 1);
  FlowRecord.serial.set(memory, flow, FlowTable.opened.get(memory, table) | 0);
  FlowRecord.phase.set(memory, flow, FlowPhase.head);
  append(memory, listOf(table, FlowListNumber.idle), flow, FlowRecord.listPrevious, FlowRecord.listNext);
  return flow;
}

/** Takes the flow out of the table. It owns no space any more. */
export function flowRemove(memory: Memory, table: Table, flow: Flow): void {
  const bucket = bucketOf(memory, table, FlowRecord.key.at(flow)) >> 2;
  if (memory.i32[bucket] === flow) memory.i32[bucket] = FlowRecord.hashNext.get(memory, flow);
  else {
    let before = memory.i32[bucket] as Flow;
    while (FlowRecord.hashNext.get(memory, before) !== flow) before = FlowRecord.hashNext.get(memory, before) as Flow;
    FlowRecord.hashNext.set(memory, before, FlowRecord.hashNext.get(memory, flow));
  }
  unlink(memory, listOf(table, FlowRecord.list.get(memory, flow)), flow, FlowRecord.listPrevious, FlowRecord.listNext);
  release(memory, table, flow);
}

/** The flow goes to the end of the list where it belongs now (one of FlowListNumber). */
export function flowPlace(memory: Memory, table: Table, flow: Flow, list: number): void {
  unlink(memory, listOf(table, FlowRecord.list.get(memory, flow)), flow, FlowRecord.listPrevious, FlowRecord.listNext);
  FlowRecord.list.set(memory, flow, list);
  append(memory, listOf(table, list), flow, FlowRecord.listPrevious, FlowRecord.listNext);
}

/** The longest-silent flow of a list, or NO_FLOW. */
export function flowSilent(memory: Memory, table: Table, list: number): Flow {
  return FlowList.first.get(memory, listOf(table, list)) as Flow;
}

/** The flow owns a space from now on. */
export function flowSpaceTaken(memory: Memory, table: Table, flow: Flow): void {
  append(memory, FlowTable.spaces.at(table), flow, FlowRecord.spacePrevious, FlowRecord.spaceNext);
}

/** The flow owns no space any more. */
export function flowSpaceGone(memory: Memory, table: Table, flow: Flow): void {
  unlink(memory, FlowTable.spaces.at(table), flow, FlowRecord.spacePrevious, FlowRecord.spaceNext);
}

/** The flow, which owns a space, made progress: others are now longer without. */
export function flowSpaceProgressed(memory: Memory, table: Table, flow: Flow): void {
  flowSpaceGone(memory, table, flow);
  flowSpaceTaken(memory, table, flow);
}

function listOf(table: Table, list: number): Address<"FlowList"> {
  if (list === FlowListNumber.idle) return FlowTable.idle.at(table);
  return list === FlowListNumber.partial ? FlowTable.partial.at(table) : FlowTable.deaf.at(table);
}

function release(memory: Memory, table: Table, flow: Flow): void {
  memory.fill(flow, FlowRecord.size, 0);
  FlowRecord.hashNext.set(memory, flow, FlowTable.freeFirst.get(memory, table));
  FlowTable.freeFirst.set(memory, table, flow);
}

/** One of the pairs of fields by which lists chain flows. */
type Link = typeof FlowRecord.listNext | typeof FlowRecord.spaceNext;

function append(memory: Memory, list: Address<"FlowList">, flow: Flow, previousLink: Link, nextLink: Link): void {
  const last = FlowList.last.get(memory, list) as Flow;
  previousLink.set(memory, flow, last);
  nextLink.set(memory, flow, NO_FLOW);
  if (last === NO_FLOW) FlowList.first.set(memory, list, flow);
  else nextLink.set(memory, last, flow);
  FlowList.last.set(memory, list, flow);
  FlowList.count.add(memory, list, 1);
}

function unlink(memory: Memory, list: Address<"FlowList">, flow: Flow, previousLink: Link, nextLink: Link): void {
  const previous = previousLink.get(memory, flow) as Flow;
  const next = nextLink.get(memory, flow) as Flow;
  if (previous === NO_FLOW) FlowList.first.set(memory, list, next);
  else nextLink.set(memory, previous, next);
  if (next === NO_FLOW) FlowList.last.set(memory, list, previous);
  else previousLink.set(memory, next, previous);
  FlowList.count.add(memory, list, -1);
}

function sameKey(memory: Memory, one: Address<"FlowKey">, other: Address<"FlowKey">): boolean {
  const words = memory.i32;
  for (let word = 0; word < FlowKey.size >> 2; word++) if (words[(one >> 2) + word] !== words[(other >> 2) + word]) return false;
  return true;
}

/** Address of the bucket's word. */
function bucketOf(memory: Memory, table: Table, key: Address<"FlowKey">): number {
  let hash = 0;
  for (let word = 0; word < FlowKey.size >> 2; word++) hash = Math.imul(hash ^ memory.i32[(key >> 2) + word], 0x9e3779b1) ^ (hash >>> 15);
  hash ^= hash >>> 16;
  return FlowTable.bucketsAt.get(memory, table) + ((Math.imul(hash, 0x85ebca6b) >>> 16) & FlowTable.bucketMask.get(memory, table)) * 4;
}
