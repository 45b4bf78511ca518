/**
 * A head is complete: it becomes a RequestDescriptor that the load balancer is asked about, or is refused on the spot.
 *
 * The descriptor is a block of the region "requests"; the head is described where it lies, in the frame (then the request
 * holds a reference of the DMA buffer) or in the flow's space (then one of the space), until the decision has been acted on.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { arenaAllocate, arenaFree } from "../../kernel/arena.ts";
import { Errno } from "../../kernel/errno.ts";
import { DecisionMessage, HeadPlace, HeaderEntry, LbOpcode, Outcome, RequestDescriptor } from "../lb/api.ts";
import { NetTrace } from "./api.ts";
import { nameConnection } from "./ending.ts";
import { BodyTarget, FlowPhase, FlowRecord } from "./flow.ts";
import { endFlow } from "./flow-end.ts";
import { BodyFraming, BodyPhase } from "./http/body.ts";
import { HeadScan } from "./http/head-scan.ts";
import { parseHead } from "./http/head.ts";
import { HEADER_LINES_MAX } from "./http/limits.ts";
import { tallyKept, tallyOutcome } from "./ledger.ts";
import { NO_REQUEST, PendingRequest, requestClose, requestOpen } from "./request-table.ts";
import { FlowKey, Segment } from "./segment.ts";
import { sequenceAdd } from "./sequence.ts";
import { spaceAcquire } from "./space.ts";
import type { NetContext } from "./state.ts";
import { NetState, requestsOf, segmentOf, stateOf, streamsOf } from "./state.ts";

type Flow = Address<"FlowRecord">;
type Descriptor = Address<"RequestDescriptor">;
type Pending = Address<"PendingRequest">;
/** The space in which a head lies, or NO_SPACE when it lies in the frame at hand. */
export type Place = Address<"Space">;
export const NO_SPACE = 0 as Place;

/** What a decision says of group and backend when there is none. */
export const NONE = 0xffff;

/**
 * The flow's head of `headBytes` bytes at `at` (in the frame at hand, or in `space`) is complete; `tooLarge` says that it
 * was given up at its bound. Asks for a decision, or decides; the flow then skips the body, or has ended.
 */
export function completeHead(context: NetContext, flow: Flow, at: number, headBytes: number, tooLarge: boolean, space: Place): void {
  const { memory, shared } = context;
  tallyKept(context, NetState.total);
  // Whoever asks for more has been answered.
  nameConnection(context, flow, 0);
  const lines = Math.min(HeadScan.lines.get(memory, FlowRecord.scan.at(flow)), HEADER_LINES_MAX);
  const pending = openRequest(context, lines);
  const descriptor = pending === NO_REQUEST ? spareDescriptor(context) : descriptorOf(context, pending);
  describe(context, flow, descriptor, pending, at, space);
  const framing = FlowRecord.body.at(flow);
  const parsed = parseHead(shared, at, headBytes, shared, descriptor, lines, memory, framing);
  const outcome = tooLarge ? Outcome.headTooLarge : parsed;
  FlowRecord.requests.add(memory, flow, 1);
  if (outcome !== Outcome.routed) {
    decideHere(context, descriptor, outcome);
    if (pending !== NO_REQUEST) closeRequest(context, pending);
    return endFlow(context, flow);
  }
  const waits = pending === NO_REQUEST ? refuse(context, descriptor, Outcome.overloaded) : ask(context, flow, pending, descriptor, space);
  if (BodyFraming.phase.get(memory, framing) !== BodyPhase.more) return;
  FlowRecord.phase.set(memory, flow, FlowPhase.body);
  FlowRecord.bodyTarget.set(memory, flow, waits ? BodyTarget.waiting : BodyTarget.nobody);
  FlowRecord.bodyRequest.set(memory, flow, waits ? pending : NO_REQUEST);
}

/** A slot and a descriptor with room for `lines` header lines; NO_REQUEST when one is missing. */
export function openRequest(context: NetContext, lines: number): Pending {
  const { memory, shared } = context;
  const table = NetState.requests.at(stateOf(context));
  const pending = requestOpen(memory, table);
  if (pending === NO_REQUEST) return NO_REQUEST;
  const requests = requestsOf(context);
  const descriptor = arenaAllocate(shared, requests, RequestDescriptor.size + lines * HeaderEntry.size);
  if (descriptor < 0) {
    requestClose(memory, table, pending);
    return NO_REQUEST;
  }
  PendingRequest.descriptor.set(memory, pending, descriptor - requests);
  return pending;
}

/** Gives back the slot and its descriptor; what else the request holds has been given back. */
export function closeRequest(context: NetContext, pending: Pending): void {
  arenaFree(context.shared, requestsOf(context), descriptorOf(context, pending));
  requestClose(context.memory, NetState.requests.at(stateOf(context)), pending);
}

/** Address in `shared` of a waiting request's descriptor. */
export function descriptorOf(context: NetContext, pending: Pending): Descriptor {
  return (requestsOf(context) + PendingRequest.descriptor.get(context.memory, pending)) as Descriptor;
}

export function spareDescriptor(context: NetContext): Descriptor {
  return (requestsOf(context) + NetState.spareDescriptor.get(context.memory, stateOf(context))) as Descriptor;
}

