/**
 * What is sent on: a routed request's head and body bytes, as a copy towards its backend. Bytes that come before the
 * decision wait with the request: those that came with the head where they are, later ones in a block of the region
 * "streams", within a bound; beyond it the request is not sent on.
 */

import type { Address } from "../../hal/field.ts";
import { arenaFree } from "../../kernel/arena.ts";
import { Errno } from "../../kernel/errno.ts";
import { DecisionMessage, HeadPlace, RequestDescriptor } from "../lb/api.ts";
import { emitBytes } from "./emit.ts";
import { Emission } from "./emission.ts";
import { BodyTarget, FlowRecord } from "./flow.ts";
import { PendingRequest } from "./request-table.ts";
import { copyAddress, descriptorOf } from "./request.ts";
import { takeRoom } from "./room.ts";
import { FlowKey, Segment } from "./segment.ts";
import { sequenceAdd } from "./sequence.ts";
import { spaceCapacity } from "./space.ts";
import type { NetContext } from "./state.ts";
import { NetState, segmentOf, stateOf, streamsOf, tally } from "./state.ts";

type Flow = Address<"FlowRecord">;
type Pending = Address<"PendingRequest">;

/** `bytes` bytes at `at` of the body of the flow's last request; the first of them has the flow's `parsedSequence`. */
export function takeBody(context: NetContext, flow: Flow, at: number, bytes: number): void {
  const { memory } = context;
  const target = FlowRecord.bodyTarget.get(memory, flow);
  if (target === BodyTarget.nobody) return;
  if (target === BodyTarget.backend) return forwardBody(context, flow, at, bytes);
  const pending = FlowRecord.bodyRequest.get(memory, flow) as Pending;
  if (pending === Segment.runRequest.get(memory, segmentOf(context))) PendingRequest.placedBytes.add(memory, pending, bytes);
  else if (!keepWaiting(context, flow, pending, at, bytes)) giveUp(context, flow, pending);
}

/** Appends to what waits. False when it is too much, or no room is left. */
function keepWaiting(context: NetContext, flow: Flow, pending: Pending, at: number, bytes: number): boolean {
  const to = waitingRoom(context, flow, pending, bytes);
  if (to < 0) return false;
  context.shared.copy(to, at, bytes);
  return true;
}

/** Room for `bytes` bytes behind what waits with the request: its address in `shared`; or below 0, and nothing has changed. */
export function waitingRoom(context: NetContext, flow: Flow, pending: Pending, bytes: number): number {
  const { memory, shared } = context;
  const kept = PendingRequest.waitingBytes.get(memory, pending);
  if (kept + bytes > context.parameters.waitingBytesMax) return Errno.messageTooLarge;
  const streams = streamsOf(context);
  let waiting = PendingRequest.waiting.get(memory, pending);
  if (kept + bytes > PendingRequest.waitingCapacity.get(memory, pending)) {
    const capacity = spaceCapacity(kept + bytes);
    const larger = takeRoom(context, flow, capacity);
    if (larger < 0) return larger;
    if (waiting !== 0) {
      shared.copy(larger, streams + waiting, kept);
      arenaFree(shared, streams, streams + waiting);
    }
    waiting = larger - streams;
    PendingRequest.waiting.set(memory, pending, waiting);
    PendingRequest.waitingCapacity.set(memory, pending, capacity);
  }
  PendingRequest.waitingBytes.set(memory, pending, kept + bytes);
  return streams + waiting + kept;
}

function giveUp(context: NetContext, flow: Flow, pending: Pending): void {
  const { memory } = context;
  tally(context, NetState.bodyGivenUp);
  PendingRequest.givenUp.set(memory, pending, 1);
  dropWaiting(context, pending);
  FlowRecord.bodyTarget.set(memory, flow, BodyTarget.nobody);
  FlowRecord.bodyRequest.set(memory, flow, 0);
}

export function dropWaiting(context: NetContext, pending: Pending): void {
  const { memory, shared } = context;
  const waiting = PendingRequest.waiting.get(memory, pending);
  if (waiting === 0) return;
  const streams = streamsOf(context);
  arenaFree(shared, streams, streams + waiting);
  PendingRequest.waiting.set(memory, pending, 0);
  PendingRequest.waitingBytes.set(memory, pending, 0);
  PendingRequest.waitingCapacity.set(memory, pending, 0);
}

