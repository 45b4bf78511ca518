/**
 * Flows to virtual IPs. The load balancer chooses a backend at the SYN; from then on every segment of the client is sent on
 * there as it came, with addresses, ports and checksums rewritten. Nothing of it is read as HTTP and no request is counted.
 *
 * Such a flow begins with a SYN only, on any port, and ends as every flow does; its bytes are followed just far enough to
 * know that all before the client's FIN have come. One that was refused is deaf. What comes while the balancer thinks is
 * kept, within the bound of a request's waiting body. If the table of virtual IPs has changed between question and
 * answer, and the address is still in it, net asks again.
 */

import type { Address } from "../../hal/field.ts";
import { Errno } from "../../kernel/errno.ts";
import { MessageHeader } from "../../kernel/message.ts";
import { DecisionMessage, FlowMessage, LbOpcode, Outcome } from "../lb/api.ts";
import { NetTrace } from "./api.ts";
import { emitPassed } from "./emit-passed.ts";
import { Emission } from "./emission.ts";
import { connectionNamed, endConnection, nameConnection } from "./ending.ts";
import { endFlow } from "./flow-end.ts";
import { FlowPhase, FlowRecord } from "./flow.ts";
import { NO_FLOW } from "./flow-table.ts";
import { dropKept, keepSegment, sendKept } from "./kept-segments.ts";
import { tallyKept } from "./ledger.ts";
import { NO_REQUEST, PendingRequest, requestClose, requestOpen } from "./request-table.ts";
import { NONE, copyAddress } from "./request.ts";
import { FlowKey, Segment } from "./segment.ts";
import type { Counter, NetContext } from "./state.ts";
import { NetState, segmentOf, stateOf, tally } from "./state.ts";
import { vipOf } from "./vips.ts";

type Flow = Address<"FlowRecord">;
type Pending = Address<"PendingRequest">;

/** Whether the flow's segments are sent on, or will be. */
export function isPassing(context: NetContext, flow: Flow): boolean {
  return FlowRecord.phase.get(context.memory, flow) >= FlowPhase.asked;
}

/** A flow has begun whose destination is the virtual IP at that position of the table: asks for its backend. It may be deaf afterwards. */
export function askFlow(context: NetContext, flow: Flow, vip: number): void {
  const { memory } = context;
  const table = NetState.requests.at(stateOf(context));
  tallyKept(context, NetState.vipFlows);
  const pending = requestOpen(memory, table);
  if (pending === NO_REQUEST) return refuseHere(context, flow, Outcome.overloaded);
  PendingRequest.flow.set(memory, pending, flow);
  const status = sendQuestion(context, pending, flow, vip);
  if (status === Errno.ok) {
    FlowRecord.phase.set(memory, flow, FlowPhase.asked);
    FlowRecord.bodyRequest.set(memory, flow, pending);
    return;
  }
  requestClose(memory, table, pending);
  refuseHere(context, flow, status === Errno.channelFull ? Outcome.overloaded : Outcome.serviceRestarted);
}

/** The segment at hand belongs to a flow that passes. */
export function passSegment(context: NetContext, flow: Flow): void {
  const { memory } = context;
  tally(context, NetState.vipSegments);
  if (FlowRecord.phase.get(memory, flow) === FlowPhase.asked) return keepSegment(context, flow, FlowRecord.bodyRequest.get(memory, flow) as Pending);
  const state = stateOf(context);
  const segment = segmentOf(context);
  const emission = NetState.emission.at(state);
  const key = FlowRecord.key.at(flow);
  copyAddress(memory, key + FlowKey.source0.offset, memory, Emission.source.at(emission));
  copyAddress(memory, FlowRecord.backendAddress.at(flow), memory, Emission.destination.at(emission));
  Emission.sourcePort.set(memory, emission, FlowKey.sourcePort.get(memory, key));
  Emission.destinationPort.set(memory, emission, FlowRecord.backendPort.get(memory, flow));
  Emission.family.set(memory, emission, FlowKey.family.get(memory, key));
  Emission.queue.set(memory, emission, Segment.queue.get(memory, segment));
  const headerBytes = Segment.headerBytes.get(memory, segment);
  const tcpAt = Segment.dataAt.get(memory, segment) - headerBytes;
  const sent = emitPassed(context, NetState.emitter.get(memory, state) as Address<"Emitter">, emission, tcpAt, headerBytes + Segment.dataBytes.get(memory, segment));
  tally(context, sent ? NetState.vipSent : NetState.vipNotSent);
}

/** The decision at hand, one of Outcome, is about a flow. */
export function takeFlowDecision(context: NetContext, pending: Pending, outcome: Outcome): void {
  const { memory } = context;
  const decision = NetState.decision.at(stateOf(context));
  const flow = waitingFlow(context, pending);
  if (outcome === Outcome.noRouteMatch && flow !== NO_FLOW && askAgain(context, pending, flow)) return;
  tallyKept(context, counterOf(outcome));
  context.trace(NetTrace.flowDecided, flow, decision);
  const connection = connectionNamed(context, decision);
  if (flow === NO_FLOW) endConnection(context, connection);
  else nameConnection(context, flow, connection);
  if (outcome === Outcome.routed && reaches(context, pending, decision)) {
    if (flow !== NO_FLOW) direct(context, flow, decision);
    sendKept(context, pending);
  } else {
    dropKept(context, pending);
    if (flow !== NO_FLOW) endFlow(context, flow);
  }
  requestClose(memory, NetState.requests.at(stateOf(context)), pending);
}

