/**
 * A decision has come for a waiting request, or none will come: counted, acted on, and all that the request held is
 * given back.
 */

import type { Address } from "../../hal/field.ts";
import { DecisionMessage, HeadPlace, OUTCOMES, Outcome, RequestDescriptor } from "../lb/api.ts";
import { NetTrace } from "./api.ts";
import { connectionNamed, endConnection, nameConnection } from "./ending.ts";
import { BodyTarget, FlowPhase, FlowRecord } from "./flow.ts";
import { dropWaiting, forwardRequest } from "./forward.ts";
import { tallyKept, tallyOutcome } from "./ledger.ts";
import { loseFlow, takeFlowDecision } from "./pass.ts";
import { NO_REQUEST, PendingRequest, RequestTable, requestFind, requestIn } from "./request-table.ts";
import { closeRequest, copyAddress, descriptorOf } from "./request.ts";
import { spaceRelease } from "./space.ts";
import type { NetContext } from "./state.ts";
import { NetState, stateOf, streamsOf, tally } from "./state.ts";

type Pending = Address<"PendingRequest">;

/**
 * Acts on the DecisionMessage at `messageAt` in `shared`, about a request or a flow. One that fits nothing that waits is
 * counted, and the connection that it names is over; so is one that names no outcome: what waited for it counts as lost.
 */
export function takeDecision(context: NetContext, messageAt: Address<"DecisionMessage">): void {
  const { memory, shared } = context;
  const state = stateOf(context);
  const decision = NetState.decision.at(state);
  for (let word = 0; word < DecisionMessage.size >> 2; word++) memory.i32[(decision >> 2) + word] = shared.i32[(messageAt >> 2) + word];
  const pending = requestFind(memory, NetState.requests.at(state), DecisionMessage.requestId.get(memory, decision));
  const outcome = DecisionMessage.outcome.get(memory, decision) as Outcome;
  if (pending === NO_REQUEST || outcome >= OUTCOMES.length) {
    tally(context, NetState.strayDecisions);
    endConnection(context, connectionNamed(context, decision));
    if (pending !== NO_REQUEST) lose(context, pending);
    return;
  }
  if (isFlow(context, pending)) return takeFlowDecision(context, pending, outcome);
  tallyOutcome(context, outcome);
  noteConnection(context, pending, connectionNamed(context, decision));
  context.trace(NetTrace.requestDecided, PendingRequest.descriptor.get(memory, pending), decision);
  const target = outcome === Outcome.routed ? forwardRequest(context, pending) : BodyTarget.nobody;
  settleBody(context, pending, target);
  letGo(context, pending);
}

/** What waits is no request but a flow to a virtual IP. */
function isFlow(context: NetContext, pending: Pending): boolean {
  return PendingRequest.descriptor.get(context.memory, pending) === 0;
}

/** The request's flow stands for its connection from now on, unless the flow has ended or a later request of it has come. */
function noteConnection(context: NetContext, pending: Pending, connection: number): void {
  if (connection === 0) return;
  const { memory, shared } = context;
  const flow = PendingRequest.flow.get(memory, pending) as Address<"FlowRecord">;
  const same = FlowRecord.serial.get(memory, flow) === PendingRequest.flowSerial.get(memory, pending);
  const alive = same && FlowRecord.phase.get(memory, flow) !== FlowPhase.deaf;
  const last = RequestDescriptor.nthInFlow.get(shared, descriptorOf(context, pending)) + 1 === FlowRecord.requests.get(memory, flow);
  if (alive && last) nameConnection(context, flow, connection);
  else endConnection(context, connection);
}

/** Whoever decides is gone: the requests and flows that wait are lost. */
export function loseRequests(context: NetContext): void {
  const { memory } = context;
  const table = NetState.requests.at(stateOf(context));
  for (let slot = 0; slot < RequestTable.slots.get(memory, table); slot++) {
    const pending = requestIn(memory, table, slot);
    if (pending !== NO_REQUEST) lose(context, pending);
  }
}

function lose(context: NetContext, pending: Pending): void {
  if (isFlow(context, pending)) return loseFlow(context, pending);
  tallyKept(context, NetState.lost);
  settleBody(context, pending, BodyTarget.nobody);
  letGo(context, pending);
}

/**
 * If the request's body is still under way in its flow, what comes of it goes to `target` from now on. The record may be
 * another flow's by now: only the request's own flow names it.
 */
function settleBody(context: NetContext, pending: Pending, target: number): void {
  const { memory } = context;
  const flow = PendingRequest.flow.get(memory, pending) as Address<"FlowRecord">;
  if (FlowRecord.bodyRequest.get(memory, flow) !== pending) return;
  const decision = NetState.decision.at(stateOf(context));
  FlowRecord.bodyRequest.set(memory, flow, NO_REQUEST);
  FlowRecord.bodyTarget.set(memory, flow, target);
  copyAddress(memory, DecisionMessage.address.at(decision), memory, FlowRecord.backendAddress.at(flow));
  FlowRecord.backendPort.set(memory, flow, DecisionMessage.port.get(memory, decision));
}

function letGo(context: NetContext, pending: Pending): void {
  const { memory, shared } = context;
  const holder = PendingRequest.holder.get(memory, pending);
  dropWaiting(context, pending);
  if (PendingRequest.place.get(memory, pending) === HeadPlace.streams) {
    const streams = streamsOf(context);
    spaceRelease(shared, streams, (streams + holder) as Address<"Space">);
  } else {
    context.bufferRelease(context.needs.buffers, holder);
    NetState.framesHeld.add(memory, stateOf(context), -1);
  }
  closeRequest(context, pending);
}