/**
 * Sends on what a routed request has, to the backend of the decision at hand. Answers what is to be done with body bytes
 * that come later: BodyTarget.backend, or nobody.
 */
export function forwardRequest(context: NetContext, pending: Pending): number {
  const { memory, shared } = context;
  const state = stateOf(context);
  const decision = NetState.decision.at(state);
  const emission = NetState.emission.at(state);
  const descriptor = descriptorOf(context, pending);
  if (DecisionMessage.family.get(memory, decision) !== RequestDescriptor.family.get(shared, descriptor)) {
    tally(context, NetState.unroutable);
    return BodyTarget.nobody;
  }
  if (PendingRequest.givenUp.get(memory, pending) !== 0) return BodyTarget.nobody;
  copyAddress(shared, RequestDescriptor.source.at(descriptor), memory, Emission.source.at(emission));
  copyAddress(memory, DecisionMessage.address.at(decision), memory, Emission.destination.at(emission));
  Emission.sourcePort.set(memory, emission, RequestDescriptor.sourcePort.get(shared, descriptor));
  Emission.destinationPort.set(memory, emission, DecisionMessage.port.get(memory, decision));
  Emission.acknowledgement.set(memory, emission, PendingRequest.acknowledgement.get(memory, pending));
  Emission.window.set(memory, emission, PendingRequest.window.get(memory, pending));
  Emission.family.set(memory, emission, RequestDescriptor.family.get(shared, descriptor));
  Emission.queue.set(memory, emission, RequestDescriptor.queue.get(shared, descriptor));
  const placed = PendingRequest.placedBytes.get(memory, pending);
  const sequence = PendingRequest.sequence.get(memory, pending);
  const waitingAt = streamsOf(context) + PendingRequest.waiting.get(memory, pending);
  const sent =
    emitAll(context, placedAt(context, pending, placed), placed, sequence) &&
    emitAll(context, waitingAt, PendingRequest.waitingBytes.get(memory, pending), sequenceAdd(sequence, placed));
  tally(context, sent ? NetState.transmitted : NetState.cutShort);
  return sent ? BodyTarget.backend : BodyTarget.nobody;
}

/** Address in `shared` of the head and what came with it. */
function placedAt(context: NetContext, pending: Pending, bytes: number): number {
  const { memory } = context;
  const offset = PendingRequest.headOffset.get(memory, pending);
  if (PendingRequest.place.get(memory, pending) === HeadPlace.streams) return streamsOf(context) + offset;
  return context.buffer(context.needs.buffers, PendingRequest.holder.get(memory, pending), offset, bytes);
}

/** Body bytes of a request that is decided. */
function forwardBody(context: NetContext, flow: Flow, at: number, bytes: number): void {
  const { memory } = context;
  const segment = segmentOf(context);
  const emission = NetState.emission.at(stateOf(context));
  const key = FlowRecord.key.at(flow);
  copyAddress(memory, key + FlowKey.source0.offset, memory, Emission.source.at(emission));
  copyAddress(memory, FlowRecord.backendAddress.at(flow), memory, Emission.destination.at(emission));
  Emission.sourcePort.set(memory, emission, FlowKey.sourcePort.get(memory, key));
  Emission.destinationPort.set(memory, emission, FlowRecord.backendPort.get(memory, flow));
  Emission.acknowledgement.set(memory, emission, Segment.acknowledgement.get(memory, segment));
  Emission.window.set(memory, emission, Segment.window.get(memory, segment));
  Emission.family.set(memory, emission, FlowKey.family.get(memory, key));
  Emission.queue.set(memory, emission, Segment.queue.get(memory, segment));
  if (emitAll(context, at, bytes, FlowRecord.parsedSequence.get(memory, flow))) return;
  tally(context, NetState.cutShort);
  FlowRecord.bodyTarget.set(memory, flow, BodyTarget.nobody);
}

function emitAll(context: NetContext, from: number, bytes: number, sequence: number): boolean {
  const { memory } = context;
  const state = stateOf(context);
  const emission = NetState.emission.at(state);
  Emission.sequence.set(memory, emission, sequence);
  return emitBytes(context, NetState.emitter.get(memory, state) as Address<"Emitter">, emission, from, bytes) === bytes;
}
