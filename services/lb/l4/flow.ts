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
import { MessageFlag, MessageHeader } from "../../../kernel/message.ts";
import type { Message } from "../../../kernel/service.ts";
import { DecisionMessage, FlowMessage, LbOpcode, Outcome, VipEntry, VipTableHeader } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Backend } from "../group/backend.ts";
import { groupBackend } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { vipAt, vipCount, vipGroup } from "../l4.ts";
import type { LbContext } from "../service.ts";
import { vipEntryAt, vipTableRoom } from "../vips-api.ts";
import { transportSelect } from "./select.ts";

/** In DecisionMessage: none was chosen. */
const NONE = 0xffff;
const LITERAL_WORDS = 4;

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
  const number = vipNumber(context, question);
  let group = 0 as GroupAddress;
  let backend = -1;
  if (number >= 0) {
    const transport = Balancer.transport.at(balancer);
    group = vipGroup(memory, vipAt(memory, transport, number));
    backend = transportSelect(memory, transport, group, clientNumber(shared, FlowMessage.source.at(question), family));
  }
  const outcome = number < 0 ? Outcome.noRouteMatch : backend < 0 ? Outcome.noHealthyBackend : Outcome.routed;
  answer(context, FlowMessage.requestId.get(shared, question), outcome, number, group, backend);
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

/** Sends the decision, ahead of the frames that wait for net. */
function answer(context: LbContext, requestId: number, outcome: number, number: number, group: GroupAddress, index: number): void {
  const { memory } = context;
  const balancer = context.stateAt as BalancerAddress;
  const decision = context.outgoing as number as Address<"DecisionMessage">;
  const header = DecisionMessage.header.at(decision);
  memory.fill(decision, DecisionMessage.size, 0);
  MessageHeader.opcode.set(memory, header, LbOpcode.flow);
  MessageHeader.flags.set(memory, header, MessageFlag.urgent);
  DecisionMessage.requestId.set(memory, decision, requestId);
  DecisionMessage.outcome.set(memory, decision, outcome);
  DecisionMessage.group.set(memory, decision, number < 0 ? NONE : number);
  DecisionMessage.backend.set(memory, decision, outcome === Outcome.routed ? index : NONE);
  if (outcome === Outcome.routed) {
    const backend = groupBackend(memory, group, index);
    DecisionMessage.port.set(memory, decision, Backend.port.get(memory, backend));
    DecisionMessage.family.set(memory, decision, Backend.family.get(memory, backend));
    const to = DecisionMessage.address.at(decision) >> 2;
    const from = Backend.literal.at(backend) >> 2;
    for (let word = 0; word < LITERAL_WORDS; word++) memory.i32[to + word] = memory.i32[from + word];
    Balancer.flowsRouted.add(memory, balancer, 1);
  } else {
    Balancer.flowsRefused.add(memory, balancer, 1);
  }
  if (context.sendMessage(context.needs.decisions, context.outgoing) < 0) Balancer.undelivered.add(memory, balancer, 1);
}