/** Fills what `parseHead` leaves to its caller. */
function describe(context: NetContext, flow: Flow, descriptor: Descriptor, pending: Pending, at: number, space: Place): void {
  const { memory, shared } = context;
  const segment = segmentOf(context);
  const key = FlowRecord.key.at(flow);
  shared.fill(descriptor, RequestDescriptor.size, 0);
  const inFrame = space === NO_SPACE;
  RequestDescriptor.requestId.set(shared, descriptor, pending === NO_REQUEST ? 0 : PendingRequest.requestId.get(memory, pending));
  RequestDescriptor.ordinal.set(shared, descriptor, Segment.ordinal.get(memory, segment));
  RequestDescriptor.queue.set(shared, descriptor, Segment.queue.get(memory, segment));
  RequestDescriptor.family.set(shared, descriptor, FlowKey.family.get(memory, key));
  RequestDescriptor.headPlace.set(shared, descriptor, inFrame ? HeadPlace.buffer : HeadPlace.streams);
  RequestDescriptor.headHandle.set(shared, descriptor, inFrame ? Segment.bufferHandle.get(memory, segment) : 0);
  RequestDescriptor.headOffset.set(shared, descriptor, at - (inFrame ? Segment.frameAt.get(memory, segment) : streamsOf(context)));
  const skipped = HeadScan.skippedBytes.get(memory, FlowRecord.scan.at(flow));
  RequestDescriptor.streamOffset.set(shared, descriptor, FlowRecord.parsedOffset.get(memory, flow) + skipped);
  RequestDescriptor.nthInFlow.set(shared, descriptor, FlowRecord.requests.get(memory, flow));
  RequestDescriptor.flow.set(shared, descriptor, FlowRecord.serial.get(memory, flow));
  copyAddress(memory, key + FlowKey.source0.offset, shared, RequestDescriptor.source.at(descriptor));
  copyAddress(memory, key + FlowKey.destination0.offset, shared, RequestDescriptor.destination.at(descriptor));
  RequestDescriptor.sourcePort.set(shared, descriptor, FlowKey.sourcePort.get(memory, key));
  RequestDescriptor.destinationPort.set(shared, descriptor, FlowKey.destinationPort.get(memory, key));
  RequestDescriptor.arrivalTick.set(shared, descriptor, NetState.nowTick.get(memory, stateOf(context)));
  RequestDescriptor.arrivalCycle.set(shared, descriptor, context.uptimeCycles());
}

/** The 16 bytes of an address; both are aligned to words. */
export function copyAddress(source: Memory, from: number, target: Memory, to: number): void {
  for (let word = 0; word < 4; word++) target.i32[(to >> 2) + word] = source.i32[(from >> 2) + word];
}

/** Asks the load balancer. True if its decision is awaited; else the request has been refused and its slot is free. */
function ask(context: NetContext, flow: Flow, pending: Pending, descriptor: Descriptor, space: Place): boolean {
  const { memory, shared } = context;
  const status = context.send(context.needs.balancer, LbOpcode.request, PendingRequest.descriptor.get(memory, pending), PendingRequest.requestId.get(memory, pending));
  if (status !== Errno.ok) {
    refuse(context, descriptor, status === Errno.channelFull ? Outcome.overloaded : Outcome.serviceRestarted);
    closeRequest(context, pending);
    return false;
  }
  const segment = segmentOf(context);
  const skipped = HeadScan.skippedBytes.get(memory, FlowRecord.scan.at(flow));
  PendingRequest.flow.set(memory, pending, flow);
  PendingRequest.flowSerial.set(memory, pending, FlowRecord.serial.get(memory, flow));
  PendingRequest.sequence.set(memory, pending, sequenceAdd(FlowRecord.parsedSequence.get(memory, flow), skipped));
  PendingRequest.acknowledgement.set(memory, pending, Segment.acknowledgement.get(memory, segment));
  PendingRequest.window.set(memory, pending, Segment.window.get(memory, segment));
  PendingRequest.place.set(memory, pending, RequestDescriptor.headPlace.get(shared, descriptor));
  PendingRequest.headOffset.set(memory, pending, RequestDescriptor.headOffset.get(shared, descriptor));
  PendingRequest.placedBytes.set(memory, pending, RequestDescriptor.headBytes.get(shared, descriptor));
  hold(context, pending, space);
  Segment.runRequest.set(memory, segment, pending);
  return true;
}

/** The request keeps its head where it is. The first one in a frame takes over the frame's own reference. */
function hold(context: NetContext, pending: Pending, space: Place): void {
  const { memory, shared } = context;
  if (space !== NO_SPACE) {
    PendingRequest.holder.set(memory, pending, space - streamsOf(context));
    return spaceAcquire(shared, space);
  }
  const segment = segmentOf(context);
  const handle = Segment.bufferHandle.get(memory, segment);
  PendingRequest.holder.set(memory, pending, handle);
  if (Segment.holds.get(memory, segment) > 0) context.bufferAcquire(context.needs.buffers, handle);
  Segment.holds.add(memory, segment, 1);
  NetState.framesHeld.add(memory, stateOf(context), 1);
}

function refuse(context: NetContext, descriptor: Descriptor, outcome: Outcome): false {
  decideHere(context, descriptor, outcome);
  return false;
}

/** Net's own decision: counted and traced as one of the load balancer's. */
export function decideHere(context: NetContext, descriptor: Descriptor, outcome: Outcome): void {
  const { memory, shared } = context;
  const decision = NetState.decision.at(stateOf(context));
  memory.fill(decision, DecisionMessage.size, 0);
  DecisionMessage.requestId.set(memory, decision, RequestDescriptor.requestId.get(shared, descriptor));
  DecisionMessage.outcome.set(memory, decision, outcome);
  DecisionMessage.group.set(memory, decision, NONE);
  DecisionMessage.backend.set(memory, decision, NONE);
  tallyOutcome(context, outcome);
  context.trace(NetTrace.requestDecided, descriptor - requestsOf(context), decision);
}
