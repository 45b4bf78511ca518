/**
 * Segments of a flow to a virtual IP whose backend is not chosen yet: copies, in the order in which they came, in the block
 * of the region "streams" that waits with the question. The flow may be gone before the answer comes, so the block begins
 * with its key.
 *
 *     FlowKey | { KeptSegment | segment, filled up to a multiple of 4 } ...
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { DecisionMessage } from "../lb/api.ts";
import { emitPassed } from "./emit-passed.ts";
import { Emission } from "./emission.ts";
import { FlowRecord } from "./flow.ts";
import { dropWaiting, waitingRoom } from "./forward.ts";
import { PendingRequest } from "./request-table.ts";
import { copyAddress } from "./request.ts";
import { FlowKey, Segment } from "./segment.ts";
import type { NetContext } from "./state.ts";
import { NetState, segmentOf, stateOf, streamsOf, tally } from "./state.ts";

type Pending = Address<"PendingRequest">;

/** Its bytes follow. */
export const KeptSegment = layout("KeptSegment", 8, {
  segmentBytes: i32,
  /** On which it came, and goes. */
  queue: i32,
});

/** Keeps a copy of the segment at hand; one that finds no room is counted and not sent. */
export function keepSegment(context: NetContext, flow: Address<"FlowRecord">, pending: Pending): void {
  const { memory, shared } = context;
  const segment = segmentOf(context);
  const headerBytes = Segment.headerBytes.get(memory, segment);
  const segmentBytes = headerBytes + Segment.dataBytes.get(memory, segment);
  const keyBytes = PendingRequest.waitingBytes.get(memory, pending) === 0 ? FlowKey.size : 0;
  const at = waitingRoom(context, flow, pending, keyBytes + KeptSegment.size + ((segmentBytes + 3) & ~3));
  if (at < 0) return tally(context, NetState.vipNotSent);
  const key = FlowRecord.key.at(flow) >> 2;
  for (let word = 0; word < keyBytes >> 2; word++) shared.i32[(at >> 2) + word] = memory.i32[key + word];
  const kept = (at + keyBytes) as Address<"KeptSegment">;
  KeptSegment.segmentBytes.set(shared, kept, segmentBytes);
  KeptSegment.queue.set(shared, kept, Segment.queue.get(memory, segment));
  shared.copy(kept + KeptSegment.size, Segment.dataAt.get(memory, segment) - headerBytes, segmentBytes);
}

/** Sends what was kept to the backend of the decision at hand, and gives the block back. */
export function sendKept(context: NetContext, pending: Pending): void {
  const { memory, shared } = context;
  const state = stateOf(context);
  const emission = NetState.emission.at(state);
  const decision = NetState.decision.at(state);
  const emitter = NetState.emitter.get(memory, state) as Address<"Emitter">;
  const begin = streamsOf(context) + PendingRequest.waiting.get(memory, pending);
  const end = begin + PendingRequest.waitingBytes.get(memory, pending);
  if (end > begin) aimKept(context, begin as Address<"FlowKey">, decision);
  for (let at = begin + FlowKey.size; at < end; at = nextKept(context, at)) {
    const kept = at as Address<"KeptSegment">;
    Emission.queue.set(memory, emission, KeptSegment.queue.get(shared, kept));
    const sent = emitPassed(context, emitter, emission, at + KeptSegment.size, KeptSegment.segmentBytes.get(shared, kept));
    tally(context, sent ? NetState.vipSent : NetState.vipNotSent);
  }
  dropWaiting(context, pending);
}

/** Counts what was kept as not sent, and gives the block back. */
export function dropKept(context: NetContext, pending: Pending): void {
  const begin = streamsOf(context) + PendingRequest.waiting.get(context.memory, pending);
  const end = begin + PendingRequest.waitingBytes.get(context.memory, pending);
  for (let at = begin + FlowKey.size; at < end; at = nextKept(context, at)) tally(context, NetState.vipNotSent);
  dropWaiting(context, pending);
}

function nextKept(context: NetContext, at: number): number {
  return at + KeptSegment.size + ((KeptSegment.segmentBytes.get(context.shared, at as Address<"KeptSegment">) + 3) & ~3);
}

function aimKept(context: NetContext, key: Address<"FlowKey">, decision: Address<"DecisionMessage">): void {
  const { memory, shared } = context;
  const emission = NetState.emission.at(stateOf(context));
  copyAddress(shared, key + FlowKey.source0.offset, memory, Emission.source.at(emission));
  copyAddress(memory, DecisionMessage.address.at(decision), memory, Emission.destination.at(emission));
  Emission.sourcePort.set(memory, emission, FlowKey.sourcePort.get(shared, key));
  Emission.destinationPort.set(memory, emission, DecisionMessage.port.get(memory, decision));
  Emission.family.set(memory, emission, FlowKey.family.get(shared, key));
}
