/**
 * A flow to a virtual IP has begun: net asks for its backend, and is answered with one decision. Under semantics=veridian
 * the transport balancer chooses as the seed's sibling does; under semantics=strict the VIP's group chooses as every strict
 * group, and the decision names the connection that is counted.
 *
 * The client's number, by which IpHash chooses, is its IPv4 address read as one big-endian number (192.168.0.1 is
 * 3,232,235,521); of an IPv6 address the exclusive or of its four words, each read so.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Message } from "../../../kernel/service.ts";
import { ConnectionEnd, FlowMessage, Outcome, VipEntry, VipTableHeader } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { choiceForget } from "../connection/ending.ts";
import { ConnectionOwner } from "../connection/records.ts";
import { sendFlowDecision } from "../decision.ts";
import { vipAt, vipCount, vipGroup } from "../l4.ts";
import { Policy, Semantics } from "../policy.ts";
import type { LbContext } from "../service.ts";
import { admitFlow, closeConnection } from "../strict.ts";
import { vipEntryAt, vipTableRoom } from "../vips-api.ts";
import { transportSelect } from "./select.ts";

/** Handles LbOpcode.flow. */
export function serveFlow(message: Message, context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const question = message.at as Address as Address<"FlowMessage">;
  const family = FlowMessage.family.get(shared, question);
  if (family !== 4 && family !== 6) {
    Balancer.badDescriptors.add(memory, balancer, 1);
    return;
  }
  choiceForget(memory, balancer);
  const number = vipNumber(context, question);
  const outcome = number < 0 ? Outcome.noRouteMatch : decide(context, number, FlowMessage.source.at(question), family);
  (outcome === Outcome.routed ? Balancer.flowsRouted : Balancer.flowsRefused).add(memory, balancer, 1);
  if (sendFlowDecision(context, FlowMessage.requestId.get(shared, question), outcome, number) === 0) return;
  Balancer.undelivered.add(memory, balancer, 1);
  // Nobody would ever say that it is over.
  const connection = Balancer.chosenConnection.get(memory, balancer);
  if (connection !== 0) closeConnection(context, balancer, connection, ConnectionEnd.finished, 0, context.uptimeTicks(), context.uptimeCycles());
}

/** One of Outcome, and the chosen fields of the balancer. */
function decide(context: LbContext, number: number, sourceAt: number, family: number): number {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const transport = Balancer.transport.at(balancer);
  const group = vipGroup(memory, vipAt(memory, transport, number));
  if (Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict) {
    return admitFlow(memory, balancer, group, shared, sourceAt, family, context.uptimeTicks(), context.uptimeCycles(), ConnectionOwner.net);
  }
  const backend = transportSelect(memory, transport, group, clientNumber(shared, sourceAt, family));
  if (backend < 0) return Outcome.noHealthyBackend;
  Balancer.chosenGroup.set(memory, balancer, group);
  Balancer.chosenBackend.set(memory, balancer, backend);
  return Outcome.routed;
}

/** What IpHash multiplies, from 0 to 2^32-1; `at` is the place of an address in network order. */
export function clientNumber(memory: Memory, at: number, family: number): number {
  const { view } = memory;
  if (family === 4) return view.getUint32(at);
  return (view.getInt32(at) ^ view.getInt32(at + 4) ^ view.getInt32(at + 8) ^ view.getInt32(at + 12)) >>> 0;
}

/** Position of the VIP in the order of keys; below 0 if the question was asked with another table, or names no entry. */
function vipNumber(context: LbContext, question: Address<"FlowMessage">): number {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const bytes = Balancer.vipsBytes.get(memory, balancer);
  if (vipTableRoom(bytes) === 0) return -1;
  const table = context.span(context.needs.vips, 0, bytes) as Address<"VipTableHeader">;
  const position = FlowMessage.vip.get(shared, question);
  const current = VipTableHeader.version.get(shared, table) === FlowMessage.vipsVersion.get(shared, question);
  if (!current || position >= VipTableHeader.count.get(shared, table)) return -1;
  const number = VipEntry.number.get(shared, vipEntryAt(table, position));
  return number < vipCount(memory, Balancer.transport.at(balancer)) ? number : -1;
}