/** Nobody will decide about the flow. */
export function loseFlow(context: NetContext, pending: Pending): void {
  const flow = waitingFlow(context, pending);
  tallyKept(context, NetState.vipLost);
  dropKept(context, pending);
  if (flow !== NO_FLOW) endFlow(context, flow);
  requestClose(context.memory, NetState.requests.at(stateOf(context)), pending);
}

/** The flow that waits for this decision; NO_FLOW if it has ended. The record may be another flow's by now, and then names another question or none. */
function waitingFlow(context: NetContext, pending: Pending): Flow {
  const { memory } = context;
  const flow = PendingRequest.flow.get(memory, pending) as Flow;
  return FlowRecord.bodyRequest.get(memory, flow) === pending ? flow : NO_FLOW;
}

/** Whether the backend has an address of the client's family; else counted. */
function reaches(context: NetContext, pending: Pending, decision: Address<"DecisionMessage">): boolean {
  const { memory } = context;
  if (DecisionMessage.family.get(memory, decision) === PendingRequest.family.get(memory, pending)) return true;
  tally(context, NetState.vipUnroutable);
  return false;
}

function direct(context: NetContext, flow: Flow, decision: Address<"DecisionMessage">): void {
  const { memory } = context;
  FlowRecord.phase.set(memory, flow, FlowPhase.passed);
  FlowRecord.bodyRequest.set(memory, flow, NO_REQUEST);
  copyAddress(memory, DecisionMessage.address.at(decision), memory, FlowRecord.backendAddress.at(flow));
  FlowRecord.backendPort.set(memory, flow, DecisionMessage.port.get(memory, decision));
}

/** False if the table is the one in which the flow's destination was found, or it is not in it any more, or nobody can be asked. */
function askAgain(context: NetContext, pending: Pending, flow: Flow): boolean {
  const { memory } = context;
  const vip = vipOf(context, FlowRecord.key.at(flow));
  const changed = NetState.vipsVersion.get(memory, stateOf(context)) !== PendingRequest.vipsVersion.get(memory, pending);
  if (!changed || vip < 0 || sendQuestion(context, pending, flow, vip) !== Errno.ok) return false;
  tally(context, NetState.vipAskedAgain);
  return true;
}

/** Asks about the flow with the table of virtual IPs that was looked at last. 0, or the errno of the send. */
function sendQuestion(context: NetContext, pending: Pending, flow: Flow, vip: number): number {
  const { memory } = context;
  const version = NetState.vipsVersion.get(memory, stateOf(context));
  const key = FlowRecord.key.at(flow);
  const question = context.outgoing as number as Address<"FlowMessage">;
  memory.fill(question, FlowMessage.size, 0);
  MessageHeader.opcode.set(memory, FlowMessage.header.at(question), LbOpcode.flow);
  FlowMessage.requestId.set(memory, question, PendingRequest.requestId.get(memory, pending));
  FlowMessage.vip.set(memory, question, vip);
  FlowMessage.family.set(memory, question, FlowKey.family.get(memory, key));
  FlowMessage.vipsVersion.set(memory, question, version);
  FlowMessage.sourcePort.set(memory, question, FlowKey.sourcePort.get(memory, key));
  copyAddress(memory, key + FlowKey.source0.offset, memory, FlowMessage.source.at(question));
  PendingRequest.vipsVersion.set(memory, pending, version);
  PendingRequest.family.set(memory, pending, FlowKey.family.get(memory, key));
  return context.sendMessage(context.needs.balancer, context.outgoing);
}

/** Net's own refusal: counted and traced as one of the load balancer's. */
function refuseHere(context: NetContext, flow: Flow, outcome: Outcome): void {
  const { memory } = context;
  const decision = NetState.decision.at(stateOf(context));
  memory.fill(decision, DecisionMessage.size, 0);
  DecisionMessage.outcome.set(memory, decision, outcome);
  DecisionMessage.group.set(memory, decision, NONE);
  DecisionMessage.backend.set(memory, decision, NONE);
  tallyKept(context, counterOf(outcome));
  context.trace(NetTrace.flowDecided, flow, decision);
  endFlow(context, flow);
}

function counterOf(outcome: Outcome): Counter {
  switch (outcome) {
    case Outcome.routed:
      return NetState.vipRouted;
    case Outcome.noHealthyBackend:
      return NetState.vipNoHealthyBackend;
    case Outcome.noRouteMatch:
      return NetState.vipGone;
    case Outcome.overloaded:
      return NetState.vipOverloaded;
    case Outcome.serviceRestarted:
      return NetState.vipServiceRestarted;
    default:
      return NetState.vipRefused;
  }
}
