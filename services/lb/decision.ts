/**
 * Decisions on their way to net: one message for each request and flow that net asked about, urgent, so that it overtakes
 * the frames that wait there.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../../kernel/errno.ts";
import { MessageFlag, MessageHeader } from "../../kernel/message.ts";
import { DecisionMessage, LbOpcode, Outcome } from "./api.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { decidedFirst, decidedPop } from "./connection/decided.ts";
import { ConnectionOwner, Pending, PendingEntry } from "./connection/records.ts";
import { Backend } from "./group/backend.ts";
import { Group, groupBackend } from "./group/group.ts";
import type { GroupAddress } from "./group/group.ts";
import { decisionMeasured } from "./metrics/measured.ts";
import type { LbContext } from "./service.ts";

/** In DecisionMessage: none was chosen. */
const NONE = 0xffff;
const LITERAL_WORDS = 4;
const CONNECTION_BITS = 16;

/**
 * Tells net what came of request `requestId`: the outcome, and the chosen fields of the balancer; where net's endpoint is
 * full, once in a handler, as soon as there is room. 0, or why net's endpoint did not take it.
 */
export function sendDecision(context: LbContext, requestId: number, outcome: number): number {
  const { memory } = context;
  const balancer = context.stateAt as BalancerAddress;
  const group = outcome === Outcome.malformed ? 0 : Balancer.chosenGroup.get(memory, balancer);
  return send(context, LbOpcode.decision, requestId, outcome, group === 0 ? NONE : Group.number.get(memory, group as GroupAddress));
}

/** The same for a flow; `vip` is the position of its virtual IP in the order of keys, below 0 for none. */
export function sendFlowDecision(context: LbContext, requestId: number, outcome: number, vip: number): number {
  return send(context, LbOpcode.flow, requestId, outcome, vip < 0 ? NONE : vip);
}

/** Tells net of all its requests that waited and are decided. What its endpoint does not take now is kept for the next time. */
export function tellDecided(context: LbContext): void {
  const { memory } = context;
  const balancer = context.stateAt as BalancerAddress;
  if (Pending.decided.get(memory, Balancer.pending.at(balancer)) === 0) return;
  for (;;) {
    const entry = decidedFirst(context, balancer, ConnectionOwner.net);
    if (entry === 0) return;
    const outcome = PendingEntry.outcome.get(memory, entry);
    if (sendDecision(context, PendingEntry.ticket.get(memory, entry), outcome) < 0) return;
    countOutcome(memory, balancer, outcome);
    decisionMeasured(memory, balancer, context.uptimeCycles() - PendingEntry.arrivalCycle.get(memory, entry));
    decidedPop(context, balancer, ConnectionOwner.net);
  }
}

/** Counts what came of a request. */
export function countOutcome(memory: Memory, balancer: BalancerAddress, outcome: number): void {
  switch (outcome) {
    case Outcome.routed:
      Balancer.routed.add(memory, balancer, 1);
      return;
    case Outcome.noRouteMatch:
      Balancer.noRouteMatch.add(memory, balancer, 1);
      return;
    case Outcome.rateLimitExceeded:
      Balancer.rateLimitExceeded.add(memory, balancer, 1);
      return;
    case Outcome.limiterFull:
      Balancer.limiterFull.add(memory, balancer, 1);
      return;
    case Outcome.backendGroupNotFound:
      Balancer.backendGroupNotFound.add(memory, balancer, 1);
      return;
    case Outcome.noHealthyBackend:
      Balancer.noHealthyBackend.add(memory, balancer, 1);
      return;
    case Outcome.overloaded:
      Balancer.overloaded.add(memory, balancer, 1);
      return;
    default:
      Balancer.malformed.add(memory, balancer, 1);
  }
}

function send(context: LbContext, opcode: number, requestId: number, outcome: number, groupNumber: number): number {
  const { memory } = context;
  const balancer = context.stateAt as BalancerAddress;
  const decision = context.outgoing as number as Address<"DecisionMessage">;
  const header = DecisionMessage.header.at(decision);
  memory.fill(decision, DecisionMessage.size, 0);
  MessageHeader.opcode.set(memory, header, opcode);
  MessageHeader.flags.set(memory, header, MessageFlag.urgent);
  DecisionMessage.requestId.set(memory, decision, requestId);
  DecisionMessage.outcome.set(memory, decision, outcome);
  DecisionMessage.group.set(memory, decision, groupNumber);
  DecisionMessage.backend.set(memory, decision, NONE);
  if (outcome === Outcome.routed) nameBackend(memory, balancer, decision);
  const status = context.sendMessage(context.needs.decisions, context.outgoing);
  if (status !== Errno.channelFull) return status;
  // Net waits for it, and nobody else will ever tell: the balancer waits for room when its handler is over.
  return context.sendWaitMessage(context.needs.decisions, context.outgoing) === Errno.ok ? Errno.ok : status;
}

function nameBackend(memory: Memory, balancer: BalancerAddress, decision: Address<"DecisionMessage">): void {
  const index = Balancer.chosenBackend.get(memory, balancer);
  const backend = groupBackend(memory, Balancer.chosenGroup.get(memory, balancer) as GroupAddress, index);
  const connection = Balancer.chosenConnection.get(memory, balancer);
  DecisionMessage.backend.set(memory, decision, index);
  DecisionMessage.port.set(memory, decision, Backend.port.get(memory, backend));
  DecisionMessage.family.set(memory, decision, Backend.family.get(memory, backend));
  DecisionMessage.connection.set(memory, decision, connection & 0xffff);
  DecisionMessage.connectionUse.set(memory, decision, connection >>> CONNECTION_BITS);
  const to = DecisionMessage.address.at(decision) >> 2;
  const from = Backend.literal.at(backend) >> 2;
  for (let word = 0; word < LITERAL_WORDS; word++) memory.i32[to + word] = memory.i32[from + word];
}
