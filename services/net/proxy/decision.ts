/** The balancer's decision about a client's request has come, or none will come. */

import type { Address } from "../../../hal/field.ts";
import { DecisionMessage, OUTCOMES, Outcome } from "../../lb/api.ts";
import { NetTrace } from "../api.ts";
import { connectionNamed, endConnection } from "../ending.ts";
import { tallyKept, tallyOutcome } from "../ledger.ts";
import { NO_REQUEST, PendingRequest, RequestTable, requestFind, requestIn } from "../request-table.ts";
import type { NetContext } from "../state.ts";
import { NetState, stateOf, tally } from "../state.ts";
import { refuseRequest } from "./answer.ts";
import { advanceClient } from "./client.ts";
import { forwardExchange } from "./course.ts";
import { retryRefused } from "./failure.ts";
import { freePending } from "./request-at-hand.ts";
import type { ClientAddress } from "./records.ts";
import { ClientPhase, NO_CLIENT, ProxyClient, ProxyList, ProxyState } from "./records.ts";
import type { ProxyCounter } from "./state.ts";
import { count, proxyOf, setStackTime } from "./state.ts";

type Pending = Address<"PendingRequest">;

/** Acts on the DecisionMessage at `messageAt` in `shared`. One that fits nothing that waits is counted, and what it names is over. */
export function takeProxyDecision(context: NetContext, messageAt: Address<"DecisionMessage">): void {
  const { memory, shared } = context;
  const state = stateOf(context);
  setStackTime(context);
  const decision = NetState.decision.at(state);
  for (let word = 0; word < DecisionMessage.size >> 2; word++) memory.i32[(decision >> 2) + word] = shared.i32[(messageAt >> 2) + word];
  const pending = requestFind(memory, NetState.requests.at(state), DecisionMessage.requestId.get(memory, decision));
  const outcome = DecisionMessage.outcome.get(memory, decision) as Outcome;
  const counted = connectionNamed(context, decision);
  const client = pending === NO_REQUEST ? NO_CLIENT : askerOf(context, pending);
  if (pending === NO_REQUEST || outcome >= OUTCOMES.length) {
    tally(context, NetState.strayDecisions);
    endConnection(context, counted);
    if (pending !== NO_REQUEST) lose(context, pending);
    return;
  }
  // Asked about once more, it has been counted already.
  if (PendingRequest.counted.get(memory, pending) === 0) {
    tallyOutcome(context, outcome);
    context.trace(NetTrace.requestDecided, PendingRequest.descriptor.get(memory, pending), decision);
  } else if (outcome === Outcome.routed) count(context, ProxyState.retries);
  if (client === NO_CLIENT) {
    if (outcome === Outcome.routed || PendingRequest.counted.get(memory, pending) !== 0) count(context, ProxyState.abandoned);
    endConnection(context, counted);
    freePending(context, pending);
    return;
  }
  act(context, client, decision, outcome, counted);
  // What the client has sent ahead comes next.
  advanceClient(context, client);
}

function act(context: NetContext, client: ClientAddress, decision: Address<"DecisionMessage">, outcome: Outcome, counted: number): void {
  if (outcome === Outcome.routed) return forwardExchange(context, client, decision, counted);
  endConnection(context, counted);
  if (ProxyClient.tries.get(context.memory, client) > 0) return retryRefused(context, client);
  refuseRequest(context, client, OUTCOMES[outcome].status);
}

/**
 * Whoever decides is gone: what was asked is lost, and its clients are told. What it counted is nobody's any more; exchanges
 * that have their backend go on.
 */
export function loseProxyRequests(context: NetContext): void {
  const { memory } = context;
  setStackTime(context);
  forgetCounted(context);
  const table = NetState.requests.at(stateOf(context));
  for (let slot = 0; slot < RequestTable.slots.get(memory, table); slot++) {
    const pending = requestIn(memory, table, slot);
    if (pending !== NO_REQUEST) lose(context, pending);
  }
}

/** A request that nobody answers any more. One that has its decision is none. */
function lose(context: NetContext, pending: Pending): void {
  const client = askerOf(context, pending);
  if (client === NO_CLIENT) {
    if (ownerIsGone(context, pending)) {
      tallyLost(context, pending, ProxyState.abandoned);
      freePending(context, pending);
    }
    return;
  }
  tallyLost(context, pending, ProxyState.noUpstream);
  refuseRequest(context, client, 503);
  advanceClient(context, client);
}

/** Lost, or, if it was routed before and is asked about once more, ended as the counter says. */
function tallyLost(context: NetContext, pending: Pending, counter: ProxyCounter): void {
  if (PendingRequest.counted.get(context.memory, pending) === 0) tallyKept(context, NetState.lost);
  else count(context, counter);
}

/** The client that waits for this decision; NO_CLIENT if it is gone, or waits for something else by now. */
function askerOf({ memory }: NetContext, pending: Pending): ClientAddress {
  const client = PendingRequest.flow.get(memory, pending) as ClientAddress;
  const same = ProxyClient.serial.get(memory, client) === PendingRequest.flowSerial.get(memory, pending) && ProxyClient.phase.get(memory, client) === ClientPhase.asked;
  return same && ProxyClient.pending.get(memory, client) === pending ? client : NO_CLIENT;
}

function ownerIsGone({ memory }: NetContext, pending: Pending): boolean {
  const client = PendingRequest.flow.get(memory, pending) as ClientAddress;
  return ProxyClient.serial.get(memory, client) !== PendingRequest.flowSerial.get(memory, pending) || ProxyClient.pending.get(memory, client) !== pending;
}

function forgetCounted(context: NetContext): void {
  const { memory } = context;
  const proxy = proxyOf(context);
  for (let client = ProxyList.first.get(memory, ProxyState.clients.at(proxy)) as ClientAddress; client !== NO_CLIENT; client = ProxyClient.listNext.get(memory, client) as ClientAddress) {
    if (ProxyClient.counted.get(memory, client) === 0) continue;
    ProxyClient.counted.set(memory, client, 0);
    tally(context, NetState.endsUnheard);
  }
}
