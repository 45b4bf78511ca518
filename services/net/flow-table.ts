/**
 * The flow table: one record per client connection, in net's arena, found by its key through a chained hash table
 * whose hash has a secret.
 *
 * Every flow stands in exactly one of three lists, each in order of when it was last heard (the longest-silent first):
 * what is evicted next, and what times out next, is always a list's first. Flows that own a space (space.ts) stand in a
 * fourth list besides, in order of their last progress.
 *
 * The table only keeps records: what a flow owns elsewhere must be given back before `flowRemove`.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";
import { FlowList, FlowListNumber, FlowPhase, FlowRecord, FlowTable } from "./flow.ts";
import { flowHash } from "./flow-hash.ts";
import { FlowKey } from "./segment.ts";

type Table = Address<"FlowTable">;
type Flow = Address<"FlowRecord">;

/** What `flowFind` and others answer for "none". */
export const NO_FLOW = 0 as Flow;

/** Makes room for `flowsMax` flows in the heap and fills the (zeroed) FlowTable; the secret is two words. 0 or an errno. */
export function flowTableCreate(heap: Heap, table: Table, flowsMax: number, secret0: number, secret1: number): number {
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
  FlowTable.secret0.set(memory, table, secret0);
  FlowTable.secret1.set(memory, table, secret1);
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
  const hash = flowHash(memory, key, FlowTable.secret0.get(memory, table), FlowTable.secret1.get(memory, table));
  return FlowTable.bucketsAt.get(memory, table) + (hash & FlowTable.bucketMask.get(memory, table)) * 4;
}
